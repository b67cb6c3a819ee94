/// Streams of streams, and streams within calls within streams.
#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <atomic>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "counted.hpp"
#include "doctest/doctest.h"
#include "meeting.hpp"
#include "message_of.hpp"
#include "random.hpp"
#include "streams.hpp"

using amorsize::stream_filter_map;
using amorsize::stream_map;
using support::counted;
using support::form;

namespace {

struct failure : std::runtime_error {
  explicit failure(const std::string& where) : std::runtime_error(where) {}
};

/// Fails where it is told to.
struct trap {
  std::string stage;
  int at = 0;
  void meet(const char* here, int x) const {
    if (stage == here && x == at) throw failure(stage);
  }
};

auto endless(std::atomic<int>& reads, const trap& set = {}) {
  return [&reads, set]() -> std::optional<counted> {
    const int now = reads++;
    set.meet("source", now);
    return counted(now);
  };
}

/// Even ones of numbers that went through three stages.
template <class Source>
auto three_stages(Source source, const trap& set, const amorsize::stream_options& options) {
  auto first = stream_map(
      std::move(source),
      [set](counted x) {
        set.meet("first", x.value);
        return std::make_unique<counted>(std::move(x));
      },
      options);
  auto second = stream_filter_map(
      std::move(first),
      [set](std::unique_ptr<counted> x) {
        set.meet("second", x->value);
        return x->value % 2 == 0 ? std::optional(std::move(x)) : std::nullopt;
      },
      options);
  return stream_map(
      std::move(second),
      [set](std::unique_ptr<counted> x) {
        set.meet("third", x->value);
        return counted(*x);
      },
      options);
}

}  // namespace

TEST_CASE("three stages, one of them a filter, give what they should, in both orders") {
  for (const int n_jobs : support::widths) {
    for (const auto order : support::orders) {
      for (const std::size_t buffer : {1U, 3U, 16U}) {
        amorsize::stream_options options = support::stream_at_width(n_jobs, buffer);
        options.order = order;
        auto source = [next = 0]() mutable -> std::optional<counted> {
          if (next == 300) return std::nullopt;
          return counted(next++);
        };
        std::vector<int> seen;
        for (const counted& x : three_stages(source, {}, options)) seen.push_back(x.value);
        if (order == amorsize::result_order::completion) std::sort(seen.begin(), seen.end());
        REQUIRE(seen.size() == 150);
        for (int i = 0; i < 150; ++i) CHECK(seen[support::count(i)] == 2 * i);
        CHECK(counted::alive == 0);
      }
    }
  }
}

TEST_CASE("three endless stages are left at every position, and nothing is lost") {
  for (const int n_jobs : support::widths) {
    for (int at = 0; at < 20; ++at) {
      std::atomic<int> reads{0};
      int taken = 0;
      for (const counted& x :
           three_stages(endless(reads), {}, support::stream_at_width(n_jobs, 4))) {
        CHECK(x.value == 2 * taken);
        if (taken++ == at) break;
      }
      CHECK(counted::alive == 0);
      CHECK(reads <= 2 * at + 1 + 3 * 4);
    }
  }
}

TEST_CASE("an exception of any stage comes out of the last one, after all results before it") {
  for (const int n_jobs : support::widths) {
    for (const char* stage : {"source", "first", "second", "third"}) {
      for (int at = 0; at < 14; at += 2) {
        std::atomic<int> reads{0};
        int taken = 0;
        const auto run = [&] {
          const trap set{stage, at};
          for (const counted& x :
               three_stages(endless(reads, set), set, support::stream_at_width(n_jobs, 4))) {
            CHECK(x.value == 2 * taken++);
          }
        };
        CHECK(support::message_of<failure>(run) == stage);
        CHECK(taken == at / 2);
        CHECK(counted::alive == 0);
      }
    }
  }
}

