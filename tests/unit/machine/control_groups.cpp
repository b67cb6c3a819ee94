#include "machine/control_groups.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "fixtures.hpp"

using namespace amorsize::detail;
using support::system_of;

namespace {

group_limits limits_of(const std::string& name) { return read_group_limits(system_of(name)); }

}  // namespace

TEST_CASE("a version 2 group tells its quota, and its memory less what is in use") {
  const group_limits limits = limits_of("v2");
  CHECK(limits.cpus == doctest::Approx(1.5));
  // memory.high is below memory.max; the page cache that is not in use counts as free.
  CHECK(limits.memory_left == 800'000'000U - (500'000'000U - 150'000'000U));
}

TEST_CASE("a version 1 group tells its quota, and the group around it the memory") {
  const group_limits limits = limits_of("v1");
  CHECK(limits.cpus == doctest::Approx(0.5));
  CHECK(limits.memory_left == 2'000'000'000U - (1'900'000'000U - 600'000'000U));
}

TEST_CASE("the largest number of version 1 is no limit") {
  const group_limits limits = limits_of("v1_unlimited");
  CHECK(limits.cpus == 0);
  CHECK_FALSE(limits.memory_left.has_value());
}

TEST_CASE("where both versions are mounted, each tells of its own group") {
  const group_limits limits = limits_of("hybrid");
  CHECK(limits.cpus == doctest::Approx(3));
  CHECK(limits.memory_left == 2'000'000U);
}

TEST_CASE("the tightest of all groups around this process holds, wherever it is") {
  const group_limits limits = limits_of("nested");
  CHECK(limits.cpus == doctest::Approx(1.2));
  CHECK(limits.memory_left == 2'100'000U);
}

TEST_CASE("in a bind mount the path begins below what is mounted") {
  const group_limits limits = limits_of("bind_mount");
  CHECK(limits.cpus == doctest::Approx(2));
  CHECK(limits.memory_left == 3'000'000U);
}

TEST_CASE(
    "in a namespace, a mount from outside shows a group around it, another one's mount none") {
  const group_limits limits = limits_of("namespaced");
  CHECK(limits.cpus == doctest::Approx(2));
  CHECK(limits.memory_left == 4'000'000U);
}

TEST_CASE("a group beside what is mounted is not looked for outside the mount") {
  CHECK(limits_of("outside_namespace").cpus == 0);
}

TEST_CASE("a hierarchy that this process is no member of tells nothing") {
  const group_limits limits = limits_of("not_a_member");
  CHECK(limits.cpus == 0);
  CHECK_FALSE(limits.memory_left.has_value());
}

TEST_CASE("escaped folders are found") { CHECK(limits_of("escaped").cpus == doctest::Approx(0.7)); }

TEST_CASE("a mount that a later one hides tells nothing") {
  // Its own files would be 0.5 of a processor, those of the group at the later mount are 9.
  CHECK(limits_of("hidden").cpus == doctest::Approx(9));
}

TEST_CASE("damaged files are no limit") {
  const group_limits limits = limits_of("damaged");
  CHECK(limits.cpus == 0);
  CHECK_FALSE(limits.memory_left.has_value());
}

TEST_CASE("a group over its limit has nothing left; where the use is not told, it has its limit") {
  CHECK(limits_of("full").memory_left == 0U);
  const system_files none(support::machine_folder() + "/no such folder");
  CHECK(read_group_limits(none).cpus == 0);
  CHECK_FALSE(read_group_limits(none).memory_left.has_value());
}

TEST_CASE("this system's groups are read without trouble") {
  CHECK(read_group_limits(system_files{}).cpus >= 0);
}

TEST_CASE(
    "a quota leaves a thread for each processor's worth of time, and one for over a quarter") {
  CHECK(allowed_workers(0, 8) == 8);
  CHECK(allowed_workers(0.01, 8) == 1);
  CHECK(allowed_workers(0.5, 8) == 1);
  CHECK(allowed_workers(1, 8) == 1);
  CHECK(allowed_workers(1.2, 8) == 1);
  CHECK(allowed_workers(1.25, 8) == 1);
  CHECK(allowed_workers(1.5, 8) == 2);
  CHECK(allowed_workers(2, 8) == 2);
  CHECK(allowed_workers(7.9, 8) == 8);
}

TEST_CASE("a quota never leaves more threads than processors, nor less than one") {
  CHECK(allowed_workers(64, 8) == 8);
  CHECK(allowed_workers(1e300, 8) == 8);
  CHECK(allowed_workers(std::numeric_limits<double>::infinity(), 8) == 8);
  CHECK(allowed_workers(std::numeric_limits<double>::quiet_NaN(), 8) == 8);
  CHECK(allowed_workers(-1, 8) == 8);
  CHECK(allowed_workers(0.5, 1) == 1);
  CHECK(allowed_workers(3, 0) == 1);
}
