#!/usr/bin/env python3
"""Do the tests notice wrong arithmetic? Makes the changes of *.changes in lib/learn and lib/plan.

    tests/mutation/mutate.py                          all of them, in some minutes
    tests/mutation/mutate.py --sample 12 [--seed S]   some, as CI does
    tests/mutation/mutate.py --only PATTERN           those of such an id: 'planner.cpp:*'; of a
                                                      single one, also what its tests say
    tests/mutation/mutate.py --list

Each change is made in a copy and built with the tests named for its file, which have to fail, crash or
hang (`killed`). One that they do not notice is printed as `SURVIVED`, and the status is 1: it takes a
test that kills it, or the reason why nothing can notice it. The status is 2 where the list is not
true of the code: a text that is not there exactly once, a change that does not compile, tests that
fail or are none without it.

In a list, `file` and `tests` hold for all changes up to the next ones. A change is `name: what it
does`, the text that is there in lines that begin with `- `, what comes instead in lines that begin
with `+ `, none for nothing; and, of one that is equivalent, the reason in lines that begin with `= `.
"""

import argparse
import concurrent.futures
import fnmatch
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COPIED = ["include", "lib", "tests/support", "tests/unit/learn", "tests/unit/plan"]
# What the tests of the two layers need: neither TBB nor the store.
SOURCES = ["lib/base", "lib/machine", "lib/workload", "lib/learn", "lib/plan"]
MORE_SOURCES = ["lib/run/claims.cpp", "tests/support/main.cpp"]
COMPILER = os.environ.get("CXX", "c++").split()
FLAGS = ["-std=c++20", "-O1", "-w"]
WORDS = {True: "SURVIVED", False: "killed", None: "ERROR"}
CASES = re.compile(r"^\[doctest\] test cases:\s*(\d+)", re.MULTILINE)


class ListError(Exception):
    """The list is not true of the code."""


class Change:
    def __init__(self, path, tests, name, what):
        self.path = path
        self.tests = tuple(f"tests/unit/{test}" for test in tests)
        self.id = f"{pathlib.Path(path).name}:{name}"
        self.what = what
        self.lines = {"-": [], "+": [], "=": []}

    old = property(lambda self: "\n".join(self.lines["-"]))
    new = property(lambda self: "\n".join(self.lines["+"]))
    equivalent = property(lambda self: " ".join(self.lines["="]))

    def made_in(self, text):
        """The text with the change, and how often it could be made; spaces and line ends are alike."""
        pattern = r"\s+".join(map(re.escape, self.old.split()))
        return re.subn(pattern, lambda _: self.new, text) if pattern else (text, 0)

    def complaint(self):
        text, times = self.made_in((ROOT / self.path).read_text())
        return f"{self.id}: its text is {times} times in {self.path}, must be once" if times != 1 else None


def changes_of(text):
    changes, path, tests = [], "", []
    for line in text.splitlines():
        if line.startswith("file "):
            path = line.split()[1]
        elif line.startswith("tests "):
            tests = line.split()[1:]
        elif line[:1] in ("-", "+", "="):
            changes[-1].lines[line[0]].append(line[2:])
        elif line and not line.startswith("#"):
            changes.append(Change(path, tests, *line.split(": ", 1)))
    return changes


def read_changes():
    changes = [change for path in sorted(HERE.glob("*.changes")) for change in changes_of(path.read_text())]
    ids = [change.id for change in changes]
    twice = sorted({f"{name}: is there twice" for name in ids if ids.count(name) > 1})
    complaints = twice + [text for change in changes if (text := change.complaint())]
    if complaints:
        raise ListError("\n".join(complaints))
    return changes


