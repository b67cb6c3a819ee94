/// A child forked before the library was ever used may use threads, as its parent may.
#include <sys/wait.h>
#include <unistd.h>

#include <latch>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"

namespace {

/// Returns only where two threads are inside items at once.
void use_two_threads() {
  alarm(60);
  amorsize::runtime two({.max_n_jobs = 2});
  std::latch both(2);
  amorsize::parallel_for_each(std::vector<int>{1, 2}, [&both](int) { both.arrive_and_wait(); },
                              {.n_jobs = 2, .chunksize = 1, .on = &two});
}

}  // namespace

int main() {
  for (int round = 0; round < rounds(20); ++round) {
    const pid_t forked = fork();
    expect(forked >= 0, "a process can be forked");
    if (forked == 0) {
      use_two_threads();
      return 0;
    }
    int status = -1;
    expect(waitpid(forked, &status, 0) == forked, "a child can be waited for");
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child has two threads");
  }
  use_two_threads();
}
