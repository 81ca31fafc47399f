"""A lab of fresh hosts, made and removed with `quorate lab`."""

import json
import subprocess
from pathlib import Path

from .process import Failed

INTERFACE = "host0"
"""What `quorate lab` calls the network interface in every host."""


class Lab:
    """Fresh hosts for the length of a `with` block."""

    def __init__(self, program: Path, name: str, count: int):
        self.program = program
        self.name = name
        self.count = count

    def __enter__(self) -> "Lab":
        try:
            made = self._call("up", str(self.count), "--json")
            described = json.loads(made)
            self.hosts = {h["name"]: h["address"] for h in described["hosts"]}
            self.key = Path(described["keyFile"])
            self.subnet = described["subnet"]
            for host in self.hosts:
                self._wait_for_boot(host)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run([self.program, "lab", "down", "--name", self.name], capture_output=True, check=False)

    def address(self, last: int) -> str:
        """An address in the lab's network that no host has."""
        return ".".join([*self.subnet.split("/")[0].split(".")[:3], str(last)])

    def run(self, host: str, *command: str) -> subprocess.CompletedProcess:
        """Runs a command as root in a host, from outside: no SSH, none of the tools under test."""
        return subprocess.run(
            [self.program, "lab", "exec", "--name", self.name, host, "--", *command],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30,
        )

    def _wait_for_boot(self, host: str):
        # sshd answers before the last unit is up; no tool should pay for the rest of the boot.
        state = self.run(host, "systemctl", "is-system-running", "--wait").stdout.strip()
        if state not in ("running", "degraded"):
            raise Failed(f"{host} did not boot: {state}")

    def _call(self, *arguments: str) -> str:
        command = [str(self.program), "lab", *arguments, "--name", self.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout
