#include "machine/topology.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace amorsize::detail;

namespace {

struct described {
  const char* synthetic;
  int packages;
  int numa_nodes;
  int cores;
  int processors;
  std::size_t l2_bytes;
  std::size_t l3_bytes;
};

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;

}  // namespace

TEST_CASE("a synthetic machine has the counts and caches that its description tells") {
  const described all[] = {
      {"package:1 core:1 pu:1", 1, 1, 1, 1, 0, 0},
      {"package:1 l3:1(size=8388608) l2:4(size=262144) core:1 pu:2", 1, 1, 4, 8, 256 * KiB,
       8 * MiB},
      {"package:1 numa:1 l3:2(size=33554432) l2:8(size=1048576) core:1 pu:2", 1, 1, 16, 32, 1 * MiB,
       32 * MiB},
      {"package:2 numa:1 core:32 pu:2", 2, 2, 64, 128, 0, 0},
      {"package:2 numa:4 core:8 pu:1", 2, 8, 64, 64, 0, 0},
      {"core:6 pu:4", 1, 1, 6, 24, 0, 0},
  };
  for (const described& d : all) {
    CAPTURE(std::string(d.synthetic));
    const auto made = synthetic_machine(d.synthetic);
    REQUIRE(made.has_value());
    CHECK(made->packages == d.packages);
    CHECK(made->numa_nodes == d.numa_nodes);
    CHECK(made->cores == d.cores);
    CHECK(made->processors == d.processors);
    CHECK(made->usable_processors == d.processors);
    CHECK(made->usable_cores == d.cores);
    CHECK(made->l2_bytes == d.l2_bytes);
    CHECK(made->l3_bytes == d.l3_bytes);
  }
}

TEST_CASE("a description that hwloc does not take gives nothing, not this machine") {
  for (const char* bad : {"", "nonsense", "package:0 pu:1", "core:2 pu:", "pu:-1"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(synthetic_machine(bad).has_value());
  }
}

TEST_CASE("this machine has at least one of everything, and no more usable than there is") {
  const amorsize::machine here = read_machine();
  CHECK(here.usable_processors >= 1);
  CHECK(here.usable_cores >= 1);
  CHECK(here.packages >= 1);
  CHECK(here.numa_nodes >= 1);
  CHECK(here.usable_processors <= here.processors);
  CHECK(here.usable_cores <= here.cores);
  CHECK(here.cores <= here.processors);
}