TEST_CASE("a stream may be the source of another as an lvalue, and go on after it") {
  auto first = stream_map([next = 0]() mutable -> std::optional<int> { return next++; },
                          [](int x) { return x; }, support::stream_at_width(3, 4));
  int expected = 0;
  {
    int taken = 0;
    for (const int x : stream_map(
             first, [](int x) { return x; }, support::stream_at_width(1))) {
      CHECK(x == expected++);
      if (++taken == 10) break;
    }
  }
  // What the second had read and not delivered is gone: with one thread, nothing.
  for (const int x : first) {
    CHECK(x == expected - 1);
    break;
  }
}

TEST_CASE(
    "a stream is used up inside a parallel call, and the stream's function makes such calls") {
  const auto inner = [](int n_jobs, int items) {
    std::vector<int> all(support::count(items));
    std::iota(all.begin(), all.end(), 0);
    const std::vector<int> doubled = amorsize::parallel_map(
        all, [](int x) { return 2 * x; }, support::at_width(n_jobs));
    return std::accumulate(doubled.begin(), doubled.end(), 0);
  };
  for (const int n_jobs : support::widths) {
    std::vector<int> outer(8);
    const std::vector<int> sums = amorsize::parallel_map(
        outer,
        [&](int) {
          int sum = 0;
          support::consume(
              form::range, std::vector<int>(20, 1), [&](int x) { return x * inner(n_jobs, 30); },
              [&](int x) { sum += x; }, support::stream_at_width(n_jobs, 4));
          return sum;
        },
        support::one_by_one(n_jobs));
    for (const int sum : sums) CHECK(sum == 20 * 29 * 30);
  }
}

TEST_CASE("no two workers of a stream inside another call use the same state at once") {
  struct state {
    std::atomic<int> users{0};
  };
  std::atomic<int> clashes{0};
  const auto f = amorsize::per_worker([] { return std::make_unique<state>(); },
                                      [&](std::unique_ptr<state>& mine, int x) {
                                        if (mine->users++ != 0) ++clashes;
                                        support::work(200);
                                        --mine->users;
                                        return x;
                                      });
  const std::vector<int> outer(24);
  for (int round = 0; round < support::rounds(8); ++round) {
    for (const form how : support::forms) {
      amorsize::parallel_for_each(
          outer,
          [&](int) {
            long sum = 0;
            support::consume(
                how, std::vector<int>(300, 1), f, [&](int x) { sum += x; },
                support::stream_at_width(3, 16));
            if (sum != 300) ++clashes;
          },
          support::one_by_one(support::widest));
    }
  }
  CHECK(clashes == 0);
}

TEST_CASE("a stream of a small runtime finds its states inside a call of a large one") {
  static amorsize::runtime small(amorsize::runtime_options{.max_n_jobs = 1});
  std::atomic<int> elsewhere{0};
  struct state {
    explicit state(std::thread::id t) : thread(t) {}
    std::thread::id thread;
  };
  const auto f = amorsize::per_worker([] { return state(std::this_thread::get_id()); },
                                      [&](state& mine, int x) {
                                        if (mine.thread != std::this_thread::get_id()) ++elsewhere;
                                        return x;
                                      });
  support::meeting all(4);
  amorsize::parallel_for_each(
      std::vector<int>(4),
      [&](int) {
        all.attend();  // so that each worker, whatever its number, has one
        for (const form how : support::forms) {
          int sum = 0;
          support::consume(how, std::vector<int>(200, 1), f, [&](int x) { sum += x; },
                           {.on = &small});
          if (sum != 200) ++elsewhere;
        }
      },
      support::one_by_one(4));
  CHECK(elsewhere == 0);
}

TEST_CASE("a stream that runs goes on, on another thread, in each of its stages") {
  auto results = stream_map(
      stream_map(
          [next = 0]() mutable -> std::optional<int> {
            if (next == 2000) return std::nullopt;
            return next++;
          },
          [](int x) { return x; }, support::stream_at_width(3, 8)),
      [](int x) { return x; }, support::stream_at_width(3, 8));
  int seen = 0;
  auto it = results.begin();
  while (it != results.end() && seen < 1999) {
    std::thread([&] {
      for (int i = 0; i < 100 && seen < 1999; ++i, ++it) {
        if (*it == seen) ++seen;
      }
    }).join();
  }
  CHECK(seen == 1999);
}
