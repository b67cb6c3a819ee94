#include "learn/importance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace amorsize::detail {
namespace {

constexpr std::size_t most_records = 384;
constexpr std::size_t neighbours = 5;
constexpr float least_distance = 0.1F;

struct example {
  features place{};
  double log_speedup = 0;
};

std::vector<example> examples_of(std::span<const sized_record> records) {
  std::vector<example> all;
  for (const sized_record& record : records) {
    double least = std::numeric_limits<double>::infinity();
    for (const outcome& o : record.outcomes) {
      if (o.count > 0 && std::isfinite(o.mean)) least = std::min(least, o.mean);
    }
    if (!(record.item_ns > 0) || !std::isfinite(least)) continue;
    all.push_back({record.place, std::log(record.item_ns) - least});
  }
  if (all.size() <= most_records) return all;
  std::vector<example> some;
  for (std::size_t i = 0; i < most_records; ++i) {
    some.push_back(all[i * all.size() / most_records]);
  }
  return some;
}

std::array<double, feature_count> variances(const std::vector<example>& all) {
  std::array<double, feature_count> variances{};
  for (std::size_t f = 0; f < feature_count; ++f) {
    double mean = 0;
    double squares = 0;
    double count = 0;
    for (const example& e : all) {
      const double off = static_cast<double>(e.place[f]) - mean;
      mean += off / ++count;
      squares += off * (static_cast<double>(e.place[f]) - mean);
    }
    variances[f] = squares / count;
  }
  return variances;
}

float distance(const features& a, const features& b) {
  float squares = 0;
  for (std::size_t f = 0; f < feature_count; ++f) squares += (a[f] - b[f]) * (a[f] - b[f]);
  return std::sqrt(squares);
}

/// Predicts examples from the others.
class predictor {
 public:
  explicit predictor(const std::vector<example>& all) : all_(all) {
    for (const example& e : all) places_.push_back(compared(e.place));
  }

  /// Of the example, were it in another place.
  double predict(std::size_t left_out, const features& place) const {
    std::array<std::pair<float, std::size_t>, neighbours> near;
    std::size_t count = 0;
    const features query = compared(place);
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (i == left_out) continue;
      std::pair<float, std::size_t> next(distance(query, places_[i]), i);
      for (std::size_t k = 0; k < count; ++k) {
        if (next < near[k]) std::swap(next, near[k]);
      }
      if (count < neighbours) near[count++] = next;
    }
    double weights = 0;
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const auto weight = 1 / static_cast<double>(near[k].first + least_distance);
      weights += weight;
      sum += weight * all_[near[k].second].log_speedup;
    }
    return sum / weights;
  }

  /// Mean absolute error, where `place_of` says where each example is.
  template <class PlaceOf>
  double error(PlaceOf&& place_of) const {
    double sum = 0;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      sum += std::abs(predict(i, place_of(i)) - all_[i].log_speedup);
    }
    return sum / static_cast<double>(all_.size());
  }

 private:
  const std::vector<example>& all_;
  std::vector<features> places_;
};

double error_of_mean(const std::vector<example>& all) {
  const auto count = static_cast<double>(all.size());
  double sum = 0;
  for (const example& e : all) sum += e.log_speedup;
  double error = 0;
  for (const example& e : all) {
    error += std::abs((sum - e.log_speedup) / (count - 1) - e.log_speedup);
  }
  return error / count;
}

/// By hand: what `std::shuffle` makes of a generator differs between libraries.
std::vector<std::size_t> shuffled(std::size_t count, std::minstd_rand& random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

}  // namespace

importance importance_of(std::span<const sized_record> records) {
  constexpr int shuffles = 3;
  importance result;
  const std::vector<example> all = examples_of(records);
  result.records = all.size();
  if (all.size() < least_records) return result;

  const auto spread = variances(all);
  const double whole = std::accumulate(spread.begin(), spread.end(), 0.0);
  const predictor by_others(all);
  result.error = by_others.error([&](std::size_t i) { return all[i].place; });
  result.error_of_mean = error_of_mean(all);
  const double least_error = std::max(result.error, 0.01);
  std::minstd_rand random(1);
  for (std::size_t f = 0; f < feature_count; ++f) {
    if (whole > 0) result.of[f].by_variance = spread[f] / whole;
    double worse = 0;
    for (int i = 0; i < shuffles; ++i) {
      const auto order = shuffled(all.size(), random);
      worse += by_others.error([&](std::size_t k) {
        features exchanged = all[k].place;
        exchanged[f] = all[order[k]].place[f];
        return exchanged;
      }) - result.error;
    }
    result.of[f].by_outcome = std::max(worse / shuffles / least_error, 0.0);
  }
  return result;
}

}  // namespace amorsize::detail
