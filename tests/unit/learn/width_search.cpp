#include "learn/width_search.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

using namespace amorsize::detail;

namespace {

constexpr double window_ns = 25e6;

/// A call whose throughput depends on the width, with noise.
struct long_call {
  std::function<double(int)> rate;  // items per nanosecond
  double noise = 0.05;
  std::mt19937 random{1};
  std::vector<int> widths{};
  double lost = 0;  // windows, against `best`

  void run(width_search& search, int windows, double best = 1) {
    std::normal_distribution<double> normal(0, noise);
    for (int i = 0; i < windows; ++i) {
      widths.push_back(search.width());
      lost += 1 - rate(search.width()) / best;
      search.next(rate(search.width()) * std::exp(normal(random)) * window_ns, window_ns);
    }
  }

  int changes() const {
    int count = 0;
    for (std::size_t i = 1; i < widths.size(); ++i) count += widths[i] != widths[i - 1] ? 1 : 0;
    return count;
  }
};

/// The more threads up to `knee` the faster; beyond it, each one costs 3 %.
double kneed(int width, int knee) {
  return std::min(width, knee) / static_cast<double>(knee) - 0.03 * std::max(width - knee, 0);
}

}  // namespace

TEST_CASE("the best width is found, from below and from above, whatever the noise") {
  for (const int knee : {1, 2, 3, 6, 8, 12, 16}) {
    for (const int first : {1, 4, 16}) {
      for (const double noise : {0.0, 0.02, 0.05}) {
        CAPTURE(knee);
        CAPTURE(first);
        CAPTURE(noise);
        width_search search(first, 16, window_ns);
        long_call call{[&](int w) { return kneed(w, knee); }, noise};
        call.run(search, 160);
        CHECK(kneed(search.best(), knee) > 0.9);
      }
    }
  }
}

TEST_CASE("where the width is right, the search costs no more than the purse and 3 %") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    width_search search(8, 16, window_ns);
    long_call call{[](int w) { return kneed(w, 8); }, 0.05, std::mt19937{seed}};
    call.run(search, 100);
    CHECK(call.lost < 0.03 * 100 + 2);
    CHECK(search.lost_ns() < (0.03 * 100 + 2) * window_ns);
    CHECK(kneed(search.best(), 8) > 0.87);
  }
}

TEST_CASE("without a purse, tries wait until 3 % of the time pays for them") {
  width_search search(8, 16, 0);
  long_call call{[](int w) { return kneed(w, 8); }, 0};
  call.run(search, 100);
  CHECK(call.lost < 0.03 * 100 + 0.6);
}

TEST_CASE("where all widths are equal, it seldom moves, and less and less tries") {
  int moves = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    width_search search(4, 16, window_ns);
    long_call call{[](int) { return 1.0; }, 0.02, std::mt19937{seed}};
    int best = search.best();
    for (int i = 0; i < 200; ++i) {
      call.run(search, 1);
      if (search.best() != best) ++moves;
      best = search.best();
    }
    const auto tries =
        std::count_if(call.widths.end() - 100, call.widths.end(), [&](int w) { return w != best; });
    CHECK(tries <= 40);
  }
  CHECK(moves <= 20);
}

TEST_CASE("a gain of less than 3 % is not worth moving for") {
  width_search search(8, 16, window_ns);
  long_call call{[](int w) { return w == 8 ? 1 : 1.02; }, 0};
  call.run(search, 100);
  CHECK(search.best() == 8);
  call.rate = [](int w) { return w == 8 ? 1 : 1.06; };
  call.run(search, 100);
  CHECK(search.best() != 8);
}

TEST_CASE("when the machine changes during the call, the new best width is found") {
  width_search search(16, 16, window_ns);
  long_call call{[](int w) { return kneed(w, 16); }, 0.03};
  call.run(search, 60);
  CHECK(search.best() >= 14);
  call.rate = [](int w) { return kneed(w, 4); };
  call.run(search, 60);
  CHECK(kneed(search.best(), 4) > 0.9);
}

TEST_CASE("a change is noticed at once also where tries have become rare") {
  width_search search(16, 16, window_ns);
  long_call call{[](int w) { return kneed(w, 16); }, 0.01};
  call.run(search, 400);
  for (int i = 0; i < 200 && search.width() == search.best(); ++i) call.run(search, 1);
  while (search.width() != search.best()) call.run(search, 1);
  for (int i = 0; i < 3; ++i) call.run(search, 1);
  call.rate = [](int w) { return kneed(w, 4); };
  call.run(search, 25);
  CHECK(kneed(search.best(), 4) > 0.9);
}

