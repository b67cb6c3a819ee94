/// A host that limits TBB, before, while and after the library is used, and nothing is printed.
#include <tbb/global_control.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"
#include "have_at_once.hpp"

namespace {

using control = tbb::global_control;
constexpr auto parallelism = control::max_allowed_parallelism;

/// The most threads inside items at once, in a call that asks for `n_jobs`.
int most_at_once(amorsize::runtime& on, int n_jobs) {
  std::atomic<int> ran{0};
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  amorsize::parallel_for_each(std::vector<int>(200),
                              [&](int) {
                                const int now = inside.fetch_add(1) + 1;
                                for (int m = most;
                                     now > m && !most.compare_exchange_weak(m, now);) {
                                }
                                std::this_thread::yield();
                                inside.fetch_sub(1);
                                ran.fetch_add(1);
                              },
                              {.n_jobs = n_jobs, .chunksize = 1, .on = &on});
  expect(ran == 200, "every item runs once");
  return most;
}

}  // namespace

int main() {
  alarm(120);
  {
    const control alone(parallelism, 1);
    amorsize::runtime wide({.max_n_jobs = 8});
    for (int round = 0; round < rounds(50); ++round) {
      expect(most_at_once(wide, 8) == 1, "a host's limit of one thread holds, set before");
    }
  }
  amorsize::runtime wide({.max_n_jobs = 8});
  have_at_once(wide, 8);
  for (const int limit : {2, 3, 1, 5}) {
    const control fewer(parallelism, static_cast<std::size_t>(limit));
    for (int round = 0; round < rounds(50); ++round) {
      expect(most_at_once(wide, 8) <= limit, "a host's limit holds, set afterwards");
      expect(most_at_once(amorsize::runtime::shared(), 0) <= limit, "a host's limit holds for all");
    }
    have_at_once(wide, std::min(limit, 2));
  }
  have_at_once(wide, 8);

  // While calls run, as another part of the host might.
  std::atomic<bool> ends{false};
  std::thread host([&ends] {
    for (std::size_t limit = 1; !ends; limit = limit % 6 + 1) {
      const control changing(parallelism, limit);
      std::this_thread::yield();
    }
  });
  for (int round = 0; round < rounds(300); ++round) {
    most_at_once(wide, 1 + round % 8);
    most_at_once(amorsize::runtime::shared(), 0);
  }
  ends = true;
  host.join();
  have_at_once(wide, 8);
  const control after(parallelism, 2);
  have_at_once(wide, 2);
}
