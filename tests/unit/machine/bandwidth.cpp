#include "machine/bandwidth.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <sstream>

#include "machine/system_files.hpp"
#include "machine/topology.hpp"

using namespace amorsize::detail;

namespace {

const amorsize::machine small_cache{.l3_bytes = 8U << 20U};
constexpr rlim_t some = 8U << 20U;  // less than is read for that cache

/// By a field of /proc/self/statm: 0 is all the address space, 5 what is written to.
rlim_t own_bytes(int field) {
  std::istringstream fields(system_files().read("/proc/self/statm").value_or(""));
  rlim_t pages = 0;
  for (int i = 0; i <= field; ++i) fields >> pages;
  REQUIRE(pages > 0);
  return pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("memory is read at a speed that memory can have") {
  const double measured = measure_bandwidth(read_machine());
  CHECK(std::isfinite(measured));
  CHECK(measured > 0);
  CHECK(measured < 1e13);  // what no memory does, but reads that were left out seem to
}

TEST_CASE("the memory that was read is given back") {
  measure_bandwidth(small_cache);
  const rlim_t before = own_bytes(0);
  measure_bandwidth(small_cache);
  CHECK(own_bytes(0) < before + some);
}

TEST_CASE("where the system refuses memory, the bandwidth is not known") {
  REQUIRE(measure_bandwidth(small_cache) > 0);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_DATA, &before) == 0);
  const rlimit little{.rlim_cur = own_bytes(5) + some, .rlim_max = before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_DATA, &little) == 0);
  const double measured = measure_bandwidth(small_cache);
  REQUIRE(setrlimit(RLIMIT_DATA, &before) == 0);
  CHECK(measured == 0);
}
