#!/usr/bin/env python3
"""Analyses the same Open-PSA models with SCRAM and with Quorate: same cut sets, same probability, how much time.

Needs the Debian package `scram`, whose models it reads. The Aralia models das9601 and das9209 are not in the package:
they are in SCRAM's source repository under input/Aralia, and are measured if --aralia names a folder that has them.
"""

import argparse
import json
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measure import digits
from measure.process import Failed, Run, measured, own_peak_kib

HERE = Path(__file__).resolve().parent
DEFAULT_PROGRAM = HERE.parent / "target/x86_64-unknown-linux-gnu/release/quorate"
MODELS = Path("/usr/share/scram/input")
RATIO = 0.5
"""At most so much of SCRAM's time."""
TOLERANCE = 1e-9
"""Between the probabilities. SCRAM prints six digits, which reach that far only below a thousandth: see
measure/digits.py for what is done above it."""
SIX_DIGITS_REACH = 1e-3
SCRAM_LIMIT = 20.0
"""Seconds after which SCRAM is taken to give no answer."""
ANY_ORDER = 1000
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


@dataclass
class Case:
    name: str
    files: list[Path]
    order: int | None = None


@dataclass
class Answer:
    by_order: list[int]
    """From order 1 on."""
    probability: float | None


@dataclass
class Result:
    case: Case
    ours: list[Run]
    theirs: list[Run]
    answer: Answer
    problem: str | None
    """What SCRAM says otherwise, or that it says nothing."""

    def seconds(self, runs: list[Run]) -> float | None:
        return median(run.seconds for run in runs) if runs else None

    def peak_mib(self, runs: list[Run]) -> float | None:
        return max(run.peak_kib for run in runs) / 1024 if runs else None


def cases(aralia: Path | None) -> list[Case]:
    def files(*names: str) -> list[Path]:
        return [MODELS / name for name in names]

    cea = files("CEA9601/CEA9601.xml", "CEA9601/CEA9601-basic-events.xml")
    found = [
        Case("Baobab 1", files("Baobab/baobab1.xml", "Baobab/baobab1-basic-events.xml")),
        Case("Baobab 2", files("Baobab/baobab2.xml", "Baobab/baobab2-basic-events.xml")),
        Case("CEA9601, order ≤ 3", cea, order=3),
        Case("CEA9601, order ≤ 4", cea, order=4),
        Case("CEA9601, all orders", cea),
    ]
    for name in ("das9601", "das9209"):
        if aralia and (aralia / f"{name}.xml").is_file():
            found.append(Case(name, [aralia / f"{name}.xml"]))
    return found


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--quorate", default=str(DEFAULT_PROGRAM), metavar="PATH", help="the program to measure")
    parser.add_argument("--aralia", type=Path, metavar="FOLDER", help="where das9601.xml and das9209.xml are")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


def run(command: list[str], limit: float, folder: Path) -> Run:
    return measured(command, env={"PATH": "/usr/bin:/bin"}, cwd=folder, log=folder / "run.log", limit=limit).expect_success()


def scram(case: Case, folder: Path) -> tuple[Run, Answer]:
    report = folder / "report.xml"
    command = ["scram", "--bdd", "--limit-order", str(case.order or ANY_ORDER), "--output-path", str(report),
               "--probability", "1"]
    ran = run([*command, *map(str, case.files)], SCRAM_LIMIT, folder)
    # Line by line: the report lists every cut set, and what this script holds counts as memory of what it runs.
    with open(report) as lines:
        found = dict(ATTRIBUTE.findall(next(line for line in lines if "<sum-of-products" in line)))
    probability = found.get("probability")
    counts = [int(count) for count in found.get("distribution", "").split()]
    return ran, Answer(counts, float(probability) if probability else None)


def further(case: Case, answer: Answer, folder: Path) -> Answer:
    """The same answer with more digits of its probability, where SCRAM's six do not reach. Not timed."""
    if answer.probability is None or answer.probability < SIX_DIGITS_REACH:
        return answer
    report, scaled = folder / "report.xml", folder / "scaled.xml"
    command = ["scram", "--bdd", "--limit-order", "1", "--probability", "1", "--output-path", str(report)]
    run([*command, *map(str, case.files)], SCRAM_LIMIT, folder)
    top = digits.top(report)

    def printed(scale: float) -> float:
        scaled.write_text(digits.model(top, scale))
        run([*command, *map(str, case.files), str(scaled)], SCRAM_LIMIT, folder)
        return digits.probability(report)

    return Answer(answer.by_order, digits.exact(printed))


