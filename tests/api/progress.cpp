/// Progress: on the caller's thread, growing, and at the end exactly once.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "counted.hpp"
#include "meeting.hpp"
#include "random.hpp"
#include "widths.hpp"

namespace {

using support::count;
using support::widths;

struct stages {
  std::vector<amorsize::progress> seen;
  bool elsewhere = false;

  auto listener() {
    return [this, caller = std::this_thread::get_id()](amorsize::progress p) {
      elsewhere = elsewhere || std::this_thread::get_id() != caller;
      seen.push_back(p);
    };
  }
};

amorsize::batch_options told(int width, std::function<void(amorsize::progress)> on_progress) {
  amorsize::batch_options options = support::one_by_one(width);
  options.on_progress = std::move(on_progress);
  return options;
}

TEST_CASE("progress is told on the caller's thread, never goes back, and ends at the total once") {
  for (const int width : widths) {
    for (const int items : {0, 1, 5, 3'000}) {
      CAPTURE(width);
      CAPTURE(items);
      stages s;
      amorsize::parallel_for_each(
          std::vector<int>(count(items)), [](int) { support::work(20'000); },
          told(width, s.listener()));
      CHECK_FALSE(s.elsewhere);
      REQUIRE_FALSE(s.seen.empty());
      std::size_t before = 0;
      int at_total = 0;
      for (const amorsize::progress p : s.seen) {
        CHECK(p.total == count(items));
        CHECK(p.done >= before);
        CHECK(p.done <= p.total);
        before = p.done;
        at_total += p.done == p.total ? 1 : 0;
      }
      CHECK(before == count(items));
      CHECK(at_total == 1);
    }
  }
}

TEST_CASE(
    "a progress callback that throws in the middle cancels what has not started, and passes") {
  for (const int width : widths) {
    CAPTURE(width);
    std::atomic<int> runs{0};
    std::atomic<int> inside{0};
    const auto fail = [](amorsize::progress) { throw std::runtime_error("enough"); };
    CHECK_THROWS_WITH_AS(amorsize::parallel_for_each(
                             std::vector<int>(200'000),
                             [&](int) {
                               const support::presence here(inside);
                               ++runs;
                               support::work(100'000);
                             },
                             told(width, fail)),
                         "enough", std::runtime_error);
    CHECK(runs < 200'000);
    CHECK(inside == 0);
  }
}

TEST_CASE("a progress callback that throws at the end passes, and the next call works") {
  for (const int width : widths) {
    CAPTURE(width);
    const auto fail = [](amorsize::progress p) {
      if (p.done == p.total) throw std::runtime_error("at the end");
    };
    CHECK_THROWS_WITH_AS(amorsize::parallel_for_each(
                             std::vector<int>(10), [](int) {}, told(width, fail)),
                         "at the end", std::runtime_error);
    CHECK(amorsize::parallel_map(
              std::vector<int>(10, 1), [](int i) { return i; }, support::at_width(width)) ==
          std::vector<int>(10, 1));
  }
}

/// Two items on two threads: that of the caller ends at once, the other one waits for `released`.
template <class Released>
void with_caller_waiting(const Released& released,
                         std::function<void(amorsize::progress)> on_progress) {
  support::meeting both(2);
  const auto caller = std::this_thread::get_id();
  amorsize::parallel_for_each(
      std::vector<int>(2),
      [&](int) {
        both.attend();
        if (std::this_thread::get_id() != caller) released();
      },
      told(2, std::move(on_progress)));
}

TEST_CASE("progress goes on while the caller waits for others") {
  support::gate told_while_waiting;
  std::size_t last = 0;
  with_caller_waiting([&] { told_while_waiting.wait(); },
                      [&](amorsize::progress p) {
                        last = p.done;
                        told_while_waiting.open();
                      });
  CHECK(last == 2);
}

TEST_CASE("a progress callback that has thrown is not called again") {
  using clock = std::chrono::steady_clock;
  std::atomic<int> calls{0};
  const auto end = clock::now() + std::chrono::milliseconds(400);
  const auto until_called_twice = [&] {
    while (calls < 2 && clock::now() < end) std::this_thread::yield();
  };
  CHECK_THROWS_AS(with_caller_waiting(until_called_twice,
                                      [&](amorsize::progress) {
                                        ++calls;
                                        throw std::runtime_error("once");
                                      }),
                  std::runtime_error);
  CHECK(calls == 1);
}

TEST_CASE("a call that fails or is stopped never says that it is done") {
  for (const int width : widths) {
    CAPTURE(width);
    stages s;
    CHECK_THROWS_AS(amorsize::parallel_for_each(
                        std::vector<int>(20), [](int) { throw 1; }, told(width, s.listener())),
                    int);
    std::stop_source source;
    amorsize::batch_options options = told(width, s.listener());
    options.stop = source.get_token();
    CHECK_THROWS_AS(amorsize::parallel_for_each(
                        std::vector<int>(20), [&source](int) { source.request_stop(); }, options),
                    amorsize::operation_cancelled);
    for (const amorsize::progress p : s.seen) CHECK(p.done < p.total);
  }
}

}  // namespace
