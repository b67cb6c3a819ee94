#include "run/process.hpp"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <thread>

using namespace amorsize::detail;

TEST_CASE("a forked child may not use threads, its parent may") {
  process::watch();
  REQUIRE(process::may_use_threads());
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const process::inside_tbb tbb;
    _exit(!process::may_use_threads() && !tbb ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(process::may_use_threads());
}

namespace {

std::latch fork_begins(1);

}  // namespace

TEST_CASE("a fork waits for what may not be divided") {
  process::watch();
  // Called before those that were registered earlier.
  REQUIRE(pthread_atfork(
              [] {
                if (!fork_begins.try_wait()) fork_begins.count_down();
              },
              nullptr, nullptr) == 0);
  std::latch begun(1);
  std::atomic<bool> is_forked{false};
  std::atomic<bool> ends{false};
  std::thread loader([&] {
    const process::undivided whole;
    begun.count_down();
    fork_begins.wait();
    // A fork that does not wait is over in a fraction of this.
    const auto from = std::chrono::steady_clock::now();
    while (!is_forked && std::chrono::steady_clock::now() - from < std::chrono::milliseconds(50)) {
      std::this_thread::yield();
    }
    ends = true;
  });
  begun.wait();
  const pid_t child = fork();
  is_forked = true;
  const bool has_waited = ends;
  if (child == 0) {
    const process::undivided none_is_waited_for;
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(0);
    int status = -1;
    _exit(waitpid(grandchild, &status, 0) == grandchild && status == 0 && has_waited ? 0 : 1);
  }
  loader.join();
  CHECK(has_waited);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  const process::undivided is_free_again;
}

TEST_CASE("a fork does not wait for ever, and what it has waited for goes on") {
  process::watch();
  std::latch begun(1);
  std::latch is_over(1);
  std::thread loader([&] {
    const process::undivided whole;
    begun.count_down();
    is_over.wait();
  });
  begun.wait();
  const pid_t child = fork();
  if (child == 0) _exit(process::is_forked() ? 0 : 1);
  is_over.count_down();
  loader.join();
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  const process::undivided is_free_again;
}
