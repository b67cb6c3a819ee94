#include "runtime/environment.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace amorsize::detail;
using amorsize::learning;

namespace {

struct reading {
  environment found;
  std::vector<std::string> warnings;
};

reading read(const std::map<std::string, std::string>& set) {
  reading r;
  r.found = environment::read(
      [&set](const char* name) {
        const auto at = set.find(name);
        return at == set.end() ? nullptr : at->second.c_str();
      },
      [&r](std::string_view sentence) { r.warnings.emplace_back(sentence); });
  return r;
}

}  // namespace

TEST_CASE("nothing set is nothing changed, and an empty value is as if not set") {
  for (const reading& r :
       {read({}), read({{"AMORSIZE_LOG", ""}, {"AMORSIZE_N_JOBS", ""}, {"AMORSIZE_LEARN", ""}})}) {
    CHECK(r.found.max_n_jobs == 0);
    CHECK(r.found.learn == learning::on);
    CHECK(r.found.log == log_level::off);
    CHECK(r.warnings.empty());
  }
}

TEST_CASE("every value that a variable may have is read, without a warning") {
  const std::map<std::string, learning> learnings{
      {"on", learning::on}, {"frozen", learning::frozen}, {"off", learning::off}};
  for (const auto& [text, value] : learnings) {
    const reading r = read({{"AMORSIZE_LEARN", text}});
    CHECK(r.found.learn == value);
    CHECK(r.warnings.empty());
  }
  const std::map<std::string, log_level> levels{{"off", log_level::off},
                                                {"warning", log_level::warning},
                                                {"decision", log_level::decision},
                                                {"debug", log_level::debug}};
  for (const auto& [text, value] : levels) {
    const reading r = read({{"AMORSIZE_LOG", text}});
    CHECK(r.found.log == value);
    CHECK(r.warnings.empty());
  }
  for (const int jobs : {1, 2, 64, most_n_jobs}) {
    const reading r = read({{"AMORSIZE_N_JOBS", std::to_string(jobs)}});
    CHECK(r.found.max_n_jobs == jobs);
    CHECK(r.warnings.empty());
  }
}

TEST_CASE("a value that breaks its rule is told with variable, value and rule, and ignored") {
  struct wrong {
    const char* name;
    const char* value;
    const char* rule;
  };
  const wrong all[] = {
      {"AMORSIZE_LEARN", "yes", "on, frozen or off"},
      {"AMORSIZE_LEARN", "ON", "on, frozen or off"},
      {"AMORSIZE_LOG", "info", "off, warning, decision or debug"},
      {"AMORSIZE_LOG", "debug ", "off, warning, decision or debug"},
      {"AMORSIZE_N_JOBS", "0", "a whole number from 1 to 4096"},
      {"AMORSIZE_N_JOBS", "-1", "a whole number from 1 to 4096"},
      {"AMORSIZE_N_JOBS", "4097", "a whole number from 1 to 4096"},
      {"AMORSIZE_N_JOBS", "2.5", "a whole number from 1 to 4096"},
      {"AMORSIZE_N_JOBS", "2 ", "a whole number from 1 to 4096"},
      {"AMORSIZE_N_JOBS", "+2", "a whole number from 1 to 4096"},
      {"AMORSIZE_N_JOBS", "four", "a whole number from 1 to 4096"},
      {"AMORSIZE_N_JOBS", "4294967298", "a whole number from 1 to 4096"},
  };
  for (const wrong& w : all) {
    const reading r = read({{w.name, w.value}});
    CHECK(r.found.max_n_jobs == 0);
    CHECK(r.found.learn == learning::on);
    CHECK(r.found.log == log_level::off);
    REQUIRE(r.warnings.size() == 1);
    CHECK(r.warnings[0] ==
          std::string(w.name) + " is \"" + w.value + "\", must be " + w.rule + "; it is ignored");
  }
}

TEST_CASE("one wrong variable leaves the others read, and each wrong one is told") {
  const reading r = read({{"AMORSIZE_LOG", "loud"}, {"AMORSIZE_N_JOBS", "3"}});
  CHECK(r.found.max_n_jobs == 3);
  CHECK(r.warnings.size() == 1);
  CHECK(read({{"AMORSIZE_LOG", "x"}, {"AMORSIZE_N_JOBS", "x"}, {"AMORSIZE_LEARN", "x"}})
            .warnings.size() == 3);
}
