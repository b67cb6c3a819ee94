/// What earlier calls took with each number of workers, for the planner to choose from.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "learn/record.hpp"

namespace amorsize::detail {

struct hint;

/// Of one number of workers.
struct measured_width {
  int n_jobs = 1;
  double log_item_ns = 0;  ///< mean of ln(wall time / items), in nanoseconds
  double log_error = 0;    ///< standard deviation of that mean's error
  double calls = 0;        ///< that it rests on
};

/// Ascending by number of workers; holds no memory of its own, so that planning allocates none.
class measured_widths {
 public:
  static constexpr std::size_t most = 16;

  measured_widths() = default;

  /// Of the adaptive chunk's outcomes in a batch.
  /// \param distance  between the sizes that were measured and that are planned for, in powers of 2
  measured_widths(const sized_record& known, int distance);

  /// Of similar work, for items that take `item_ns` on one thread.
  measured_widths(std::span<const hint> similar, double item_ns);

  /// Another one replaces that of the same number of workers; there is room for `most`.
  void add(const measured_width& width);

  /// Forgets what took less than this an item: it was measured of other items.
  void drop_faster_than(double least_item_ns);

  std::span<const measured_width> widths() const& { return {widths_.data(), count_}; }
  std::span<const measured_width> widths() && = delete;
  const measured_width* of(int n_jobs) const;
  bool empty() const { return count_ == 0; }
  double calls() const;  ///< that all of it rests on

  double similarity = 0;  ///< 0 to 1: of the measured work and machine to those planned for

 private:
  std::array<measured_width, most> widths_{};
  std::size_t count_ = 0;
};

}  // namespace amorsize::detail
