#!/usr/bin/env python3
"""What must not compile, does not, and says why: compile_errors.py INCLUDE CASES

Each file of CASES says in lines `// error: TEXT` what the compiler has to say; one without such a
line must compile.
"""

import pathlib
import re
import shutil
import subprocess
import sys

EXPECTED = re.compile(r"^// error: (.+)$", re.MULTILINE)


def wrong(compiler, include, case):
    expected = EXPECTED.findall(case.read_text())
    run = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", f"-I{include}", case],
                         capture_output=True, text=True)
    said = run.stderr
    who = f"{case.name} with {compiler}"
    if not expected:
        return [f"{who}: does not compile\n{said}"] if run.returncode else []
    if run.returncode == 0:
        return [f"{who}: compiles"]
    # In the compiler's error lines only: source lines that it quotes show the text as well.
    errors = "\n".join(line for line in said.splitlines() if "error:" in line)
    return [f"{who}: does not say '{text}'\n{said}" for text in expected if text not in errors]


def main():
    include, folder = map(pathlib.Path, sys.argv[1:])
    compilers = [name for name in ("g++", "clang++") if shutil.which(name)]
    cases = sorted(folder.glob("*.cpp"))
    said = [line for case in cases for compiler in compilers for line in wrong(compiler, include, case)]
    if not cases or not compilers:
        said.append("nothing was checked")
    print(*said, sep="\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
