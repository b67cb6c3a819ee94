/// Items [first, last).
#pragma once

#include <cstddef>

namespace amorsize::detail {

struct interval {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t size() const { return last - first; }
  bool empty() const { return first == last; }
};

}  // namespace amorsize::detail
