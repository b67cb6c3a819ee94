#include "learn/similar.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>

#include "learn/outcome.hpp"

namespace amorsize::detail {
namespace {

constexpr std::size_t most_outcomes_of_row = 16;
constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float near_enough = 0.5F;

// Farther off from the usual than this, what was written is not what was measured.
constexpr double most_above_usual = 2.5;
constexpr double most_below_usual = 0.2;

/// For each thread that an item is shared by: shares are of whole items.
constexpr double error_of_few_items = 0.1;

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

/// Of more than there is room for, and of streams that differ in buffer or order alone, those
/// measured most often.
std::vector<tried> compact(const sized_record& record) {
  std::vector<tried> all;
  for (const outcome& o : record.outcomes) {
    if (!(o.count > 0) || o.by.n_jobs < 1) continue;
    all.push_back({o.by.n_jobs, o.by.chunk_rung,
                   static_cast<float>(o.mean - std::log(record.item_ns)),
                   static_cast<float>(log_error_of(o, record)), static_cast<float>(o.count)});
  }
  std::sort(all.begin(), all.end(), [](const tried& a, const tried& b) {
    if (a.count != b.count) return a.count > b.count;
    return a.n_jobs != b.n_jobs ? a.n_jobs < b.n_jobs : a.chunk_rung < b.chunk_rung;
  });
  const auto is_same = [](const tried& a, const tried& b) {
    return a.n_jobs == b.n_jobs && a.chunk_rung == b.chunk_rung;
  };
  auto end = all.begin();
  for (const tried& t : all) {
    if (std::none_of(all.begin(), end, [&](const tried& kept) { return is_same(kept, t); }))
      *end++ = t;
  }
  all.erase(end, all.end());
  if (all.size() > most_outcomes_of_row) all.resize(most_outcomes_of_row);
  return all;
}

/// What was tried in one place, as it is to be expected in another.
std::vector<consensus::statement> brought(std::span<const tried> all, const shared_work& from,
                                          const shared_work& to) {
  std::vector<consensus::statement> said;
  said.reserve(all.size());
  for (const tried& t : all) {
    const int n_jobs = translated(t.n_jobs, from.cores, to.cores);
    const double unusual =
        std::clamp(static_cast<double>(t.log_ratio) - usual_log_ratio(from, t.n_jobs),
                   -most_below_usual, most_above_usual);
    said.push_back({n_jobs, t.chunk_rung, usual_log_ratio(to, n_jobs) + unusual,
                    static_cast<double>(t.log_error), static_cast<double>(t.count)});
  }
  return said;
}

}  // namespace

double similarity(double distance) noexcept {
  const double scaled = distance / static_cast<double>(near_enough);
  return std::exp(-scaled * scaled);
}

void similar_work::insert(const sized_record& record, std::uint64_t fingerprint,
                          std::uint64_t work) {
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
  rows_.push_back({fingerprint, work, shared_work_of(record.place), first, outcomes.size()});
  const features values = compared(record.place);
  for (std::size_t i = 0; i < feature_count; ++i) {
    blocks_.back().columns[i][place / 4][place % 4] = values[i];
  }
}

// First a batch of blocks without a branch, then only those of its rows that can be among the
// nearest: where each row is compared as it comes, branches that nobody predicts take longer than
// the arithmetic.
neighbours similar_work::nearest(const features& place) const {
  const features query = compared(place);
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

std::vector<similar_work::voice> similar_work::voices_for(const features& query,
                                                          std::uint64_t fingerprint,
                                                          std::uint64_t work) const {
  std::vector<voice> voices;
  const double cores = shared_work_of(query).cores;
  for (const neighbour& n : nearest(query)) {
    if (n.distance > near_enough) break;
    const entry& row = rows_[n.row];
    const auto distance = static_cast<double>(n.distance);
    const double doublings = std::log2(cores / row.shared.cores);
    voices.push_back({n.row, similarity(distance),
                      unlikeness_of(distance, doublings, work != 0 && work == row.work,
                                    fingerprint != 0 && fingerprint == row.fingerprint)});
  }
  return voices;
}

std::vector<hint> similar_work::hints_for(const features& query, std::uint64_t fingerprint,
                                          std::uint64_t work) const {
  const shared_work here = shared_work_of(query);
  consensus all;
  for (const voice& v : voices_for(query, fingerprint, work)) {
    all.add(brought(outcomes(v.row), rows_[v.row].shared, here), v.from, v.similarity);
  }
  std::vector<hint> hints = all.hints();
  for (hint& h : hints) {
    if (h.n_jobs > 1) h.width_error += error_of_few_items * h.n_jobs / here.items;
  }
  return hints;
}

}  // namespace amorsize::detail
