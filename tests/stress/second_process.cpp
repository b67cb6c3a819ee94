/// What one process measured, the next one predicts: by whatever variable both find the store.
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "../support/store_folder.hpp"
#include "amorsize/amorsize.hpp"
#include "run_again.hpp"

namespace {

// Exit codes of a process that made one call.
constexpr int sampled = 20;
constexpr int predicted = 21;
constexpr int something_else = 22;

/// Long enough for the store to be read while it runs, also where that is slow.
int call_once(const std::string& name) {
  const std::vector<int> items(1'000, 20);
  amorsize::run_report report;
  const auto results =
      amorsize::parallel_map(items,
                             [](int i) {
                               std::this_thread::sleep_for(std::chrono::microseconds(200));
                               return i + 1;
                             },
                             {.name = name, .report = &report});
  expect(results == std::vector<int>(items.size(), 21), "results are right");
  const amorsize::stream_plan& plan = report.plan;
  const bool is_known = plan.measurements > 0 && plan.similarity == 1;
  if (plan.source == amorsize::plan_source::sampled && !is_known) return sampled;
  if (plan.source == amorsize::plan_source::predicted && is_known) return predicted;
  return something_else;
}

/// A busy machine may not save within the milliseconds of an exit, nor read a store while a call
/// runs: what one of the next processes can do, the next can.
template <class Call>
bool comes_to_predict(const Call& call) {
  constexpr int most_tries = 5;
  for (int i = 0; i < most_tries; ++i) {
    const int said = call();
    if (said == predicted) return true;
    expect(said == sampled, "a process samples or predicts");
  }
  return false;
}

/// What two processes in turn say, and a third one once what is `learned_in` was removed.
void remembers(const variables& environment, const std::string& learned_in, const char* name) {
  const auto again = [&] { return exit_code_of(start_again({"call", name}, environment)); };
  expect(again() == sampled, "the first process samples");
  expect(std::filesystem::exists(learned_in), "the store is where it was asked for");
  expect(comes_to_predict(again), "the second process predicts");
  std::filesystem::remove_all(learned_in);
  expect(again() == sampled, "without its folder, the next process samples");
  std::filesystem::remove_all(learned_in);
}

void forgets(const variables& environment, const char* name) {
  for (int i = 0; i < 2; ++i) {
    expect(exit_code_of(start_again({"call", name}, environment)) == sampled,
           "without a store every process samples");
  }
}

/// No variable of who runs this has a say.
variables only(variables some) {
  variables all{{"AMORSIZE_STORE", ""}, {"AMORSIZE_LEARN", ""}, {"XDG_STATE_HOME", ""},
                {"HOME", ""},           {"AMORSIZE_LOG", ""},   {"AMORSIZE_N_JOBS", "2"}};
  all.insert(all.end(), some.begin(), some.end());
  return all;
}

void freeze() {
  const support::store_folder folder;
  const auto in = [&folder](const char* learn) {
    const variables environment =
        only({{"AMORSIZE_STORE", folder.path()}, {"AMORSIZE_LEARN", learn}});
    return exit_code_of(start_again({"call", "frozen"}, environment));
  };
  expect(in("frozen") == sampled, "a frozen process samples what nobody measured");
  expect(folder.contents().empty(), "a frozen process writes nothing");
  expect(in("on") == sampled, "the first process that may learn samples");
  expect(comes_to_predict([&in] { return in("on"); }), "the second one predicts");
  const auto before = folder.contents();
  expect(comes_to_predict([&in] { return in("frozen"); }), "a frozen process predicts");
  expect(in("off") == sampled, "a process that may not learn samples");
  expect(folder.contents() == before, "neither of them changes the store");
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3) return call_once(arguments[2]);
  for (const char* name : {"named", ""}) {
    const support::store_folder folder;
    const std::string above = folder.above().string();
    remembers(only({{"AMORSIZE_STORE", folder.path()}}), folder.path(), name);
    remembers(only({{"XDG_STATE_HOME", above}}), above + "/amorsize", name);
    remembers(only({{"AMORSIZE_STORE", "relative"}, {"XDG_STATE_HOME", above}, {"HOME", "/no"}}),
              above + "/amorsize", name);
    remembers(only({{"XDG_STATE_HOME", "relative"}, {"HOME", above}}),
              above + "/.local/state/amorsize", name);
    expect(!std::filesystem::exists("relative"), "relative values are ignored");
  }
  const support::store_folder unused;
  const std::string above = unused.above().string();
  forgets(only({{"AMORSIZE_STORE", "off"}, {"XDG_STATE_HOME", above}, {"HOME", above}}), "off");
  forgets(only({}), "nowhere");
  expect(std::filesystem::is_empty(above), "a store that is off writes nothing");
  freeze();
}
