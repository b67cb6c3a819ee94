#!/usr/bin/env python3
"""A stranger's project builds against this one: stranger.py SOURCE (subproject|installed) (static|shared)

As a subproject: with Meson, and with the stranger's own strict warnings. Installed: with the
compiler and pkg-config alone, and no trace of this project's sources. Both run a program and a
plug-in that check their answers.
"""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

STRANGER = ("meson.build", "stranger.cpp", "plugin.cpp", "host.cpp")
QUICK = ["-Dbuildtype=plain", "-Db_ndebug=true"]


def compiler():
    """The compiler's command. Without GNU's unique symbols: they alone would keep a plug-in loaded."""
    cxx = shlex.split(os.environ.get("CXX", "c++"))
    probe = subprocess.run([*cxx, "-Werror", "-fno-gnu-unique", "-fsyntax-only", "-x", "c++", os.devnull],
                           capture_output=True)
    return [*cxx, "-fno-gnu-unique"] if probe.returncode == 0 else cxx


def run(*command, cwd, env=None):
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print("$", shlex.join(str(part) for part in command))
    print(done.stdout)
    if done.returncode:
        sys.exit(f"{command[0]} ended with {done.returncode}")
    return done.stdout


def stays_loaded(library):
    """glibc keeps a closed library while a thread that it knows lives; the flag, also beyond that."""
    if "NODELETE" not in run("readelf", "--dynamic", "--wide", library, cwd=library.parent):
        sys.exit(f"{library.name} may be unloaded while helpers are in it")


def ours(source, to):
    """What a download of this project has in it."""
    to.mkdir(parents=True)
    for name in ("meson.build", "meson_options.txt"):
        shutil.copy(source / name, to)
    for name in ("include", "lib", "examples", "tests"):
        shutil.copytree(source / name, to / name)


def theirs(source, to):
    to.mkdir(exist_ok=True)
    for name in STRANGER:
        shutil.copy(source / "tests" / "rules" / "stranger" / name, to)


def subproject(source, kind, folder):
    theirs(source, folder / "project")
    ours(source, folder / "project" / "subprojects" / "amorsize")
    # Nothing of ours may need what only we have: warnings, tests, examples.
    run("meson", "setup", "build", "project", *QUICK, f"-Ddefault_library={kind}", "-Dwerror=true",
        f"-Dcpp_args={shlex.join([*compiler()[1:], '-Wall', '-Wextra'])}",
        cwd=folder)
    run("ninja", "-C", "build", cwd=folder)
    names = [test["name"] for test in json.loads(
        run("meson", "introspect", "--tests", "build", cwd=folder))]
    if names != ["maps", "loads and unloads"]:
        sys.exit(f"expected the stranger's own tests alone, not {names}")
    run("meson", "test", "-C", "build", "--no-rebuild", "--print-errorlogs", cwd=folder)
    stays_loaded(folder / "build" / "libplugin.so")


def installed(source, kind, folder):
    ours(source, folder / "amorsize")
    prefix = folder / "prefix"
    run("meson", "setup", "build", "amorsize", *QUICK, f"-Ddefault_library={kind}", "-Dlibdir=lib",
        "-Dtests=disabled", "-Dexamples=disabled", f"--prefix={prefix}",
        f"-Dcpp_args={shlex.join(compiler()[1:])}", cwd=folder)
    run("meson", "install", "-C", "build", "--quiet", cwd=folder)
    shutil.rmtree(folder / "amorsize")
    shutil.rmtree(folder / "build")

    env = os.environ | {"PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig"),
                        "LD_LIBRARY_PATH": str(prefix / "lib")}
    static = ["--static"] if kind == "static" else []
    flags = shlex.split(run("pkg-config", *static, "--cflags", "--libs", "amorsize", cwd=folder, env=env))
    theirs(source, folder / "project")
    cxx = [*compiler(), "-std=c++20"]
    project = folder / "project"
    run(*cxx, "stranger.cpp", "-o", "stranger", *flags, cwd=project)
    run(*cxx, "-shared", "-fPIC", "-fvisibility=hidden", "plugin.cpp", "-o", "plugin.so", *flags,
        cwd=project)
    run(*cxx, "host.cpp", "-o", "host", "-ldl", cwd=project)
    run("./stranger", cwd=project, env=env)
    run("./host", "./plugin.so", cwd=project, env=env)
    stays_loaded(project / "plugin.so")


def main():
    source, way, kind = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
    with tempfile.TemporaryDirectory() as folder:
        {"subproject": subproject, "installed": installed}[way](source, kind, pathlib.Path(folder))


if __name__ == "__main__":
    main()
