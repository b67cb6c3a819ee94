#include "base/thread_usage.hpp"

#include <doctest/doctest.h>

#include <ctime>

using namespace amorsize::detail;

TEST_CASE("a thread that others took much of its time from was disturbed") {
  CHECK(was_disturbed({}, {.processor_ns = 5e5, .preemptions = 1}, 1e6));
  CHECK(was_disturbed({1e6, 7, 3}, {1.5e6, 7, 4}, 1e6));
}

TEST_CASE("a short interruption disturbs nothing, nor do those before") {
  CHECK_FALSE(was_disturbed({}, {.processor_ns = 9.5e5, .preemptions = 1}, 1e6));
  CHECK_FALSE(was_disturbed({.preemptions = 9}, {.processor_ns = 5e5, .preemptions = 9}, 1e6));
}

TEST_CASE("time that a thread waited for something was not taken from it") {
  CHECK_FALSE(was_disturbed({}, {.processor_ns = 1e5, .waits = 1}, 1e6));
  CHECK_FALSE(was_disturbed({}, {.processor_ns = 1e5, .waits = 40, .preemptions = 2}, 1e6));
}

TEST_CASE("the time on a processor is what the thread's own clock counts") {
  const auto clock = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
  };
  const double start = clock();
  const thread_usage before = thread_usage::now();
  while (clock() - start < 2e7) {
  }
  const thread_usage after = thread_usage::now();
  const double end = clock();
  CHECK(after.processor_ns - before.processor_ns >= 1.9e7);
  CHECK(after.processor_ns - before.processor_ns <= end - start + 1e5);
}
