/// Random schedules: however slow and unsteady source, items and consumer are, the buffer holds and
/// all results come.
#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "random.hpp"
#include "streams.hpp"

using amorsize::result_order;

namespace {

enum class pace { even, jumpy, bursts, sleepy };

/// What the item at `at` takes.
void spend(pace how, int at, std::uint64_t steps) {
  switch (how) {
    case pace::even:
      support::work(steps);
      break;
    case pace::jumpy:
      if (static_cast<unsigned>(at) * 2654435761U % 7 == 0) support::work(8 * steps);
      break;
    case pace::bursts:
      if (at % 64 == 0) support::work(100 * steps);
      break;
    case pace::sleepy:
      if (at % 50 == 0) std::this_thread::sleep_for(std::chrono::microseconds(steps));
      break;
  }
}

pace any_pace(support::random& chance) { return static_cast<pace>(chance.between(0, 3)); }

constexpr std::array some_widths{1, 2, 4, 8};

struct schedule {
  explicit schedule(support::random& chance)
      : items(chance.between(0, 600)),
        buffer(chance.between<std::size_t>(1, 64)),
        how(support::forms[chance.between<std::size_t>(0, 1)]),
        source(any_pace(chance)),
        item(any_pace(chance)),
        sink(any_pace(chance)),
        steps(chance.between<std::uint64_t>(1, 200)),
        long_one(chance.chance(0.5) ? chance.between(0, 600) : -1),
        options(support::stream_at_width(some_widths[chance.between<std::size_t>(0, 3)], buffer)) {
    if (chance.chance(0.4)) options.chunksize = chance.between<std::size_t>(1, buffer);
    if (chance.chance(0.4)) options.order = result_order::completion;
    options.read_on_caller = chance.chance(0.2);
  }

  auto numbers(support::flow& through) const {
    return [this, &through, next = 0]() mutable -> std::optional<int> {
      if (next == items) return std::nullopt;
      through.read();
      spend(source, next, steps);
      return next++;
    };
  }
  void run(int x) const {
    if (x == long_one) support::work(1000 * steps);
    spend(item, x, steps);
  }

  const int items;
  const std::size_t buffer;
  const support::form how;
  const pace source;
  const pace item;
  const pace sink;
  const std::uint64_t steps;
  const int long_one;  // takes a thousand times as long
  amorsize::stream_options options;
};

}  // namespace

TEST_CASE("whatever source, items and consumer take, the buffer holds and results are right") {
  for (int round = 0; round < support::rounds(400); ++round) {
    support::random chance(static_cast<std::uint64_t>(round));
    const schedule s(chance);
    CAPTURE(round);
    support::flow through(s.buffer);
    std::vector<std::atomic<int>> runs(support::count(s.items));
    std::vector<int> results;
    const auto f = [&](int x) {
      s.run(x);
      ++runs[support::count(x)];
      return 3 * x;
    };
    const auto take = [&](int r) {
      through.deliver();
      spend(s.sink, r, s.steps);
      results.push_back(r);
    };
    support::consume(s.how, s.numbers(through), f, take, s.options);
    CHECK(through.too_many() == 0);
    REQUIRE(results.size() == support::count(s.items));
    if (s.options.order == result_order::completion) std::sort(results.begin(), results.end());
    bool are_right = true;
    for (int i = 0; i < s.items; ++i) {
      const std::size_t at = support::count(i);
      are_right = are_right && results[at] == 3 * i && runs[at] == 1;
    }
    CHECK(are_right);
  }
}

TEST_CASE("what is filtered out makes room for what comes, whatever all take") {
  for (int round = 0; round < support::rounds(100); ++round) {
    support::random chance(static_cast<std::uint64_t>(1'000 + round));
    const schedule s(chance);
    CAPTURE(round);
    const int kept = chance.between(1, 9);
    support::flow through(s.buffer);
    const auto f = [&](int x) {
      s.run(x);
      if (x % kept == 0) return std::optional<int>(x);
      through.deliver();
      return std::optional<int>();
    };
    long sum = 0;
    amorsize::stream_filter_map(
        s.numbers(through), f,
        [&](int x) {
          through.deliver();
          spend(s.sink, x, s.steps);
          sum += x;
        },
        s.options);
    long expected = 0;
    for (int x = 0; x < s.items; x += kept) expected += x;
    CHECK(sum == expected);
    CHECK(through.too_many() == 0);
  }
}

TEST_CASE("three stages hold no more than their three buffers") {
  for (int round = 0; round < support::rounds(60); ++round) {
    support::random chance(static_cast<std::uint64_t>(2'000 + round));
    const schedule first(chance);
    const schedule second(chance);
    const schedule third(chance);
    CAPTURE(round);
    support::flow through(first.buffer + second.buffer + third.buffer);
    const auto stage = [](const schedule& s) {
      return [&s](int x) {
        s.run(x);
        return x + 1;
      };
    };
    long sum = 0;
    int taken = 0;
    support::consume(
        first.how,
        stream_map(stream_map(first.numbers(through), stage(first), first.options), stage(second),
                   second.options),
        stage(third),
        [&](int x) {
          through.deliver();
          spend(third.sink, x, third.steps);
          sum += x - 3;
          ++taken;
        },
        third.options);
    CHECK(taken == first.items);
    CHECK(sum == static_cast<long>(first.items) * (first.items - 1) / 2);
    CHECK(through.too_many() == 0);
  }
}
