#include "machine/topology.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <string>

#include "fixtures.hpp"

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

std::string xml_of(const char* name) {
  std::ifstream file(support::machine_folder() + '/' + name);
  std::stringstream text;
  text << file.rdbuf();
  REQUIRE(text.str().size() > 1000);
  return text.str();
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  REQUIRE(text.find(what) != std::string::npos);
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

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
      {"package:2 numa:2 l3:4(size=33554432) l2:4(size=1048576) core:1 pu:2", 2, 4, 64, 128,
       1 * MiB, 32 * MiB},
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
    CHECK(made->usable_fast_cores == d.cores);
    CHECK(made->core_kinds == 1);
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

TEST_CASE("a hybrid machine tells how many of its cores are of the fastest kind") {
  const auto laptop = machine_from_xml(xml_of("hybrid_laptop.xml"));
  REQUIRE(laptop.has_value());
  CHECK(laptop->cores == 14);
  CHECK(laptop->processors == 20);  // two siblings on each of the six fast cores
  CHECK(laptop->core_kinds == 2);
  CHECK(laptop->usable_cores == 14);
  CHECK(laptop->usable_fast_cores == 6);
  CHECK(laptop->l3_bytes == 24 * MiB);

  const auto phone = machine_from_xml(xml_of("three_kinds.xml"));
  REQUIRE(phone.has_value());
  CHECK(phone->cores == 8);
  CHECK(phone->core_kinds == 3);
  CHECK(phone->usable_fast_cores == 1);
}

TEST_CASE("of a hybrid machine's usable cores, the fastest ones are fast: maybe all are slow") {
  struct allowed {
    const char* processors;
    int cores;
    int fast_cores;
  };
  for (const allowed& a : {allowed{"0x0005500f", 6, 2}, allowed{"0x00555000", 6, 6}}) {
    CAPTURE(std::string(a.processors));
    const auto narrow =
        machine_from_xml(replaced(xml_of("hybrid_laptop.xml"), "allowed_cpuset=\"0x05555fff",
                                  std::string("allowed_cpuset=\"") + a.processors));
    REQUIRE(narrow.has_value());
    CHECK(narrow->cores == 14);
    CHECK(narrow->core_kinds == 2);
    CHECK(narrow->usable_cores == a.cores);
    CHECK(narrow->usable_fast_cores == a.fast_cores);
  }
}

TEST_CASE("kinds of cores whose speeds are not told are all fast") {
  std::string xml = xml_of("three_kinds.xml");
  for (const char* speed : {"0", "1", "2"}) {
    xml = replaced(xml, std::string("forced_efficiency=\"") + speed, "forced_efficiency=\"-1");
  }
  const auto phone = machine_from_xml(xml);
  REQUIRE(phone.has_value());
  CHECK(phone->core_kinds == 3);
  CHECK(phone->usable_fast_cores == 8);
}

TEST_CASE("a text that is no exported machine gives nothing, not this machine") {
  for (const char* bad : {"", "nonsense", "<topology/>"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(machine_from_xml(bad).has_value());
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
  CHECK(here.usable_fast_cores >= 1);
  CHECK(here.usable_fast_cores <= here.usable_cores);
  CHECK(here.core_kinds >= 1);
  CHECK(here.memory_bytes > 0);
}
