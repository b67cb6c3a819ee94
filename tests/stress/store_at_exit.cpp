/// However a process ends, what it measured is in the store afterwards; and nothing that is wrong
/// with the store keeps it from ending.
#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../support/store_folder.hpp"
#include "amorsize/amorsize.hpp"
#include "run_again.hpp"

namespace {

constexpr int calls = 4;

void call(const std::string& name, amorsize::runtime* on = nullptr) {
  const std::vector<int> items(20);
  for (int i = 0; i < calls; ++i) {
    amorsize::parallel_for_each(
        items, [](int) { std::this_thread::sleep_for(std::chrono::microseconds(100)); },
        {.name = name, .on = on});
  }
}

void open_store(amorsize::runtime& on) { amorsize::predict_parameters({.name = "none"}, on); }

/// Destroyed after all of the library's own: what it measures then is nobody's any more.
struct works_last {
  bool works = false;
  ~works_last() {
    if (works) call("too late");
  }
};
works_last last;

/// Destroyed before: it was made after the library's first use.
struct works_at_exit {
  ~works_at_exit() { call("destructor"); }
};

void call_for_ever(const std::string& name, std::latch& all_busy) {
  call(name);
  all_busy.count_down();
  while (true) call(name);
}

/// A warning that nobody takes in keeps the background thread, and the store with it, for ever.
int exit_while_the_store_is_busy() {
  static std::latch& told = *new std::latch(1);  // neither is ever destroyed
  static auto& on = *new amorsize::runtime(
      amorsize::runtime_options{.max_n_jobs = 2, .on_warning = [](std::string_view) {
                                  told.count_down();
                                  std::latch(1).wait();
                                }});
  while (!told.try_wait()) call("main", &on);
  call("main", &on);
  return 0;
}

int child(const std::string& how) {
  if (how == "busy") return exit_while_the_store_is_busy();
  if (how == "nothing") {
    static amorsize::runtime unused;
    return 0;
  }
  if (how == "static runtime") {
    static amorsize::runtime on(amorsize::runtime_options{.max_n_jobs = 2});
    open_store(on);
    call("main", &on);
    return 0;
  }
  open_store(amorsize::runtime::shared());
  call("main");
  if (how == "exit") std::exit(0);
  if (how == "thread") std::thread([] { std::exit(0); }).join();
  if (how == "atexit") std::atexit([] { call("atexit"); });
  if (how == "destructors") {
    static const works_at_exit made_now;
    last.works = true;
  }
  if (how == "threads") {
    std::latch& all_busy = *new std::latch(3);  // the threads outlive main
    for (const char* name : {"a", "b", "c"}) {
      std::thread([name, &all_busy] { call_for_ever(name, all_busy); }).detach();
    }
    all_busy.wait();
  }
  return 0;
}

/// Every end that there is.
const std::vector<std::string> ends{"main",        "exit",    "thread",        "atexit",
                                    "destructors", "threads", "static runtime"};

void end(const std::string& how, const std::string& store) {
  const pid_t child = start_again(
      {how}, {{"AMORSIZE_STORE", store}, {"AMORSIZE_LEARN", ""}, {"AMORSIZE_N_JOBS", "2"}});
  expect(exit_code_of(child) == 0, "a process ends, whatever its store is at");
}

/// The sentence that does not hold; null: all do.
const char* what_is_missing(const support::store_folder& folder, const std::string& how) {
  if (folder.calls_of("main") != calls) return "what was measured before the exit is in the store";
  if (how == "atexit" || how == "destructors") {
    const std::string name = how == "atexit" ? how : "destructor";
    if (folder.calls_of(name) != calls) return "what was measured on the way out is in the store";
  }
  for (const char* name : {"a", "b", "c"}) {
    const bool is_there = folder.calls_of(name) > 0;
    if (is_there != (how == "threads")) return "what threads measured that never end is stored";
  }
  if (!folder.files(".tmp-").empty()) return "no temporary file is left";
  return nullptr;
}

/// An exit takes no longer than some milliseconds, which a busy machine may need for a single file:
/// what is saved in one of some tries can be saved.
template <class Prepare>
void expect_saved(const std::string& how, Prepare&& prepare) {
  constexpr int most_tries = 5;
  const char* missing = nullptr;
  for (int i = 0; i < most_tries; ++i) {
    const support::store_folder folder;
    [[maybe_unused]] const auto prepared = prepare(folder);
    end(how, folder.path());
    missing = what_is_missing(folder, how);
    if (missing == nullptr) return;
  }
  expect(false, missing);
}

void healthy() {
  for (const std::string& how : ends) {
    expect_saved(how, [](const support::store_folder&) { return 0; });
  }
  const support::store_folder unused;
  end("nothing", unused.path());
  expect(unused.contents().empty(), "a process without calls writes nothing");
}

/// Held for all of the process's life: were its exit to wait for the lock, it would never end.
void locked() {
  struct closing {
    void operator()(const int* lock) const { close(*lock); }
  };
  int held = -1;
  for (const std::string& how : ends) {
    expect_saved(how, [&held](const support::store_folder& folder) {
      std::filesystem::create_directories(folder.path());
      held = open((folder.path() + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      expect(held >= 0 && flock(held, LOCK_EX) == 0, "the store can be locked");
      return std::unique_ptr<int, closing>(&held);
    });
  }
}

/// Nowhere to write, also as root: a file is where the folder should be.
void unwritable() {
  const support::store_folder folder;
  std::ofstream(folder.path()) << "no folder";
  const auto before = folder.contents();
  for (const std::string& how : ends) {
    end(how, folder.path());
    end(how, folder.path() + "/below");
  }
  end("busy", folder.path());
  expect(folder.contents() == before, "what is in the way of a store is left alone");
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2) return child(arguments[1]);
  for (int round = 0; round < rounds(4); ++round) {
    healthy();
    locked();
    unwritable();
  }
}
