#include "plan/chunking.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

using namespace amorsize::detail;

TEST_CASE("one slow reading halves the chunk at most, one fast reading doubles it at most") {
  const chunk_rule rule{.claim = 100};
  for (const std::size_t done : {2U, 16U, 64U, 1'000U}) {
    const std::size_t after_slow = rule.next(done, 1e9, 1'000'000'000, 4);
    const std::size_t after_fast = rule.next(done, 1e-9, 1'000'000'000, 4);
    CHECK(after_slow >= done / 2);
    CHECK(after_fast <= done * 2);
    CHECK(after_slow < done);
    CHECK(after_fast == done * 2);
  }
}

TEST_CASE("chunks of tiny items are worth their claims") {
  const chunk_rule rule{.claim = 100};
  std::size_t chunk = rule.first(100'000, 2, 1);
  for (int i = 0; i < 20; ++i) chunk = rule.next(chunk, static_cast<double>(chunk), 100'000, 2);
  CHECK(static_cast<double>(chunk) * 1 >= shortest_chunk(100));
}

TEST_CASE("a pinned chunk is obeyed first and last, whatever was measured") {
  const chunk_rule rule{.pinned = 37, .least = 50, .most = 10};
  CHECK(rule.first(5, 8, 1e9) == 37);
  CHECK(rule.next(1, 1e12, 1, 8) == 37);
  CHECK(rule.next(1'000, 0, 1'000'000, 1) == 37);
}

TEST_CASE("chunks of any times and counts are within their bounds and never none") {
  std::mt19937 random(17);
  std::uniform_real_distribution<double> magnitude(-3, 12);
  for (int trial = 0; trial < 20'000; ++trial) {
    const auto draw = [&](double scale) { return std::pow(10.0, magnitude(random) / scale); };
    chunk_rule rule;
    rule.claim = draw(3);
    rule.longest = draw(1);
    rule.most = trial % 3 == 0 ? 0 : static_cast<std::size_t>(draw(2)) + 1;
    rule.least = trial % 5 == 0 && rule.most > 4 ? 4 : 1;
    const auto left = static_cast<std::size_t>(draw(1));
    const int workers = 1 + static_cast<int>(random() % 64);
    const auto done = static_cast<std::size_t>(draw(2)) + 1;
    for (const std::size_t chunk : {rule.first(left, workers, draw(1)),
                                    rule.next(done, trial % 7 == 0 ? 0 : draw(1), left, workers)}) {
      REQUIRE(chunk >= rule.least);
      if (rule.most != 0) REQUIRE(chunk <= std::max(rule.most, rule.least));
    }
    REQUIRE(rule.next(done, draw(1), left, workers) <= std::max<std::size_t>(2 * done, rule.least));
  }
}

TEST_CASE("an item that is worth a claim by itself is never taken along beyond a fair part") {
  const chunk_rule rule{.claim = 100};
  for (const int workers : {2, 3, 8}) {
    for (const std::size_t left : {1U, 2U, 7U, 100U, 10'000U}) {
      const std::size_t fair =
          std::max<std::size_t>(1, left / (2 * static_cast<std::size_t>(workers)));
      CHECK(rule.first(left, workers, 1e5) <= fair);
      CHECK(rule.next(10'000, 10'000 * 1e5, left, workers) <= std::max<std::size_t>(fair, 1));
    }
  }
}

TEST_CASE("chunks shrink towards the end to single items, when these are worth a claim") {
  const chunk_rule rule{.claim = 100};
  std::size_t left = 100'000;
  std::size_t chunk = 1;
  std::size_t largest = 0;
  bool shrinks = true;
  while (left > 0) {
    const std::size_t taken = std::min(chunk, left);
    left -= taken;
    largest = std::max(largest, taken);
    chunk = rule.next(taken, static_cast<double>(taken) * 2'000, left, 2);
    if (largest > 100 && left < 50'000) shrinks = shrinks && chunk <= taken;
  }
  CHECK(largest > 100);
  CHECK(shrinks);
  CHECK(chunk == 1);
}

TEST_CASE("the last items are one chunk where they are worth less than another claim") {
  const chunk_rule rule{.claim = 100};
  // 20 items of 10 ns: sharing them would cost more than they take.
  CHECK(rule.next(1'000, 10'000, 20, 2) >= 20);
}

TEST_CASE("a chunk lasts no longer than stop and errors may wait, once items allow") {
  const chunk_rule rule{.claim = 100, .longest = 1e6};
  std::size_t chunk = 1;
  for (int i = 0; i < 40; ++i) {
    chunk = rule.next(chunk, static_cast<double>(chunk) * 1'000, 1'000'000'000'000, 2);
  }
  CHECK(static_cast<double>(chunk) * 1'000 <= 1.001e6);
  CHECK(static_cast<double>(chunk) * 1'000 >= 0.5e6);
}
