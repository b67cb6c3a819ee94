#include "machine/memory.hpp"

#include <doctest/doctest.h>

#include "fixtures.hpp"
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
