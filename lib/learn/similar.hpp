/// Similar work: the nearest of all records, and what they say of other work and machines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learn/record.hpp"
#include "learn/transfer.hpp"

namespace amorsize::detail {

struct neighbour {
  std::size_t row = 0;
  float distance = 0;  ///< Euclidean, between compared features
};

/// In ascending order of distance; of two as near, the earlier row comes first.
struct neighbours {
  static constexpr std::size_t most = 5;
  std::array<neighbour, most> all{};
  std::size_t count = 0;

  const neighbour* begin() const { return all.data(); }
  const neighbour* end() const { return all.data() + count; }
};

/// What work of a row took with some number of threads and duration of chunks.
struct tried {
  int n_jobs = 1;
  int chunk_rung = 0;
  float log_ratio = 0;  ///< ln(wall time per item / item time): 0 is a plain loop's, less is faster
  float log_error = 0;  ///< standard deviation of its error
  float count = 0;      ///< measurements behind it
};

/// Four rows in a register. From loops over floats, g++ 12 makes code that takes twice as long.
using four_rows = float __attribute__((vector_size(16)));

/// Columns of 16 rows: a query streams through blocks from first to last.
struct alignas(64) feature_block {
  static constexpr std::size_t parts = 4;
  static constexpr std::size_t rows = 4 * parts;
  four_rows columns[feature_count][parts];
};

/// 1 at no distance, a third where work or machine is so unlike that nothing follows.
double similarity(double distance) noexcept;

class similar_work {
 public:
  /// Nothing, where the item time is not known or nothing was measured.
  /// \param fingerprint, work  of the machine, and the hash of the identity; zero: not known
  void insert(const sized_record& record, std::uint64_t fingerprint, std::uint64_t work = 0);

  std::size_t size() const { return rows_.size(); }

  /// By `compared` features.
  neighbours nearest(const features& query) const;

  /// In ascending order of `n_jobs` and `chunk_rung`. Empty where no record is near enough. What
  /// was measured of another machine or other work is the less certain; of both, the least.
  std::vector<hint> hints_for(const features& query, std::uint64_t fingerprint = 0,
                              std::uint64_t work = 0) const;

  std::uint64_t fingerprint(std::size_t row) const { return rows_[row].fingerprint; }
  std::span<const tried> outcomes(std::size_t row) const {
    return std::span(tried_).subspan(rows_[row].first, rows_[row].count);
  }

 private:
  struct entry {
    std::uint64_t fingerprint = 0;
    std::uint64_t work = 0;
    shared_work shared;
    std::size_t first = 0;  // of `tried_`
    std::size_t count = 0;
  };

  struct voice {
    std::size_t row = 0;
    double similarity = 0;
    unlikeness from;
  };
  /// The nearest first.
  std::vector<voice> voices_for(const features& query, std::uint64_t fingerprint,
                                std::uint64_t work) const;

  std::vector<feature_block> blocks_;
  std::vector<entry> rows_;
  std::vector<tried> tried_;
};

}  // namespace amorsize::detail
