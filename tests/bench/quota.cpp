/// Within a quota of half a processor, are automatic calls throttled no more than the best fixed
/// number of threads?
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/arguments.hpp"
#include "support/child.hpp"
#include "support/indices.hpp"
#include "support/results.hpp"
#include "support/temporary_folder.hpp"
#include "support/timing.hpp"
#include "support/workload.hpp"

namespace {

namespace fs = std::filesystem;

constexpr double call_ns = 150'000;

bool write_to(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text << std::flush;
  return out.good();
}

/// Where version 1 of the processor controller is mounted; empty: nowhere.
std::string mounted_controller() {
  std::ifstream mounts("/proc/self/mounts");
  std::string line;
  while (std::getline(mounts, line)) {
    std::istringstream words(line);
    std::string device;
    std::string place;
    std::string type;
    std::string options;
    words >> device >> place >> type >> options;
    options = ',' + options + ',';
    if (type == "cgroup" && options.find(",cpu,") != std::string::npos) return place;
  }
  return {};
}

/// The controller's root, mounted here where nobody else has.
class controller {
 public:
  controller() : root_(mounted_controller()) {
    if (!root_.empty()) return;
    if (::mount("cgroup", own_.path().c_str(), "cgroup", 0, "cpu") != 0) return;
    is_own_ = true;
    root_ = own_.path();
  }
  ~controller() {
    if (is_own_) ::umount(own_.path().c_str());
  }
  controller(const controller&) = delete;
  controller& operator=(const controller&) = delete;

  const std::string& root() const { return root_; }

 private:
  bench::temporary_folder own_;
  std::string root_;
  bool is_own_ = false;
};

/// A group with half a processor.
class half_a_processor {
 public:
  explicit half_a_processor(const fs::path& root) {
    sweep(root);
    path_ = root / (prefix + std::to_string(getpid()));
    std::error_code failed;
    is_made_ = fs::create_directory(path_, failed) &&
               write_to(path_ / "cpu.cfs_period_us", "100000") &&
               write_to(path_ / "cpu.cfs_quota_us", "50000");
  }
  ~half_a_processor() { ::rmdir(path_.c_str()); }
  half_a_processor(const half_a_processor&) = delete;
  half_a_processor& operator=(const half_a_processor&) = delete;

  bool is_made() const { return is_made_; }
  const fs::path& path() const { return path_; }

  /// Nanoseconds that its threads were ready and not let run, so far.
  double throttled_ns() const {
    std::ifstream stat(path_ / "cpu.stat");
    std::string what;
    double value = 0;
    while (stat >> what >> value) {
      if (what == "throttled_time") return value;
    }
    return 0;
  }

 private:
  /// What runs that were killed left behind.
  static void sweep(const fs::path& root) {
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(root, failed)) {
      const std::string name = entry.path().filename().string();
      if (name.rfind(prefix, 0) != 0) continue;
      const int owner = std::atoi(name.c_str() + prefix.size());
      if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) ::rmdir(entry.path().c_str());
    }
  }

  inline static const std::string prefix = "amorsize-bench-";
  fs::path path_;
  bool is_made_ = false;
};

/// Milliseconds that the calls took, made by a process that is in the group before it uses us.
int run_child(const std::string& what) {
  std::istringstream words(what);
  int n_jobs = 0;
  int calls = 0;
  std::string group;
  words >> n_jobs >> calls >> group;
  bench::workload work(static_cast<std::size_t>(call_ns / 1'000), 1'000);
  work.clear();
  if (!write_to(fs::path(group) / "cgroup.procs", std::to_string(getpid()))) return 1;
  amorsize::runtime here({.store = "off"});
  const double took = bench::time_of(1, [&] {
    for (int i = 0; i < calls; ++i) {
      amorsize::parallel_for_each(bench::indices(work.items()),
                                  [&work](std::size_t item) { work.run_item(item); },
                                  {.name = "quota", .n_jobs = n_jobs, .on = &here});
    }
  });
  return bench::answer(took / 1e6, work.is_right());
}

struct way {
  const char* name;
  int n_jobs;
  std::vector<double> throttled;  ///< ms
  std::vector<double> wall;       ///< ms
};

void measure(bench::results& out, const bench::arguments& given, const half_a_processor& group) {
  const int calls = given.quick ? 500 : 10'000;
  std::vector<way> ways{{"n = 1", 1, {}, {}}, {"n = 2", 2, {}, {}}, {"automatic", 0, {}, {}}};
  for (int round = 0; round < given.rounds(7); ++round) {
    for (std::size_t k = 0; k < ways.size(); ++k) {
      way& w = ways[(k + static_cast<std::size_t>(round)) % ways.size()];
      const double before = group.throttled_ns();
      const auto told = bench::ask_child(std::to_string(w.n_jobs) + ' ' + std::to_string(calls) +
                                         ' ' + group.path().string());
      if (!told) out.wrong(w.name);
      w.throttled.push_back((group.throttled_ns() - before) / 1e6);
      w.wall.push_back(told.value_or(0));
    }
  }
  const std::string row = std::to_string(calls) + " calls, ";
  std::vector<double> beyond_best;
  for (std::size_t i = 0; i < ways[0].throttled.size(); ++i) {
    const double best = std::min(ways[0].throttled[i], ways[1].throttled[i]);
    beyond_best.push_back(100 * (ways[2].throttled[i] - best) / ways[2].wall[i]);
  }
  for (const way& w : ways) {
    out.add(row + "throttled, ms", w.name, w.throttled);
    out.add(row + "wall, ms", w.name, w.wall);
  }
  out.add(row + "throttled", "beyond the best, % of wall", beyond_best);
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  if (!given.child.empty()) return run_child(given.child);
  const controller processors;
  const half_a_processor group(processors.root());
  if (processors.root().empty() || !group.is_made()) {
    std::printf("quota: not measured: no group with a quota can be made here\n");
    return 0;
  }
  bench::results out("quota", given);
  measure(out, given, group);
  return out.finish("within half a processor");
}
