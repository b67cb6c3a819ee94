/// Main returns while detached threads are inside calls.
#include <sys/wait.h>
#include <unistd.h>

#include <latch>
#include <thread>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"

namespace {

void call_for_ever(std::latch& all_busy) {
  const std::vector<int> numbers(500, 1);
  for (bool is_first = true;; is_first = false) {
    amorsize::parallel_for_each(numbers, [](int) {}, {.n_jobs = 2, .chunksize = 4});
    if (is_first) all_busy.count_down();
  }
}

}  // namespace

int main() {
  for (int round = 0; round < rounds(50); ++round) {
    const pid_t forked = fork();
    expect(forked >= 0, "a process can be forked");
    if (forked == 0) {
      alarm(60);
      std::latch& all_busy = *new std::latch(3);  // the threads outlive main
      for (int t = 0; t < 3; ++t) std::thread([&all_busy] { call_for_ever(all_busy); }).detach();
      all_busy.wait();
      return 0;
    }
    int status = -1;
    expect(waitpid(forked, &status, 0) == forked, "a child can be waited for");
    expect(!WIFSIGNALED(status), "an exit among calls neither hangs nor crashes");
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "an exit among calls succeeds");
  }
}
