#!/usr/bin/env python3
"""parallel_gzip on input as users have it: parallel_gzip.py PROGRAM"""

import gzip
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
PATIENCE = 100
BLOCK = 128 << 10


def pack(given, *arguments):
    return subprocess.run([PROGRAM, *arguments], input=given, capture_output=True, timeout=PATIENCE)


def text(size):
    """Words, the n-th of them 1/n as frequent as the first."""
    draw = random.Random(7)
    words = ["".join(draw.choices("etaoinshrdlucm", k=draw.randint(2, 10))) for _ in range(5000)]
    drawn = draw.choices(words, [1 / (n + 1) for n in range(len(words))], k=size // 4)
    return " ".join(drawn).encode()[:size]


def peak_kilobytes(process):
    """The most memory that a process had; zero: it has ended."""
    with open(f"/proc/{process}/status") as status:
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read())
    return int(found[1]) if found else 0


class parallel_gzip(unittest.TestCase):
    def test_gunzip_gives_the_input_back(self):
        noise = os.urandom(3 * BLOCK + 5)
        words = text(BLOCK + 1)
        for given in (b"", b"a", words, words[:BLOCK], words[:-2], noise, noise * 3,
                      bytes(5 * BLOCK)):
            for arguments in ([], ["-1", "-b", "32"], ["-9", "-p", "1"]):
                done = pack(given, *arguments)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertEqual(gzip.decompress(done.stdout), given)
        done = pack(words)
        restored = subprocess.run(["gunzip"], input=done.stdout, capture_output=True, check=True)
        self.assertEqual(restored.stdout, words)

    def test_a_hundred_megabytes_take_bounded_memory(self):
        part = text(3 << 20) + os.urandom(2 << 20)
        pipe = subprocess.PIPE
        peak = 0
        with tempfile.TemporaryFile() as given:
            for _ in range(20):
                given.write(part)
            given.seek(0)
            program = subprocess.Popen([PROGRAM, "-1", "--stats"], stdin=given, stdout=pipe,
                                       stderr=pipe)
            self.addCleanup(program.communicate)
            with gzip.open(program.stdout) as restored:
                for _ in range(20):
                    self.assertEqual(restored.read(len(part)), part)
                    peak = max(peak, peak_kilobytes(program.pid))
                self.assertEqual(restored.read(1), b"")
        stats = program.stderr.read().decode()
        self.assertEqual(program.wait(PATIENCE), 0)
        self.assertRegex(stats, f"(?m)^bytes: +{20 * len(part)} in, [0-9]+ out$")
        for field in ("ratio", "time", "run", "peak buffered"):
            self.assertRegex(stats, f"(?m)^{field}: +\\S")
        if "AMORSIZE_TEST_SCALE" not in os.environ:  # sanitizers take memory of their own
            self.assertLess(peak, 64 << 10)

    def test_the_size_is_that_of_pigz_and_near_that_of_gzip(self):
        given = text(8 << 20)
        size = len(pack(given).stdout)
        self.assertLess(size, 1.02 * len(gzip.compress(given, 6)))
        if shutil.which("pigz"):
            pigz = subprocess.run(["pigz", "-6"], input=given, capture_output=True, check=True)
            self.assertLess(abs(size / len(pigz.stdout) - 1), 0.02)

    def test_a_closed_pipe_ends_it_in_silence(self):
        pipe = subprocess.PIPE
        source = subprocess.Popen(["cat", "/dev/urandom"], stdout=pipe)
        program = subprocess.Popen([PROGRAM], stdin=source.stdout, stdout=pipe, stderr=pipe)
        source.stdout.close()
        self.assertEqual(program.stdout.read(10)[:2], b"\x1f\x8b")
        program.stdout.close()
        self.assertEqual(program.wait(PATIENCE), 128 + signal.SIGPIPE)
        self.assertEqual(program.stderr.read(), b"")
        program.stderr.close()
        self.assertEqual(source.wait(PATIENCE), -signal.SIGPIPE)

    def test_errors_say_what_is_wrong(self):
        for arguments, said in ((["-b", "3"], "-b is 3, must be 32 to 16384"),
                                (["-p", "x"], "-p is x, must be 1 to 1024"),
                                (["-p"], "-p is no option, or lacks its value"),
                                (["--fast"], "--fast is no option"), (["file"], "file is not an")):
            done = pack(b"", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(said, done.stderr.decode())
        self.assertEqual(pack(b"", "--help").returncode, 0)
        folder = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        done = subprocess.run([PROGRAM], stdin=folder, capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cannot read standard input: Is a directory", done.stderr)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM], input=b"x", stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"cannot write standard output: No space left", done.stderr)


if __name__ == "__main__":
    unittest.main()
