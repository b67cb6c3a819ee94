/// Could a fixed duration of chunks, chosen by what was measured, beat the adaptive rule?
#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "real_workloads/learner.hpp"
#include "real_workloads/modes.hpp"
#include "real_workloads/search.hpp"

namespace bench {
namespace {

constexpr int n_jobs = 2;
constexpr double durations_us[] = {8, 32, 128, 512, 2000};

struct rung {
  std::string name;
  std::size_t chunksize = 1;
};

/// Those that differ: the shortest chunk has one item, the longest has all.
std::vector<rung> rungs_of(std::size_t items, double item_ns) {
  std::vector<rung> rungs;
  for (const double us : durations_us) {
    const double wanted = std::max(1.0, std::round(1e3 * us / item_ns));
    const auto chunk = static_cast<std::size_t>(std::min(wanted, static_cast<double>(items)));
    if (!rungs.empty() && rungs.back().chunksize == chunk) continue;
    rungs.push_back({std::to_string(static_cast<int>(us)) + " us", chunk});
  }
  return rungs;
}

}  // namespace

void chunk_contest::hold(real_work& work) {
  const learner who;
  const auto adaptive = [&] {
    work.call({.name = work.name(), .n_jobs = n_jobs, .on = &who.here()});
  };
  std::vector<way> ways{{adaptive}};
  for (int i = 0; i < 5; ++i) adaptive();
  const double item_ns = time_of(3, [&] { work.loop(); }) / static_cast<double>(work.items());
  const std::vector<rung> rungs = rungs_of(work.items(), item_ns);
  amorsize::runtime here({.store = "off"});
  for (const rung& r : rungs) ways.push_back(fixed_way(work, here, {n_jobs, r.chunksize}));

  // The best is chosen by other readings than those that say how good it is.
  rounds_of rounds(out_, work);
  rounds.hold(ways, rules_.quick ? 1 : 15);
  const auto fastest = std::min_element(ways.begin() + 1, ways.end(), is_faster);
  const auto best = static_cast<std::size_t>(fastest - ways.begin());
  for (way& w : ways) w.times.clear();
  rounds.hold(ways, rules_.quick ? 1 : 31);

  for (std::size_t i = 0; i < rungs.size(); ++i) {
    out_.add(work.name(), rungs[i].name, ratios(ways[i + 1].times, ways[0].times));
  }
  const std::vector<double> gain = ratios(ways[best].times, ways[0].times);
  out_.add(work.name(), "best/adaptive", gain);
  gains_.push_back(summarise(gain).median);
  std::printf("%s: %s, %.2f of the adaptive rule's time\n", work.name().c_str(),
              rungs[best - 1].name.c_str(), gains_.back());
  std::fflush(stdout);
}

void chunk_contest::sum_up() {
  if (gains_.empty()) return;
  out_.add("geometric mean", "best/adaptive", {geometric_mean(gains_)});
  out_.add("least", "best/adaptive", {*std::min_element(gains_.begin(), gains_.end())});
}

}  // namespace bench
