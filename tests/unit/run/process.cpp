#include "run/process.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

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
