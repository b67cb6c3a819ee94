/// The claim structure: who runs which items next.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <span>

#include "base/interval.hpp"

namespace amorsize::detail {

/// Items in the order they are claimed: first the blocks of a sample, wherever they lie, then all
/// that is between them. One counter over that order is the whole structure, so that the sample is
/// its first phase and helpers may claim while it runs.
class claims {
 public:
  static constexpr std::size_t most_blocks = 16;

  /// Before any other thread claims. Blocks are disjoint and not empty, at most `most_blocks`.
  void reset(std::size_t items, std::span<const interval> sample);

  /// Claims up to `wanted` places of the order; an empty interval when none is left.
  interval take(std::size_t wanted) noexcept {
    wanted = std::min(wanted, items_);  // so that the counter cannot wrap
    // relaxed: a claim publishes nothing; what was written in a chunk is published by leaving the
    // job.
    const std::size_t first = next_.fetch_add(wanted, std::memory_order_relaxed);
    if (first >= items_) return {items_, items_};
    return {first, wanted < items_ - first ? first + wanted : items_};
  }

  /// Leaves nothing to claim.
  void exhaust() noexcept { next_.store(items_, std::memory_order_relaxed); }

  /// Places not claimed yet; may be fewer by the time it is used.
  std::size_t left() const noexcept {
    const std::size_t next = next_.load(std::memory_order_relaxed);
    return next < items_ ? items_ - next : 0;
  }

  std::size_t items() const noexcept { return items_; }

  /// The lowest item at this place of the order or behind it.
  std::size_t lowest_from(std::size_t place) const noexcept;

  /// Visits the items at `places`, an interval for each segment of the order that they touch.
  template <class Visit>
  void visit(interval places, Visit&& visit) const {
    for (std::size_t s = 0; s < segments_ && !places.empty(); ++s) {
      const segment& here = order_[s];
      if (places.first >= here.place + here.size) continue;
      const std::size_t skip = places.first - here.place;
      const std::size_t size = here.size - skip < places.size() ? here.size - skip : places.size();
      const std::size_t first = here.first + skip;
      visit(interval{first, first + size});
      places.first += size;
    }
  }

 private:
  struct segment {
    std::size_t place = 0;  // of its first item, in the order
    std::size_t first = 0;  // item
    std::size_t size = 0;
  };

  void append(interval items);

  std::size_t items_ = 0;
  std::size_t segments_ = 0;
  std::array<segment, 2 * most_blocks + 1> order_{};
  alignas(64) std::atomic<std::size_t> next_{0};
};

}  // namespace amorsize::detail
