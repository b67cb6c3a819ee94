#!/usr/bin/env python3
"""log_stream at pipes as users lay them: log_stream.py PROGRAM"""

import os
import re
import select
import signal
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop(1)
PATIENCE = 60


def request(status, path=b"/", end=b""):
    return b'10.0.0.1 - bo [10/Oct/2000:13:55:36 -0700] "GET %s HTTP/1.0" %d 2326%s' % (
        path, status, end)


def run(given, *arguments):
    done = subprocess.run([PROGRAM, *arguments], input=given, capture_output=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr.decode()


class log_stream(unittest.TestCase):
    def open(self, *arguments):
        pipe = subprocess.PIPE
        program = subprocess.Popen([PROGRAM, *arguments], stdin=pipe, stdout=pipe, stderr=pipe)
        self.addCleanup(program.communicate)
        self.addCleanup(program.kill)
        return program

    def read_line(self, program):
        line = b""
        while not line.endswith(b"\n"):
            self.assertTrue(select.select([program.stdout], [], [], PATIENCE)[0], "nothing came")
            byte = os.read(program.stdout.fileno(), 1)
            self.assertTrue(byte, "the output ended")
            line += byte
        return line

    def test_a_match_is_printed_before_anything_else_is_written(self):
        program = self.open("yes")
        for i in range(300):
            line = b"%d yes\n" % i
            os.write(program.stdin.fileno(), b"no\n" * (i % 3) + line)
            self.assertEqual(self.read_line(program), line)

    def test_a_match_is_printed_while_a_later_line_is_half_there(self):
        program = self.open("yes")
        os.write(program.stdin.fileno(), b"yes 1\nno\nyes 2\nye")
        self.assertEqual(self.read_line(program), b"yes 1\n")
        self.assertEqual(self.read_line(program), b"yes 2\n")
        os.write(program.stdin.fileno(), b"s 3\n")
        self.assertEqual(self.read_line(program), b"yes 3\n")

    def test_lines_are_printed_in_order_as_they_were(self):
        lines = [b"%d%s" % (i, b" x\0y\r\xff" * (i % 50)) for i in range(60_000)]
        wanted = [line for line in lines if re.search(b"7.*x|99", line, re.DOTALL)]
        status, output, _ = run(b"\n".join(lines), "7.*x|99")
        self.assertEqual(status, 0)
        self.assertEqual(output, b"\n".join(wanted) + b"\n")

    def test_options_choose_among_lines(self):
        lines = [request(200), request(404), request(500, b"/A"), request(503, end=b' "-" "x"'),
                 b"502", b"", request(404, b'/"') + b"x", request(501, b'/\\" 200 1')]
        given = b"\n".join(lines) + b"\n"

        def chosen(*arguments):
            return [lines.index(line) for line in run(given, *arguments)[1].splitlines()]

        self.assertEqual(chosen(""), [0, 1, 2, 3, 4, 5, 6, 7])
        self.assertEqual(chosen("-s", "5", ""), [2, 3, 7])
        self.assertEqual(chosen("-s", "404", ""), [1])
        self.assertEqual(chosen("/a"), [])
        self.assertEqual(chosen("-i", "/a"), [2])
        self.assertEqual(chosen("-v", "GET"), [4, 5])

    def test_matches_are_counted_by_status(self):
        lines = [request(200)] * 3 + [request(404)] * 2 + [b"no request"]
        status, output, error = run(b"\n".join(lines), "--stats", "")
        self.assertEqual((status, output.count(b"\n")), (0, 6))
        for count in ("3 200", "2 404", "1 no request", "6 of 6 lines match"):
            self.assertRegex(error, f"(?m)^ *{count}$")
        self.assertEqual(run(b"", "--stats", "x")[0], 1)

    def test_an_interrupt_ends_it_with_its_counts(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            program = self.open("--stats", "yes")
            os.write(program.stdin.fileno(), b"yes\n")
            self.read_line(program)
            program.send_signal(number)
            self.assertEqual(program.wait(PATIENCE), 0)
            self.assertIn(b"1 of 1 lines match", program.stderr.read())

    def test_a_closed_pipe_ends_it_in_silence_though_its_input_waits(self):
        program = self.open("yes")
        os.write(program.stdin.fileno(), b"yes\n")
        self.read_line(program)
        program.stdout.close()
        os.write(program.stdin.fileno(), b"yes\n")
        self.assertEqual(program.wait(PATIENCE), 128 + signal.SIGPIPE)
        self.assertEqual(program.stderr.read(), b"")
        program.stdout = None

    def test_errors_say_what_is_wrong(self):
        for arguments, said in (([], "one PATTERN is needed"),
                                (["a", "b"], "one PATTERN is needed"),
                                (["-q", "x"], "-q is no option"), (["("], "the pattern is (")):
            status, output, error = run(b"", *arguments)
            self.assertEqual((status, output), (2, b""))
            self.assertIn(said, error)
        self.assertEqual(run(b"", "--help")[0], 0)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, ""], input=b"x\n", stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"No space left on device", done.stderr)


if __name__ == "__main__":
    unittest.main()
