#include "workload/identity.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace amorsize::detail;

namespace {

const char* some_types() { return "types of one call"; }
const char* other_types() { return "types of another call"; }

}  // namespace

TEST_CASE("a hash is the same in every process and build") {
  CHECK(stable_hash("") == 0x8570E250FE4C2473ULL);
  CHECK(stable_hash("name parse") == 0x5BEAD5F88A185CC5ULL);
}

TEST_CASE("texts that differ in one place have other hashes") {
  std::set<std::uint64_t> all;
  std::string text(20, 'a');
  all.insert(stable_hash(text));
  for (char& c : text) {
    c = 'b';
    all.insert(stable_hash(text));
    c = 'a';
  }
  CHECK(all.size() == 21);
}

TEST_CASE("a name is the whole identity, wherever and with whatever types") {
  const std::string named = identity_of("parse", {"a.cpp", 1}, some_types);
  CHECK(named == identity_of("parse", {"b.cpp", 2}, other_types));
  CHECK(named != identity_of("print", {"a.cpp", 1}, some_types));
}

TEST_CASE("without a name it is program, file, line and types") {
  const std::string here = identity_of("", {"a.cpp", 1}, some_types);
  CHECK(here == identity_of("", {"a.cpp", 1}, some_types));
  CHECK(here != identity_of("", {"b.cpp", 1}, some_types));
  CHECK(here != identity_of("", {"a.cpp", 2}, some_types));
  CHECK(here != identity_of("", {"a.cpp", 1}, other_types));
  CHECK(here != identity_of("a.cpp", {"a.cpp", 1}, some_types));
  CHECK(here.find("unit") != here.npos);
}
