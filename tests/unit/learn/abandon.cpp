#include "learn/abandon.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>

using namespace amorsize::detail;

namespace {

constexpr double ms = 1e6;

/// Of a call of 1,000 items that would take 10 ms otherwise.
struct call {
  double item_ns = 10'000;
  double starts_after = 0;   // ns
  double stalls_at = 2'000;  // items done; for `stall` ns
  double stall = 0;
  double otherwise = 10 * ms;
  double spread = 0.05;
  double variation = 0;

  double elapsed(double done) const {
    return starts_after + done * item_ns + (done >= stalls_at ? stall : 0);
  }

  /// Items done when it is abandoned; 1,000: never. Asked at the end of every 10 items.
  double left_at(double* whole = nullptr) const {
    progress p(otherwise, spread, variation);
    for (double done = 10; done < 1'000; done += 10) {
      if (!p.should_abandon(elapsed(done), done, 1'000 - done)) continue;
      if (whole != nullptr) *whole = p.whole(elapsed(done), done, 1'000 - done);
      return done;
    }
    return 1'000;
  }
};

}  // namespace

TEST_CASE("what is as fast as expected, or somewhat slower, is never left") {
  for (const double slower : {0.1, 0.9, 1.0, 1.05}) {
    CHECK(call{.item_ns = slower * 10'000}.left_at() == 1'000);
  }
}

TEST_CASE("what is far slower is left early, the rest being done in time") {
  for (const double slower : {1.5, 2.0, 10.0}) {
    CAPTURE(slower);
    const call slow{.item_ns = slower * 10'000};
    const double done = slow.left_at();
    CHECK(done <= 200);
    const double took = slow.elapsed(done) + (1'000 - done) * 10'000;
    CHECK(took < 10 * ms * (1 + 0.25 * (slower - 1)));
  }
}

TEST_CASE("what an abandoned call would have taken is told") {
  double whole = 0;
  CHECK(call{.item_ns = 30'000, .starts_after = 5 * ms}.left_at(&whole) < 1'000);
  CHECK(whole == doctest::Approx(35 * ms));
  CHECK(progress(10 * ms, 0.05, 0).whole(1 * ms, 100, 900) == 0);
}

TEST_CASE("a single slow start is forgiven, however slow, and so is one stall on the way") {
  for (const double late : {0.1 * ms, 4 * ms, 100 * ms}) {
    CAPTURE(late);
    CHECK(call{.starts_after = late}.left_at() == 1'000);
    for (const double at : {20.0, 50.0, 100.0, 500.0, 890.0}) {
      CHECK(call{.stalls_at = at, .stall = late}.left_at() == 1'000);
    }
  }
}

TEST_CASE("the less sure it is what the rest would take, the longer a call is given") {
  const double sure = call{.item_ns = 18'000, .spread = 0.05}.left_at();
  CHECK(sure < 1'000);
  CHECK(call{.item_ns = 18'000, .spread = 0.5}.left_at() == 1'000);
  CHECK(call{.item_ns = 18'000, .spread = -1}.left_at() <= sure);
}

TEST_CASE("where items differ, the dearest may come first, and nothing is left for that") {
  const double variation = 1;  // a tenth of the items takes four times the mean
  progress p(10 * ms, 0.05, variation);
  for (double done = 10; done < 1'000; done += 10) {
    const double elapsed = 10'000 * (done / 1.5 + (done < 100 ? done : 100) * 10 / 3.0);
    CHECK_FALSE(p.should_abandon(elapsed, done, 1'000 - done));
  }
  CHECK(call{.item_ns = 60'000, .variation = variation}.left_at() < 300);
}

TEST_CASE("short calls, and what little is left of long ones, are not worth a change") {
  progress p(0.1 * ms, 0.05, 0);
  for (double done = 10; done < 1'000; done += 10) {
    CHECK_FALSE(p.should_abandon(done * 140, done, 1'000 - done));
  }
  progress slower(0.4 * ms, 0.05, 0);
  for (double done = 10; done < 1'000; done += 10) {
    CHECK_FALSE(slower.should_abandon(done * 470, done, 1'000 - done));
  }
  progress end(10 * ms, 0.05, 0);
  for (double done = 10; done <= 980; done += 10) {
    CHECK_FALSE(end.should_abandon(done * 10'000, done, 1'000 - done));
  }
  CHECK_FALSE(end.should_abandon(10.4 * ms, 990, 10));
}

TEST_CASE("without an expectation nothing is left, nor by what are no numbers") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double otherwise : {0.0, -1.0, nan}) {
    CHECK(call{.item_ns = 1e6, .otherwise = otherwise}.left_at() == 1'000);
  }
  CHECK_FALSE(progress().should_abandon(10 * ms, 100, 900));
  for (const double elapsed : {nan, -1.0, 0.0}) {
    progress at(10 * ms, 0.05, 0);
    for (int done = 100; done < 1'000; done += 100) {
      CHECK_FALSE(at.should_abandon(elapsed, done, 1'000 - done));
    }
  }
}

TEST_CASE("the loss of a try is bounded by leaving it, and grows with how slow it is") {
  CHECK(loss_when_abandoned(-0.5) == 0);
  CHECK(loss_when_abandoned(0.05) == doctest::Approx(0.05));
  CHECK(loss_when_abandoned(1) < 0.3);
  double before = 0;
  for (const double excess : {0.01, 0.1, 0.12, 0.5, 1.0, 3.0}) {
    CHECK(loss_when_abandoned(excess) > before);
    before = loss_when_abandoned(excess);
  }
}

TEST_CASE("a short call that is a tenth slower is not worth a change, and one far slower is") {
  CHECK(call{.item_ns = 550, .otherwise = 0.5 * ms, .spread = 0}.left_at() == 1'000);
  CHECK(call{.item_ns = 2'000, .otherwise = 0.5 * ms, .spread = 0}.left_at() < 1'000);
}