TEST_CASE("one stalled window does not make the neighbours look better, whenever it comes") {
  const auto rate = [](int w) { return w == 8 ? 1 : 0.95; };
  for (int before = 3; before < 40; ++before) {
    width_search search(8, 16, window_ns);
    long_call call{rate, 0.005};
    call.run(search, before);
    while (search.width() != 8) call.run(search, 1);
    search.next(0.05 * window_ns, window_ns);
    for (int i = 0; i < 30; ++i) {
      call.run(search, 1);
      CHECK(search.best() == 8);
    }
  }
}

TEST_CASE("one slow window among others changes nothing") {
  width_search search(8, 8, 0);
  long_call call{[](int w) { return kneed(w, 8); }, 0.01};
  call.run(search, 12);
  REQUIRE(search.best() == 8);
  search.next(0.1 * window_ns, window_ns);
  call.run(search, 20);
  CHECK(search.best() == 8);
}

TEST_CASE("widths stay between one and the most, and a single one is never left") {
  width_search alone(1, 1, window_ns);
  long_call call{[](int) { return 1.0; }, 0.1};
  call.run(alone, 50);
  CHECK(call.changes() == 0);
  for (const int wanted : {-5, 0, 3, 100}) {
    width_search search(wanted, 3, window_ns);
    long_call other{[](int w) { return kneed(w, 2); }, 0.1};
    other.run(search, 100);
    for (const int w : other.widths) CHECK((w >= 1 && w <= 3));
  }
}

TEST_CASE("what is no window is ignored") {
  width_search search(4, 8, window_ns);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double wrong : {0.0, -1.0, nan, std::numeric_limits<double>::infinity()}) {
    CHECK(search.next(wrong, window_ns) == 4);
    CHECK(search.next(100, wrong) == 4);
  }
  CHECK(search.lost_ns() == 0);
}

TEST_CASE("a change of the machine is acted upon at once, however long the search had rested") {
  width_search search(16, 16, window_ns);
  long_call call{[](int w) { return kneed(w, 16); }, 0};
  call.run(search, 300);
  REQUIRE(search.best() == 16);
  call.rate = [](int w) { return 0.5 * kneed(w, 4); };
  call.run(search, 20);
  CHECK(search.best() <= 8);
}

TEST_CASE("one slow window is no reason to try other widths") {
  width_search search(8, 16, 1e12);
  long_call call{[](int w) { return kneed(w, 8); }, 0};
  int resting = 0;
  for (int i = 0; i < 200 && resting < 3; ++i) {
    call.run(search, 1);
    resting = search.width() == 8 ? resting + 1 : 0;
  }
  REQUIRE(resting == 3);
  search.next(0.1 * window_ns, window_ns);
  for (int i = 0; i < 3; ++i) {
    CHECK(search.width() == 8);
    call.run(search, 1);
  }
}

TEST_CASE("where all widths get faster alike, slowly, none is taken for the reason") {
  width_search search(4, 16, window_ns);
  long_call call{[](int) { return 1.0; }, 0};
  for (int i = 0; i < 400; ++i) {
    call.rate = [i](int) { return std::exp(0.001 * i); };
    call.run(search, 1);
    CHECK(search.best() == 4);
  }
}

TEST_CASE("a width that was rejected is not tried again before a rest") {
  // One thread of two is half as fast: the only other width there is.
  for (const double purse_ns : {0.0, window_ns, 1e12}) {
    width_search search(2, 2, purse_ns);
    long_call call{[](int w) { return w; }, 0};
    int changes = 0;
    for (int i = 0, last = 2; i < 12; ++i) {
      call.run(search, 1);
      changes += search.width() != last ? 1 : 0;
      last = search.width();
    }
    CHECK(changes <= 2);
  }
}

TEST_CASE("nothing is tried that may lose more than the purse and 3 % of the time so far") {
  width_search search(2, 2, 0);
  long_call call{[](int w) { return w; }, 0};
  // Half of a window is 3 % of 17 of them.
  for (int i = 0; i < 16; ++i) {
    call.run(search, 1);
    CHECK(search.width() == 2);
  }
  call.run(search, 1);
  CHECK(search.width() == 1);
}
