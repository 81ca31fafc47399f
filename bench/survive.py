#!/usr/bin/env python3
"""How long `quorate survive` takes for clusters of ten to ten thousand hosts: all capabilities, cut sets to order 3, and
availability. Draws the growth."""

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path
from statistics import median

from measure.process import measured

HERE = Path(__file__).resolve().parent
PROGRAM = HERE.parent / "target/x86_64-unknown-linux-gnu/release/quorate"
RESULTS = HERE / "results"
SIZES = [10, 30, 100, 300, 1000, 3000, 10000]
RACKS = 20
TARGET_HOSTS, TARGET_SECONDS, TARGET_MIB = 1000, 1.0, 200


def cluster(hosts: int) -> str:
    """Three control hosts, three with Galera, two that balance, up to a hundred for workloads, and replicated storage
    on all others, over twenty racks."""
    workers = min(100, max(2, (hosts - 8) // 2))
    storage = (hosts - 8 - workers) // 3 * 3
    lines = ["apiVersion: quorate.dev/v1alpha1", "kind: Cluster", "metadata: { name: large }", "spec:",
             "  networks: [{ name: lan, cidr: 10.64.0.0/16 }]", "  hosts:"]
    for number in range(hosts):
        role = ("control" if number < 3 else "database" if number < 6 else "gateway, balancer" if number < 8
                else "compute" if number < 8 + workers else "storage" if number < 8 + workers + storage else "build")
        lines.append(f"    - {{ name: n{number}, address: 10.64.{number // 250}.{number % 250 + 2}, roles: [{role}], "
                     f"failureDomain: {{ rack: r{number % RACKS} }} }}")
    lines += ["  endpoints:", "    - { name: platform, vip: 10.64.255.1, vrid: 1 }",
              "    - { name: database, vip: 10.64.255.2, vrid: 2 }", "  database: { galera: {} }",
              "  platform: { kind: rainbond }"]
    if storage:
        lines.append("  storage: { glusterfs: { replicas: 3 } }")
    return "\n".join(lines) + "\n"


def measure(program: str, hosts: int, rounds: int, folder: Path) -> dict:
    file = folder / f"{hosts}.yaml"
    file.write_text(cluster(hosts))
    command = [program, "survive", str(file), "--order", "3", "--json"]
    runs = [measured(command, env={"PATH": "/usr/bin:/bin", "LANG": "C"}, cwd=folder, log=folder / "log", limit=300)
            for _ in range(rounds)]
    for run in runs:
        run.expect_success()
    capabilities = json.loads(runs[-1].out)["capabilities"]
    return {"hosts": hosts, "seconds": median(run.seconds for run in runs),
            "peakMiB": max(run.peak_kib for run in runs) / 1024, "capabilities": len(capabilities),
            "withoutAvailability": [c["capability"] for c in capabilities if c["availability"] is None]}


def drawing(rows: list[dict]) -> str:
    """Both axes logarithmic."""
    width, height, left, bottom = 640, 360, 70, 50
    low, high = math.log10(SIZES[0]), math.log10(SIZES[-1])
    seconds = [row["seconds"] for row in rows]
    floor = math.floor(math.log10(min(seconds)))
    ceiling = math.ceil(math.log10(max(seconds)))

    def x(hosts: float) -> float:
        return left + (math.log10(hosts) - low) / (high - low) * (width - left - 20)

    def y(value: float) -> float:
        return height - bottom - (math.log10(value) - floor) / (ceiling - floor) * (height - bottom - 20)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             'font-size="12" role="img"><title>Seconds of quorate survive by the number of hosts</title>',
             f'<rect width="{width}" height="{height}" fill="white"/>']
    for power in range(floor, ceiling + 1):
        at = y(10 ** power)
        parts.append(f'<line x1="{left}" x2="{width - 20}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>'
                     f'<text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0 ** power:g} s</text>')
    for hosts in SIZES:
        parts.append(f'<text x="{x(hosts):.1f}" y="{height - bottom + 20}" text-anchor="middle">{hosts}</text>')
    points = " ".join(f'{x(r["hosts"]):.1f},{y(r["seconds"]):.1f}' for r in rows)
    parts.append(f'<polyline points="{points}" fill="none" stroke="#1f5fa8" stroke-width="2"/>')
    for row in rows:
        parts.append(f'<circle cx="{x(row["hosts"]):.1f}" cy="{y(row["seconds"]):.1f}" r="4" fill="#1f5fa8"/>'
                     f'<text x="{x(row["hosts"]):.1f}" y="{y(row["seconds"]) - 10:.1f}" text-anchor="middle">'
                     f'{row["seconds"]:.3g}</text>')
    parts.append(f'<text x="{(width + left) / 2}" y="{height - 8}" text-anchor="middle">hosts in {RACKS} racks</text></svg>')
    return "\n".join(parts) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quorate", default=str(PROGRAM), metavar="PATH")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(chosen.quorate, hosts, chosen.rounds, Path(folder)) for hosts in SIZES]
    print("| hosts | seconds | MiB | capabilities | too large for an exact availability |\n|--:|--:|--:|--:|---|")
    for row in rows:
        print(f'| {row["hosts"]:,} | {row["seconds"]:.3f} | {row["peakMiB"]:.0f} | {row["capabilities"]} | '
              f'{", ".join(row["withoutAvailability"]) or "none"} |')
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "survive.json").write_text(json.dumps(rows, indent=2) + "\n")
    (RESULTS / "survive.svg").write_text(drawing(rows))
    met = next(row for row in rows if row["hosts"] == TARGET_HOSTS)
    if met["seconds"] >= TARGET_SECONDS or met["peakMiB"] >= TARGET_MIB or met["withoutAvailability"]:
        print(f"missed at {TARGET_HOSTS} hosts: below {TARGET_SECONDS} s and {TARGET_MIB} MiB", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
