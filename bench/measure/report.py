"""Medians, ratios and whether the targets are met, as a table and as JSON."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from math import log
from pathlib import Path
from statistics import median

from .process import own_peak_kib
from .rounds import Bench, Deployment

OURS, THEIRS = "quorate", "pyinfra"
HEALTHY_RATIO = 0.5
NOOP_RATIO = 0.25
ROUND_TRIPS = 3


@dataclass
class Target:
    what: str
    value: str
    limit: str
    met: bool


def medians(results: list[Deployment]) -> dict[str, dict[str, float]]:
    """Per tool, by name."""
    return {
        tool: {
            "healthy": median(r.healthy for r in results if r.tool == tool),
            "noop": median(r.noop for r in results if r.tool == tool),
            "waited": median(r.waited for r in results if r.tool == tool),
            "peakMiB": max(r.peak_kib for r in results if r.tool == tool) / 1024,
        }
        for tool in sorted({r.tool for r in results})
    }


def targets(results: list[Deployment], grown: list[Deployment]) -> list[Target]:
    found = []
    tools = medians(results)
    if OURS in tools and THEIRS in tools:
        for key, what, limit in (
            ("healthy", f"bare to healthy / {THEIRS}", HEALTHY_RATIO),
            ("noop", f"a run that changes nothing / {THEIRS}", NOOP_RATIO),
        ):
            ratio = tools[OURS][key] / tools[THEIRS][key]
            found.append(Target(what, f"{ratio:.2f}", f"≤ {limit}", ratio <= limit))
    trips = [n for r in [*results, *grown] if r.round_trips for n in r.round_trips.values()]
    if trips:
        found.append(Target("round trips per host, no-op", str(max(trips)), f"≤ {ROUND_TRIPS}", max(trips) <= ROUND_TRIPS))
    for small, large in zip(grown, grown[1:]):
        times = large.noop / small.noop
        linear = large.hosts / small.hosts
        what = f"no-op, {small.hosts} → {large.hosts} hosts"
        found.append(Target(what, f"× {times:.2f}", f"< × {linear:.2f}", times < linear))
    return found


def exponent(grown: list[Deployment]) -> float | None:
    """Growth of the no-op as a power of the number of hosts: 0 is constant, 1 is linear."""
    if len(grown) < 2:
        return None
    first, last = grown[0], grown[-1]
    return log(last.noop / first.noop) / log(last.hosts / first.hosts)


def markdown(bench: Bench) -> str:
    results, grown = bench.results, bench.grown
    lines = []
    tools = medians(results)
    if tools:
        rounds = max(sum(r.tool == t for r in results) for t in tools)
        hosts = results[0].hosts
        base = tools.get(THEIRS)
        lines += table(
            [f"{hosts} hosts, median of {rounds}", "bare to healthy", "changes nothing", "operator's memory"]
            + ([f"healthy / {THEIRS}", f"no-op / {THEIRS}"] if base else []),
            [
                [tool, f"{m['healthy']:.2f} s", f"{m['noop']:.2f} s", memory(m["peakMiB"])]
                + ([f"{m['healthy'] / base['healthy']:.2f}", f"{m['noop'] / base['noop']:.2f}"] if base else [])
                for tool, m in tools.items()
            ],
        )
        lines.append("")
    if grown:
        lines += table(
            ["Quorate", "bare to healthy", "changes nothing", "round trips per host", "operator's memory"],
            [
                [
                    f"{r.hosts} hosts",
                    f"{r.healthy:.2f} s",
                    f"{r.noop:.2f} s",
                    str(max((r.round_trips or {}).values(), default="?")),
                    memory(r.peak_kib / 1024),
                ]
                for r in grown
            ],
        )
        power = exponent(grown)
        if power is not None:
            lines += ["", f"The no-op grows with the number of hosts to the power of {power:.2f}."]
        lines.append("")
    goals = targets(results, grown)
    if goals:
        lines += table(
            ["Target", "measured", "limit", ""],
            [[t.what, t.value, t.limit, "met" if t.met else "MISSED"] for t in goals],
        )
        lines.append("")
    every = [*results, *grown]
    if every:
        busiest = max(r.load for r in every)
        lines.append(f"{os.cpu_count()} cores; load average before a lab at most {busiest:.1f}.")
    lines += [f"FAILED {failure.splitlines()[0]}" for failure in bench.failures]
    return "\n".join(lines)


def memory(mib: float) -> str:
    floor = own_peak_kib() / 1024
    return f"{mib:.0f} MiB" if mib > floor * 1.05 else f"at most {mib:.0f} MiB"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table, aligned so that it reads well without being rendered."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(cells: list[str]) -> str:
        first, *others = (c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths)))
        return "| " + " | ".join([first, *others]) + " |"

    rule = "|" + "|".join("-" * (w + 1) + ("-" if i == 0 else ":") for i, w in enumerate(widths)) + "|"
    return [line(head), rule, *(line(row) for row in rows)]


def save(directory: Path, bench: Bench) -> None:
    results, grown = bench.results, bench.grown
    document = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "kernel": platform.release()},
        "medians": medians(results),
        "targets": [asdict(t) for t in targets(results, grown)],
        "rounds": [asdict(r) for r in results],
        "growth": [asdict(r) for r in grown],
        "failures": bench.failures,
    }
    (directory / "latest.json").write_text(json.dumps(document, indent=2) + "\n")
    (directory / "latest.md").write_text(markdown(bench) + "\n")
