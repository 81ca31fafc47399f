"""Data cases for what the report concludes: `python3 -m unittest discover bench`."""

import unittest
from pathlib import Path

from measure.report import exponent, markdown, medians, table, targets
from measure.rounds import Bench, Deployment


def deployment(tool: str, healthy: float, *noops: float, hosts: int = 3, trips: int | None = None) -> Deployment:
    round_trips = None if trips is None else {"node1": 1, "node2": trips}
    return Deployment(tool, hosts, healthy, 0.0, list(noops), round_trips=round_trips)


class Targets(unittest.TestCase):
    def met(self, results, grown=()):
        return [(t.value, t.met) for t in targets(results, list(grown))]

    def test_the_median_of_rounds_of_the_median_of_runs_decides(self):
        results = [deployment("pyinfra", h, n, n) for h, n in ((20, 2), (24, 3), (99, 9))]
        results += [deployment("quorate", h, n, n + 0.2) for h, n in ((12, 0.65), (1, 0.1), (30, 5))]
        self.assertEqual(medians(results)["quorate"]["healthy"], 12)
        self.assertEqual(self.met(results), [("0.50", True), ("0.25", True)])

    def test_just_above_is_missed(self):
        results = [deployment("pyinfra", 20, 2), deployment("quorate", 10.2, 0.52, trips=4)]
        self.assertEqual(self.met(results), [("0.51", False), ("0.26", False), ("4", False)])

    def test_without_the_other_tool_nothing_is_compared(self):
        self.assertEqual(self.met([deployment("quorate", 1, 1)]), [])

    def test_growth_is_judged_step_by_step(self):
        grown = [deployment("quorate", 1, t, hosts=h, trips=3) for h, t in ((3, 1.0), (10, 3.5), (30, 7.0))]
        self.assertEqual(self.met([], grown), [("3", True), ("× 3.50", False), ("× 2.00", True)])

    def test_the_exponent_of_linear_growth_is_one(self):
        grown = [deployment("quorate", 1, float(h), hosts=h) for h in (3, 10, 30)]
        self.assertAlmostEqual(exponent(grown), 1)
        self.assertIsNone(exponent(grown[:1]))


class Rendering(unittest.TestCase):
    def test_a_table_is_aligned(self):
        self.assertEqual(table(["a", "bb"], [["xxx", "1"]]), ["| a   | bb |", "|-----|---:|", "| xxx |  1 |"])

    def test_a_failure_is_never_left_out(self):
        bench = Bench(Path("quorate"), Path("logs"), print, failures=["r1-quorate: exit code 1\ndetails"])
        self.assertIn("FAILED r1-quorate: exit code 1", markdown(bench))


if __name__ == "__main__":
    unittest.main()
