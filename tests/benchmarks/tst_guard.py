# SPDX-License-Identifier: MIT
import unittest

from guard import LEAST_TOLERANCE, Expected, Verdict, dump, load, summary


def verdict(now: float, expected: Expected | None = Expected(1000, 3)) -> Verdict:
    return Verdict("call", now, expected)


class Comparison(unittest.TestCase):
    def test_more_than_the_tolerance_fails_and_names_the_workload(self) -> None:
        code, text = summary([verdict(1000), Verdict("slow", 1031, Expected(1000, 3))], "here")
        self.assertEqual(code, 1)
        self.assertIn("slow", text)
        self.assertNotIn("call", text.split(".")[0])

    def test_the_line_says_baseline_now_and_percent(self) -> None:
        line = str(verdict(1100))
        for part in ("call ", "1100.0", "baseline 1000.0", "+10.0 %", "WORSE"):
            self.assertIn(part, line)

    def test_anything_within_the_tolerance_passes(self) -> None:
        for now in (971, 1000, 1029):
            self.assertEqual(summary([verdict(now)], "here"), (0, "Passed."))

    def test_much_less_passes_and_asks_for_an_update(self) -> None:
        code, text = summary([verdict(960)], "here")
        self.assertEqual(code, 0)
        self.assertIn("--update", text)

    def test_a_new_workload_passes_and_asks_for_an_update(self) -> None:
        code, text = summary([verdict(1000), Verdict("new", 5, None)], "here")
        self.assertEqual(code, 0)
        self.assertIn("--update", text)

    def test_an_unknown_toolchain_cannot_be_judged(self) -> None:
        code, text = summary([verdict(1000, None)], "GCC 99")
        self.assertEqual(code, 0)
        self.assertIn("No baseline for GCC 99", text)


class BaselineOfRuns(unittest.TestCase):
    def test_it_is_the_middle_of_the_runs(self) -> None:
        self.assertEqual(Expected.of([1003, 1000, 1001]), Expected(1001, LEAST_TOLERANCE))

    def test_the_tolerance_grows_with_the_spread(self) -> None:
        self.assertEqual(Expected.of([1000, 1030, 1000]), Expected(1000, 12))

    def test_it_is_read_as_it_was_written(self) -> None:
        baseline = {"here": {"call": Expected(1000.5, 3)}, "there": {}}
        self.assertEqual(load(dump(baseline)), baseline)


if __name__ == "__main__":
    unittest.main()
