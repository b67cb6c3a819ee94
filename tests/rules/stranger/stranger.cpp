/// A program of somebody else: maps, and checks every answer.
#include <amorsize/amorsize.hpp>
#include <cstdio>
#include <numeric>
#include <vector>

int main() {
  std::vector<int> numbers(10'000);
  std::iota(numbers.begin(), numbers.end(), 0);
  amorsize::runtime wide({.max_n_jobs = 4});
  amorsize::run_report report;
  for (int round = 0; round < 20; ++round) {
    const auto squares = amorsize::parallel_map(numbers, [](int i) { return i * i; },
                                                {.n_jobs = 4, .report = &report, .on = &wide});
    for (int i = 0; i < 10'000; ++i) {
      if (squares.at(static_cast<std::size_t>(i)) != i * i) return 1;
    }
  }
  std::puts(amorsize::explain(report).c_str());
  return report.plan.n_jobs == 4 ? 0 : 1;
}
