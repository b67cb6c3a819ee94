#include "machine/processors.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <unistd.h>

#include <initializer_list>
#include <thread>

#include "machine/topology.hpp"

using namespace amorsize::detail;

namespace {

/// Runs `use` on a thread that may run only on the lowest processor of this one.
cpu_set_t mask_of(pid_t thread) {
  cpu_set_t mask{};
  REQUIRE(sched_getaffinity(thread, sizeof mask, &mask) == 0);
  return mask;
}

/// Pins these threads of the process to its lowest processor while `use` runs.
template <class Use>
void on_one_processor(std::initializer_list<pid_t> threads, Use&& use) {
  const cpu_set_t before = mask_of(getpid());
  unsigned lowest = 0;
  while (!CPU_ISSET(lowest, &before)) ++lowest;
  cpu_set_t one{};
  CPU_SET(lowest, &one);
  for (const pid_t t : threads) REQUIRE(sched_setaffinity(t, sizeof one, &one) == 0);
  use();
  for (const pid_t t : threads) REQUIRE(sched_setaffinity(t, sizeof before, &before) == 0);
}

}  // namespace

TEST_CASE("usable processors are those of the affinity mask") {
  const cpu_set_t mask = mask_of(0);
  CHECK(usable_processors() == CPU_COUNT(&mask));
  on_one_processor({getpid()}, [] { CHECK(usable_processors() == 1); });
  CHECK(usable_processors() == CPU_COUNT(&mask));
}

TEST_CASE("a thread that is pinned for a reason of its own does not narrow the process") {
  const int all = usable_processors();
  std::thread([all] {
    on_one_processor({gettid()}, [all] { CHECK(usable_processors() == all); });
    on_one_processor({getpid()}, [all] { CHECK(usable_processors() == all); });
  }).join();
}

TEST_CASE("the topology counts as usable what the affinity mask leaves, the rest as there") {
  const amorsize::machine all = read_machine();
  on_one_processor({getpid()}, [&all] {
    const amorsize::machine narrow = read_machine();
    CHECK(narrow.usable_processors == 1);
    CHECK(narrow.usable_cores == 1);
    CHECK(narrow.processors == all.processors);
    CHECK(narrow.cores == all.cores);
  });
  CHECK(all.usable_processors == usable_processors());
}
