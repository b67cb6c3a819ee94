/// Forks while the background thread is at work on the store: the child computes, learns nothing,
/// writes nothing and ends; the parent goes on.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <latch>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../support/store_folder.hpp"
#include "amorsize/amorsize.hpp"
#include "expect.hpp"
#include "forked.hpp"

namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool is_watched = true;  // a child may find ThreadSanitizer's own locks held
#else
constexpr bool is_watched = false;
#endif

void call(amorsize::runtime& on, const std::string& name) {
  std::vector<int> numbers(20);
  std::iota(numbers.begin(), numbers.end(), 0);
  const auto results =
      amorsize::parallel_map(numbers,
                             [](int i) {
                               std::this_thread::sleep_for(std::chrono::microseconds(100));
                               return i * i;
                             },
                             {.name = name, .on = &on});
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    expect(results[i] == numbers[i] * numbers[i], "results are right, on both sides of a fork");
  }
}

void tell(amorsize::runtime& on, const std::string& name) {
  amorsize::run_report report;
  report.plan.n_jobs = 2;
  report.items = 1'000;
  report.wall = amorsize::duration(42e6);
  amorsize::update_model_from_execution(
      {.name = name, .estimated_item_time = amorsize::duration(80'000)}, report, on);
}

/// Everything that may touch the store, on a runtime of the parent and on one of its own.
[[noreturn]] void child(amorsize::runtime& parents, const std::string& folder,
                        bool leaves_by_exit) {
  be_killed_where_it_hangs();
  const auto use = [](amorsize::runtime& on) {
    for (int i = 0; i < 3; ++i) call(on, "child");
    tell(on, "child");
    amorsize::predict_parameters({.name = "parent", .items = 20}, on);
    amorsize::optimize(std::vector<int>(20), [](int i) { return i; }, {.name = "other", .on = &on});
    try {
      on.save();
    } catch (const amorsize::store_error&) {
      // A child may say that it cannot.
    }
  };
  use(parents);
  {
    amorsize::runtime own(amorsize::runtime_options{.store = folder, .max_n_jobs = 2});
    use(own);
  }
  if (leaves_by_exit && !is_watched) std::exit(0);
  _exit(0);
}

/// False where it tells nothing.
bool fork_once(amorsize::runtime& parents, const std::string& folder, bool leaves_by_exit) {
  const pid_t forked = fork();
  expect(forked >= 0, "a process can be forked");
  if (forked == 0) child(parents, folder, leaves_by_exit);
  return ends_well(forked);
}

/// The background thread stands still inside the store, with all locks that it holds there.
void while_it_stands_still() {
  const support::store_folder folder;
  {
    amorsize::runtime teacher(amorsize::runtime_options{.store = folder.path(), .max_n_jobs = 2});
    tell(teacher, "parent");
    teacher.save();
  }
  const auto machine_files = folder.files("machine_");
  expect(machine_files.size() == 1, "the machine has a file");
  std::ofstream(machine_files.front(), std::ios::trunc) << "damaged";

  std::latch told(1);
  std::latch go_on(1);
  std::atomic<bool> is_first{true};
  amorsize::runtime on(amorsize::runtime_options{
      .store = folder.path(), .max_n_jobs = 2, .on_warning = [&](std::string_view) {
        if (!is_first.exchange(false)) return;
        told.count_down();
        go_on.wait();
      }});
  int calls = 0;
  for (; !told.try_wait(); ++calls) call(on, "parent");
  const auto before = folder.contents();
  for (const bool leaves_by_exit : {false, true}) {
    while (!fork_once(on, folder.path(), leaves_by_exit)) {
    }
  }
  expect(folder.contents() == before, "children change nothing in the store");
  go_on.count_down();
  for (int i = 0; i < 3; ++i) call(on, "parent");
  on.save();
  const double saved = folder.calls_of("parent");
  expect(saved > 1 && saved <= 1 + calls + 3, "the parent goes on, and saves what it measured");
  expect(folder.of_work("child").empty(), "children leave nothing in the store");
}

/// At any moment of many saves.
void while_it_saves() {
  const support::store_folder folder;
  amorsize::runtime on(amorsize::runtime_options{.store = folder.path(), .max_n_jobs = 2});
  std::atomic<bool> ends{false};
  std::latch all_busy(2);
  std::thread saver([&] {
    for (int i = 0; !ends; ++i) {
      tell(on, "told " + std::to_string(i % 8));
      on.save();
      if (i == 0) all_busy.count_down();
    }
  });
  std::thread caller([&] {
    for (int i = 0; !ends; ++i) {
      call(on, "parent");
      if (i == 0) all_busy.count_down();
    }
  });
  all_busy.wait();
  for (int round = 0; round < rounds(40);) {
    if (fork_once(on, folder.path(), round % 2 == 0)) ++round;
  }
  ends = true;
  saver.join();
  caller.join();
  on.save();
  expect(folder.of_work("child").empty(), "children leave nothing in the store");
  expect(folder.calls_of("parent") > 0, "what the parent measured is in the store");
  for (int i = 0; i < 8; ++i) {
    const std::string name = "told " + std::to_string(i);
    const auto plan = amorsize::predict_parameters({.name = name, .items = 1'000}, on);
    const double saved = folder.calls_of(name);
    expect(saved == 0 || plan.has_value(), "the parent predicts from what it was told");
    expect(!plan || static_cast<double>(plan->measurements) == saved, "it saved each once");
  }
}

}  // namespace

int main() {
  for (int round = 0; round < rounds(10); ++round) while_it_stands_still();
  while_it_saves();
}
