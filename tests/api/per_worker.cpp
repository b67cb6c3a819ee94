/// State for each worker: one a worker and call, never shared, gone when the call ends.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "counted.hpp"
#include "meeting.hpp"
#include "message_of.hpp"
#include "random.hpp"
#include "widths.hpp"

namespace {

using support::count;
using support::widths;

std::vector<int> numbers(int n) {
  std::vector<int> v(count(n));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

/// Neither movable nor copyable; knows who made it, and notices who should not use it.
struct scratch {
  static inline std::atomic<int> made{0};
  static inline std::atomic<int> alive{0};
  static inline std::atomic<int> shared{0};
  static inline std::atomic<int> on_other_thread{0};
  static inline std::atomic<int> destroyed_elsewhere{0};
  static inline std::thread::id caller;

  static void reset() {
    made = alive = shared = on_other_thread = destroyed_elsewhere = 0;
    caller = std::this_thread::get_id();
  }

  scratch() {
    ++made;
    ++alive;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    --alive;
    if (std::this_thread::get_id() != caller) ++destroyed_elsewhere;
  }

  long use(int i) {
    if (users.fetch_add(1) != 0) ++shared;
    if (std::this_thread::get_id() != thread) ++on_other_thread;
    sum += i;  // not atomic: a race detector sees a state that is shared
    --users;
    return 2L * i;
  }

  std::atomic<int> users{0};
  std::thread::id thread = std::this_thread::get_id();
  long sum = 0;
};

scratch make_scratch() { return {}; }

TEST_CASE("each worker of a call has one state, which no other uses") {
  for (const int width : {0, 1, 2, 3, 8}) {
    for (const std::size_t chunksize : {0U, 1U, 64U}) {
      CAPTURE(width);
      CAPTURE(chunksize);
      scratch::reset();
      const auto results = amorsize::parallel_map(
          numbers(2'000),
          amorsize::per_worker(make_scratch, [](scratch& s, int i) { return s.use(i); }),
          {.n_jobs = width, .chunksize = chunksize, .on = &support::wide()});
      CHECK(results.size() == 2'000);
      CHECK(results[1'999] == 3'998);
      CHECK(scratch::made >= 1);
      CHECK(scratch::made <= (width == 0 ? support::widest : width));
      CHECK(scratch::alive == 0);
      CHECK(scratch::shared == 0);
      CHECK(scratch::on_other_thread == 0);
      CHECK(scratch::destroyed_elsewhere == 0);
    }
  }
}

TEST_CASE("as many workers have as many states, all alive until the call ends") {
  for (const int width : widths) {
    CAPTURE(width);
    scratch::reset();
    support::meeting all(count(width));
    std::atomic<int> alive_together{0};
    amorsize::parallel_for_each(numbers(width),
                                amorsize::per_worker(make_scratch,
                                                     [&](scratch& s, int i) {
                                                       all.attend();
                                                       s.use(i);
                                                       alive_together = scratch::alive.load();
                                                     }),
                                support::one_by_one(width));
    CHECK(scratch::made == width);
    CHECK(alive_together == width);
    CHECK(scratch::alive == 0);
    CHECK(scratch::destroyed_elsewhere == 0);
  }
}

TEST_CASE("each call has states of its own, also one that runs inline at a known site") {
  amorsize::runtime fresh(amorsize::runtime_options{.max_n_jobs = 8});
  scratch::reset();
  for (int call = 1; call <= 20; ++call) {
    amorsize::parallel_for_each(
        numbers(10), amorsize::per_worker(make_scratch, [](scratch& s, int i) { s.use(i); }),
        {.on = &fresh});
    CHECK(scratch::made >= call);
    CHECK(scratch::alive == 0);
  }
}

TEST_CASE("an empty call makes no state") {
  scratch::reset();
  amorsize::parallel_for_each(
      numbers(0), amorsize::per_worker(make_scratch, [](scratch& s, int i) { s.use(i); }),
      support::at_width(3));
  CHECK(scratch::made == 0);
}

TEST_CASE("a make_state that throws fails the call, and the states that were made are destroyed") {
  for (const int width : widths) {
    CAPTURE(width);
    std::atomic<int> made{0};
    const auto second_fails = [&made] {
      if (++made >= 2) throw std::runtime_error("no state");
      return support::counted(0);
    };
    support::meeting all(count(width));
    const auto f = [&](support::counted&, int) {
      if (width == 1) throw std::runtime_error("no state");
      while (made < 2) std::this_thread::yield();  // until another worker has come
    };
    CHECK(support::message_of<std::runtime_error>([&] {
            amorsize::parallel_for_each(numbers(1'000), amorsize::per_worker(second_fails, f),
                                        support::one_by_one(width));
          }) == "no state");
    CHECK(support::counted::alive == 0);
  }
}

TEST_CASE("a make_state that always throws fails with the first item") {
  for (const int width : widths) {
    CAPTURE(width);
    std::atomic<int> calls{0};
    const auto none = []() -> int { throw std::runtime_error("no state"); };
    const auto f = [&calls](int&, int) { ++calls; };
    CHECK_THROWS_WITH_AS(amorsize::parallel_for_each(numbers(100), amorsize::per_worker(none, f),
                                                     support::at_width(width)),
                         "no state", std::runtime_error);
    CHECK(calls == 0);
  }
}

TEST_CASE("a failing f leaves no state behind") {
  for (const int width : widths) {
    CAPTURE(width);
    CHECK_THROWS_AS(
        amorsize::parallel_for_each(numbers(500),
                                    amorsize::per_worker([] { return support::counted(1); },
                                                         [](support::counted&, int i) {
                                                           if (i == 77) throw i;
                                                         }),
                                    support::at_width(width)),
        int);
    CHECK(support::counted::alive == 0);
  }
}

TEST_CASE("a null make_state or f is refused before any of them is called") {
  std::atomic<int> calls{0};
  const std::function<int()> make = [&calls] { return ++calls; };
  const std::function<void(int&, int)> use = [&calls](int&, int) { ++calls; };
  const std::function<int()> no_make;
  const std::function<void(int&, int)> no_use;
  CHECK(support::message_of([&] {
          amorsize::parallel_for_each(numbers(3), amorsize::per_worker(no_make, use));
        }) == "make_state is null, must be callable");
  CHECK(support::message_of([&] {
          amorsize::parallel_for_each(numbers(3), amorsize::per_worker(make, no_use));
        }) == "f is null, must be callable");
  CHECK(calls == 0);
}

TEST_CASE("states of an inner call on a smaller runtime are its own") {
  amorsize::runtime small(amorsize::runtime_options{.max_n_jobs = 1});
  for (const int width : {2, 3, 8}) {
    CAPTURE(width);
    for (int repetition = 0; repetition < 3;
         ++repetition) {  // the site is known from the second on
      support::meeting all(count(width));
      amorsize::parallel_for_each(
          numbers(width),
          [&](int) {
            all.attend();
            amorsize::parallel_for_each(
                numbers(4),
                amorsize::per_worker([] { return support::counted(0); },
                                     [](support::counted& s, int i) { s.value += i; }),
                {.name = "states of a smaller runtime", .on = &small});
          },
          support::one_by_one(width));
      CHECK(support::counted::alive == 0);
    }
  }
}

}  // namespace
