/// How a stream ends before its source does: exceptions, stops, and consumers that leave.
#include <amorsize/amorsize.hpp>
#include <atomic>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "message_of.hpp"
#include "random.hpp"
#include "streams.hpp"

using amorsize::stream_map;

namespace {

struct failure : std::runtime_error {
  explicit failure(int at) : std::runtime_error(std::to_string(at)) {}
};

/// Counts those alive: items and results that are lost would be seen.
class alive {
 public:
  explicit alive(int v) : value(v) { ++count; }
  alive(alive&& other) noexcept : value(other.value) { ++count; }
  alive& operator=(alive&&) = delete;
  ~alive() { --count; }
  int value;
  static inline std::atomic<int> count{0};
};

auto numbers_from_0(int items) {
  return [items, next = 0]() mutable -> std::optional<alive> {
    if (next == items) return std::nullopt;
    return alive(next++);
  };
}

}  // namespace

TEST_CASE("in input order an exception arrives after all results before it, at every position") {
  for (const int n_jobs : support::widths) {
    for (int at = 0; at < 40; at += at < 10 ? 1 : 7) {
      int delivered = 0;
      const auto run = [&] {
        for (alive& a : stream_map(
                 numbers_from_0(50),
                 [at](alive a) {
                   if (a.value >= at && a.value % 3 == at % 3) throw failure(a.value);
                   return a;
                 },
                 support::stream_at_width(n_jobs, 12))) {
          CHECK(a.value == delivered++);
        }
      };
      CHECK(support::message_of<failure>(run) == std::to_string(at));
      CHECK(delivered == at);
      CHECK(alive::count == 0);
    }
  }
}

TEST_CASE("an exception of the source arrives in its place") {
  for (const int n_jobs : support::widths) {
    for (const auto order : support::orders) {
      for (int at = 0; at < 40; at += 3) {
        int delivered = 0;
        amorsize::stream_options options = support::stream_at_width(n_jobs, 12);
        options.order = order;
        const auto source = [at, next = 0]() mutable -> std::optional<alive> {
          if (next == at) throw failure(at);
          return alive(next++);
        };
        const auto run = [&] {
          stream_map(
              source, [](alive a) { return a; }, [&](const alive&) { ++delivered; }, options);
        };
        CHECK(support::message_of<failure>(run) == std::to_string(at));
        CHECK(delivered == at);
        CHECK(alive::count == 0);
      }
    }
  }
}

TEST_CASE("an exception in completion order ends the stream, and nothing is lost or run twice") {
  for (const int n_jobs : support::widths) {
    amorsize::stream_options options = support::stream_at_width(n_jobs, 12);
    options.order = amorsize::result_order::completion;
    std::vector<std::atomic<int>> runs(200);
    const auto run = [&] {
      stream_map(
          numbers_from_0(200),
          [&](alive a) {
            ++runs[support::count(a.value)];
            if (a.value == 77) throw failure(77);
            return a;
          },
          [](const alive& a) { CHECK(a.value != 77); }, options);
    };
    CHECK(support::message_of<failure>(run) == "77");
    CHECK(alive::count == 0);
    for (int i = 0; i < 200; ++i) CHECK(runs[support::count(i)] <= 1);
    for (int i = 0; i < 77; ++i) CHECK(runs[support::count(i)] == 1);
  }
}

TEST_CASE("an exception of the sink leaves the stream, at every position") {
  for (const int n_jobs : support::widths) {
    for (int at = 0; at < 30; ++at) {
      std::atomic<int> inside{0};
      const auto run = [&] {
        stream_map(
            numbers_from_0(1'000'000),
            [&](alive a) {
              ++inside;
              support::work(20);
              --inside;
              return a;
            },
            [at](const alive& a) {
              if (a.value == at) throw failure(at);
            },
            support::stream_at_width(n_jobs, 12));
      };
      CHECK(support::message_of<failure>(run) == std::to_string(at));
      CHECK(inside == 0);
      CHECK(alive::count == 0);
    }
  }
}

TEST_CASE("an infinite source is left at every position, and nothing goes on") {
  for (const int n_jobs : support::widths) {
    for (int at = 0; at < 60; at += at < 10 ? 1 : 9) {
      std::atomic<int> reads{0};
      {
        auto results = stream_map([&reads]() -> std::optional<alive> { return alive(reads++); },
                                  [](alive a) { return a; }, support::stream_at_width(n_jobs, 12));
        int taken = 0;
        for (alive& a : results) {
          CHECK(a.value == taken);
          if (taken++ == at) break;
        }
      }
      const int then = reads;
      CHECK(then <= at + 1 + 12);
      CHECK(alive::count == 0);
      CHECK(reads == then);
    }
  }
}

