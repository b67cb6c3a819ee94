/// Who waits in a stream costs no processor, and who can work does, at the same time.
#include <time.h>

#include <amorsize/amorsize.hpp>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "meeting.hpp"
#include "streams.hpp"

using amorsize::stream_map;
using support::form;

namespace {

using std::chrono::milliseconds;

double nanoseconds(clockid_t of) {
  timespec now{};
  clock_gettime(of, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

/// Time on processors for each second that passes while `run` does.
template <class Run>
double load_of(clockid_t whose, const Run& run) {
  const double used = nanoseconds(whose);
  const double began = nanoseconds(CLOCK_MONOTONIC);
  run();
  return (nanoseconds(whose) - used) / (nanoseconds(CLOCK_MONOTONIC) - began);
}

// One thread that spins is a load of 1 where it has a processor, and of a third on a busy machine.
constexpr double idle = 0.2;

constexpr milliseconds long_wait{150};

void wait_long() { std::this_thread::sleep_for(long_wait); }

}  // namespace

TEST_CASE("while the consumer sleeps and the buffer is full, nobody computes") {
  for (const int n_jobs : {2, 3, 8}) {
    for (const auto order : support::orders) {
      CAPTURE(n_jobs);
      support::flow through(16);
      amorsize::stream_options options = support::stream_at_width(n_jobs, 16);
      options.order = order;
      auto results = stream_map(
          support::counted_source(through, 1'000'000), [](int x) { return x; }, options);
      auto it = results.begin();
      through.deliver();
      through.await_reads(17);
      CHECK(load_of(CLOCK_PROCESS_CPUTIME_ID, wait_long) < idle);
      ++it;
      CHECK(it != results.end());
    }
  }
}

TEST_CASE("a consumer that sleeps for every result costs no more than its results") {
  for (const form how : support::forms) {
    const double load = load_of(CLOCK_PROCESS_CPUTIME_ID, [how] {
      int taken = 0;
      support::consume(
          how, std::vector<int>(25), [](int x) { return x; },
          [&](int) {
            std::this_thread::sleep_for(milliseconds(12));
            ++taken;
          },
          support::stream_at_width(3, 2));
      CHECK(taken == 25);
    });
    CHECK(load < idle);
  }
}

TEST_CASE("while the source waits, nobody computes") {
  for (const int n_jobs : {1, 2, 8}) {
    for (const bool on_caller : {false, true}) {
      CAPTURE(n_jobs);
      amorsize::stream_options options = support::stream_at_width(n_jobs, 16);
      options.read_on_caller = on_caller;
      const auto source = [next = 0]() mutable -> std::optional<int> {
        if (next % 10 == 5) std::this_thread::sleep_for(long_wait / 2);
        if (next == 25) return std::nullopt;
        return next++;
      };
      const double load = load_of(CLOCK_PROCESS_CPUTIME_ID, [&] {
        int sum = 0;
        stream_map(
            source, [](int x) { return x; }, [&](int x) { sum += x; }, options);
        CHECK(sum == 300);
      });
      CHECK(load < idle);
    }
  }
}

TEST_CASE("while all wait for a long item, nobody computes") {
  for (const auto order : support::orders) {
    for (const int n_jobs : {2, 3}) {
      amorsize::stream_options options = support::stream_at_width(n_jobs, 8);
      options.order = order;
      const double load = load_of(CLOCK_PROCESS_CPUTIME_ID, [&] {
        int taken = 0;
        for ([[maybe_unused]] const int x : stream_map(
                 support::numbers(50),
                 [](int x) {
                   if (x == 20) wait_long();
                   return x;
                 },
                 options)) {
          ++taken;
        }
        CHECK(taken == 50);
      });
      CHECK(load < idle);
    }
  }
}

TEST_CASE("as many threads as were asked for are in items at the same time, in both orders") {
  for (const int n_jobs : support::widths) {
    for (const auto order : support::orders) {
      for (const form how : support::forms) {
        support::meeting all(support::count(n_jobs));
        amorsize::stream_options options = support::stream_at_width(n_jobs, 16);
        options.order = order;
        int taken = 0;
        support::consume(
            how, std::vector<int>(support::count(2 * n_jobs)),
            [&](int x) {
              all.attend();
              return x;
            },
            [&](int) { ++taken; }, options);
        CHECK(taken == 2 * n_jobs);
        CHECK(all.distinct_threads() >= support::count(n_jobs));
      }
    }
  }
}

TEST_CASE("the source reads on while an item runs, and an item runs while the consumer does") {
  for (const auto order : support::orders) {
    amorsize::stream_options options = support::stream_at_width(2, 4);
    options.order = order;
    support::door read_on;
    support::door ran_on;
    const auto source = [&, next = 0]() mutable -> std::optional<int> {
      if (next == 2) read_on.open();
      if (next == 40) return std::nullopt;
      return next++;
    };
    const auto f = [&](int x) {
      if (x == 0) read_on.pass();
      if (x == 20) ran_on.open();
      return x;
    };
    int taken = 0;
    stream_map(
        source, f,
        [&](int x) {
          if (x == 19) ran_on.pass();
          ++taken;
        },
        options);
    CHECK(taken == 40);
  }
}

TEST_CASE("the source is read on the consumer's thread only where asked, wherever that is") {
  for (const form how : support::forms) {
    for (const auto order : support::orders) {
      std::thread::id consumer;
      std::atomic<int> foreign{0};
      amorsize::stream_options options = support::stream_at_width(4, 8);
      options.order = order;
      options.read_on_caller = true;
      std::thread([&] {
        consumer = std::this_thread::get_id();
        const auto source = [&, next = 0]() mutable -> std::optional<int> {
          if (std::this_thread::get_id() != consumer) ++foreign;
          if (next % 20 == 0) std::this_thread::sleep_for(milliseconds(1));
          if (next == 100) return std::nullopt;
          return next++;
        };
        int taken = 0;
        support::consume(
            how, source,
            [](int x) {
              if (x % 7 == 0) std::this_thread::sleep_for(milliseconds(1));
              return x;
            },
            [&](int) { ++taken; }, options);
        CHECK(taken == 100);
      }).join();
      CHECK(foreign == 0);
    }
  }
}

TEST_CASE("what is left out makes room for a source that waits") {
  for (const auto order : support::orders) {
    for (const std::size_t buffer_size : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
      amorsize::stream_options options = support::stream_at_width(2, buffer_size);
      options.order = order;
      const auto source = [next = 0]() mutable -> std::optional<int> {
        std::this_thread::sleep_for(milliseconds(1));
        if (next == 40) return std::nullopt;
        return next++;
      };
      const auto tens = [](int x) -> std::optional<int> {
        std::this_thread::sleep_for(milliseconds(1));
        if (x % 10 != 9) return std::nullopt;
        return x;
      };
      int taken = 0;
      amorsize::stream_filter_map(
          source, tens, [&taken](int) { ++taken; }, options);
      CHECK(taken == 4);
    }
  }
}
