/// Is examples/parallel_gzip as fast as `pigz -p 2`, in bounded memory? Needs pigz.
#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "real_workloads/sample_text.hpp"
#include "support/arguments.hpp"
#include "support/results.hpp"
#include "support/temporary_folder.hpp"
#include "support/timing.hpp"

namespace {

namespace fs = std::filesystem;

bool runs(const std::string& command) { return std::system(command.c_str()) == 0; }

rusage used_by_children() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  return used;
}

double processor_seconds() {
  const rusage used = used_by_children();
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// More would be this program's own peak, which children begin with.
constexpr std::size_t most_headers = 4'000'000;

/// Half of it words that were made up, half the headers of this machine, again and again.
void write_text(const std::string& path, std::size_t bytes) {
  std::mt19937_64 random(13);
  std::string headers;
  for (const auto& entry : fs::recursive_directory_iterator("/usr/include")) {
    if (headers.size() > most_headers) break;
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    headers.append(std::istreambuf_iterator<char>(file), {});
  }
  std::ofstream out(path, std::ios::binary);
  for (std::size_t done = 0; done < bytes;) {
    std::string part = bench::sample_line(random, 1'000);
    const std::size_t from = headers.empty() ? 0 : random() % headers.size();
    part.append(headers, from, part.size());
    out << part;
    done += part.size();
  }
}

struct compressor {
  std::string name;
  std::string command;
  std::vector<double> seconds{};
  std::vector<double> processor{};
  std::vector<double> bytes{};
};

void measure(compressor& c, const std::string& folder, bench::results& out) {
  const std::string text = folder + "/text";
  const std::string packed = folder + "/packed";
  const double processor = processor_seconds();
  const double start = bench::now_ns();
  const bool is_well = runs(c.command + " < " + text + " > " + packed);
  c.seconds.push_back((bench::now_ns() - start) / 1e9);
  c.processor.push_back(processor_seconds() - processor);
  c.bytes.push_back(static_cast<double>(fs::file_size(packed)));
  if (!is_well || !runs("gunzip -c < " + packed + " | cmp - " + text)) out.wrong(c.name);
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  if (!runs("pigz --version > /dev/null 2>&1")) {
    std::puts("pigz is not here");
    return 77;  // skipped
  }
  bench::results out("gzip", given);
  const bench::temporary_folder folder;
  const std::size_t megabytes = given.quick ? 8 : 200;
  write_text(folder.path() + "/text", megabytes * 1'000'000);
  std::vector<compressor> both{{"pigz -p 2", "pigz -p 2"}, {"parallel_gzip", BENCH_GZIP}};
  for (int round = 0; round < given.rounds(5); ++round) {
    for (int turn = 0; turn < 2; ++turn) {
      measure(both[static_cast<std::size_t>((round + turn) % 2)], folder.path(), out);
    }
  }
  const std::string row = std::to_string(megabytes) + " MB of text";
  for (const compressor& c : both) out.add(row, c.name + ", s", c.seconds);
  out.add(row, "time, ours/pigz", bench::ratios(both[1].seconds, both[0].seconds));
  out.add(row, "processor time, ours/pigz", bench::ratios(both[1].processor, both[0].processor));
  out.add(row, "size, ours/pigz", bench::ratios(both[1].bytes, both[0].bytes));
  // Of the larger one, which is ours.
  out.add(row, "peak memory, MB", {static_cast<double>(used_by_children().ru_maxrss) / 1024});
  return out.finish("a file to a file");
}
