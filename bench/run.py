#!/usr/bin/env python3
"""Deploys the same foundation with Ansible, pyinfra and Quorate on identical fresh labs, and compares the times.

Needs root, Debian 12 and a built `quorate`; see README.md for what is measured and why the figures are what they are.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from measure import environment, report
from measure.rounds import Bench
from measure.tools import TOOLS, Quorate

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
DEFAULT_PROGRAM = HERE.parent / "target/x86_64-unknown-linux-gnu/release/quorate"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="fresh labs per tool (default: 3)")
    parser.add_argument("--tools", default=",".join(TOOLS), help=f"which, with commas (default: {','.join(TOOLS)})")
    parser.add_argument("--sizes", default="3,10,30", help="lab hosts for Quorate's growth; empty for none (default: 3,10,30)")
    parser.add_argument("--quorate", type=Path, default=DEFAULT_PROGRAM, metavar="PATH", help="the program to measure")
    parser.add_argument("--lab", type=Path, metavar="PATH", help="the program that makes the labs, if it is another one")
    chosen = parser.parse_args()
    chosen.tools = [TOOLS[name] for name in chosen.tools.split(",") if name]
    chosen.sizes = [int(size) for size in chosen.sizes.split(",") if size]
    return chosen


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    chosen = arguments()
    lab_program = (chosen.lab or chosen.quorate).absolute()
    Quorate.program = chosen.quorate.absolute()
    needed = [lab_program] + ([Quorate.program] if Quorate in chosen.tools or chosen.sizes else [])
    for program in needed:
        if not program.is_file():
            say(f"{program} does not exist: build it with `cargo build --release`, or name another with --quorate")
            return 2
    if os.geteuid() != 0:
        say("labs need root")
        return 2
    # A polite end takes the lab down like an interruption from the keyboard does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    environment.prepare()
    logs = RESULTS / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    for old in logs.iterdir():
        old.unlink()

    bench = Bench(lab_program, logs, say)
    try:
        bench.side_by_side(chosen.tools, chosen.rounds)
        bench.growth(chosen.sizes)
    finally:
        if bench.results or bench.grown or bench.failures:
            report.save(RESULTS, bench)
            print(report.markdown(bench))
    return 1 if bench.failures else 0


if __name__ == "__main__":
    sys.exit(main())
