/// Stopping: a stopped call throws `operation_cancelled`, and never returns partial results.
#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "meeting.hpp"
#include "message_of.hpp"
#include "random.hpp"
#include "widths.hpp"

namespace {

using support::count;
using support::message_of;
using support::widths;

amorsize::batch_options stoppable(int width, const std::stop_source& source) {
  amorsize::batch_options options = support::one_by_one(width);
  options.stop = source.get_token();
  return options;
}

TEST_CASE("a call whose token is already stopped throws before any call of f") {
  for (const int width : {0, 1, 2, 3, 8}) {
    for (const int items : {0, 1, 100}) {
      CAPTURE(width);
      CAPTURE(items);
      std::stop_source source;
      source.request_stop();
      std::atomic<int> calls{0};
      const auto f = [&calls](int) { return ++calls; };
      CHECK_THROWS_AS(
          amorsize::parallel_map(std::vector<int>(count(items)), f, stoppable(width, source)),
          amorsize::operation_cancelled);
      CHECK(calls == 0);
    }
  }
}

TEST_CASE("a call stopped from inside an item starts no other but those already on their way") {
  for (const int width : widths) {
    for (int repetition = 0; repetition < support::rounds(50); ++repetition) {
      CAPTURE(width);
      std::stop_source source;
      std::atomic<int> calls{0};
      support::gate stopped;
      const auto f = [&](int) {
        if (++calls == 1) {
          source.request_stop();
          stopped.open();
        }
        stopped.wait();
        return 1;
      };
      CHECK_THROWS_AS(amorsize::parallel_map(std::vector<int>(500), f, stoppable(width, source)),
                      amorsize::operation_cancelled);
      CHECK(calls <= width);
    }
  }
}

TEST_CASE("a call stopped from another thread starts no other but those already on their way") {
  for (const int width : widths) {
    CAPTURE(width);
    std::stop_source source;
    std::atomic<int> calls{0};
    support::gate started;
    support::gate stopped;
    std::thread stopper([&] {
      started.wait();
      source.request_stop();
      stopped.open();
    });
    CHECK_THROWS_AS(amorsize::parallel_for_each(
                        std::vector<int>(500),
                        [&](int) {
                          ++calls;
                          started.open();
                          stopped.wait();
                        },
                        stoppable(width, source)),
                    amorsize::operation_cancelled);
    stopper.join();
    CHECK(calls >= 1);
    CHECK(calls <= width);
  }
}

TEST_CASE(
    "results are never partial: a call that returns has them all, one that was stopped throws") {
  for (int round = 0; round < support::rounds(200); ++round) {
    support::random dice(static_cast<std::uint64_t>(round));
    CAPTURE(support::base_seed());
    CAPTURE(round);
    const int items = dice.between(1, 2'000);
    const int stops_after = dice.between(0, 2'500);
    std::stop_source source;
    std::atomic<int> calls{0};
    const auto f = [&](int) {
      if (calls++ == stops_after) source.request_stop();
      return 1;
    };
    amorsize::batch_options options{
        .n_jobs = dice.between(0, 8), .stop = source.get_token(), .on = &support::wide()};
    try {
      const auto results = amorsize::parallel_map(std::vector<int>(count(items)), f, options);
      CHECK_FALSE(source.stop_requested());
      CHECK(results == std::vector<int>(count(items), 1));
      CHECK(calls == items);
    } catch (const amorsize::operation_cancelled&) {
      CHECK(source.stop_requested());
    }
  }
}

TEST_CASE("a call stopped in its last item throws: the stop came before the results") {
  for (const int width : widths) {
    CAPTURE(width);
    std::stop_source source;
    CHECK_THROWS_AS(amorsize::parallel_for_each(
                        std::vector<int>(1), [&source](int) { source.request_stop(); },
                        stoppable(width, source)),
                    amorsize::operation_cancelled);
  }
}

TEST_CASE("operation_cancelled is an amorsize::error and says what stopped the call") {
  std::stop_source source;
  source.request_stop();
  const std::string why = message_of<amorsize::error>([&] {
    amorsize::parallel_for_each(
        std::vector<int>(3), [](int) {}, stoppable(2, source));
  });
  CHECK(support::contains(why, "stop token"));
}

TEST_CASE("a token that is not stopped changes nothing, and after a stopped call the next works") {
  for (const int width : widths) {
    CAPTURE(width);
    std::stop_source stopped;
    stopped.request_stop();
    CHECK_THROWS_AS(amorsize::parallel_for_each(
                        std::vector<int>(9), [](int) {}, stoppable(width, stopped)),
                    amorsize::operation_cancelled);
    std::stop_source quiet;
    const auto results = amorsize::parallel_map(
        std::vector<int>(9, 4), [](int i) { return i; }, stoppable(width, quiet));
    CHECK(results == std::vector<int>(9, 4));
  }
}

}  // namespace
