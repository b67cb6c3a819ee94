/// A warm call of a site known to be tiny makes no system call and allocates nothing.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"

namespace {

std::atomic<long> allocations{0};
volatile sig_atomic_t system_calls = 0;

void* allocate(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

void count_system_call(int, siginfo_t*, void*) { system_calls = system_calls + 1; }

/// From here on every system call but those that end the process is counted instead of made.
void trap_system_calls() {
  struct sigaction action {};
  action.sa_sigaction = count_system_call;
  action.sa_flags = SA_SIGINFO;
  expect(sigaction(SIGSYS, &action, nullptr) == 0, "a signal can be handled");
  constexpr auto trap = static_cast<unsigned>(SECCOMP_RET_TRAP);
  std::array filter{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 3, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 2, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 1, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, trap),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{filter.size(), filter.data()};
  expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "a filter can be set");
  expect(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "a filter can be set");
}

void by_name(std::vector<int>& numbers, amorsize::learning learn, int n_jobs = 0) {
  amorsize::parallel_for_each(numbers, [](int& i) { ++i; },
                              {.name = "warm", .n_jobs = n_jobs, .learn = learn});
}

void by_place(std::vector<int>& numbers, amorsize::learning learn, int n_jobs = 0) {
  amorsize::parallel_for_each(numbers, [](int& i) { ++i; }, {.n_jobs = n_jobs, .learn = learn});
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

int main() {
  using amorsize::learning;
  if (is_sanitized) _exit(skipped);  // its runtime makes calls of its own
  std::vector<int> numbers(20);
  for (int i = 0; i < 32; ++i) {
    by_name(numbers, learning::on, 1);
    by_place(numbers, learning::on, 1);
  }
  trap_system_calls();
  syscall(SYS_getppid);
  expect(system_calls == 1, "a system call is counted");
  delete new int;
  const long before = allocations;
  expect(before > 0, "an allocation is counted");

  // Frozen: while learning, a call that loses its processor has the next one sampled anew.
  for (int i = 0; i < 10'000; ++i) {
    by_name(numbers, learning::frozen);
    by_place(numbers, learning::frozen);
  }
  expect(system_calls == 1, "a warm inline call makes no system call");
  expect(allocations == before, "a warm inline call allocates nothing");
  expect(numbers[0] == 64 + 20'000, "every item runs once a call");
  _exit(0);
}
