#include "learning/trial.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace learning {

double mean_of(const std::vector<double>& all) {
  return std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
}

double quantile(std::vector<double> all, double part) {
  const auto place = static_cast<std::size_t>(part * static_cast<double>(all.size() - 1) + 0.5);
  std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(place), all.end());
  return all[place];
}

double trial::mean() const { return 1 + mean_of(extra); }

trial play(player& who, const pair& at, const conditions& under) {
  std::mt19937_64 random(under.seed);
  const double least = at.truth[at.best()];
  trial t;
  t.prior = at.truth[at.prior_choice()] / least;
  for (int run = 0; run < under.runs; ++run) {
    const turn now = who.play();
    t.arms.push_back(now.arm);
    const executed what = execute(at, now, under.noise, random);
    t.extra.push_back(what.cost / least - 1);
    if (what.was_abandoned) {
      t.abandoned += 1;
      t.saved += (at.truth[now.arm] - what.cost) / least;
    }
    t.confidences.push_back(now.confidence);
    t.is_near.push_back(at.truth[now.best] <= 1.1 * least);
    who.observe(now, what);
  }
  t.last = at.truth[who.play().best] / least;
  return t;
}

reliability reliability_of(const std::vector<trial>& trials) {
  reliability r;
  double count = 0;
  double near = 0;
  for (const trial& t : trials) {
    for (std::size_t i = 0; i < t.confidences.size(); ++i) {
      const double claimed = t.confidences[i];
      const double truth = t.is_near[i] ? 1 : 0;
      auto& bin = r.bins[std::min(static_cast<std::size_t>(claimed * 10), r.bins.size() - 1)];
      bin.count += 1;
      bin.claimed += claimed;
      bin.true_part += truth;
      r.brier += (claimed - truth) * (claimed - truth);
      near += truth;
      count += 1;
    }
  }
  for (auto& bin : r.bins) {
    if (bin.count == 0) continue;
    bin.claimed /= bin.count;
    bin.true_part /= bin.count;
  }
  r.brier /= count;
  r.brier_of_constant = near / count * (1 - near / count);
  return r;
}

}  // namespace learning
