#include "workload/site_key.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace amorsize::detail;
using amorsize::call_site;

namespace {

const char* some_types() { return "some"; }
const char* other_types() { return "other"; }

std::uint64_t named(std::string_view name, std::size_t items = 100) {
  return site_key(name, call_site::here(), &some_types).with_size(items);
}

}  // namespace

TEST_CASE("equal names are one identity, whatever their place, types and text's address") {
  const std::string one = "resize the images";
  const std::string two = one;
  REQUIRE(one.data() != two.data());
  const std::uint64_t here = site_key(one, call_site::here(), &some_types).with_size(9);
  const std::uint64_t there = site_key(two, call_site{"elsewhere", 1}, &other_types).with_size(9);
  CHECK(here == there);
}

TEST_CASE("names that differ anywhere, in a byte or in length, are told apart") {
  std::set<std::uint64_t> keys;
  std::size_t count = 0;
  const auto add = [&](const std::string& name) {
    keys.insert(named(name));
    ++count;
  };
  for (std::size_t length = 1; length <= 40; ++length) {
    add(std::string(length, 'a'));
    for (std::size_t at = 0; at < length; ++at) {
      std::string changed(length, 'a');
      changed[at] = 'b';
      add(changed);
    }
  }
  add(std::string(3, '\0'));
  add(std::string(4, '\0'));
  CHECK(keys.size() == count);
}

TEST_CASE("unnamed work is told apart by file, line and types") {
  const call_site here = call_site::here();
  const std::vector<std::uint64_t> all{
      site_key("", here, &some_types).with_size(100),
      site_key("", here, &other_types).with_size(100),
      site_key("", {here.file, here.line + 1}, &some_types).with_size(100),
      site_key("", {"elsewhere.cpp", here.line}, &some_types).with_size(100),
  };
  CHECK(std::set(all.begin(), all.end()).size() == all.size());
  CHECK(site_key("", here, &some_types).with_size(100) == all[0]);
}

TEST_CASE("sizes are told apart by powers of two") {
  CHECK(named("work", 64) == named("work", 127));
  CHECK(named("work", 64) != named("work", 63));
  CHECK(named("work", 64) != named("work", 128));
  CHECK(site_key::size_class(0) == 0);
  CHECK(site_key::size_class(1) == 1);
  CHECK(site_key::size_class(127) == 7);
  CHECK(site_key::size_class(128) == 8);
  CHECK(site_key::size_class(~std::size_t{0}) == 64);
}

TEST_CASE("many names of many sizes share no key, and none is zero") {
  std::set<std::uint64_t> keys;
  for (int name = 0; name < 2'000; ++name) {
    for (int size = 0; size < 16; ++size) {
      keys.insert(named("work " + std::to_string(name), std::size_t{1} << size));
    }
  }
  CHECK(keys.size() == 2'000 * 16);
  CHECK_FALSE(keys.contains(0));
}
