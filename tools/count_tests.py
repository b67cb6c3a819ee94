#!/usr/bin/env python3
"""Counts test cases: count_tests.py [--step NAME=ok|failed]... [testlog.json]...

Reads the logs of `meson test`. A doctest program counts as its cases, any other as one; a program
that crashes, times out, ends with an error or runs no case has at least one failure. So has a log
without tests. What failed programs printed last is shown again, for those who see but the end. The
last line is `N passed, N failed`, and the status 1 unless all passed.
"""

import argparse
import json
import pathlib
import re
import sys

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
STARTS = re.compile(r"^\[doctest\] doctest version is", re.MULTILINE)
WRONG = re.compile(r"^\S+: (?:FATAL )?ERROR: ", re.MULTILINE)
SHOWN_LINES = 30
CASES = re.compile(
    r"^\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed", re.MULTILINE)
PASSES = {"OK", "EXPECTEDFAIL"}


def count_program(test):
    """One test of a log: (passed, failed, why it failed or was left out)."""
    result = test.get("result", "ERROR")
    output = COLOUR.sub("", test.get("stdout") or "")
    if result == "SKIP":
        return 0, 0, "skipped"
    ended_well = result in PASSES
    all_cases = CASES.findall(output)
    if not all_cases:
        if ended_well and STARTS.search(output):
            return 0, 1, "ended before doctest's summary"
        return (1, 0, "") if ended_well else (0, 1, result.lower())
    # A program that runs itself again prints its children's cases before its own.
    run, passed, failed = map(int, all_cases[-1])
    if run == 0:
        return 0, 1, "ran no test case"
    if ended_well and failed == 0:
        return passed, 0, ""
    return passed, max(failed, 1), result.lower()


def last_words(test):
    """From doctest's first failure on, or the last lines, of what a test printed."""
    output = COLOUR.sub("", (test.get("stdout") or "") + (test.get("stderr") or ""))
    lines = output.rstrip().splitlines()
    wrong = WRONG.search(output)
    if wrong is None:
        return lines[-SHOWN_LINES:]
    # The case's name stands some lines above what went wrong in it.
    first = max(0, output.count("\n", 0, wrong.start()) - 6)
    return lines[first:first + SHOWN_LINES]


def count_log(path):
    """(passed, failed, complaints) of one log."""
    try:
        lines = pathlib.Path(path).read_text(errors="replace").splitlines()
        tests = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        return 0, 1, [f"{path}: {error}"]
    passed = failed = 0
    complaints = []
    for test in tests:
        good, bad, why = count_program(test)
        passed += good
        failed += bad
        if why:
            complaints.append(f"{path}: {test.get('name', '?')}: {why}")
        if bad:
            complaints += ["  " + line for line in last_words(test)]
    if passed + failed == 0:
        failed = 1
        complaints.append(f"{path}: no test was run")
    return passed, failed, complaints


def step(text):
    name, _, result = text.rpartition("=")
    if not name or result not in ("ok", "failed"):
        raise argparse.ArgumentTypeError(f"{text} is not NAME=ok or NAME=failed")
    return name, result == "ok"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=step, action="append", default=[])
    parser.add_argument("logs", nargs="*")
    given = parser.parse_args()
    passed = failed = 0
    for name, ok in given.step:
        passed += ok
        failed += not ok
        if not ok:
            print(f"{name}: failed")
    for path in given.logs:
        good, bad, complaints = count_log(path)
        passed += good
        failed += bad
        print(*complaints, sep="\n", end="\n" if complaints else "")
    if passed + failed == 0:
        failed = 1
        print("no test was run")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
