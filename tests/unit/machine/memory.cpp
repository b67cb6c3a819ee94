#include "machine/memory.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"
#include "machine/control_groups.hpp"
#include "machine/topology.hpp"

using namespace amorsize::detail;
using support::system_of;

TEST_CASE("available is what the system has, or what the groups leave where that is less") {
  CHECK(available_memory(system_of("v2")) == 450'000'000U);
  CHECK(available_memory(system_of("quiet")) == 12'000'000ULL * 1024);
}

TEST_CASE("without the system's word, what the groups leave is available") {
  CHECK(available_memory(system_of("nested")) == 2'100'000U);
}

TEST_CASE("memory that is not told is not known, and memory that is used up is not 'not known'") {
  CHECK(available_memory(system_of("damaged")) == 0);
  CHECK(total_memory(system_of("damaged")) == 0);
  CHECK(total_memory(system_of("nested")) == 0);
  CHECK(available_memory(system_of("full")) == 1);
}

TEST_CASE("the machine's memory is the whole of it, whatever the groups leave") {
  CHECK(total_memory(system_of("v2")) == 16'000'000ULL * 1024);
  CHECK(read_machine(system_of("v2")).memory_bytes == 16'000'000ULL * 1024);
}

TEST_CASE("this system has memory, and no more available than there is") {
  const system_files files;
  CHECK(available_memory(files) > 0);
  CHECK(available_memory(files) <= total_memory(files));
}

TEST_CASE("a group's use is told as a share of its limit, less page cache that is not in use") {
  const memory_now now = look_at_memory(system_of("scarce"));
  CHECK(now.used == doctest::Approx(0.96));
  CHECK(now.available == 40'000U);
}

TEST_CASE("the fullest group counts, or the machine where that is fuller") {
  CHECK(look_at_memory(system_of("nested")).used == doctest::Approx(0.58));
  CHECK(look_at_memory(system_of("quiet")).used == doctest::Approx(0.25));
  CHECK(look_at_memory(system_of("full")).used == 1);
}

TEST_CASE("its own group tells what a process waits for, not those around it, nor the machine") {
  CHECK(look_at_memory(system_of("scarce")).stalled == doctest::Approx(0.125));
}

TEST_CASE("where no group tells it, the machine does") {
  CHECK(look_at_memory(system_of("stalled")).stalled == doctest::Approx(0.0725));
}

TEST_CASE("where nothing is told of pressure, there is none") {
  CHECK(look_at_memory(system_of("quiet")).stalled == 0);
  CHECK(look_at_memory(system_of("damaged")).stalled == 0);
  CHECK(look_at_memory(system_of("damaged")).used == 0);
}

TEST_CASE("a text of pressure that is damaged tells nothing") {
  CHECK(stalled_share("some avg10=1.00 avg60=0.00 avg300=0.00 total=0\n").value_or(0) ==
        doctest::Approx(0.01));
  for (const char* damaged :
       {"", "some", "some avg10=", "some avg10=x", "some avg10=1.0x avg60=0", "some avg10=nan",
        "some avg10=-1", "some avg10=101", "some avg60=1.00 avg10=2.00", "full avg10=1.00"}) {
    CHECK_FALSE(stalled_share(damaged).has_value());
  }
}
