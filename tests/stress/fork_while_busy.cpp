/// Forks while other threads are in the middle of parallel calls: every child computes inline and
/// ends, by _exit or exit.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <latch>
#include <numeric>
#include <thread>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"
#include "forked.hpp"

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool is_watched = true;
#else
constexpr bool is_watched = false;
#endif

std::vector<int> squares(const std::vector<int>& numbers, amorsize::batch_options options) {
  return amorsize::parallel_map(
      numbers, [](int i) { return i * i; }, options);
}

bool is_right(const std::vector<int>& numbers, const std::vector<int>& results) {
  if (results.size() != numbers.size()) return false;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (results[i] != numbers[i] * numbers[i]) return false;
  }
  return true;
}

/// From here on the process is killed where it starts, wakes or waits for a thread.
void forbid_threads() {
  constexpr auto forbidden = static_cast<unsigned>(SECCOMP_RET_KILL_PROCESS);
  std::array filter{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 5, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 4, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 3, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sched_setaffinity, 2, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sched_yield, 1, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      sock_filter BPF_STMT(BPF_RET | BPF_K, forbidden),
  };
  const sock_fprog program{filter.size(), filter.data()};
  expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "a filter can be set");
  expect(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "a filter can be set");
}

[[noreturn]] void child(int round, const std::vector<int>& numbers) {
  be_killed_where_it_hangs();
  // Not under ThreadSanitizer: it registers exit functions all the time, so that the C library's
  // lock of these is often held by another thread as this one forks.
  const bool leaves_by_exit = !is_watched && (round % 8 == 7);
  if (!leaves_by_exit && !is_sanitized) forbid_threads();
  const std::thread::id self = std::this_thread::get_id();
  expect(is_right(numbers, squares(numbers, {})), "a child computes what its parent would");
  expect(is_right(numbers, squares(numbers, {.n_jobs = 2, .chunksize = 1})),
         "a child computes what its parent would, also where threads are asked for");
  amorsize::runtime own;
  amorsize::parallel_for_each(
      numbers, [self](int) { expect(std::this_thread::get_id() == self, "a child runs inline"); },
      {.on = &own});
  if (leaves_by_exit) std::exit(0);
  expect(thread_count() == 1, "a child has one thread");
  _exit(0);
}

}  // namespace

int main() {
  std::vector<int> numbers(400);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::atomic<bool> ends{false};
  std::latch all_busy(3);
  std::vector<std::thread> busy;
  for (int t = 0; t < 3; ++t) {
    busy.emplace_back([&] {
      bool is_first = true;
      while (!ends) {
        expect(is_right(numbers, squares(numbers, {.n_jobs = 2, .chunksize = 8})), "busy threads");
        if (is_first) all_busy.count_down();
        is_first = false;
      }
    });
  }
  all_busy.wait();
  for (int round = 0; round < rounds(200);) {
    const pid_t forked = fork();
    expect(forked >= 0, "a process can be forked");
    if (forked == 0) child(round, numbers);
    if (ends_well(forked)) ++round;
  }
  ends = true;
  for (std::thread& t : busy) t.join();
}
