/// Work whose items cost what they are told to, and whose answer is checked.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/timing.hpp"

namespace bench {

/// Items of busy work: each is a chain of dependent multiplications, and leaves a byte.
class workload {
 public:
  /// Every item costs the same.
  workload(std::size_t items, double item_ns) : workload(items, calibrated(item_ns), {}) {}

  /// Items cost as `weights` say, `total_ns` together.
  workload(std::vector<double> weights, double total_ns)
      : workload(weights.size(), 0, to_rounds(weights, total_ns)) {}

  std::size_t items() const { return answer_.size(); }

  /// What every contender calls for every item.
  [[gnu::noinline]] void run_item(std::size_t i) const {
    std::uint64_t x = i * 0x9E3779B97F4A7C15U + 1;
    const std::uint32_t rounds = each_rounds_ == nullptr ? rounds_ : each_rounds_[i];
    for (std::uint32_t r = 0; r < rounds; ++r) x = (x ^ (x >> 29U)) * 0xBF58476D1CE4E5B9U;
    answer_data_[i] = static_cast<std::uint8_t>((x >> 56U) | 1U);  // never what `clear` leaves
  }

  void run(std::size_t first, std::size_t last) const {
    for (std::size_t i = first; i < last; ++i) run_item(i);
  }

  void clear() { std::fill(answer_.begin(), answer_.end(), std::uint8_t{0}); }
  bool is_right() const { return answer_ == expected_; }

  /// Where the first half of the work ends.
  std::size_t middle() const { return middle_; }

  workload(const workload&) = delete;
  workload& operator=(const workload&) = delete;

 private:
  workload(std::size_t items, std::uint32_t rounds, std::vector<std::uint32_t> table)
      : rounds_(rounds), table_(std::move(table)), answer_(items), middle_(items / 2) {
    each_rounds_ = table_.empty() ? nullptr : table_.data();
    answer_data_ = answer_.data();
    if (!table_.empty()) middle_ = middle_of(table_);
    run(0, items);
    expected_ = answer_;
  }

  static std::size_t middle_of(const std::vector<std::uint32_t>& table) {
    double total = 0;
    for (const std::uint32_t r : table) total += r + fixed_rounds;
    double before = 0;
    std::size_t i = 0;
    while (i < table.size() && before < total / 2) before += table[i++] + fixed_rounds;
    return i;
  }

  /// Nanoseconds of a round, from a run long enough to be undisturbed now and then.
  static double round_ns() {
    static const double once = [] {
      constexpr std::uint32_t many = 20'000;
      workload probe(1, many, {});
      double least = 1e9;
      for (int i = 0; i < 50; ++i) {
        least = std::min(least, time_of(1, [&probe] { probe.run(0, 1); }) / many);
      }
      return least;
    }();
    return once;
  }

  static std::uint32_t rounds_for(double ns) {
    return static_cast<std::uint32_t>(std::max(0.0, std::round(ns / round_ns() - fixed_rounds)));
  }

  /// Cheap items overlap in the processor: what one costs shows only among others.
  static std::uint32_t calibrated(double item_ns) {
    if (item_ns > 1e4) return rounds_for(item_ns);
    const auto items = static_cast<std::size_t>(std::clamp(5e4 / item_ns, 4.0, 4096.0));
    std::uint32_t rounds = rounds_for(item_ns);
    for (int step = 0; step < 4; ++step) {
      const workload probe(items, rounds, {});
      double least = 1e12;
      for (int i = 0; i < 7; ++i) {
        least = std::min(least, time_of(1, [&probe] { probe.run(0, probe.items()); }));
      }
      const double measured = least / static_cast<double>(items);
      rounds = static_cast<std::uint32_t>(std::max(0.0, std::round(rounds * item_ns / measured)));
    }
    return rounds;
  }

  static std::vector<std::uint32_t> to_rounds(const std::vector<double>& weights, double total_ns) {
    double sum = 0;
    for (const double w : weights) sum += w;
    std::vector<std::uint32_t> table;
    table.reserve(weights.size());
    for (const double w : weights) table.push_back(rounds_for(w / sum * total_ns));
    return table;
  }

  static constexpr double fixed_rounds = 1;  // what an item costs beside its rounds, about

  std::uint32_t rounds_;
  std::vector<std::uint32_t> table_;
  const std::uint32_t* each_rounds_ = nullptr;  // null: `rounds_`
  std::vector<std::uint8_t> answer_;
  std::uint8_t* answer_data_ = nullptr;
  std::vector<std::uint8_t> expected_;
  std::size_t middle_;
};

/// Costs of items relative to each other.
inline std::vector<double> shape(const std::string& name, std::size_t items) {
  std::vector<double> weights(items, 1.0);
  std::mt19937_64 random(42);
  std::lognormal_distribution<double> heavy(0.0, 1.5);
  for (std::size_t i = 0; i < items; ++i) {
    const double place = static_cast<double>(i) / static_cast<double>(items);
    if (name == "heavy-tailed") weights[i] = heavy(random);
    if (name == "front-loaded") weights[i] = std::exp(-6.4 * place);  // 96 % in the first half
    if (name == "growing") weights[i] = place;
    if (name == "1 % x 100" && random() % 100 == 0) weights[i] = 100;
  }
  return weights;
}

}  // namespace bench
