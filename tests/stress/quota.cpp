/// A real quota, of control groups version 1, that changes under a running process: it is told, and
/// calls follow it.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"
#include "machine/control_groups.hpp"
#include "machine/processors.hpp"

namespace {

using amorsize::detail::system_files;

bool write(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  const bool written = std::fputs(text.c_str(), file) >= 0;
  return std::fclose(file) == 0 && written;
}

/// Where this process sees the cpu controller's groups, for as long as this lives.
class cpu_controller {
 public:
  cpu_controller() {
    char made[] = "/tmp/amorsize-quota-XXXXXX";
    if (mkdtemp(made) == nullptr) return;
    made_ = made;
    if (unshare(CLONE_NEWNS) != 0 || mount("", "/", "", MS_REC | MS_PRIVATE, "") != 0) return;
    // As one, where the system has them as one.
    for (const char* controllers : {"cpu", "cpu,cpuacct"}) {
      if (!is_mounted_) is_mounted_ = mount("amorsize", made, "cgroup", 0, controllers) == 0;
    }
  }
  cpu_controller(const cpu_controller&) = delete;
  cpu_controller& operator=(const cpu_controller&) = delete;
  ~cpu_controller() {
    if (is_mounted_) umount2(made_.c_str(), MNT_DETACH);
    if (!made_.empty()) rmdir(made_.c_str());
  }

  bool is_mounted() const { return is_mounted_; }
  const std::string& folder() const { return made_; }

 private:
  std::string made_;
  bool is_mounted_ = false;
};

/// Without a process in it at its end, or it stays.
class group {
 public:
  explicit group(std::string folder)
      : folder_(std::move(folder)), is_made_(mkdir(folder_.c_str(), 0755) == 0) {}
  group(const group&) = delete;
  group& operator=(const group&) = delete;
  ~group() {
    constexpr int patience = 100'000;
    for (int i = 0; is_made_ && i < patience && rmdir(folder_.c_str()) != 0; ++i) sched_yield();
  }

  bool is_made() const { return is_made_; }
  bool join() const { return write(folder_ + "/cgroup.procs", "0"); }
  bool limit(const char* quota) const { return write(folder_ + "/cpu.cfs_quota_us", quota); }

 private:
  std::string folder_;
  bool is_made_;
};

double cpus() { return amorsize::detail::read_group_limits(system_files{}).cpus; }

bool is_about(double told, double expected) { return std::abs(told - expected) < 1e-6; }

int threads_of_a_call(amorsize::runtime& on) {
  using clock = std::chrono::steady_clock;
  static const std::vector<int> items(100);
  amorsize::run_report report;
  amorsize::parallel_for_each(items,
                              [](int) {
                                for (const auto end = clock::now() + std::chrono::microseconds(50);
                                     clock::now() < end;) {
                                }
                              },
                              {.learn = amorsize::learning::off, .report = &report, .on = &on});
  return report.plan.n_jobs;
}

/// Whether so many calls in a row come to have this many threads, before a time that is long over.
bool come_to(int n_jobs, int in_a_row, amorsize::runtime& on) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (int row = 0; std::chrono::steady_clock::now() < end;) {
    row = threads_of_a_call(on) == n_jobs ? row + 1 : 0;
    if (row == in_a_row) return true;
  }
  return false;
}

/// In a process of its own, so that the group is left whatever happens.
[[noreturn]] void see_limits(const group& g) {
  const double before = cpus();
  if (amorsize::detail::usable_processors() < 2) _exit(skipped);
  if (!g.join() || !g.limit("-1") || (before > 0 && before < 2)) _exit(skipped);
  expect(is_about(cpus(), before), "a group without a quota changes nothing");
  amorsize::runtime own({.store = "off", .max_n_jobs = 2});
  expect(come_to(2, 1, own), "a call without a quota is shared");
  if (!g.limit("50000")) _exit(skipped);
  expect(is_about(cpus(), 0.5), "a quota of half a processor is told");
  // One thread alone may be chance: the helper was late.
  expect(come_to(1, 50, own), "calls within half a processor come to have one thread");
  if (!g.limit("150000")) _exit(skipped);
  expect(is_about(cpus(), 1.5), "a quota that rises is told");
  if (!g.limit("-1")) _exit(skipped);
  expect(is_about(cpus(), before), "a quota that is lifted is none");
  expect(come_to(2, 1, own), "calls are shared again when the quota is lifted");
  _exit(0);
}

int result_of(const group& g) {
  const pid_t child = fork();
  if (child == 0) see_limits(g);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return skipped;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

int main() {
  const cpu_controller controller;
  if (!controller.is_mounted()) return skipped;
  const group g(controller.folder() + "/amorsize-quota-" + std::to_string(getpid()));
  return g.is_made() ? result_of(g) : skipped;
}
