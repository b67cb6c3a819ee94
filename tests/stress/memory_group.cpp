/// A real limit of memory, of control groups version 1, that gets scarce under a running stream:
/// results that wait are fewer then, and more again when there is memory again.
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"

namespace {

constexpr std::size_t mebi = std::size_t{1} << 20U;
constexpr std::size_t limit = 512 * mebi;

bool write(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  const bool written = std::fputs(text.c_str(), file) >= 0;
  return std::fclose(file) == 0 && written;
}

/// Where this process sees the memory controller's groups, for as long as this lives.
class memory_controller {
 public:
  memory_controller() {
    char made[] = "/tmp/amorsize-memory-XXXXXX";
    if (mkdtemp(made) == nullptr) return;
    made_ = made;
    if (unshare(CLONE_NEWNS) != 0 || mount("", "/", "", MS_REC | MS_PRIVATE, "") != 0) return;
    is_mounted_ = mount("amorsize", made, "cgroup", 0, "memory") == 0;
  }
  memory_controller(const memory_controller&) = delete;
  memory_controller& operator=(const memory_controller&) = delete;
  ~memory_controller() {
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
  bool limit_to(std::size_t bytes) const {
    return write(folder_ + "/memory.limit_in_bytes", std::to_string(bytes));
  }
  bool join() const { return write(folder_ + "/cgroup.procs", "0"); }

 private:
  std::string folder_;
  bool is_made_;
};

/// Memory that this process really has, whatever its compiler and its sanitizers make of others.
class pages {
 public:
  explicit pages(std::size_t bytes)
      : bytes_(bytes),
        at_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                 -1, 0)) {
    expect(at_ != MAP_FAILED, "memory can be had");
  }
  pages(pages&& other) noexcept : bytes_(std::exchange(other.bytes_, 0)), at_(other.at_) {}
  pages& operator=(pages&&) = delete;
  ~pages() {
    if (bytes_ != 0) munmap(at_, bytes_);
  }

  friend std::size_t amorsize_size_bytes(const pages& p) { return p.bytes_; }

 private:
  std::size_t bytes_;
  void* at_;
};

/// A stream of results of a mebibyte, whose consumer is slower than its workers.
class watched_stream {
 public:
  explicit watched_stream(amorsize::runtime& on)
      : results_(amorsize::stream_map(
            [this]() -> std::optional<int> {
              ++read_;
              return 1;
            },
            [](int) { return pages(mebi); }, {.n_jobs = 2, .on = &on})) {}

  /// Results that wait, at most, while so many are delivered.
  int most_of(int deliveries) {
    int most = 0;
    for (int i = 0; i < deliveries; ++i) {
      if (at_) {
        ++*at_;
      } else {
        at_ = results_.begin();
      }
      ++delivered_;
      usleep(4'000);  // a consumer that takes its time
      most = std::max(most, read_.load() - delivered_);
    }
    return most;
  }

  /// Whether that comes to be from `least` to `most`, before a time that is long over.
  bool comes_to(int least, int most) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < end) {
      const int now = most_of(20);
      if (now >= least && now <= most) return true;
    }
    return false;
  }

 private:
  std::atomic<int> read_{0};
  int delivered_ = 0;
  amorsize::result_stream<pages> results_;
  std::optional<amorsize::result_stream<pages>::iterator> at_;
};

/// In a process of its own, so that the group is left whatever happens.
[[noreturn]] void see_stream(const group& g) {
  if (!g.limit_to(limit) || !g.join()) _exit(skipped);
  amorsize::runtime own({.store = "off", .max_n_jobs = 2});
  watched_stream stream(own);
  expect(stream.comes_to(24, 51), "a stream fills some, but no more than a tenth of the limit");
  {
    const pages most_of_it(limit - 80 * mebi);
    expect(stream.comes_to(0, 9), "a stream has a tenth of what others leave");
    const pages nearly_all_of_it(52 * mebi);
    expect(stream.comes_to(0, 4), "a stream leaves its buffer where memory is scarce");
  }
  expect(stream.comes_to(24, 51), "a stream's buffer comes back with the memory");
  _exit(0);
}

int result_of(const group& g) {
  const pid_t child = fork();
  if (child == 0) see_stream(g);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return skipped;
  expect(!WIFSIGNALED(status), "a stream leaves memory enough for its process");
  return WEXITSTATUS(status);
}

}  // namespace

int main() {
  const memory_controller controller;
  if (!controller.is_mounted()) return skipped;
  const group g(controller.folder() + "/amorsize-memory-" + std::to_string(getpid()));
  return g.is_made() ? result_of(g) : skipped;
}
