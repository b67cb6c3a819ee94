#include "run/claims.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "plan/sampling.hpp"

using namespace amorsize::detail;

namespace {

using blocks = std::vector<interval>;

/// The items in the order of their places.
std::vector<std::size_t> order_of(const claims& c) {
  std::vector<std::size_t> order;
  c.visit({0, c.items()}, [&order](interval items) {
    for (std::size_t i = items.first; i < items.last; ++i) order.push_back(i);
  });
  return order;
}

bool is_permutation(std::vector<std::size_t> order, std::size_t items) {
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] != i) return false;
  }
  return order.size() == items;
}

struct layout {
  const char* what;
  std::size_t items;
  blocks sample;
};

std::vector<layout> layouts() {
  const sample_layout spread = spread_sample(10'000);
  return {
      {"empty", 0, {}},
      {"one item", 1, {}},
      {"no sample", 1'000, {}},
      {"a sample at the front", 100, {{0, 3}}},
      {"a sample at the end", 100, {{97, 100}}},
      {"the sample is everything", 10, {{5, 10}, {0, 5}}},
      {"adjacent blocks", 100, {{20, 30}, {10, 20}, {30, 31}}},
      {"as the sampler spreads it", 10'000, {spread.blocks().begin(), spread.blocks().end()}},
  };
}

}  // namespace

TEST_CASE("without a sample, places are items, claimed in order") {
  claims c;
  c.reset(10, {});
  CHECK(c.left() == 10);
  std::size_t next = 0;
  for (const std::size_t wanted : {1U, 2U, 4U, 8U}) {
    const interval taken = c.take(wanted);
    CHECK(taken.first == next);
    CHECK(taken.size() == std::min<std::size_t>(wanted, 10 - next));
    next = taken.last;
    CHECK(c.left() == 10 - next);
  }
  CHECK(c.take(1).empty());
  CHECK(c.take(1'000).empty());
  CHECK(c.left() == 0);
}

TEST_CASE("every item has exactly one place, and the sample's come first, in its order") {
  for (const layout& l : layouts()) {
    CAPTURE(std::string(l.what));
    claims c;
    c.reset(l.items, l.sample);
    const auto order = order_of(c);
    CHECK(is_permutation(order, l.items));
    std::vector<std::size_t> sampled;
    for (const interval& block : l.sample) {
      for (std::size_t i = block.first; i < block.last; ++i) sampled.push_back(i);
    }
    REQUIRE(sampled.size() <= order.size());
    CHECK(std::equal(sampled.begin(), sampled.end(), order.begin()));
    const auto rest = order.begin() + static_cast<std::ptrdiff_t>(sampled.size());
    CHECK(std::is_sorted(rest, order.end()));
  }
}

TEST_CASE("visits of any split of the places are the items of the whole, none empty") {
  std::mt19937 random(1);
  for (const layout& l : layouts()) {
    CAPTURE(std::string(l.what));
    claims c;
    c.reset(l.items, l.sample);
    const auto whole = order_of(c);
    std::vector<std::size_t> parts;
    bool has_empty = false;
    for (;;) {
      const interval places = c.take(1 + random() % 97);
      if (places.empty()) break;
      c.visit(places, [&](interval items) {
        has_empty = has_empty || items.empty();
        for (std::size_t i = items.first; i < items.last; ++i) parts.push_back(i);
      });
    }
    CHECK(parts == whole);
    CHECK_FALSE(has_empty);
  }
}

TEST_CASE("the lowest item from a place on is what a search of the order finds") {
  for (const layout& l : layouts()) {
    CAPTURE(std::string(l.what));
    claims c;
    c.reset(l.items, l.sample);
    const auto order = order_of(c);
    std::size_t lowest = l.items;
    std::size_t wrong = c.lowest_from(l.items) == l.items ? 0U : 1U;
    for (std::size_t place = l.items; place-- > 0;) {
      lowest = std::min(lowest, order[place]);
      if (c.lowest_from(place) != lowest) ++wrong;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a structure that was used is as new once it is reset") {
  claims c;
  c.reset(100, blocks{{50, 60}, {0, 10}});
  while (!c.take(7).empty()) {
  }
  c.reset(5, {});
  CHECK(c.items() == 5);
  CHECK(c.left() == 5);
  CHECK(order_of(c) == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("threads that claim at once never share a place, and leave none") {
  constexpr std::size_t items = 200'000;
  claims c;
  const sample_layout sample = spread_sample(items);
  c.reset(items, sample.blocks());
  std::vector<unsigned char> claimed(items, 0);
  const auto claim_all = [&c, &claimed](unsigned seed) {
    std::mt19937 random(seed);
    for (;;) {
      const interval places = c.take(1 + random() % 33);
      if (places.empty()) return;
      c.visit(places, [&claimed](interval taken) {
        for (std::size_t i = taken.first; i < taken.last; ++i) ++claimed[i];
      });
    }
  };
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) threads.emplace_back(claim_all, t);
  for (std::thread& t : threads) t.join();
  CHECK(std::count(claimed.begin(), claimed.end(), 1) == items);
}
