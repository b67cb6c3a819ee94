/// Several processes at once on one store: what each recorded is in it afterwards, once.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "../support/store_folder.hpp"
#include "amorsize/amorsize.hpp"
#include "run_again.hpp"

namespace {

constexpr int processes = 6;
constexpr int calls = 8;

/// Calls that are too long to be forgotten, and short enough not to be saved meanwhile unless
/// asked.
void call(const std::string& name) {
  const std::vector<int> items(20);
  amorsize::parallel_for_each(
      items, [](int) { std::this_thread::sleep_for(std::chrono::microseconds(100)); },
      {.name = name});
}

/// Half of the processes save, also in the middle, as one that runs for long does; the others leave
/// it to their exit.
int record(const std::string& own, bool saves) {
  amorsize::predict_parameters({.name = "opens the store"});
  amorsize::run_report told;
  told.plan.n_jobs = 2;
  told.items = 1'000;
  told.wall = amorsize::duration(42e6);
  for (int i = 0; i < calls; ++i) {
    call("shared");
    call(own);
    amorsize::update_model_from_execution(
        {.name = "told", .estimated_item_time = amorsize::duration(80'000)}, told);
    if (saves && (i % 3 == 1 || i + 1 == calls)) amorsize::runtime::shared().save();
  }
  return 0;
}

/// An exit takes no longer than some milliseconds, which a busy machine may need for a single file:
/// then all that a process has of some work may be missing, but no part of that, and nothing that
/// was saved before.
bool is_all(double found, int recorded, int saved) {
  return found >= saved && found <= recorded && std::fmod(found, calls) == 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3) return record(arguments[1], std::string(arguments[2]) == "saves");
  const support::store_folder folder;
  const variables environment{{"AMORSIZE_STORE", folder.path()},
                              {"AMORSIZE_LEARN", ""},
                              {"AMORSIZE_LOG", ""},
                              {"AMORSIZE_N_JOBS", "2"}};
  const int all_rounds = rounds(12);
  for (int round = 1; round <= all_rounds; ++round) {
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i) {
      children.push_back(
          start_again({"own " + std::to_string(i), i % 2 == 0 ? "saves" : "exits"}, environment));
    }
    for (const pid_t child : children) {
      expect(exit_code_of(child) == 0, "a process on a shared store succeeds");
    }
    const int shared = processes * calls * round;
    expect(is_all(folder.calls_of("shared"), shared, shared / 2),
           "of calls that all made, none is lost or doubled");
    expect(is_all(folder.calls_of("told"), shared, shared / 2),
           "of what all told, nothing is lost or doubled");
    const double told = folder.outcomes_of("told");
    expect(told <= folder.calls_of("told") && told >= std::min(folder.calls_of("told"), 64.0),
           "every outcome counts once, up to as many as do");
    for (int i = 0; i < processes; ++i) {
      const int own = calls * round;
      expect(is_all(folder.calls_of("own " + std::to_string(i)), own, i % 2 == 0 ? own : 0),
             "of calls that one made, none is lost or doubled");
    }
  }
  expect(folder.files(".tmp-").empty(), "no temporary file is left");
  expect(!std::filesystem::exists(folder.path() + "/damaged"), "no file was found damaged");
  expect(all_rounds < 3 || folder.files_of("shared") < processes * all_rounds,
         "files of one work are put together");

  amorsize::runtime on(amorsize::runtime_options{.store = folder.path(), .max_n_jobs = 2});
  const auto plan = amorsize::predict_parameters({.name = "told", .items = 1'000}, on);
  expect(
      plan && static_cast<double>(plan->measurements) == std::min(folder.outcomes_of("told"), 64.0),
      "a prediction rests on as many as count");
}
