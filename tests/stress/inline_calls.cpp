/// Some warm inline calls, as many as the argument says: `instructions` counts what they take.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "amorsize/amorsize.hpp"

namespace {

using amorsize::learning;

void by_name(std::vector<int>& numbers, learning learn, int n_jobs = 0) {
  amorsize::parallel_for_each(numbers, [](int& i) { ++i; },
                              {.name = "inline", .n_jobs = n_jobs, .learn = learn});
}

void by_place(std::vector<int>& numbers, learning learn, int n_jobs = 0) {
  amorsize::parallel_for_each(numbers, [](int& i) { ++i; }, {.n_jobs = n_jobs, .learn = learn});
}

}  // namespace

int main(int, char** arguments) {
  const bool is_named = std::strcmp(arguments[1], "name") == 0;
  const long calls = std::atol(arguments[2]);
  std::vector<int> numbers(2);  // too few to be worth sharing, however slow they are made
  const auto call = [&](learning learn, int n_jobs) {
    is_named ? by_name(numbers, learn, n_jobs) : by_place(numbers, learn, n_jobs);
  };
  // Reads the machine now, rather than some time in the background.
  static_cast<void>(amorsize::predict_parameters({.name = "inline", .items = 2}));
  for (int i = 0; i < 32; ++i) call(learning::on, 1);
  // Frozen: what a call takes must not depend on how long the one before it took.
  for (long i = 0; i < calls; ++i) call(learning::frozen, 0);
  return numbers[0] == 32 + calls ? 0 : 1;
}
