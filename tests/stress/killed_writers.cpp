/// Writers killed while they write: every file reads well, and what was saved is there, once.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "expect.hpp"
#include "learn/merge.hpp"
#include "store/store.hpp"

namespace {

using namespace amorsize::detail;

constexpr std::uint64_t workloads = 3;

workload_record one_call(std::uint64_t hash) {
  workload_record record;
  record.hash = hash;
  record.identity = std::string(3'000, 'x');
  record.fingerprint = 1;
  sized_record size;
  size.size_class = 1;
  size.calls = 1;
  record.sizes.push_back(size);
  return record;
}

/// Saves without end, each time telling the parent whose call it was.
[[noreturn]] void write_for_ever(const std::string& folder, int said) {
  store kept(folder, real_files(), {});
  if (!kept.open()) _exit(1);
  for (std::uint64_t i = 0;; ++i) {
    const std::uint64_t hash = i % workloads;
    const auto how = i % 7 == 0 ? durability::synced : durability::quick;
    const char of = static_cast<char>(hash);
    if (!kept.save(one_call(hash), how) || write(said, &of, 1) != 1) _exit(1);
  }
}

/// How many saves of each workload one killed child is sure of.
std::array<double, workloads> kill_one(const std::string& folder, unsigned saves, unsigned spins) {
  std::array<double, workloads> sure{};
  int ends[2];
  expect(pipe(ends) == 0, "a pipe can be made");
  const pid_t child = fork();
  expect(child >= 0, "a process can be forked");
  if (child == 0) {
    close(ends[0]);
    write_for_ever(folder, ends[1]);
  }
  close(ends[1]);
  char of = 0;
  for (unsigned i = 0; i < saves; ++i) {
    expect(read(ends[0], &of, 1) == 1, "the child saves until it is killed");
    sure[static_cast<std::size_t>(of)] += 1;
  }
  for (volatile unsigned i = 0; i < spins;) i = i + 1;
  kill(child, SIGKILL);
  while (read(ends[0], &of, 1) == 1) sure[static_cast<std::size_t>(of)] += 1;
  close(ends[0]);
  int status = 0;
  expect(waitpid(child, &status, 0) == child, "the child ends");
  expect(WIFSIGNALED(status), "the child was still writing when it was killed");
  return sure;
}

double stored_calls(store& from, std::uint64_t hash) {
  const workload_record whole = merged(from.find(hash));
  return whole.sizes.empty() ? 0 : whole.sizes.front().calls;
}

}  // namespace

int main() {
  std::string folder = std::filesystem::temp_directory_path() / "amorsize-XXXXXX";
  expect(mkdtemp(folder.data()) != nullptr, "a temporary folder can be made");
  std::minstd_rand random(1);
  std::array<double, workloads> sure{};
  const int all = rounds(40);
  for (int round = 1; round <= all; ++round) {
    const auto saves = static_cast<unsigned>(1 + random() % 30);
    const auto more = kill_one(folder, saves, static_cast<unsigned>(random() % 3'000'000));
    store reader(folder, real_files(), {});
    for (std::size_t i = 0; i < workloads; ++i) {
      sure[i] += more[i];
      const double stored = stored_calls(reader, i);
      expect(stored >= sure[i], "what was saved stays there");
      expect(stored <= sure[i] + round, "nothing counts twice");
    }
    reader.for_each([](const workload_record&) { return true; });
    expect(reader.damaged() == 0, "every file reads well");
  }
  std::filesystem::remove_all(folder);
}
