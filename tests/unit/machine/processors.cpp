#include "machine/processors.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include <thread>

#include "machine/topology.hpp"

using namespace amorsize::detail;

namespace {

/// Runs `use` on a thread that may run only on the lowest processor of this one.
template <class Use>
void on_one_processor(Use&& use) {
  std::thread([&use] {
    cpu_set_t mask{};
    REQUIRE(sched_getaffinity(0, sizeof mask, &mask) == 0);
    unsigned lowest = 0;
    while (!CPU_ISSET(lowest, &mask)) ++lowest;
    CPU_ZERO(&mask);
    CPU_SET(lowest, &mask);
    REQUIRE(sched_setaffinity(0, sizeof mask, &mask) == 0);
    use();
  }).join();
}

}  // namespace

TEST_CASE("usable processors are those of the affinity mask") {
  cpu_set_t mask{};
  REQUIRE(sched_getaffinity(0, sizeof mask, &mask) == 0);
  CHECK(usable_processors() == CPU_COUNT(&mask));
  on_one_processor([] { CHECK(usable_processors() == 1); });
  CHECK(usable_processors() == CPU_COUNT(&mask));
}

TEST_CASE("the topology counts as usable what the affinity mask leaves, the rest as there") {
  const amorsize::machine all = read_machine();
  on_one_processor([&all] {
    const amorsize::machine narrow = read_machine();
    CHECK(narrow.usable_processors == 1);
    CHECK(narrow.usable_cores == 1);
    CHECK(narrow.processors == all.processors);
    CHECK(narrow.cores == all.cores);
  });
  CHECK(all.usable_processors == usable_processors());
}
