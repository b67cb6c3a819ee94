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

TEST_CASE("a chunk aims at its target, and shrinks towards the end like any other") {
  const chunk_rule rule{.claim = 100, .target = 32'000};
  std::size_t chunk = rule.first(1'000'000, 2, 10);
  CHECK(chunk <= 3'200);
  for (int i = 0; i < 20; ++i)
    chunk = rule.next(chunk, 10.0 * static_cast<double>(chunk), 1'000'000, 2);
  CHECK(chunk == 3'200);
  CHECK(rule.next(chunk, 10.0 * static_cast<double>(chunk), 6'400, 2) == 1'600);
  CHECK(rule.next(1'000, 10'000, 400, 2) <= 500);
  const chunk_rule long_one{.claim = 100, .longest = 1e6, .target = 2e6};
  CHECK(long_one.usual(100'000'000, 2, 10) == 200'000);
  const chunk_rule short_one{.claim = 1'000, .target = 8'000};
  CHECK(short_one.usual(100'000'000, 2, 10) == 1'600);
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

TEST_CASE("the first chunk is an eighth of what would do if all items were as the first ones") {
  const chunk_rule rule{.claim = 100};
  for (const int workers : {1, 2, 8}) {
    for (const double item_ns : {1.0, 100.0, 10'000.0}) {
      const std::size_t usual = rule.usual(10'000'000, workers, item_ns);
      REQUIRE(usual >= 8);
      CHECK(rule.first(10'000'000, workers, item_ns) == usual / 8);
    }
  }
}

TEST_CASE("a chunk that a plan says is kept up to half of a fair share of what is left") {
  const chunk_rule rule{.claim = 100};
  CHECK(rule.planned(10, 1'000, 4) == 10);
  CHECK(rule.planned(125, 1'000, 4) == 125);
  CHECK(rule.planned(500, 1'000, 4) == 125);
  CHECK(rule.planned(500, 1'000, 1) == 500);
  CHECK(rule.planned(500, 3, 4) == 1);
  CHECK(chunk_rule{.pinned = 500}.planned(10, 1'000, 4) == 500);
}
