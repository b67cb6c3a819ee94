#include "run/claims.hpp"

#include <algorithm>

namespace amorsize::detail {

void claims::append(interval items) {
  if (items.empty()) return;
  std::size_t place = 0;
  if (segments_ > 0) place = order_[segments_ - 1].place + order_[segments_ - 1].size;
  order_[segments_++] = {place, items.first, items.size()};
}

void claims::reset(std::size_t items, std::span<const interval> sample) {
  items_ = items;
  segments_ = 0;
  for (const interval& block : sample) append(block);

  std::array<interval, most_blocks> sorted{};
  const auto end = std::copy(sample.begin(), sample.end(), sorted.begin());
  std::sort(sorted.begin(), end, [](interval a, interval b) { return a.first < b.first; });
  std::size_t from = 0;
  std::for_each(sorted.begin(), end, [&](const interval& block) {
    append({from, block.first});
    from = block.last;
  });
  append({from, items});
  next_.store(0, std::memory_order_relaxed);
}

std::size_t claims::lowest_from(std::size_t place) const noexcept {
  std::size_t lowest = items_;
  for (std::size_t s = 0; s < segments_; ++s) {
    const segment& here = order_[s];
    if (place >= here.place + here.size) continue;
    const std::size_t skip = place > here.place ? place - here.place : 0;
    lowest = std::min(lowest, here.first + skip);
  }
  return lowest;
}

}  // namespace amorsize::detail
