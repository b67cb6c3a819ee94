#include "learn/similar.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>

namespace amorsize::detail {
namespace {

constexpr std::size_t most_outcomes_of_row = 8;
constexpr std::size_t least_neighbours = 3;
constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float near_enough = 0.5F;

/// How far similar work differs in what n threads make of it, as the standard deviation of a
/// logarithm, where only one neighbour says so.
constexpr double usual_difference = 0.3;

constexpr std::size_t lanes = feature_block::rows;

/// Of the rows of a block, a lane each.
struct squared_distances {
  four_rows parts[feature_block::parts];
};

/// The sums by name, not in a loop over the parts: as an array, g++ 12 keeps them on the stack.
inline squared_distances measure(const feature_block& rows, const features& query) {
  four_rows a{};
  four_rows b{};
  four_rows c{};
  four_rows d{};
  for (std::size_t column = 0; column < feature_count; ++column) {
    const four_rows(&values)[feature_block::parts] = rows.columns[column];
    const four_rows wanted = four_rows{} + query[column];
    a += (values[0] - wanted) * (values[0] - wanted);
    b += (values[1] - wanted) * (values[1] - wanted);
    c += (values[2] - wanted) * (values[2] - wanted);
    d += (values[3] - wanted) * (values[3] - wanted);
  }
  return {{a, b, c, d}};
}

/// One branch for all rows: in most blocks none is near.
inline bool has_below(const squared_distances& squares, float bound) {
  auto below = squares.parts[0] < bound;
  for (std::size_t part = 1; part < feature_block::parts; ++part) {
    below |= squares.parts[part] < bound;
  }
  const auto both = std::bit_cast<std::array<std::uint64_t, 2>>(below);
  return (both[0] | both[1]) != 0;
}

inline void keep_least(squared_distances& least, const squared_distances& squares) {
  for (std::size_t part = 0; part < feature_block::parts; ++part) {
    const four_rows a = least.parts[part];
    const four_rows b = squares.parts[part];
    least.parts[part] = b < a ? b : a;
  }
}

/// Five rows are nearer than this: the least of each lane are of rows of their own.
float bound_of(const squared_distances& least) {
  std::array<float, neighbours::most> sorted;
  sorted.fill(infinite);
  for (std::size_t i = 0; i < lanes; ++i) {
    float next = least.parts[i / 4][i % 4];
    for (float& place : sorted) {  // without a branch
      const float greater = std::max(place, next);
      place = std::min(place, next);
      next = greater;
    }
  }
  return std::nextafter(sorted.back(), infinite);
}

/// The nearest so far, by squared distance.
class nearest_rows {
 public:
  float worst() const {
    if (found_.count < neighbours::most) return infinite;
    return last().distance;
  }

  void offer(std::size_t row, float square) {
    if (!(square < worst())) return;
    if (found_.count < neighbours::most) ++found_.count;
    std::size_t place = found_.count - 1;
    for (; place > 0 && found_.all[place - 1].distance > square; --place) {
      found_.all[place] = found_.all[place - 1];
    }
    found_.all[place] = {row, square};
  }

  neighbours take() {
    for (std::size_t i = 0; i < found_.count; ++i) {
      found_.all[i].distance = std::sqrt(found_.all[i].distance);
    }
    return found_;
  }

