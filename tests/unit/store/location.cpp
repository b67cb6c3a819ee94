#include "store/location.hpp"

#include <doctest/doctest.h>

#include <map>

using amorsize::detail::find_location;
using amorsize::detail::location;

namespace {

using variables = std::map<std::string, std::string>;

location located(const std::string& option, const variables& set) {
  return find_location(option, [&set](const char* name) {
    const auto at = set.find(name);
    return at == set.end() ? nullptr : at->second.c_str();
  });
}

}  // namespace

TEST_CASE("the option comes before AMORSIZE_STORE, that before the user's folders") {
  const variables all = {
      {"AMORSIZE_STORE", "/a"}, {"XDG_STATE_HOME", "/state"}, {"HOME", "/home/me"}};
  CHECK(located("/option", all).folder == "/option");
  CHECK(located("", all).folder == "/a");
  CHECK(located("", {{"XDG_STATE_HOME", "/state"}, {"HOME", "/home/me"}}).folder ==
        "/state/amorsize");
  CHECK(located("", {{"HOME", "/home/me"}}).folder == "/home/me/.local/state/amorsize");
}

TEST_CASE("off means no store, and is nothing to warn of") {
  for (const location& found : {located("off", {{"HOME", "/h"}}),
                                located("", {{"AMORSIZE_STORE", "off"}, {"HOME", "/h"}})}) {
    CHECK(found.folder.empty());
    CHECK(found.warning.empty());
  }
}

TEST_CASE("a relative AMORSIZE_STORE is warned of and ignored") {
  const location found = located("", {{"AMORSIZE_STORE", "here/there"}, {"HOME", "/h"}});
  CHECK(found.folder == "/h/.local/state/amorsize");
  CHECK(found.warning ==
        "AMORSIZE_STORE is \"here/there\", must be off or an absolute path; it is ignored");
}

TEST_CASE("relative and empty user folders are ignored") {
  CHECK(located("", {{"XDG_STATE_HOME", "state"}, {"HOME", "/h"}}).folder ==
        "/h/.local/state/amorsize");
  CHECK(located("", {{"XDG_STATE_HOME", ""}, {"HOME", "/h"}}).folder == "/h/.local/state/amorsize");
  CHECK(located("", {{"AMORSIZE_STORE", ""}, {"HOME", "/h"}}).warning.empty());
}

TEST_CASE("without any folder there is one warning that says so") {
  for (const variables& set : {variables{}, variables{{"HOME", "h"}}, variables{{"HOME", ""}}}) {
    CHECK(located("", set).folder.empty());
    CHECK(located("", set).warning ==
          "no folder to keep what is learned in: it stays in this process's memory");
  }
}
