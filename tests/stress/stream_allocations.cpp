/// The n-th allocation of a stream fails, for every n until it succeeds: either std::bad_alloc
/// comes out or the results are right, nothing leaks or hangs, and the next stream works.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"

namespace {

std::atomic<long> until_failure{-1};  // below zero: it has been, or there is none
std::atomic<bool> may_fail{false};
std::atomic<bool> has_failed{false};
std::atomic<long> alive{0};

void* allocate(std::size_t size) {
  if (may_fail && until_failure.fetch_sub(1) == 0) {
    has_failed = true;
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

constexpr int items = 40;

auto source() {
  return [next = 0]() mutable -> std::optional<std::unique_ptr<int>> {
    if (next == items) return std::nullopt;
    return std::make_unique<int>(next++);
  };
}

using options = amorsize::stream_options;

/// A stream and whether its results are right.
struct use {
  const char* what;
  bool (*run)(const options& o);
};

const use uses[] = {
    {"a range of texts",
     [](const options& o) {
       int expected = 0;
       for (const std::string& text : amorsize::stream_map(
                source(),
                [](std::unique_ptr<int> x) {
                  return std::string(40, static_cast<char>('a' + *x % 26));
                },
                o)) {
         if (text != std::string(40, static_cast<char>('a' + expected++ % 26))) return false;
       }
       return expected == items;
     }},
    {"a sink of pointers, in completion order",
     [](const options& given) {
       options o = given;
       o.order = amorsize::result_order::completion;
       int sum = 0;
       amorsize::stream_map(
           source(), [](std::unique_ptr<int> x) { return x; },
           [&](std::unique_ptr<int> x) { sum += *x; }, o);
       return sum == items * (items - 1) / 2;
     }},
    {"a filter with states, a stop token, progress and a report",
     [](const options& given) {
       options o = given;
       std::stop_source stop;
       amorsize::run_report report;
       o.stop = stop.get_token();
       o.report = &report;
       o.on_progress = [](amorsize::progress) {};
       const auto f = amorsize::per_worker(
           [] { return std::vector<int>(8); },
           [](std::vector<int>& state, std::unique_ptr<int> x) {
             state[0] = *x;
             return *x % 2 == 0 ? std::optional(std::make_unique<int>(state[0])) : std::nullopt;
           });
       int sum = 0;
       amorsize::stream_filter_map(
           source(), f, [&](const std::unique_ptr<int>& x) { sum += *x; }, o);
       return sum == (items / 2) * (items / 2 - 1);
     }},
    {"a source that waits",
     [](const options& o) {
       int sum = 0;
       amorsize::stream_map(
           [next = 0]() mutable -> std::optional<std::unique_ptr<int>> {
             if (next == items) return std::nullopt;
             std::this_thread::sleep_for(std::chrono::microseconds(200));
             return std::make_unique<int>(next++);
           },
           [](std::unique_ptr<int> x) {
             std::this_thread::sleep_for(std::chrono::microseconds(100));
             return *x;
           },
           [&](int x) { sum += x; }, o);
       return sum == items * (items - 1) / 2;
     }},
    {"two stages",
     [](const options& o) {
       int sum = 0;
       for (const int x : amorsize::stream_map(
                amorsize::stream_map(
                    source(), [](std::unique_ptr<int> x) { return x; }, o),
                [](std::unique_ptr<int> x) { return *x; }, o)) {
         sum += x;
       }
       return sum == items * (items - 1) / 2;
     }},
};

bool succeeds(const use& u, const options& o) {
  try {
    expect(u.run(o), u.what);
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
  // What may be kept, all streams together: what is remembered of the work, and room for helpers.
  constexpr long kept = 24;
  for (int i = 0; i < 3; ++i) expect(u.run(o), u.what);
  const long before = alive + kept;
  // How many allocations there are differs from run to run: some runs in a row reach none.
  int missed = 0;
  for (long n = 0; missed < 3; ++n) {
    expect(n < most, "a stream allocates not without end");
    until_failure = n;
    has_failed = false;
    may_fail = true;
    const bool did = succeeds(u, o);
    may_fail = false;
    expect(did || has_failed, "a stream fails for want of memory only");
    expect(comes_down_to(before), "a failed stream leaks nothing");
    expect(u.run(o), "the next stream works");
    missed = has_failed ? 0 : missed + 1;
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
  alarm(240);  // a stream that hangs is killed
  amorsize::runtime on({.max_n_jobs = 4});
  for (int round = 0; round < rounds(4); ++round) {
    for (const use& u : uses) {
      fail_each(u, {.learn = amorsize::learning::off});
      fail_each(u, {.n_jobs = 1});
      fail_each(u, {.n_jobs = 2, .buffer_size = 3, .on = &on});
      fail_each(u, {.n_jobs = 4, .chunksize = 8, .on = &on});
      fail_each(u, {.n_jobs = 3, .read_on_caller = true, .on = &on});
    }
  }
}
