/// What earlier calls took with each number of workers and chunk, for the planner to choose from.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "learn/record.hpp"

namespace amorsize::detail {

/// Of one number of workers, and one rung of the ladder of chunk durations.
struct measured_width {
  int n_jobs = 1;
  int chunk_rung = 0;      ///< zero: the adaptive rule's own
  double log_item_ns = 0;  ///< mean of ln(wall time / items), in nanoseconds
  double log_error = 0;    ///< standard deviation of that mean's error
  double calls = 0;        ///< that it rests on
};

/// Ascending by number of workers, then by rung; holds no memory of its own, so that planning
/// allocates none.
class measured_widths {
 public:
  static constexpr std::size_t most = 32;

  measured_widths() = default;

  /// Of outcomes in a batch.
  /// \param distance  between the sizes that were measured and that are planned for, in powers of 2
  measured_widths(const sized_record& known, int distance);

  /// Another one replaces that of the same workers and rung; there is room for `most`,
  /// of those that were measured most.
  void add(const measured_width& width);

  /// Forgets all where all of it took less than this an item: it was measured of other items.
  void drop_faster_than(double least_item_ns);

  std::span<const measured_width> widths() const& { return {widths_.data(), count_}; }
  std::span<const measured_width> widths() && = delete;
  const measured_width* of(int n_jobs, int chunk_rung = 0) const;
  bool empty() const { return count_ == 0; }
  double calls() const;  ///< that all of it rests on

  double similarity = 0;  ///< 0 to 1: of the measured work and machine to those planned for

 private:
  std::array<measured_width, most> widths_{};
  std::size_t count_ = 0;
};

}  // namespace amorsize::detail
