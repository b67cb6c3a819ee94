/// Functors that cannot be copied, though their bytes could: called where they are.
#include <doctest/doctest.h>

#include <atomic>

#include "widths.hpp"

namespace {

struct unique_tripler {
  explicit unique_tripler(int f) : factor(f) {}
  unique_tripler(unique_tripler&&) = default;
  unique_tripler& operator=(unique_tripler&&) = default;
  unique_tripler(const unique_tripler&) = delete;
  unique_tripler& operator=(const unique_tripler&) = delete;
  int operator()(int i) const { return factor * i; }
  int factor;
};

struct counting_tripler {
  mutable std::atomic<int> calls{0};
  int operator()(int i) const {
    ++calls;
    return 3 * i;
  }
};

const std::vector<int> items{1, 2, 3, 4, 5};
const std::vector<int> tripled{3, 6, 9, 12, 15};

TEST_CASE("a functor that is only movable works as lvalue and as rvalue") {
  for (const int width : support::widths) {
    CAPTURE(width);
    const unique_tripler unique(3);
    CHECK(amorsize::parallel_map(items, unique, support::at_width(width)) == tripled);
    CHECK(amorsize::parallel_map(items, unique_tripler(3), support::at_width(width)) == tripled);
  }
}

TEST_CASE("a functor that is neither copyable nor movable is called itself, never a copy of it") {
  for (const int width : support::widths) {
    CAPTURE(width);
    const counting_tripler counting;
    CHECK(amorsize::parallel_map(items, counting, support::at_width(width)) == tripled);
    CHECK(counting.calls == 5);
  }
}

}  // namespace
