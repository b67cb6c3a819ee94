/// Calls in static constructors, in handlers of atexit and in static destructors.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"

namespace {

void work() {
  for (const int n_jobs : {0, 2}) {
    std::atomic<int> ran{0};
    amorsize::parallel_for_each(std::vector<int>(1'000),
                                [&ran](int) { ran.fetch_add(1, std::memory_order_relaxed); },
                                {.n_jobs = n_jobs});
    expect(ran == 1'000, "every item runs once");
    amorsize::runtime own;
    const auto results = amorsize::parallel_map(
        std::vector<int>(100, 3), [](int i) { return i + 1; }, {.n_jobs = n_jobs, .on = &own});
    expect(results == std::vector<int>(100, 4), "results are right");
  }
}

/// Destroyed after all of the library's own, for it was there before the library's first use.
struct works_last {
  ~works_last() { work(); }
};
struct works_twice {
  works_twice() { work(); }
  ~works_twice() { work(); }
};

const works_last last;
const works_twice first;

}  // namespace

int main() {
  alarm(60);
  std::atexit(work);
  work();
  std::atexit(work);
}
