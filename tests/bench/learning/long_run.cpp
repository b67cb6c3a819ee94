#include "learning/long_run.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include "learn/width_search.hpp"

namespace learning {
namespace {

constexpr double window_ns = 25e6;

/// What a window loses after the width has changed: chunks under way are of the old width.
constexpr double change_ns = 5e5;

/// Work done in a nanosecond by each width, in those of the best.
std::vector<double> rates_of(const machine& on, work of) {
  constexpr double long_enough_ns = 5e7;
  std::vector<double> rates;
  of.items = std::max(std::floor(long_enough_ns / of.item_ns * on.workers()), of.items);
  for (int n = 1; n <= on.workers(); ++n) rates.push_back(1 / wall_of(on, of, {n, 0}));
  const double best = *std::max_element(rates.begin(), rates.end());
  for (double& rate : rates) rate /= best;
  return rates;
}

}  // namespace

long_run search_width(const machine& on, const work& of, int width, double seconds, double noise,
                      std::uint64_t seed) {
  const std::vector<double> rates = rates_of(on, of);
  const auto rate = [&](int n) { return rates[static_cast<std::size_t>(n - 1)]; };
  std::mt19937_64 random(seed);
  const double all = seconds * 1e9;
  double left = all;
  long_run r;
  r.first = 1 / rate(width);
  double elapsed = 0;
  amorsize::detail::width_search search(width, on.workers(), window_ns);
  int before = width;
  while (left > 0) {
    const int now = search.width();
    const double lost = now == before ? 0 : change_ns;
    const double factor = draw_disturbance(noise, 0, random).factor;
    const double done = (rate(now) * (window_ns - lost) + rate(before) * lost) / factor;
    before = now;
    const double part = std::min(left / done, 1.0);
    left -= done;
    elapsed += part * window_ns;
    if (left > 0) search.next(done, window_ns);
  }
  r.time = elapsed / all;
  r.last = 1 / rate(search.best());
  return r;
}

}  // namespace learning
