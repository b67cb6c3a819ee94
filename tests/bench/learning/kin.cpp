#include "learning/kin.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "../../support/choose_known.hpp"
#include "learn/learner.hpp"
#include "learn/outcome.hpp"

namespace learning {
namespace {

using namespace amorsize::detail;

constexpr double noise = 0.05;
constexpr int runs = 30;

double uniform(std::mt19937_64& random, double from, double to) {
  return std::uniform_real_distribution<double>(from, to)(random);
}

/// Up to `most` times as much or as little.
double about(double value, double most, std::mt19937_64& random) {
  return value * std::pow(most, uniform(random, -1, 1));
}

}  // namespace

features place_of(const machine& on, const work& of, double item_ns, bandwidth is) {
  amorsize::workload asked;
  asked.items = static_cast<std::size_t>(of.items);
  asked.estimated_item_time = amorsize::duration(item_ns);
  asked.coefficient_of_variation = of.spread;
  asked.item_bytes = static_cast<std::size_t>(of.item_bytes);
  amorsize::machine here;
  here.usable_cores = on.cores;
  here.numa_nodes = on.sockets;
  here.l3_bytes = static_cast<std::size_t>(on.shared_cache);
  const double part = is == bandwidth::told ? on.bandwidth / on.cores : 0.5;
  return normalised(asked, here, {16e9, 40e9 * part, on.wake});
}

double sampled_item_ns(const pair& at, std::mt19937_64& random) {
  return about(at.truth.front() / at.of.items, 1.05, random);
}

learned learn_of(const machine& on, const work& of, bandwidth is, std::mt19937_64& random) {
  learned all{make_pair(on, of, random), 0, 0, {}};
  sized_record& known = all.record;
  known.item_ns = sampled_item_ns(all.at, random);
  known.place = place_of(on, of, known.item_ns, is);
  for (int run = 0; run < runs; ++run) {
    const choice c = support::choose_known(&known, all.at.arms, of.items, prior_log_error);
    const disturbance met = draw_disturbance(noise, on.outliers, random);
    const double wall = all.at.truth[c.arm] * met.factor + met.late;
    observe(known, all.at.arms[c.arm].by, wall / of.items, run);
    known.calls += 1;
    known.items += of.items;
    known.wall_ns += wall;
    if (c.is_exploration) known.explored_ns += std::max(wall - c.best, 0.0);
  }
  return all;
}

work similar(const work& base, std::mt19937_64& random) {
  work w = base;
  w.item_ns = about(base.item_ns, 2, random);
  w.items = std::max(std::floor(about(base.items, 2, random)), 8.0);
  w.item_bytes = about(base.item_bytes, 1.4, random);
  w.spread = about(base.spread, 1.25, random);
  if (base.memory_part > 0) {
    w.memory_part = std::clamp(base.memory_part + uniform(random, -0.1, 0.1), 0.0, 0.95);
  }
  return w;
}

machine with_cores(const machine& base, int cores) {
  machine m = base;
  const double factor = static_cast<double>(cores) / base.cores;
  m.cores = cores;
  m.slow_cores = static_cast<int>(std::lround(base.slow_cores * factor));
  m.bandwidth *= factor;
  m.shared_cache *= factor;
  if (base.busy_cores > 0) m.busy_cores = std::max(static_cast<int>(base.busy_cores * factor), 1);
  return m;
}

machine similar(const machine& base, std::mt19937_64& random) {
  int cores = base.cores;
  const auto drawn = random() % 3;
  if (drawn == 1) cores *= 2;
  if (drawn == 2) cores /= 2;
  machine m = with_cores(base, cores < 2 || cores > 128 ? base.cores : cores);
  m.bandwidth = about(m.bandwidth, 1.15, random);
  m.shared_cache = about(m.shared_cache, 1.3, random);
  m.turbo = std::clamp(m.turbo + uniform(random, -0.05, 0.05), 0.0, 0.5);
  m.wake = about(m.wake, 1.3, random);
  m.claim = about(m.claim, 1.2, random);
  m.contention = about(m.contention, 1.2, random);
  return m;
}

}  // namespace learning
