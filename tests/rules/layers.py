#!/usr/bin/env python3
"""The layer table: layers.py LIB checks the includes of a tree, layers.py --prove FIXTURES itself.

Each folder of FIXTURES is a tree with a file `expected`: text that a complaint about it has to
contain, or nothing where there must be none.
"""

import pathlib
import re
import sys

# layer: (layers that it may include beside itself, its outside library)
TABLE = {
    "base": (set(), None),
    "machine": ({"base"}, "hwloc"),
    "workload": ({"base", "machine"}, None),
    "learn": ({"base", "workload"}, None),
    "store": ({"base", "learn"}, "nlohmann"),
    "plan": ({"base", "machine", "workload", "learn"}, None),
    "run": ({"base", "machine"}, "tbb"),
    "runtime": ({"base", "machine", "workload", "learn", "store", "plan", "run"}, None),
}
OUTSIDE = {"hwloc": "hwloc", "nlohmann": "nlohmann", "tbb": "tbb", "oneapi": "tbb"}
SOURCES = {".hpp", ".cpp", ".h", ".c", ".cc", ".ipp"}
# Preprocessor lines may have spaces anywhere, and comments where spaces may be.
INCLUDE = re.compile(r'^\s*#\s*(?:include|include_next|import)\s*(?:/\*.*?\*/\s*)*([<"])([^>"]+)[>"]', re.MULTILINE)
COMPUTED = re.compile(r'^\s*#\s*include\s+[A-Za-z_]', re.MULTILINE)


def complaints(lib):
    """Every broken rule under the folder `lib`, one line each."""
    found = []
    for path in sorted(lib.rglob("*")):
        if not path.is_file() or path.suffix not in SOURCES:
            continue
        inside = path.relative_to(lib)
        layer = inside.parts[0] if len(inside.parts) > 1 else None
        if layer not in TABLE:
            found.append(f"{inside}: is in no layer of the table")
            continue
        text = path.read_text()
        if COMPUTED.search(text):
            found.append(f"{inside}: includes a macro, which no rule can check")
        found += [f"{inside}: {why}" for _, name in INCLUDE.findall(text)
                  for why in reasons(layer, name)]
    return found


def reasons(layer, name):
    may_include, outside = TABLE[layer]
    first = name.split("/")[0]
    library = OUTSIDE.get(re.split(r"[/.]", name)[0])
    if ".." in name.split("/"):
        yield f"includes {name}: a path that leaves its folder hides its layer"
    elif library is not None and library != outside:
        yield f"includes {name}: {library} has its home elsewhere"
    elif "/" in name and first in TABLE and first != layer and first not in may_include:
        yield f"includes {name}: {layer} may not include {first}"


def prove(fixtures):
    """Whether each fixture is accepted or rejected as it says."""
    wrong = []
    trees = [tree for tree in sorted(fixtures.iterdir()) if tree.is_dir()]
    for tree in trees:
        expected = (tree / "expected").read_text().strip()
        said = complaints(tree / "lib")
        if expected and not any(expected in line for line in said):
            wrong.append(f"{tree.name}: not rejected with '{expected}', but {said}")
        if not expected and said:
            wrong.append(f"{tree.name}: rejected with {said}")
    if not trees:
        wrong.append(f"no fixtures in {fixtures}")
    return wrong


def main():
    proves = sys.argv[1] == "--prove"
    folder = pathlib.Path(sys.argv[-1])
    if not folder.is_dir():
        sys.exit(f"{folder} is not a folder")
    said = prove(folder) if proves else complaints(folder)
    print(*said, sep="\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
