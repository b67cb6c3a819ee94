#include "learning/scenario.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "learn/outcome.hpp"
#include "learning/player.hpp"

namespace learning {
namespace {

using namespace amorsize::detail;

constexpr double noise = 0.05;

/// Eight cores, of which the cost model expects what everybody would.
pair eight_cores() {
  pair p;
  p.on.cores = 8;
  p.on.outliers = 0;
  p.of = {1e4, 1e3, 0, 0, 0, shape::even};
  for (const int n : {1, 2, 4, 8}) {
    arm a;
    a.by.n_jobs = n;
    a.prior = 1e7 / n + 2e4;
    p.arms.push_back(a);
  }
  return p;
}

}  // namespace

wrong_record leave_wrong_record(double noted, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  pair p = eight_cores();
  p.truth = {1e7, 5.3e6, 1e7, 5e7};
  sized_record known;
  known.outcomes.push_back({p.arms[3].by, noted, std::log(2e6 / p.of.items), 0, 0});
  known.calls = noted;
  known.items = noted * p.of.items;
  known.wall_ns = noted * 2e6;
  const auto who = learner_from(p, known);
  wrong_record w;
  for (int run = 0; run < 30; ++run) {
    const turn now = who->play();
    if (run == 0) w.confidence_before = now.confidence;
    if (run == 1) w.confidence_after = now.confidence;
    if (p.arms[now.arm].by.n_jobs != 8) return w;
    who->observe(now, execute(p, now, noise, random));
    ++w.runs_to_leave;
  }
  return w;
}

equal_arms play_equal_arms(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  pair p = eight_cores();
  for (arm& a : p.arms) a.prior = 1e7;
  p.truth.assign(p.arms.size(), 1e7);
  const auto who = learner_from(p, {});
  equal_arms e;
  std::size_t last = 0;
  for (int run = 0; run < 100; ++run) {
    const turn now = who->play();
    if (run > 30 && now.best != last) ++e.switches;
    last = now.best;
    const executed what = execute(p, now, noise, random);
    e.extra += (what.cost / 1e7 - 1) / 100;
    who->observe(now, what);
  }
  return e;
}

drifted follow_drift(const pair& before, const machine& after, int most, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  pair p = before;
  const auto who = learner_from(p, {});
  const auto run = [&] {
    const turn now = who->play();
    who->observe(now, execute(p, now, noise, random));
  };
  for (int i = 0; i < 30; ++i) run();
  p.truth = truth_of(after, p.of, p.arms);
  const double least = p.truth[p.best()];
  drifted d{most, 1};
  for (int i = 0; i < most; ++i) {
    const double now = p.truth[who->play().best] / least;
    if (i == 15) d.after_fifteen = now;
    if (now <= 1.05) d.runs = std::min(d.runs, i);
    run();
  }
  return d;
}

}  // namespace learning
