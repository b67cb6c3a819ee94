#include "machine/fingerprint.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "fixtures.hpp"

using namespace amorsize::detail;
using amorsize::machine;

TEST_CASE("a fingerprint is the same in every process and build, so that it can be stored") {
  CHECK(fingerprint_of(machine{}, "") == 0xEBD68C51EA0C4F85ULL);
  CHECK(fingerprint_of({.usable_processors = 4, .processors = 16, .l3_bytes = 33554432}, "EPYC") ==
        0xE93B9380B319983EULL);
}

TEST_CASE("each count, each cache and the model make another fingerprint") {
  const std::vector<std::function<void(machine&)>> changes = {
      [](machine&) {},
      [](machine& m) { m.usable_processors = 2; },
      [](machine& m) { m.usable_cores = 2; },
      [](machine& m) { m.usable_fast_cores = 2; },
      [](machine& m) { m.processors = 2; },
      [](machine& m) { m.cores = 2; },
      [](machine& m) { m.packages = 2; },
      [](machine& m) { m.numa_nodes = 2; },
      [](machine& m) { m.core_kinds = 2; },
      [](machine& m) { m.l2_bytes = 2; },
      [](machine& m) { m.l3_bytes = 2; },
  };
  std::set<std::uint64_t> seen{0};
  for (const auto& change : changes) {
    machine m;
    change(m);
    for (const char* model : {"", "a", "ab"}) {
      CHECK(seen.insert(fingerprint_of(m, model)).second);
    }
  }
}

TEST_CASE("the size of memory, which a virtual machine may change, is no part of it") {
  CHECK(fingerprint_of({.memory_bytes = 1}, "x") == fingerprint_of({.memory_bytes = 2}, "x"));
}

TEST_CASE("the model is what the first processor is called, or the parts of all kinds") {
  CHECK(processor_model(support::system_of("x86")) == "12th Gen Intel(R) Core(TM) i7-1260P");
  CHECK(processor_model(support::system_of("arm")) == "0xd05 0xd0a");
  CHECK(processor_model(support::system_of("v2")).empty());
}

TEST_CASE("a line that the end of what is read cuts tells no model") {
  // Its "CPU part : 0xd0a" begins within the first 4,096 bytes and ends behind them.
  CHECK(processor_model(support::system_of("many_processors")) == "0xd05");
}
