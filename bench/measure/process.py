"""Runs one command and says how long it took and how much memory it had."""

import os
import resource
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


class Failed(Exception):
    """A command or a check did not do what the measurement rests on."""


@dataclass
class Run:
    code: int
    seconds: float
    peak_kib: int
    """The largest resident size of the command or any one of its children, in KiB.

    Linux counts what the process was before `exec` too, so nothing below this script's own size can be seen.
    """
    started: float
    """On the clock of `time.monotonic`."""
    out: str
    log: Path

    def expect_success(self) -> "Run":
        if self.code != 0:
            raise Failed(f"exit code {self.code}, see {self.log}\n{tail(self.log)}")
        return self


def measured(command: list[str], *, env: dict[str, str], cwd: Path, log: Path, limit: float) -> Run:
    """Runs `command`; its standard error, then its standard output, end up in `log`."""
    out = log.with_suffix(".out")
    with open(log, "wb") as err_file, open(out, "wb") as out_file:
        started = time.monotonic()
        process = subprocess.Popen(
            command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out_file, stderr=err_file, start_new_session=True
        )
        try:
            code, usage = wait(process, started + limit)
        except BaseException:
            # Also when this script is told to stop: nothing may go on working at hosts that are about to vanish.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        seconds = time.monotonic() - started
    text = out.read_text(errors="replace")
    out.unlink()
    with open(log, "a") as file:
        file.write(text)
    return Run(code, seconds, usage.ru_maxrss, started, text, log)


def wait(process: subprocess.Popen, deadline: float):
    """`wait4` with a deadline: `Popen.wait` has one, but throws the resource usage away."""
    pidfd = os.pidfd_open(process.pid)
    try:
        if not readable(pidfd, deadline - time.monotonic()):
            raise Failed(f"still running after its time limit: {' '.join(process.args)}")
    finally:
        os.close(pidfd)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage


def readable(fd: int, seconds: float) -> bool:
    return bool(select.select([fd], [], [], max(seconds, 0))[0])


def tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def own_peak_kib() -> int:
    """What `Run.peak_kib` cannot go below."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
