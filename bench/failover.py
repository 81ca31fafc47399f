#!/usr/bin/env python3
"""How long clients are without the database and without the platform's page when the host dies that holds the virtual
IP: `quorate drill` on a fresh lab of three hosts, round after round, each against the host that holds the addresses
then."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from measure.cluster import DATABASE_VIP, PLATFORM_VIP, cluster_file
from measure.lab import Lab
from measure.process import Failed, measured

HERE = Path(__file__).resolve().parent
PROGRAM = HERE.parent / "target/x86_64-unknown-linux-gnu/release/quorate"
RESULTS = HERE / "results"
AIMS = {"database": 1500.0, "ingress": 1000.0}
"""Milliseconds."""


def holder(lab: Lab, last: int) -> str:
    address = f" {lab.address(last)}/"
    found = [host for host in lab.hosts if address in lab.run(host, "ip", "-4", "-o", "address").stdout]
    if len(found) != 1:
        raise Failed(f"{lab.address(last)} is held by {found or 'nobody'}")
    return found[0]


def killed(program: str, lab: Lab, file: Path, host: str, folder: Path) -> dict[str, float]:
    """Capability → milliseconds without service, as the drill's clients saw it."""
    command = [program, "drill", str(file), "--lab", lab.name, "--yes", "--json", "--hold", "8",
               "--fault", f"kill host {host}"]
    run = measured(command, env=environment(folder), cwd=folder, log=folder / "drill.log", limit=300).expect_success()
    seen = json.loads(run.out)["trials"][0]["observation"]["capabilities"]
    return {c["capability"]: c["gapMs"] or 0.0 for c in seen}


def environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "QUORATE_LAB_STATE") if name in os.environ}
    return {**kept, "LANG": "C", "XDG_STATE_HOME": str(folder / "state")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--quorate", default=str(PROGRAM), metavar="PATH")
    chosen = parser.parse_args()
    program = str(Path(chosen.quorate).absolute())
    gaps: dict[str, list[float]] = {name: [] for name in AIMS}
    with tempfile.TemporaryDirectory() as made, Lab(Path(program), "bench-failover", 3) as lab:
        folder = Path(made)
        file = folder / "cluster.yaml"
        file.write_text(cluster_file(lab))
        apply = [program, "apply", str(file), "--yes", "--accept-new-host-keys"]
        measured(apply, env=environment(folder), cwd=folder, log=folder / "apply.log", limit=300).expect_success()
        for round_ in range(chosen.rounds):
            holders = {"database": holder(lab, DATABASE_VIP), "ingress": holder(lab, PLATFORM_VIP)}
            victim = holders["database" if round_ % 2 == 0 else "ingress"]
            seen = killed(program, lab, file, victim, folder)
            for capability, host in holders.items():
                if host == victim:
                    gaps[capability].append(seen[capability])
            print(f"{round_ + 1:>3}  {victim}  " + "  ".join(f"{c} {ms:.0f} ms" for c, ms in seen.items()), flush=True)
    print("\n| address of | rounds | p50 | max | aim |\n|---|--:|--:|--:|--:|")
    for capability, aim in AIMS.items():
        found = gaps[capability]
        if found:
            print(f"| {capability} | {len(found)} | {median(found):.0f} ms | {max(found):.0f} ms | {aim:.0f} ms |")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "failover.json").write_text(json.dumps(gaps, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
