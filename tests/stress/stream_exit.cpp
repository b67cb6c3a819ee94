/// A process may end in the middle of a stream: from its consumer, its source or its function, and
/// on whatever thread that is.
#include <atomic>
#include <cstdlib>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "run_again.hpp"

namespace {

auto endless() {
  return [next = 0]() mutable -> std::optional<int> { return next++; };
}

auto endless_stream(amorsize::runtime* on) {
  return amorsize::stream_map(
      endless(), [](int x) { return std::string(100, static_cast<char>('a' + x % 26)); },
      {.n_jobs = 3, .on = on});
}

/// Its thread never ends.
void stream_for_ever(amorsize::runtime* on, std::latch& all_busy) {
  std::thread([on, &all_busy] {
    int taken = 0;
    for ([[maybe_unused]] const std::string& text : endless_stream(on)) {
      if (++taken == 100) all_busy.count_down();
    }
  }).detach();
}

/// Destroyed at the end of the process, in the middle of its stream.
struct leaves_at_exit {
  explicit leaves_at_exit(amorsize::runtime* on) : results(endless_stream(on)) {
    auto it = results.begin();
    for (int i = 0; i < 100; ++i) ++it;
  }
  decltype(endless_stream(nullptr)) results;
};

/// Run whole, when the process's destructors have begun.
struct streams_at_exit {
  ~streams_at_exit() {
    int sum = 0;
    amorsize::stream_map(
        std::vector<int>(1000, 1), [](int x) { return x; }, [&](int x) { sum += x; },
        {.n_jobs = 3});
    expect(sum == 1000, "a stream runs while the process ends");
  }
};
streams_at_exit last;  // destroyed after all of the library's own

int child(const std::string& how) {
  // Neither is ever destroyed: threads may use them to the last.
  static auto& on = *new amorsize::runtime(amorsize::runtime_options{.max_n_jobs = 3});
  if (how == "consumer") {
    int taken = 0;
    for ([[maybe_unused]] const std::string& text : endless_stream(&on)) {
      if (++taken == 500) std::exit(0);
    }
  }
  if (how == "source") {
    const auto ends = [next = 0]() mutable -> std::optional<int> {
      if (next == 500) std::_Exit(0);
      return next++;
    };
    amorsize::stream_map(
        ends, [](int x) { return x; }, [](int) {}, {.n_jobs = 3, .on = &on});
  }
  if (how == "others") {
    static std::latch& all_busy = *new std::latch(3);
    for (int i = 0; i < 3; ++i) stream_for_ever(i == 0 ? nullptr : &on, all_busy);
    all_busy.wait();
  }
  if (how == "static") static const leaves_at_exit shared(nullptr);
  if (how == "static, own") {
    static amorsize::runtime own(amorsize::runtime_options{.max_n_jobs = 3});
    static const leaves_at_exit made(&own);
  }
  if (how == "before") {
    // The library's own are destroyed first.
    static std::optional<leaves_at_exit> later;
    amorsize::parallel_for_each(std::vector<int>(4), [](int) {}, {.n_jobs = 2});
    later.emplace(nullptr);
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2) return child(arguments[1]);
  for (int round = 0; round < rounds(8); ++round) {
    for (const char* how : {"consumer", "source", "others", "static", "static, own", "before"}) {
      const pid_t child = start_again({how}, {{"AMORSIZE_STORE", "off"}});
      expect(exit_code_of(child) == 0, how);
    }
  }
}
