/// A plug-in of somebody else.
#include <amorsize/amorsize.hpp>
#include <numeric>
#include <vector>

/// Whether all answers are right.
extern "C" __attribute__((visibility("default"))) bool map_and_check() {
  std::vector<int> numbers(10'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  static amorsize::runtime wide({.max_n_jobs = 4});
  const auto squares =
      amorsize::parallel_map(numbers, [](int i) { return i * i; }, {.n_jobs = 4, .on = &wide});
  for (int i = 0; i < 10'000; ++i) {
    if (squares.at(static_cast<std::size_t>(i)) != i * i) return false;
  }
  return true;
}
