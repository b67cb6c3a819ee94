#!/usr/bin/env python3
"""Runs every benchmark and says which of the figures to reach are reached.

figures.py FOLDER [--quick] [--keep FOLDER] [--only BENCH,...]: FOLDER has the bench programs. What
is measured on a shared machine is no proof, so a figure that is missed does not make this fail.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

BENCHES = ("hot_uniform hot_shapes cold inline_cost first_call many_callers parse prediction "
           "store_start predict_or_sample recording quota real_workloads").split()


def is_large(row):
    return row.startswith(("1 ms", "3 ms", "10 ms"))


def has(*words):
    return lambda row: all(word in row for word in words)


def both(*rules):
    return lambda row: all(rule(row) for rule in rules)


# What is asked, where it is told (bench, rows, column), which bound it keeps.
FIGURES = [
    ("inline, known site, by name: ns a call", "inline_cost", has("empty"), "by name", "<=", 30),
    ("inline, known site, by place: ns a call", "inline_cost", has("empty"), "by place", "<=", 30),
    ("inline work of 5 us and more / plain loop",
     "inline_cost", has("us of"), "one thread", "<=", 1.03),
    ("the same, helpers asleep", "inline_cost", has("us of"), "helpers asleep", "<=", 1.03),
    ("hot uniform, 1 ms and more / best peer", "hot_uniform", is_large, "ours/best", "<=", 1.05),
    ("hot uniform, 1 ms and more / ideal", "hot_uniform", is_large, "ours/ideal", "<=", 1.08),
    ("hot shapes, 1 ms and more / best peer", "hot_shapes", is_large, "ours/best", "<=", 1.05),
    ("hot shapes, 1 ms and more / ideal", "hot_shapes", is_large, "ours/ideal", "<=", 1.08),
    ("hot, front-loaded / serial", "hot_shapes", has("front-loaded"), "ours", "<=", 0.56),
    ("100 us hot, apart / serial",
     "hot_uniform", both(has("apart"), lambda r: r.startswith("100 us")), "ours", "<=", 0.55),
    ("cold, 1 ms / serial", "cold", lambda row: row == "1 ms", "ours", "<=", 0.70),
    ("cold, 3 ms / serial", "cold", lambda row: row == "3 ms", "ours", "<=", 0.62),
    ("first call, 64 items of 2 ms: speedup", "first_call", has("64 items"), "ours", ">=", 1.8),
    ("first call, 2 items of 200 ms / one item", "first_call", has("2 items"), "ours", "<=", 1.25),
    ("first call, tiny, once a site: us", "first_call", has("tiny, helpers"), "ours", "<=", 30),
    ("first call, tiny, once a process: us",
     "first_call", has("first of the process"), "ours", "<=", 1000),
    ("8 callers / one caller", "many_callers", has("8 callers over 1"), "ours", "<=", 1.08),
    ("8 callers, the last one / tbb auto's", "many_callers", has("last caller"), "ours", "<=", 1.0),
    ("8 callers, longest call / tbb auto's",
     "many_callers", has("longest call"), "ours", "<=", 1.0),
    ("parsing amorsize.hpp / tbb/parallel_for.h", "parse", has("ratio"), "time", "<=", 0.75),
    ("prediction over 1,000 records: us",
     "prediction", lambda r: r.startswith("1000 "), "what they say", "<=", 1.5),
    ("prediction over 100,000 records: us",
     "prediction", lambda r: r.startswith("100000 "), "what they say", "<=", 150),
    ("a process's first decision, 1,000 stored: us beyond hwloc",
     "store_start", lambda r: r == "1000 workloads", "beyond hwloc", "<=", 1000),
    ("the same, 10,000 stored",
     "store_start", lambda r: r == "10000 workloads", "beyond hwloc", "<=", 2000),
    ("sampling / prediction, items of 1 ms and more",
     "predict_or_sample", lambda r: "ms, a plan" in r, "sampled/predicted", ">=", 10),
    ("lost to recording, mean: ns a call", "recording", has("a call"), "mean", "<=", 100),
    ("lost to recording, 99.99 % of calls: ns",
     "recording", has("a call"), "99.99 %", "<=", 20000),
    ("store after 1,000,000 calls of 100 workloads: KB",
     "recording", has("calls of"), "KB", "<=", 1000),
    # What two equal ways differ by.
    ("throttled beyond the best of n = 1 and 2: % of the time",
     "quota", has("throttled"), "beyond the best, % of wall", "<=", 1),
    ("real workloads, after 30 runs / searched, geometric mean",
     "real_workloads", lambda r: r == "geometric mean", "automatic/oracle", "<=", 1.04),
    ("the same, worst", "real_workloads", lambda r: r == "worst", "automatic/oracle", "<=", 1.12),
]


def run(folder, name, keep, quick):
    file = keep / f"{name}.json"
    command = [str(folder / f"bench_{name}"), "--json", str(file)] + ["--quick"] * quick
    status = subprocess.run(command).returncode
    print(flush=True)
    if status != 0:
        print(f"bench_{name} ended with {status}")
    return json.loads(file.read_text())["cells"] if file.exists() else []


def verdict(figure, cells):
    """The worst case of a figure, and how many of its cases miss it."""
    what, bench, rows, column, sign, bound = figure
    mine = [c for c in cells.get(bench, []) if rows(c["row"]) and c["column"] == column]
    if not mine:
        return (what, f"{sign} {bound:g}", "-", "", "not run")
    keeps = (lambda m: m <= bound) if sign == "<=" else (lambda m: m >= bound)
    worst = (max if sign == "<=" else min)(mine, key=lambda c: c["median"])
    missed = sum(not keeps(c["median"]) for c in mine)
    measured = f'{worst["median"]:.2f} [{worst["q1"]:.2f} {worst["q3"]:.2f}]'
    said = "pass" if missed == 0 else f"miss, {missed} of {len(mine)}"
    return (what, f"{sign} {bound:g}", measured, worst["row"], said)


def print_table(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the benches' own figures")
    parser.add_argument("--only", default=",".join(BENCHES), help="benches to run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        keep = given.keep or pathlib.Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        cells = {name: run(given.folder, name, keep, given.quick) for name in given.only.split(",")}
    lines = [("figure", "to reach", "measured, worst case", "case", "")]
    print_table(lines + [verdict(figure, cells) for figure in FIGURES])


if __name__ == "__main__":
    main()