class Build:
    """A copy of what is needed, built once, and each change beside it."""

    def __init__(self, folder, pool):
        self.folder = folder
        self.pool = pool
        self.hwloc = subprocess.run(["pkg-config", "--cflags", "--libs", "hwloc"], check=True,
                                    capture_output=True, text=True).stdout.split()
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name)
        for name in MORE_SOURCES:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
        self.library = [str(path.relative_to(folder)) for name in SOURCES
                        for path in sorted((folder / name).glob("*.cpp"))] + MORE_SOURCES
        self.needs = {}  # of each source, the files that it is made of

    def object_of(self, source, place=""):
        return self.folder / "objects" / place / (source.replace("/", "_") + ".o")

    def compile(self, source, place=""):
        """With the files in the folder `place` instead of those of the same names."""
        made = self.object_of(source, place)
        made.parent.mkdir(parents=True, exist_ok=True)
        changed = self.folder / place
        actual = changed / source if place and (changed / source).exists() else self.folder / source
        run = subprocess.run(
            [*COMPILER, *FLAGS, *([f"-I{changed}/lib"] if place else []), f"-I{self.folder}/lib",
             f"-I{self.folder}/include", f"-I{self.folder}/tests/support", *self.hwloc, "-MMD", "-c",
             str(actual), "-o", str(made)], capture_output=True, text=True)
        if run.returncode != 0:
            raise ListError(f"{place or 'unchanged'}: {source} does not compile\n{run.stderr}")
        if not place:
            names = made.with_suffix(".d").read_text().replace("\\\n", " ").split()[1:]
            self.needs[source] = {os.path.relpath(name, self.folder) for name in names}
        return made

    def compile_all(self, tests):
        list(self.pool.map(self.compile, [*self.library, *sorted(tests)]))

    def link(self, objects, program):
        run = subprocess.run([*COMPILER, *map(str, objects), *self.hwloc, "-pthread", "-o", str(program)],
                             capture_output=True, text=True)
        if run.returncode != 0:
            raise ListError(f"{program.name} does not link\n{run.stderr}")

    def check_unchanged(self, tests):
        """Without a change the tests pass and are not none; how long they take."""
        program = self.folder / "_".join(["unchanged", *(pathlib.Path(test).stem for test in tests)])
        self.link([self.object_of(source) for source in (*self.library, *tests)], program)
        began = time.monotonic()
        for test in tests:
            run = subprocess.run([program, f"--source-file=*{test}"], capture_output=True, text=True)
            count = CASES.search(run.stdout)
            if run.returncode != 0:
                raise ListError(f"{test} fails without a change\n{run.stdout}")
            if not count or int(count[1]) == 0:
                raise ListError(f"{test} has no test case")
        return time.monotonic() - began

    def survives(self, change, limit):
        """Whether the tests pass with the change, and what they say; not known: it cannot be built."""
        place = "change_" + re.sub(r"\W", "_", change.id)
        changed = self.folder / place / change.path
        changed.parent.mkdir(parents=True)
        changed.write_text(change.made_in((self.folder / change.path).read_text())[0])
        sources = (*self.library, *change.tests)
        program = self.folder / place / "tests"
        try:
            self.link([self.compile(source, place) if change.path in self.needs[source]
                       else self.object_of(source) for source in sources], program)
        except ListError as error:
            return None, f"{error}\n"
        try:
            run = subprocess.run([program, "--abort-after=1"], capture_output=True, text=True,
                                 errors="replace", timeout=limit)
            result = run.returncode == 0, run.stdout
        except subprocess.TimeoutExpired:
            result = False, f"takes more than {limit:.0f} s\n"
        shutil.rmtree(self.folder / place)
        shutil.rmtree(self.folder / "objects" / place)
        return result


def sample_of(changes, count, seed):
    real = [change for change in changes if not change.equivalent]
    if seed is None:
        content = b"".join((ROOT / path).read_bytes() for path in sorted({c.path for c in changes}))
        seed = hashlib.sha256(content).hexdigest()[:8]
    print(f"a sample of {count} from {len(real)} changes: --sample {count} --seed {seed}")
    return random.Random(seed).sample(real, min(count, len(real)))


def check(changes, jobs, is_verbose):
    """Of each change: whether it survived; not known where it could not be built."""
    real = [change for change in changes if not change.equivalent]
    with (tempfile.TemporaryDirectory(prefix="amorsize-mutation-") as name,
          concurrent.futures.ThreadPoolExecutor(jobs) as pool):
        build = Build(pathlib.Path(name), pool)
        build.compile_all({test for change in real for test in change.tests})
        groups = sorted({change.tests for change in real})
        usual = dict(zip(groups, pool.map(build.check_unchanged, groups)))
        results = []
        for change, (is_alive, said) in zip(real, pool.map(
                lambda c: build.survives(c, 10 + 10 * usual[c.tests]), real)):
            results.append(is_alive)
            print(f"{WORDS[is_alive]} {change.id} {change.path}: {change.what}", flush=True)
            if is_verbose or is_alive is None:
                print(said, end="")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, metavar="N", help="check N changes, drawn by the seed")
    parser.add_argument("--seed", help="of the sample; by default the code that is changed gives it")
    parser.add_argument("--only", metavar="PATTERN", help="check the changes of such an id")
    parser.add_argument("--list", action="store_true", help="print the changes")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="N")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the copy is removed
    try:
        changes = read_changes()
        if asked.list:
            for change in changes:
                print(f"{change.id} {change.path}: {change.what}")
            return 0
        if asked.only:
            changes = [change for change in changes if fnmatch.fnmatchcase(change.id, asked.only)]
        elif asked.sample is not None:
            changes = sample_of(changes, asked.sample, asked.seed)
        if not changes:
            raise ListError("no change is to be checked")
        results = check(changes, asked.jobs, len(changes) == 1)
    except ListError as error:
        print(error, file=sys.stderr)
        return 2
    equivalents = [change for change in changes if change.equivalent]
    for change in equivalents:
        print(f"equivalent {change.id} {change.path}: {change.what}; {change.equivalent}")
    print(f"{results.count(False)} of {len(results)} killed, {len(equivalents)} equivalent")
    return 2 if None in results else 1 if True in results else 0


if __name__ == "__main__":
    sys.exit(main())
