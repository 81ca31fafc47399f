"""The tools side by side: how each is told about a lab, run, and where it puts the foundation."""

import json
import os
import re
import subprocess
from pathlib import Path

from .cluster import DATABASE_VIP, FOUNDATION, PLATFORM_VIP, cluster_file
from .health import Foundation
from .lab import INTERFACE, Lab
from .process import Failed, Run, measured

HERE = Path(__file__).resolve().parent.parent
LIMIT = 600
"""Seconds that a run may take. None needs them; a hang should end the measurement, not the day."""


class Tool:
    """One tool on one fresh lab. `work` is an empty directory that is gone afterwards: nothing is remembered."""

    name: str

    def __init__(self, lab: Lab, work: Path):
        self.lab = lab
        self.work = work
        home = work / "home"
        home.mkdir()
        self.env = {
            "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "XDG_STATE_HOME": str(work / "state"),
        }

    def apply(self, log: Path) -> Run:
        raise NotImplementedError

    def changes(self, run: Run) -> int | None:
        """How many changes the run says it made; None if the tool does not tell."""
        raise NotImplementedError

    def foundation(self) -> Foundation:
        raise NotImplementedError

    def close(self):
        """Ends what the tool left running on this machine."""


class Baseline(Tool):
    """What the two baselines have in common: plain HTTP for etcd and one virtual IP for everything."""

    def vip(self) -> str:
        return self.lab.address(PLATFORM_VIP)

    def foundation(self) -> Foundation:
        return Foundation(
            members=list(self.lab.hosts),
            etcd_scheme="http",
            etcd_options=[],
            database=(self.vip(), 3307),
            page=f"http://{self.vip()}:8088/",
        )


class Ansible(Baseline):
    name = "ansible"

    def __init__(self, lab: Lab, work: Path):
        super().__init__(lab, work)
        self.inventory = work / "hosts.ini"
        hosts = [f"{a} node={n} prio={103 - i}" for i, (n, a) in enumerate(lab.hosts.items())]
        variables = ["ansible_user=root", f"vip={self.vip()}", f"iface={INTERFACE}"]
        self.inventory.write_text("\n".join(["[nodes]", *hosts, "[nodes:vars]", *variables]) + "\n")
        self.sockets = work / "cp"
        self.env |= {
            "ANSIBLE_HOME": str(work / "ansible"),
            "ANSIBLE_PRIVATE_KEY_FILE": str(lab.key),
            # Another lab's connections must not be taken for this one's: the addresses may be the same.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.sockets),
        }

    def apply(self, log: Path) -> Run:
        command = [str(HERE / ".venv/bin/ansible-playbook"), "-i", str(self.inventory), "site.yml"]
        return measured(command, env=self.env, cwd=HERE / "ansible", log=log, limit=LIMIT)

    def changes(self, run: Run) -> int:
        return sum(int(n) for n in re.findall(r"changed=(\d+)", run.out))

    def close(self):
        for control in self.sockets.glob("*"):
            exit_master = ["ssh", "-O", "exit", "-o", f"ControlPath={control}", "lab"]
            subprocess.run(exit_master, capture_output=True, check=False)


class Pyinfra(Baseline):
    name = "pyinfra"

    def __init__(self, lab: Lab, work: Path):
        super().__init__(lab, work)
        known = work / "known_hosts"
        known.touch()
        described = {
            "hosts": [{"name": n, "address": a} for n, a in lab.hosts.items()],
            "keyFile": str(lab.key),
            "knownHosts": str(known),
            "vip": self.vip(),
            "interface": INTERFACE,
        }
        path = work / "lab.json"
        path.write_text(json.dumps(described))
        self.env |= {"BENCH_LAB": str(path), "PYTHONDONTWRITEBYTECODE": "1"}

    def apply(self, log: Path) -> Run:
        command = [str(HERE / ".venv/bin/pyinfra"), "-y", "inventory.py", "deploy.py"]
        return measured(command, env=self.env, cwd=HERE / "pyinfra", log=log, limit=LIMIT)

    def changes(self, run: Run) -> None:
        # A command of its own counts as a change whether it changed something or not.
        return None


class Quorate(Tool):
    name = "quorate"
    program: Path
    """Set once, from the command line."""

    def __init__(self, lab: Lab, work: Path):
        super().__init__(lab, work)
        self.file = work / "cluster.yaml"
        self.file.write_text(cluster_file(lab))

    def apply(self, log: Path) -> Run:
        command = [str(self.program), "apply", str(self.file), "--yes", "--accept-new-host-keys", "--json"]
        return measured(command, env=self.env, cwd=self.work, log=log, limit=LIMIT)

    def report(self, run: Run) -> dict:
        try:
            return json.loads(run.out)
        except ValueError as error:
            raise Failed(f"`quorate apply --json` printed no JSON ({error}), see {run.log}") from error

    def changes(self, run: Run) -> int:
        return sum(len(o.get("done", {}).get("changed", [])) for o in self.report(run)["outcomes"].values())

    def round_trips(self, run: Run) -> dict[str, int]:
        return self.report(run)["roundTrips"]

    def foundation(self) -> Foundation:
        certificates = "/etc/quorate/etcd"
        return Foundation(
            members=list(self.lab.hosts)[:FOUNDATION],
            etcd_scheme="https",
            etcd_options=[
                f"--cacert={certificates}/ca.crt",
                f"--cert={certificates}/member.crt",
                f"--key={certificates}/member.key",
            ],
            database=(self.lab.address(DATABASE_VIP), 3306),
            page=f"http://{self.lab.address(PLATFORM_VIP)}/",
        )


TOOLS: dict[str, type[Tool]] = {tool.name: tool for tool in (Ansible, Pyinfra, Quorate)}
