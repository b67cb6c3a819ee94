/// A plugin that uses the library, for `reopened_plugin`.
#include <numeric>
#include <vector>

#include "amorsize/amorsize.hpp"

extern "C" __attribute__((visibility("default"))) long plugin_work(int round) {
  std::vector<long> numbers(2'000);
  std::iota(numbers.begin(), numbers.end(), round);
  long sum = 0;
  for (const int n_jobs : {0, 2}) {
    const auto squares =
        amorsize::parallel_map(numbers, [](long i) { return i * i; }, {.n_jobs = n_jobs});
    sum += std::accumulate(squares.begin(), squares.end(), 0L);
  }
  return sum;
}
