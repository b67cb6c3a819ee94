#include "plan/sampling.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "plan/cost_model.hpp"

using namespace amorsize::detail;

namespace {

using random_engine = std::mt19937;

/// What sampling `items` items tells, whose times are drawn one after the other.
item_times sampled(std::size_t items, const std::function<double()>& draw) {
  item_times times;
  const sample_layout layout = spread_sample(items);
  for (const interval& block : layout.blocks()) {
    double elapsed = 0;
    for (std::size_t i = 0; i < block.size(); ++i) elapsed += draw();
    times.observe(block.size(), elapsed);
  }
  return times;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

TEST_CASE("one slow reading is told as doubt: the spread grows with it, and it is one of many") {
  item_times times;
  for (int i = 0; i < 64; ++i) times.observe(16, i == 20 ? 16 * 100.0 : 16 * 1.0);
  CHECK(times.coefficient_of_variation() > 10);
  CHECK(times.mean() < 3);
}

TEST_CASE("a sample of tiny work never makes it look worth sharing") {
  random_engine random(7);
  std::lognormal_distribution<double> item(std::log(5.0), 0.5);  // some 5 ns
  const sharing_costs awake{300, 900, 500, 80};
  const capacity many{64, 64};
  for (const std::size_t items : {1U, 8U, 128U, 300U}) {
    const item_times times = sampled(items, [&] { return item(random); });
    amorsize::workload work;
    work.items = items;
    work.estimated_item_time = amorsize::duration(times.items() > 0 ? times.mean() : 5.0);
    CHECK(best_workers(work, 0, awake, many) == 1);
  }
}

TEST_CASE("a sample is disjoint, inside the range, doubling, and at most an eighth of it") {
  for (const std::size_t items : {128U, 129U, 255U, 256U, 1'000U, 4'096U, 99'999U, 10'000'000U}) {
    CAPTURE(items);
    const sample_layout layout = spread_sample(items);
    std::vector<interval> blocks(layout.blocks().begin(), layout.blocks().end());
    REQUIRE(blocks.size() == sample_layout::most);

    std::size_t total = 0;
    std::size_t limit = items;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      const std::size_t size = blocks[b].size();
      const std::size_t doubled = b == 0 ? 1 : std::size_t{1} << (b - 1);
      CHECK(size >= 1);
      CHECK(size <= doubled);
      // Once cut short, a block is as long as all after it.
      if (size < doubled) limit = std::min(limit, size);
      if (limit < items) CHECK(size == limit);
      total += size;
    }
    CHECK(total <= items / 8);

    std::sort(blocks.begin(), blocks.end(), [](auto a, auto b) { return a.first < b.first; });
    for (std::size_t b = 1; b < blocks.size(); ++b) CHECK(blocks[b - 1].last <= blocks[b].first);
    CHECK(blocks.back().last <= items);
  }
}

TEST_CASE("every prefix of a sample is spread over the whole range") {
  constexpr std::size_t items = 160'000;
  const sample_layout layout = spread_sample(items);
  const auto blocks = layout.blocks();
  for (std::size_t taken = 1; taken <= blocks.size(); taken *= 2) {
    // Of `taken` equal parts of the range, each has one.
    std::vector<int> parts(taken, 0);
    for (std::size_t b = 0; b < taken; ++b) ++parts[blocks[b].first * taken / items];
    CHECK(std::count(parts.begin(), parts.end(), 1) == static_cast<std::ptrdiff_t>(taken));
  }
}

TEST_CASE("a range too short for a sample has none") {
  for (const std::size_t items : {0U, 1U, 2U, 127U}) {
    const sample_layout layout = spread_sample(items);
    CHECK(layout.blocks().empty());
  }
}

TEST_CASE("nothing seen is nothing known, one block is no spread, equal items have none") {
  item_times times;
  CHECK(times.mean() == 0);
  CHECK(times.coefficient_of_variation() == 0);
  times.observe(4, 400);
  CHECK(times.mean() == doctest::Approx(100));
  CHECK(times.coefficient_of_variation() == 0);
  for (const std::size_t items : {1U, 2U, 1'000U})
    times.observe(items, 100.0 * static_cast<double>(items));
  CHECK(times.mean() == doctest::Approx(100));
  CHECK(times.items() == 1'007);
  CHECK(times.elapsed() == doctest::Approx(100'700));
  CHECK(times.coefficient_of_variation() == doctest::Approx(0).epsilon(1e-6));
}

TEST_CASE("times below the clock's resolution are no spread, and no division by zero") {
  item_times times;
  times.observe(1, 0);
  times.observe(2, 0);
  CHECK(times.mean() == 0);
  CHECK(times.coefficient_of_variation() == 0);
}

TEST_CASE("mean and spread of known distributions are found whatever the blocks' sizes") {
  random_engine random(42);
  std::uniform_real_distribution<double> uniform(0, 2);
  std::exponential_distribution<double> exponential(1);
  const double sigma = std::sqrt(std::log(1 + 0.25));
  std::lognormal_distribution<double> lognormal(-sigma * sigma / 2, sigma);
  struct known {
    const char* what;
    double spread;
    std::function<double()> draw;
  };
  const known all[] = {
      {"uniform", 1 / std::sqrt(3.0), [&] { return uniform(random); }},
      {"exponential", 1, [&] { return exponential(random); }},
      {"log-normal", 0.5, [&] { return lognormal(random); }},
  };
  for (const known& k : all) {
    CAPTURE(std::string(k.what));
    std::vector<double> means;
    std::vector<double> spreads;
    for (int trial = 0; trial < 200; ++trial) {
      const item_times times = sampled(4'096, k.draw);
      means.push_back(times.mean());
      spreads.push_back(times.coefficient_of_variation());
    }
    CHECK(median(means) == doctest::Approx(1).epsilon(0.05));
    CHECK(median(spreads) == doctest::Approx(k.spread).epsilon(0.15));
  }
}

TEST_CASE("in a range that is long enough, blocks are of 1, 1, 2, 4, ... items") {
  const sample_layout layout = spread_sample(10'000'000);
  std::size_t size = 1;
  for (std::size_t b = 0; b < layout.blocks().size(); ++b) {
    CHECK(layout.blocks()[b].size() == size);
    if (b > 0) size *= 2;
  }
}

TEST_CASE("the spread of two items is that of all items which two would be drawn from") {
  item_times times;
  times.observe(1, 100);
  times.observe(1, 300);
  CHECK(times.coefficient_of_variation() == doctest::Approx(std::sqrt(2.0) / 2));
}

TEST_CASE("doubt about a mean falls with the items seen, but not below that about the others") {
  const auto doubt = [](std::size_t items, double difference) {
    item_times times;
    times.observe(items, static_cast<double>(items) * (100 - difference));
    times.observe(items, static_cast<double>(items) * (100 + difference));
    return times.log_error();
  };
  const double unseen = item_times().log_error();
  CHECK(unseen > 0);
  CHECK(doubt(8, 0) == doctest::Approx(unseen));
  CHECK(doubt(8, 20) > unseen);
  CHECK(doubt(8, 40) > doubt(8, 20));
  item_times more;
  for (int i = 0; i < 50; ++i) {
    more.observe(8, 8 * 60.0);
    more.observe(8, 8 * 140.0);
  }
  CHECK(more.log_error() < 0.6 * doubt(8, 40));
  CHECK(more.log_error() > unseen);
}