TEST_CASE("a stream that is never begun reads nothing") {
  int reads = 0;
  {
    auto results = stream_map([&reads]() -> std::optional<int> { return reads++; },
                              [](int x) { return x; }, support::stream_at_width(3));
  }
  CHECK(reads == 0);
}

TEST_CASE("a source that waits is told that the stream is left") {
  for (const int n_jobs : {2, 3}) {
    support::door shut;
    std::atomic<bool> is_waiting{false};
    std::atomic<bool> was_told{false};
    {
      auto results = stream_map(
          [&, next = 0](std::stop_token token) mutable -> std::optional<int> {
            if (next < 5) return next++;
            is_waiting = true;
            is_waiting.notify_all();
            was_told = !shut.pass(token);
            return std::nullopt;
          },
          [](int x) { return x; }, support::stream_at_width(n_jobs, 100));
      int taken = 0;
      for (const int x : results) {
        CHECK(x == taken++);
        if (taken < 5) continue;
        is_waiting.wait(false);
        break;
      }
    }
    CHECK(was_told);
  }
}

TEST_CASE("a stop ends a wait for the source by operation_cancelled") {
  for (const int n_jobs : {1, 2, 3}) {
    std::stop_source stop;
    support::door shut;
    std::atomic<bool> is_waiting{false};
    amorsize::stream_options options = support::stream_at_width(n_jobs, 100);
    options.stop = stop.get_token();
    std::thread stopper([&] {
      is_waiting.wait(false);
      stop.request_stop();
    });
    int delivered = 0;
    const auto run = [&] {
      stream_map(
          [&, next = 0](std::stop_token token) mutable -> std::optional<int> {
            if (next < 5) return next++;
            is_waiting = true;
            is_waiting.notify_all();
            shut.pass(token);
            return std::nullopt;
          },
          [](int x) { return x; }, [&](int) { ++delivered; }, options);
    };
    CHECK(support::contains(support::message_of<amorsize::operation_cancelled>(run), "stopped"));
    stopper.join();
    CHECK(delivered <= 5);
  }
}

TEST_CASE("a stream that was stopped gives no further result, whatever it had") {
  for (const int n_jobs : support::widths) {
    std::stop_source stop;
    amorsize::stream_options options = support::stream_at_width(n_jobs, 20);
    options.stop = stop.get_token();
    int delivered = 0;
    const auto run = [&] {
      for (alive& a : stream_map(
               numbers_from_0(1000), [](alive a) { return a; }, options)) {
        CHECK(a.value == delivered++);
        if (delivered == 100) stop.request_stop();
      }
    };
    CHECK(support::contains(support::message_of<amorsize::operation_cancelled>(run), "stopped"));
    CHECK(delivered == 100);
    CHECK(alive::count == 0);
  }
}

TEST_CASE("a stop before the beginning calls nothing") {
  std::stop_source stop;
  stop.request_stop();
  int calls = 0;
  amorsize::stream_options options = support::stream_at_width(2);
  options.stop = stop.get_token();
  const auto run = [&] {
    stream_map(
        [&]() -> std::optional<int> {
          ++calls;
          return std::nullopt;
        },
        [](int x) { return x; }, [](int) {}, options);
  };
  CHECK(support::contains(support::message_of<amorsize::operation_cancelled>(run), "stopped"));
  CHECK(calls == 0);
}

TEST_CASE("after an exception a stream is at its end") {
  auto results = stream_map(
      numbers_from_0(10),
      [](alive a) {
        if (a.value == 3) throw failure(3);
        return a.value;
      },
      support::stream_at_width(2, 4));
  auto it = results.begin();
  ++it;
  ++it;
  CHECK_THROWS_AS(++it, failure);
  CHECK(it == results.end());
  CHECK(results.begin() == results.end());
}

TEST_CASE("options that break a rule are told at once") {
  const auto run = [](const amorsize::stream_options& options) {
    return support::message_of([&] {
      stream_map([]() -> std::optional<int> { return std::nullopt; }, [](int x) { return x; },
                 options);
    });
  };
  CHECK(run({.n_jobs = -1}) == "n_jobs is -1, must be 0 (automatic) or more");
  CHECK(run({.chunksize = 9, .buffer_size = 8}) ==
        "chunksize is 9, must be at most buffer_size, which is 8");
  CHECK(support::contains(run({.order = static_cast<amorsize::result_order>(7)}), "order is 7"));
}
