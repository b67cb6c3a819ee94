#!/usr/bin/env python3
"""What tools/count_tests.py makes of good and bad logs: count_tests.py TOOL"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = sys.argv.pop(1)
HEADER = '[doctest] doctest version is "2.4.9"\n'


def cases(run, passed, failed):
    return (HEADER + f"[doctest] test cases: {run:4} | {passed:3} passed | {failed} failed | 2 skipped\n"
            f"[doctest] assertions: 9 | 9 passed | 0 failed |\n")


def test(result="OK", stdout=""):
    return json.dumps({"name": "a test", "result": result, "stdout": stdout, "stderr": ""})


class count_tests(unittest.TestCase):
    def said(self, *logs, steps=()):
        """The tool's last line, and its status."""
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for log in logs:
                paths.append(pathlib.Path(folder, f"{len(paths)}.json"))
                if log is not None:
                    paths[-1].write_text("".join(line + "\n" for line in log))
            options = [f"--step={step}" for step in steps]
            done = subprocess.run([sys.executable, TOOL, *options, *paths], capture_output=True, text=True)
        self.output = done.stdout
        return done.stdout.splitlines()[-1], done.returncode

    def test_cases_of_all_programs_and_logs_are_added(self):
        log = [test(stdout=cases(3, 3, 0)), test(stdout=cases(4, 4, 0)), test(stdout="fine")]
        self.assertEqual(self.said(log, log, steps=["tidy=ok"]), ("17 passed, 0 failed", 0))

    def test_failed_cases_are_counted(self):
        self.assertEqual(self.said([test("FAIL", cases(5, 3, 2))]), ("3 passed, 2 failed", 1))

    def test_a_program_that_ends_badly_fails_though_its_cases_passed(self):
        for result in ("FAIL", "ERROR", "TIMEOUT", "INTERRUPT", "UNEXPECTEDPASS"):
            self.assertEqual(self.said([test(result, cases(5, 5, 0))]), ("5 passed, 1 failed", 1))
            self.assertEqual(self.said([test(result)]), ("0 passed, 1 failed", 1))

    def test_what_went_wrong_is_shown_and_nothing_of_what_did_not(self):
        failure = "TEST CASE:  the third\n\nx.cpp:7: ERROR: CHECK( 1 == 2 ) is NOT correct!\n"
        much = "x.cpp:1: MESSAGE: of another\n" * 100
        self.said([test("FAIL", much + failure + cases(5, 4, 1)), test(stdout="fine")])
        self.assertIn("the third", self.output)
        self.assertIn("x.cpp:7: ERROR: CHECK( 1 == 2 )", self.output)
        self.assertLess(self.output.count("of another"), 10)
        self.assertNotIn("fine", self.output)
        self.said([test("FAIL", "said first\n" * 100 + "said last\n")])
        self.assertIn("said last", self.output)
        self.assertLess(self.output.count("said first"), 50)

    def test_failed_cases_fail_though_the_program_ends_well(self):
        self.assertEqual(self.said([test("OK", cases(5, 4, 1))]), ("4 passed, 1 failed", 1))

    def test_a_filter_that_matches_nothing_is_a_failure(self):
        log = [test(stdout=cases(0, 0, 0)), test()]
        self.assertEqual(self.said(log), ("1 passed, 1 failed", 1))

    def test_a_program_that_ends_before_its_summary_fails(self):
        self.assertEqual(self.said([test(stdout=HEADER)]), ("0 passed, 1 failed", 1))

    def test_no_test_at_all_is_a_failure(self):
        self.assertEqual(self.said()[1], 1)
        self.assertEqual(self.said([]), ("0 passed, 1 failed", 1))
        self.assertEqual(self.said([test("SKIP")]), ("0 passed, 1 failed", 1))
        self.assertEqual(self.said([], [test()]), ("1 passed, 1 failed", 1))

    def test_a_log_that_is_missing_or_broken_is_a_failure(self):
        self.assertEqual(self.said(None, [test()]), ("1 passed, 1 failed", 1))
        self.assertEqual(self.said(["{"], [test()]), ("1 passed, 1 failed", 1))

    def test_a_failed_step_is_a_failure(self):
        self.assertEqual(self.said([test()], steps=["tidy=failed"]), ("1 passed, 1 failed", 1))

    def test_children_of_a_program_are_not_counted_beside_it(self):
        self.assertEqual(self.said([test(stdout=cases(1, 1, 0) + cases(6, 6, 0))]),
                         ("6 passed, 0 failed", 0))

    def test_colours_do_not_hide_a_summary(self):
        stdout = cases(2, 1, 1).replace("[doctest]", "\x1b[0;36m[doctest] \x1b[0m").replace("]  ", "] ")
        self.assertEqual(self.said([test("FAIL", stdout.replace("] \x1b[0m ", "]\x1b[0m "))]),
                         ("1 passed, 1 failed", 1))


if __name__ == "__main__":
    unittest.main()
