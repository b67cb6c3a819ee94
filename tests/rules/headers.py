#!/usr/bin/env python3
"""Public headers: each compiles first and alone, all are installed, none reaches a heavy library.

headers.py INCLUDE --installed FILE...: checks the tree INCLUDE with g++ and clang++.
headers.py --prove FIXTURES: each folder of FIXTURES must be rejected with the text in `expected`.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HEAVY = ("tbb", "oneapi", "hwloc", "hwloc.h", "nlohmann")
MARK = re.compile(r'^# \d+ "([^"]+)"', re.MULTILINE)
STRICT = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
          "-Wsign-conversion", "-Wold-style-cast", "-Werror"]


def compilers():
    found = [name for name in ("g++", "clang++") if shutil.which(name)]
    if not found:
        sys.exit("neither g++ nor clang++ is here")
    return found


def headers_of(include):
    return sorted(p.relative_to(include).as_posix() for p in include.rglob("*.hpp"))


def alone(include, header, compiler):
    """Twice, so that a header that forgets its guard is found too."""
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder, "unit.cpp")
        unit.write_text(f'#include "{header}"\n#include "{header}"\n')
        run = subprocess.run([compiler, *STRICT, f"-I{include}", unit], capture_output=True, text=True)
    return [f"{header}: does not compile alone with {compiler}\n{run.stderr}"] if run.returncode else []


def reached(include, header, compiler):
    # By the preprocessor's line marks: clang's -M also lists what libstdc++ only asks for with
    # __has_include, such as TBB.
    run = subprocess.run([compiler, "-std=c++20", f"-I{include}", "-E", "-x", "c++", include / header],
                         capture_output=True, text=True)
    if run.returncode:
        return [f"{header}: {run.stderr}"]
    files = sorted(set(MARK.findall(run.stdout)))
    return [f"{header}: reaches {file}" for file in files if set(HEAVY) & set(file.split("/"))]


def complaints(include):
    tasks = [(check, header, compiler) for compiler in compilers()
             for header in headers_of(include) for check in (alone, reached)]
    if not tasks:
        return [f"no header in {include}"]
    with ThreadPoolExecutor(2) as pool:
        said = pool.map(lambda task: task[0](include, task[1], task[2]), tasks)
        return [line for lines in said for line in lines]


def not_installed(include, installed):
    there = {pathlib.Path(path).resolve() for path in installed}
    return [f"{header}: is not installed" for header in headers_of(include)
            if (include / header).resolve() not in there]


def prove(fixtures):
    trees = [tree for tree in sorted(fixtures.iterdir()) if tree.is_dir()]
    wrong = [] if trees else [f"no fixtures in {fixtures}"]
    for tree in trees:
        expected = (tree / "expected").read_text().strip()
        said = complaints(tree) + not_installed(tree, tree.glob("installed/*"))
        if not any(expected in line for line in said):
            wrong.append(f"{tree.name}: not rejected with '{expected}', but {said}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--prove", action="store_true")
    parser.add_argument("--installed", nargs="*", default=[])
    given = parser.parse_args()
    if given.prove:
        said = prove(given.folder)
    else:
        said = complaints(given.folder) + not_installed(given.folder, given.installed)
    print(*said, sep="\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
