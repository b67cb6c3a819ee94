#!/usr/bin/env python3
"""compress_folder on folders as users have them: compress_folder.py PROGRAM"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zlib

PROGRAM = sys.argv.pop(1)


def run(folder, *more, prefix=()):
    done = subprocess.run([*prefix, PROGRAM, folder, *more], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode()


def number(output, field):
    """The whole numbers of a line, up to the folder's name."""
    line = re.search(f"^{field}: +(.*)", output, re.MULTILINE)[1]
    return [int(n) for n in re.findall(r"\d+", line.partition(" under ")[0])]


class compress_folder(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, name, data):
        path = os.fsencode(self.root) + b"/" + name
        with open(path, "wb") as file:
            file.write(data)
        return path

    def test_every_byte_is_compressed_as_zlib_does(self):
        # Some larger than a piece, one of exactly a piece, one empty.
        contents = [b"", b"a", os.urandom(70_000), b"abc" * 100_000, bytes(1 << 16)]
        for i, data in enumerate(contents):
            self.write(b"file %d" % i, data)
        status, output, _ = run(self.root)
        self.assertEqual(status, 0)
        packed = sum(len(zlib.compress(data, 6)) for data in contents)
        self.assertEqual(number(output, "files"), [len(contents)])
        self.assertEqual(number(output, "bytes"), [sum(map(len, contents)), packed])
        self.assertEqual(number(output, "unreadable"), [0])
        for field in ("plan", "confidence", "planning", "serial estimate", "wall time", "speedup"):
            self.assertRegex(output, f"(?m)^{field}: +\\S")

    def test_odd_names_are_files_like_others(self):
        for name in (b"a\nb", b"-rf", b" ", b"\xff\xfe", b"'\"$(x)", "\u00e9".encode(), b"\x1b[2J"):
            self.write(name, b"text")
        status, output, _ = run(self.root)
        self.assertEqual((status, number(output, "files")), (0, [7]))

    def test_an_empty_folder_has_no_files(self):
        status, output, _ = run(self.root)
        self.assertEqual((status, number(output, "files"), number(output, "bytes")), (0, [0], [0, 0]))

    def test_links_are_not_followed_and_what_is_no_file_is_left_alone(self):
        below = self.root / "below"
        below.mkdir()
        self.write(b"below/file", b"text")
        (below / "up").symlink_to(self.root)
        (self.root / "self").symlink_to("self")
        (self.root / "nothing").symlink_to("nowhere")
        (self.root / "again").symlink_to("below/file")
        os.mkfifo(self.root / "pipe")
        status, output, _ = run(self.root)
        self.assertEqual((status, number(output, "files")), (0, [1]))
        self.assertEqual(number(output, "unreadable"), [0])

    def test_the_unreadable_is_counted_and_named(self):
        prefix = []
        if os.geteuid() == 0:
            prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
            if subprocess.run([*prefix, "true"]).returncode:
                self.skipTest("root may read everything here")
        self.write(b"open", b"text")
        os.chmod(self.write(b"shut\x1b", b"text"), 0)
        folder = self.root / "closed"
        folder.mkdir()
        folder.chmod(0)
        status, output, _ = run(self.root, prefix=prefix)
        folder.chmod(0o700)
        self.assertEqual((status, number(output, "unreadable")), (0, [2]))
        self.assertIn(f"  {self.root}/closed\n", output)
        self.assertIn(f"  {self.root}/shut?\n", output)
        self.assertNotIn("\x1b", output)

    def test_a_missing_folder_and_a_file_are_errors(self):
        for folder in (self.root / "none", pathlib.Path(__file__)):
            status, output, error = run(folder)
            self.assertEqual((status, output), (2, ""))
            self.assertIn(f"{folder} is not a folder", error)
        self.assertEqual(run(self.root, "more")[0], 2)


if __name__ == "__main__":
    unittest.main()