def quorate(case: Case, program: str, folder: Path) -> tuple[Run, Answer]:
    command = [program, "survive", "--json"] + (["--order", str(case.order)] if case.order else [])
    for file in case.files:
        command += ["--open-psa", str(file)]
    ran = run(command, 300, folder)
    found = json.loads(ran.out)[0]
    counts = [int(count) for count in found["cutSets"]]
    return ran, Answer(counts[1:], found["probability"])


def compare(ours: Answer, theirs: Answer) -> str | None:
    if ours.by_order != theirs.by_order:
        return f"SCRAM counts {theirs.by_order}"
    if theirs.probability is not None and abs(ours.probability - theirs.probability) > TOLERANCE:
        return f"SCRAM's probability is {theirs.probability:.12g}, ours {ours.probability:.12g}"
    return None


def measure(case: Case, program: str, rounds: int, folder: Path) -> Result:
    ours, theirs, answer, problem, precise = [], [], None, None, None
    for _ in range(rounds):
        ran, answer = quorate(case, program, folder)
        ours.append(ran)
        if problem:
            continue
        try:
            ran, other = scram(case, folder)
            theirs.append(ran)
            precise = precise or further(case, other, folder)
            problem = compare(answer, Answer(other.by_order, precise.probability))
        except Failed:
            theirs, problem = [], f"SCRAM gives no answer within {SCRAM_LIMIT:.0f} s"
    return Result(case, ours, theirs, answer, problem)


def table(results: list[Result]) -> str:
    lines = ["| model | cut sets | probability | Quorate | SCRAM | ratio | Quorate | SCRAM |  |",
             "|---|--:|--:|--:|--:|--:|--:|--:|---|"]
    for result in results:
        ours, theirs = result.seconds(result.ours), result.seconds(result.theirs)
        probability = "" if result.answer.probability is None else f"{result.answer.probability:.10g}"
        memory = [result.peak_mib(result.ours), result.peak_mib(result.theirs)]
        cells = [result.case.name, f"{sum(result.answer.by_order):,}", probability,
                 f"{ours:.3f} s", f"{theirs:.3f} s" if theirs else "—", f"{ours / theirs:.2f}" if theirs else "—",
                 *(f"{m:.0f} MiB" if m else "—" for m in memory), result.problem or "the same"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def missed(results: list[Result]) -> list[str]:
    """The targets that were not met, and what is wrong."""
    found = []
    for result in results:
        ours, theirs = result.seconds(result.ours), result.seconds(result.theirs)
        if not theirs:
            continue
        if result.problem:
            found.append(f"{result.case.name}: {result.problem}")
        if ours > RATIO * theirs:
            found.append(f"{result.case.name}: {ours / theirs:.2f} × SCRAM's time, more than {RATIO}")
        # Nothing smaller than this script can be seen.
        if max(run.peak_kib for run in result.ours) > max(own_peak_kib(), max(run.peak_kib for run in result.theirs)):
            found.append(f"{result.case.name}: more memory than SCRAM")
    return found


def as_json(results: list[Result]) -> str:
    def row(result: Result) -> dict:
        return {
            "model": result.case.name, "byOrder": result.answer.by_order, "probability": result.answer.probability,
            "quorate": {"seconds": [r.seconds for r in result.ours], "peakMiB": result.peak_mib(result.ours)},
            "scram": {"seconds": [r.seconds for r in result.theirs], "peakMiB": result.peak_mib(result.theirs)},
            "difference": result.problem,
        }
    return json.dumps([row(result) for result in results], indent=2)


def main() -> int:
    chosen = arguments()
    if not shutil.which("scram") or not MODELS.is_dir():
        print("SCRAM is not installed: apt-get install --no-install-recommends scram", file=sys.stderr)
        return 2
    program = str(Path(chosen.quorate).absolute())
    if not Path(program).is_file():
        print(f"{program} does not exist: make build", file=sys.stderr)
        return 2
    aralia = chosen.aralia.absolute() if chosen.aralia else None
    with tempfile.TemporaryDirectory() as folder:
        results = [measure(case, program, chosen.rounds, Path(folder)) for case in cases(aralia)]
    print(table(results))
    if chosen.json:
        chosen.json.write_text(as_json(results) + "\n")
    wrong = missed(results)
    for problem in wrong:
        print(problem, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
