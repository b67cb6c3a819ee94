/// The n-th allocation fails, for every n until the call succeeds: either std::bad_alloc comes out
/// or the result is right, nothing leaks, and the next call works.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <list>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"

namespace {

constexpr long never = -1;
std::atomic<long> until_failure{never};
std::atomic<long> alive{0};

void* allocate(std::size_t size) {
  if (until_failure.load(std::memory_order_relaxed) != never && until_failure.fetch_sub(1) == 0) {
    until_failure = never;
    throw std::bad_alloc();
  }
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  alive.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void release(void* memory) {
  if (memory == nullptr) return;
  alive.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}

struct no_default {
  explicit no_default(int i) : value(std::make_unique<int>(i)) {}
  std::unique_ptr<int> value;
};

std::vector<int> numbers() {
  std::vector<int> made(300);
  std::iota(made.begin(), made.end(), 0);
  return made;
}

using options = amorsize::batch_options;

/// A call and whether its results are right.
struct use {
  const char* what;
  bool (*call)(const options& o);
};

const use uses[] = {
    {"numbers",
     [](const options& o) {
       const auto r = amorsize::parallel_map(
           numbers(), [](int i) { return i + 1; }, o);
       return r.size() == 300 && r[0] == 1 && r[299] == 300;
     }},
    {"truths",
     [](const options& o) {
       const auto r = amorsize::parallel_map(
           numbers(), [](int i) { return i % 3 == 0; }, o);
       return r.size() == 300 && r[0] && !r[1] && r[297];
     }},
    {"texts",
     [](const options& o) {
       const auto r = amorsize::parallel_map(
           numbers(), [](int i) { return std::string(40, static_cast<char>('a' + i % 26)); }, o);
       return r.size() == 300 && r[27] == std::string(40, 'b');
     }},
    {"not default-constructible",
     [](const options& o) {
       const auto r = amorsize::parallel_map(
           numbers(), [](int i) { return no_default(i); }, o);
       return r.size() == 300 && *r[299].value == 299;
     }},
    {"for_each over a list",
     [](const options& o) {
       const auto n = numbers();
       const std::list<int> list(n.begin(), n.end());
       std::atomic<int> sum{0};
       amorsize::parallel_for_each(
           list, [&sum](int i) { sum.fetch_add(i); }, o);
       return sum == 299 * 300 / 2;
     }},
    {"state of each worker",
     [](const options& o) {
       const auto f = amorsize::per_worker([] { return std::vector<int>(8); },
                                           [](std::vector<int>& state, int i) {
                                             state[0] = i;
                                             return state[0];
                                           });
       const auto r = amorsize::parallel_map(numbers(), f, o);
       return r.size() == 300 && r[7] == 7;
     }},
    {"a stop token and a report",
     [](const options& given) {
       options o = given;
       std::stop_source source;
       amorsize::run_report report;
       o.stop = source.get_token();
       o.report = &report;
       o.on_progress = [](amorsize::progress) {};
       const auto r = amorsize::parallel_map(
           numbers(), [](int i) { return i; }, o);
       return r.size() == 300 && r[5] == 5;
     }},
};

bool succeeds(const use& u, const options& o) {
  try {
    expect(u.call(o), u.what);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

/// What the thread in the background holds for a moment is nobody's leak.
bool comes_down_to(long count) {
  constexpr int patience = 100'000;
  for (int i = 0; i < patience && alive > count; ++i) std::this_thread::yield();
  return alive <= count;
}

void fail_each(const use& u, const options& o) {
  constexpr long most = 10'000;
  // What may be kept, all calls together: the memory of the work, and the thread that saves it.
  constexpr long learned = 12;
  for (int i = 0; i < 3; ++i) expect(u.call(o), u.what);
  const long before = alive + learned;
  for (long n = 0;; ++n) {
    expect(n < most, "a call allocates not without end");
    until_failure = n;
    const bool did = succeeds(u, o);
    const bool was_reached = until_failure == never;
    until_failure = never;
    expect(comes_down_to(before), "a failed call leaks nothing");
    expect(u.call(o), "the next call works");
    if (did && !was_reached) return;
  }
}

/// In a child each, so that every n meets a process that never called the library.
void fail_each_cold(const use& u, const options& o) {
  for (long n = 0;; ++n) {
    const pid_t forked = fork();
    expect(forked >= 0, "a process can be forked");
    if (forked == 0) {
      alarm(60);
      until_failure = n;
      const bool did = succeeds(u, o);
      const bool was_reached = until_failure == never;
      until_failure = never;
      expect(u.call(o), "the next call works");
      _exit(did && !was_reached ? 2 : 0);
    }
    int status = -1;
    expect(waitpid(forked, &status, 0) == forked, "a child can be waited for");
    expect(!WIFSIGNALED(status), "a failed allocation ends no process");
    expect(WIFEXITED(status) && WEXITSTATUS(status) != 1, "a cold call survives");
    if (WEXITSTATUS(status) == 2) return;
  }
}

/// Runtimes that come and go while allocations fail.
void fail_own_runtime() {
  for (long n = 0;; ++n) {
    const pid_t forked = fork();
    expect(forked >= 0, "a process can be forked");
    if (forked == 0) {
      alarm(60);
      until_failure = n;
      bool did = false;
      try {
        amorsize::runtime own({.max_n_jobs = 3});
        did = succeeds(uses[0], {.n_jobs = 3, .on = &own});
      } catch (const std::bad_alloc&) {
      }
      _exit(did && until_failure != never ? 2 : 0);
    }
    int status = -1;
    expect(waitpid(forked, &status, 0) == forked, "a child can be waited for");
    expect(!WIFSIGNALED(status), "a failed allocation of a runtime ends no process");
    if (WEXITSTATUS(status) == 2) return;
  }
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

int main() {
  for (const use& u : uses) fail_each_cold(u, {});
  fail_each_cold(uses[0], {.n_jobs = 2});
  fail_own_runtime();
  for (const use& u : uses) {
    fail_each(u, {});
    fail_each(u, {.n_jobs = 1});
    fail_each(u, {.n_jobs = 2, .chunksize = 16});
    fail_each(u, {.learn = amorsize::learning::off});
  }
}