 private:
  const neighbour& last() const { return found_.all[neighbours::most - 1]; }
  neighbours found_;
};

/// The fastest outcome of each number of threads; of more numbers than there is room for, those
/// measured most often.
std::vector<tried> compact(const sized_record& record) {
  std::vector<tried> all;
  for (const outcome& o : record.outcomes) {
    if (!(o.count > 0)) continue;
    const tried here{o.by.n_jobs, static_cast<float>(o.mean - std::log(record.item_ns)),
                     static_cast<float>(o.count)};
    const auto same = std::find_if(all.begin(), all.end(),
                                   [&](const tried& t) { return t.n_jobs == here.n_jobs; });
    if (same == all.end()) {
      all.push_back(here);
    } else if (here.log_ratio < same->log_ratio) {
      *same = here;
    }
  }
  std::sort(all.begin(), all.end(), [](const tried& a, const tried& b) {
    return a.count != b.count ? a.count > b.count : a.n_jobs < b.n_jobs;
  });
  if (all.size() > most_outcomes_of_row) all.resize(most_outcomes_of_row);
  return all;
}

/// What was said of one number of threads, added up.
struct sums {
  int n_jobs = 1;
  double weights = 0;
  double ratios = 0;  // weighted, as all below but the last two
  double squares = 0;
  double similarities = 0;
  double count = 0;
  double speakers = 0;
};

void add(sums& to, const tried& said, double weight, double alike) {
  const auto ratio = static_cast<double>(said.log_ratio);
  to.weights += weight;
  to.ratios += weight * ratio;
  to.squares += weight * ratio * ratio;
  to.similarities += weight * alike;
  to.count += static_cast<double>(said.count);
  to.speakers += 1;
}

hint hint_of(const sums& s) {
  hint h;
  h.n_jobs = s.n_jobs;
  h.log_ratio = s.ratios / s.weights;
  h.count = s.count;
  h.similarity = s.similarities / s.weights;
  const double between = std::max(s.squares / s.weights - h.log_ratio * h.log_ratio, 0.0);
  h.log_error = std::sqrt(between + usual_difference * usual_difference / s.speakers);
  return h;
}

}  // namespace

double similarity(double distance) noexcept {
  const double scaled = distance / 0.4;
  return std::exp(-scaled * scaled);
}

void similar_work::insert(const sized_record& record, std::uint64_t fingerprint) {
  if (!(record.item_ns > 0)) return;
  const std::vector<tried> outcomes = compact(record);
  if (outcomes.empty()) return;
  const std::size_t place = rows_.size() % feature_block::rows;
  if (place == 0 && blocks_.size() * feature_block::rows == rows_.size()) {
    feature_block& fresh = blocks_.emplace_back();
    // Rows that are not there are infinitely far.
    for (auto& column : fresh.columns)
      std::fill(std::begin(column), std::end(column), four_rows{} + infinite);
  }
  const std::size_t first = tried_.size();
  tried_.insert(tried_.end(), outcomes.begin(), outcomes.end());
  rows_.push_back({fingerprint, first, outcomes.size()});
  for (std::size_t i = 0; i < feature_count; ++i) {
    blocks_.back().columns[i][place / 4][place % 4] = record.place[i];
  }
}

// First a batch of blocks without a branch, then only those of its rows that can be among the
// nearest: where each row is compared as it comes, branches that nobody predicts take longer than
// the arithmetic.
neighbours similar_work::nearest(const features& query) const {
  constexpr std::size_t batch = 64;
  nearest_rows best;
  std::array<squared_distances, batch> squares;
  for (std::size_t first = 0; first < blocks_.size(); first += batch) {
    const std::size_t count = std::min(batch, blocks_.size() - first);
    squared_distances least{{four_rows{} + infinite, four_rows{} + infinite, four_rows{} + infinite,
                             four_rows{} + infinite}};
    for (std::size_t b = 0; b < count; ++b) {
      squares[b] = measure(blocks_[first + b], query);
      keep_least(least, squares[b]);
    }
    if (!has_below(least, best.worst())) continue;
    const float bound = std::min(best.worst(), bound_of(least));
    for (std::size_t b = 0; b < count; ++b) {
      if (!has_below(squares[b], bound)) continue;
      for (std::size_t i = 0; i < lanes; ++i) {
        best.offer((first + b) * lanes + i, squares[b].parts[i / 4][i % 4]);
      }
    }
  }
  return best.take();
}

std::vector<hint> similar_work::hints_for(const features& query) const {
  neighbours near = nearest(query);
  while (near.count > 0 && near.all[near.count - 1].distance > near_enough) --near.count;
  if (near.count < least_neighbours) return {};
  std::vector<sums> all;
  all.reserve(neighbours::most * most_outcomes_of_row);
  for (const neighbour& n : near) {
    const auto distance = static_cast<double>(n.distance);
    const double weight = 1 / (distance + 0.01);
    const double alike = similarity(distance);
    for (const tried& said : outcomes(n.row)) {
      auto same = std::find_if(all.begin(), all.end(),
                               [&](const sums& s) { return s.n_jobs == said.n_jobs; });
      if (same == all.end()) same = all.insert(all.end(), sums{said.n_jobs});
      add(*same, said, weight, alike);
    }
  }
  std::sort(all.begin(), all.end(),
            [](const sums& a, const sums& b) { return a.n_jobs < b.n_jobs; });
  std::vector<hint> hints;
  hints.reserve(all.size());
  for (const sums& s : all) hints.push_back(hint_of(s));
  return hints;
}

}  // namespace amorsize::detail
