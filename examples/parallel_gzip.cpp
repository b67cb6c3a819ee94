/// A stream in order: standard input compressed in blocks to one .gz on standard output.
#include "parallel_gzip_blocks.hpp"

#include <getopt.h>

#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

constexpr char usage[] =
    "usage: parallel_gzip [-1 ... -9] [-b KB] [-p THREADS] [--stats] < INPUT > OUTPUT.gz\n"
    "  -1 ... -9   level, from fastest to smallest (6)\n"
    "  -b KB       of input in a block, 32 to 16384 (128)\n"
    "  -p THREADS  to compress on, 1 to 1024 (as many as pay)\n"
    "  --stats     tell on standard error what was done\n";

constexpr std::size_t buffered_bytes = 8U << 20U;  // of the input, at most

struct settings {
  int level = 6;
  int threads = 0;  ///< zero: the runtime chooses
  std::size_t block_bytes = 128U << 10U;
  bool stats = false;
};

struct totals {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
};

void put(totals& all, const void* from, std::size_t count) {
  write_all(from, count);
  all.out += count;
}

totals compress(const settings& chosen, amorsize::run_report& report) {
  constexpr std::array<Bytef, 10> head{0x1f, 0x8b, Z_DEFLATED, 0, 0, 0, 0, 0, 0, 3};
  const std::string name = "parallel_gzip " + std::to_string(chosen.level) + ", blocks of " +
                           std::to_string(chosen.block_bytes);
  block_reader reader(chosen.block_bytes);
  totals all;
  uLong crc = 0;
  put(all, head.data(), head.size());
  amorsize::stream_map(
      [&reader](const std::stop_token& stop) { return reader.next(stop); },
      amorsize::per_worker([&chosen] { return deflater(chosen.level); },
                           [](deflater& own, const block& in) { return own.compress(in); }),
      [&](const piece& p) {
        put(all, p.packed.data(), p.packed.size());
        crc = crc32_combine(crc, p.crc, static_cast<z_off_t>(p.size));
        all.in += p.size;
      },
      {.name = name,
       .n_jobs = chosen.threads,
       .buffer_size = std::max<std::size_t>(buffered_bytes / chosen.block_bytes, 4),
       .report = &report});
  bytes tail{3, 0};  // an empty last block
  for (const std::uint64_t number : {std::uint64_t{crc}, all.in}) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
      tail.push_back(static_cast<Bytef>(number >> shift & 0xffU));
    }
  }
  put(all, tail.data(), tail.size());
  return all;
}

void show(const totals& all, const amorsize::run_report& report, double seconds) {
  const auto in = static_cast<double>(all.in);
  const auto out = static_cast<double>(all.out);
  std::fprintf(stderr, "bytes:         %.0f in, %.0f out\n", in, out);
  if (all.in > 0) std::fprintf(stderr, "ratio:         %.3f\n", out / in);
  std::fprintf(stderr, "time:          %.3f s, %.1f MB/s\n", seconds, in / 1e6 / seconds);
  std::fprintf(stderr, "run:           %s\n", amorsize::explain(report).c_str());
  std::fprintf(stderr, "peak buffered: %zu blocks\n", report.peak_buffered);
}

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "parallel_gzip: %s\n%s", what.c_str(), usage);
  std::exit(2);
}

int number(char flag, std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    refuse(std::string("-") + flag + " is " + std::string(text) + ", must be " +
           std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

settings choose(int count, char** arguments) {
  constexpr std::array<option, 3> names{
      {{"stats", no_argument, nullptr, 's'}, {"help", no_argument, nullptr, 'h'}, {}}};
  settings chosen;
  opterr = 0;
  int flag = 0;
  while ((flag = getopt_long(count, arguments, "123456789b:p:h", names.data(), nullptr)) != -1) {
    if (flag == '?')
      refuse(std::string(arguments[optind - 1]) + " is no option, or lacks its value");
    if (flag == 'h') {
      std::fputs(usage, stdout);
      std::exit(0);
    }
    if (flag == 's') chosen.stats = true;
    if (flag == 'p') chosen.threads = number('p', optarg, 1, 1024);
    if (flag == 'b') chosen.block_bytes = std::size_t(number('b', optarg, 32, 16384)) << 10U;
    if (flag >= '1' && flag <= '9') chosen.level = flag - '0';
  }
  if (optind < count) refuse(std::string(arguments[optind]) + " is not an option: files come by <");
  if (isatty(STDOUT_FILENO) != 0) refuse("the output is a terminal, must be a file or a pipe");
  return chosen;
}

int main(int count, char** arguments) try {
  std::signal(SIGPIPE, SIG_IGN);
  const settings chosen = choose(count, arguments);
  const auto start = std::chrono::steady_clock::now();
  amorsize::run_report report;
  const totals all = compress(chosen, report);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (chosen.stats) show(all, report, took.count());
} catch (const std::system_error& error) {
  if (is_closed_pipe(error)) return 128 + SIGPIPE;
  std::fprintf(stderr, "parallel_gzip: %s\n", error.what());
  return 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "parallel_gzip: %s\n", error.what());
  return 1;
}
