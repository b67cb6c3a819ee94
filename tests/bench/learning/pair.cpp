#include "learning/pair.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>

#include "plan/chunking.hpp"
#include "plan/cost_model.hpp"

namespace learning {
namespace {

using namespace amorsize::detail;

constexpr int rungs = 5;

double uniform(std::mt19937_64& random, double from, double to) {
  return std::uniform_real_distribution<double>(from, to)(random);
}

double log_uniform(std::mt19937_64& random, double from, double to) {
  return std::exp(uniform(random, std::log(from), std::log(to)));
}

bool chance(std::mt19937_64& random, double p) { return uniform(random, 0, 1) < p; }

double about(double value, double error, std::mt19937_64& random) {
  return value * std::exp(std::normal_distribution<double>(0, error)(random));
}

}  // namespace

machine draw_machine(std::mt19937_64& random) {
  constexpr std::array sizes{2, 4, 6, 8, 12, 16, 24, 32, 64, 128};
  machine m;
  m.cores = sizes[random() % sizes.size()];
  if (m.cores <= 64 && chance(random, 0.4)) m.siblings = 2;
  m.sibling_speed = uniform(random, 0.05, 0.5);
  if (m.cores >= 4 && m.cores <= 24 && chance(random, 0.25)) {
    m.slow_cores = m.cores / 2;
    m.slow_speed = uniform(random, 0.35, 0.8);
  }
  m.turbo = uniform(random, 0, 0.5);
  m.bandwidth = std::max(m.cores * uniform(random, 0.15, 0.8), 1.0);
  m.cache_bytes = log_uniform(random, 2.5e5, 4e6);
  m.shared_cache = log_uniform(random, 4e6, 2.5e8);
  if (m.cores >= 24 && chance(random, 0.5)) m.sockets = 2;
  m.wake = log_uniform(random, 1'000, 60'000);
  m.wake_next = log_uniform(random, 100, 4'000);
  m.claim = log_uniform(random, 30, 200);
  m.contention = uniform(random, 0, 0.1);
  m.join = log_uniform(random, 300, 5'000);
  if (chance(random, 0.2)) m.busy_cores = std::max(m.cores / 4, 1);
  return m;
}

work draw_work(std::mt19937_64& random) {
  work w;
  const double serial = log_uniform(random, 6e5, 3e8);
  w.item_ns = std::min(log_uniform(random, 30, 1e6), serial / 8);
  w.items = std::floor(serial / w.item_ns);
  if (chance(random, 0.5)) {
    w.memory_part = uniform(random, 0.2, 0.95);
    w.item_bytes = std::min(log_uniform(random, 8, 8192), w.item_ns * 10);
  }
  w.spread = uniform(random, 0, 1);
  constexpr std::array shapes{shape::even, shape::random, shape::dear_end, shape::dear_start,
                              shape::few_dear};
  w.skew = shapes[random() % shapes.size()];
  if (w.skew == shape::even) w.spread = 0;
  return w;
}

std::vector<double> truth_of(const machine& on, const work& of, const std::vector<arm>& arms) {
  std::vector<double> all;
  for (const arm& a : arms) all.push_back(wall_of(on, of, {a.by.n_jobs, a.by.chunk_rung}));
  return all;
}

pair make_pair(const machine& on, const work& of, std::mt19937_64& random) {
  pair p{on, of, {}, {}};
  const double error = 0.2;
  const sharing_costs costs{about(0.05 * on.wake, error, random), about(on.wake, error, random),
                            about(on.join, error, random), about(on.claim, error, random)};
  const double serial = wall_of(on, of, {1, 0});
  amorsize::workload asked;
  asked.items = static_cast<std::size_t>(of.items);
  asked.estimated_item_time = amorsize::duration(about(serial / of.items, 0.1, random));
  asked.coefficient_of_variation = variation_of(of);
  const capacity room{on.workers(), on.cores, on.workers(), on.slow_cores};
  for (int n = 1;; n = std::min(2 * n, on.workers())) {
    for (int rung = 0; rung <= (n == 1 ? 0 : rungs); ++rung) {
      if (least_chunks * rung_ns(rung) > serial / n) break;
      const double items = std::clamp(std::floor(rung_ns(rung) / asked.estimated_item_time.count()),
                                      1.0, of.items / n);
      const std::size_t chunk =
          rung == 0 ? usual_chunk(asked, n, costs) : static_cast<std::size_t>(std::max(items, 1.0));
      arm a;
      a.by = {.n_jobs = n, .chunk_rung = rung};
      a.prior = expected_time(asked, n, chunk, costs, room);
      p.arms.push_back(a);
    }
    if (n >= on.workers() || 2.0 * n > of.items) break;
  }
  p.truth = truth_of(on, of, p.arms);
  return p;
}

std::size_t pair::best() const {
  return static_cast<std::size_t>(std::min_element(truth.begin(), truth.end()) - truth.begin());
}

std::size_t pair::prior_choice() const {
  double least = arms.front().prior;
  for (const arm& a : arms) least = std::min(least, a.prior);
  const auto first =
      std::find_if(arms.begin(), arms.end(), [&](const arm& a) { return 0.97 * a.prior <= least; });
  return static_cast<std::size_t>(first - arms.begin());
}

}  // namespace learning
