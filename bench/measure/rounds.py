"""What is measured: a deployment from nothing, runs that change nothing, and those at growing size."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Callable, Iterator

from .cluster import FOUNDATION
from .health import fingerprint, wait_until_healthy
from .lab import Lab
from .process import Failed, Run
from .tools import Quorate, Tool

NOOPS = 2
"""Runs that change nothing, per deployment."""
GROWTH_NOOPS = 3


@dataclass
class Deployment:
    """One tool on one fresh lab. Times in seconds."""

    tool: str
    hosts: int
    healthy: float
    """From the start of the run until everything works, or until the run ends if that is later."""
    waited: float
    """How much of it the tool had already ended: what it called done was not yet healthy."""
    noops: list[float] = field(default_factory=list)
    peak_kib: int = 0
    """Of the runs that change nothing."""
    deploy_peak_kib: int = 0
    round_trips: dict[str, int] | None = None
    """Per host, of the last run that changes nothing."""
    load: float = 0.0
    """The machine's load average before: figures from a busy machine are not worth comparing."""

    @property
    def noop(self) -> float:
        return median(self.noops)


@contextmanager
def fresh(kind: type[Tool], program: Path, lab_name: str, hosts: int) -> Iterator[Tool]:
    """A tool that has never run, in front of hosts on which nothing has ever run."""
    work = Path(tempfile.mkdtemp(prefix="qb-"))
    try:
        with Lab(program, lab_name, hosts) as lab:
            tool = kind(lab, work)
            try:
                yield tool
            finally:
                tool.close()
    finally:
        shutil.rmtree(work, ignore_errors=True)


def deployment(
    kind: type[Tool], program: Path, lab_name: str, hosts: int, noops: int, logs: Path, label: str
) -> Deployment:
    load = os.getloadavg()[0]
    with fresh(kind, program, lab_name, hosts) as tool:
        run = tool.apply(logs / f"{label}-deploy.log").expect_success()
        healthy = wait_until_healthy(tool.lab, tool.foundation())
        waited = 0.0 if healthy is None else healthy - (run.started + run.seconds)
        result = Deployment(
            tool.name, hosts, run.seconds + waited, waited, deploy_peak_kib=run.peak_kib, load=load
        )
        for number in range(1, noops + 1):
            again = unchanged(tool, logs / f"{label}-noop-{number}.log")
            result.noops.append(again.seconds)
            result.peak_kib = max(result.peak_kib, again.peak_kib)
            if isinstance(tool, Quorate):
                result.round_trips = tool.round_trips(again)
        return result


def unchanged(tool: Tool, log: Path) -> Run:
    """A run that must change nothing: neither by its own word nor on the hosts."""
    before = fingerprint(tool.lab)
    run = tool.apply(log).expect_success()
    changes = tool.changes(run)
    after = fingerprint(tool.lab)
    if changes:
        raise Failed(f"the second run says it made {changes} changes, see {log}")
    for host, was in before.items():
        difference = sorted(set(was.splitlines()) ^ set(after[host].splitlines()))
        if difference:
            raise Failed(f"the second run changed {host}:\n" + "\n".join(difference[:10]))
    return run


@dataclass
class Bench:
    """The measurements so far. A tool that fails once does not take the others' figures with it."""

    program: Path
    """Makes the labs."""
    logs: Path
    say: Callable[[str], None]
    results: list[Deployment] = field(default_factory=list)
    grown: list[Deployment] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def side_by_side(self, kinds: list[type[Tool]], rounds: int) -> None:
        """All tools, taking turns at who goes first: a machine that slows down should slow down all."""
        for number in range(1, rounds + 1):
            turn = (number - 1) % len(kinds)
            for kind in kinds[turn:] + kinds[:turn]:
                self._measure(self.results, kind, f"r{number}", FOUNDATION, NOOPS)

    def growth(self, sizes: list[int]) -> None:
        """Quorate alone, at growing numbers of hosts."""
        for size in sizes:
            self._measure(self.grown, Quorate, f"n{size}", size, GROWTH_NOOPS)

    def _measure(self, into: list[Deployment], kind: type[Tool], what: str, hosts: int, noops: int) -> None:
        label = f"{what}-{kind.name}"
        try:
            # The process id keeps two of these apart, and tells whose a lab is that somebody finds.
            lab_name = f"bench{os.getpid()}-{what}"
            result = deployment(kind, self.program, lab_name, hosts, noops, self.logs, label)
        except Failed as error:
            self.failures.append(f"{label}: {error}")
            self.say(f"{label:14}  FAILED  {error}")
            return
        into.append(result)
        self.say(f"{label:14}  bare to healthy {result.healthy:6.2f} s   changes nothing {result.noop:6.2f} s")
