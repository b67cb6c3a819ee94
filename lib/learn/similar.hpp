/// Similar work: the nearest of all records, and what they say of numbers of threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learn/record.hpp"

namespace amorsize::detail {

struct neighbour {
  std::size_t row = 0;
  float distance = 0;  ///< Euclidean, in the space of features
};

/// In ascending order of distance; of two as near, the earlier row comes first.
struct neighbours {
  static constexpr std::size_t most = 5;
  std::array<neighbour, most> all{};
  std::size_t count = 0;

  const neighbour* begin() const { return all.data(); }
  const neighbour* end() const { return all.data() + count; }
};

/// What work of a row took on some number of threads.
struct tried {
  int n_jobs = 1;
  float log_ratio = 0;  ///< ln(wall time per item / item time): 0 is a plain loop's, less is faster
  float count = 0;      ///< measurements behind it
};

/// What similar work says of one number of threads.
struct hint {
  int n_jobs = 1;
  double log_ratio = 0;   ///< as of `tried`: the mean, the nearer the more
  double log_error = 0;   ///< standard deviation of how far this work may be from that
  double count = 0;       ///< measurements behind it
  double similarity = 0;  ///< of those that tried it: 0 to 1, 1 in the same place
};

/// Four rows in a register. From loops over floats, g++ 12 makes code that takes twice as long.
using four_rows = float __attribute__((vector_size(16)));

/// Columns of 16 rows: a query streams through blocks from first to last.
struct alignas(64) feature_block {
  static constexpr std::size_t parts = 4;
  static constexpr std::size_t rows = 4 * parts;
  four_rows columns[feature_count][parts];
};

/// 1 at no distance, 0.6 where one feature differs by 0.3 of its range, about 0 from half of the
/// diagonal on.
double similarity(double distance) noexcept;

class similar_work {
 public:
  /// Nothing, where the item time is not known or nothing was measured.
  void insert(const sized_record& record, std::uint64_t fingerprint);

  std::size_t size() const { return rows_.size(); }
  neighbours nearest(const features& query) const;

  /// In ascending order of `n_jobs`. Empty where fewer than three records are near enough.
  std::vector<hint> hints_for(const features& query) const;

  std::uint64_t fingerprint(std::size_t row) const { return rows_[row].fingerprint; }
  std::span<const tried> outcomes(std::size_t row) const {
    return std::span(tried_).subspan(rows_[row].first, rows_[row].count);
  }

 private:
  struct entry {
    std::uint64_t fingerprint = 0;
    std::size_t first = 0;  // of `tried_`
    std::size_t count = 0;
  };

  std::vector<feature_block> blocks_;
  std::vector<entry> rows_;
  std::vector<tried> tried_;
};

}  // namespace amorsize::detail
