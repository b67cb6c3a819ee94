/// How near do automatic calls come to the best plan that exhaustive search finds?
#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <cstddef>
#include <cstdio>
#include <utility>
#include <vector>

#include "real_workloads/learner.hpp"
#include "real_workloads/modes.hpp"
#include "real_workloads/search.hpp"

namespace bench {
namespace {

struct readings {
  way plain;
  way automatic;
  way oracle;
  std::vector<double> first;  // ns, one each learner
  std::vector<double> n_jobs;
  std::vector<double> chunks;
  std::vector<double> confidence;
};

std::vector<double> scaled(std::vector<double> values, double by) {
  for (double& v : values) v *= by;
  return values;
}

/// Each learner's first run over what the oracle took in the same minute.
std::vector<double> first_ratios(const readings& seen, int rounds) {
  std::vector<double> all;
  auto begin = seen.oracle.times.begin();
  for (const double first : seen.first) {
    all.push_back(first / summarise({begin, begin + rounds}).median);
    begin += rounds;
  }
  return all;
}

class trial {
 public:
  trial(results& out, real_work& work, const trial_rules& rules)
      : out_(out), work_(work), rules_(rules) {}

  readings run() {
    std::vector<way> ways = search(out_, work_, here_, rules_.quick);
    ways.push_back({[this] { work_.loop(); }});
    ways.push_back({[this] { work_.call({.name = work_.name(), .on = learned_}); }});
    rounds_of rounds(out_, work_);
    for (int i = 0; i < rules_.learners; ++i) {
      learner who;
      teach(who);
      learned_ = &who.here();
      for (int round = 0; round < rules_.rounds; ++round) {
        rounds.hold(ways, 1);
        note(automatic(who));
      }
    }
    seen_.automatic = take_last(ways);
    seen_.plain = take_last(ways);
    // By all readings, whatever disturbed the search: in doubt, against us.
    seen_.oracle = *std::min_element(ways.begin(), ways.end(), is_faster);
    return seen_;
  }

 private:
  static way take_last(std::vector<way>& ways) {
    way last = std::move(ways.back());
    ways.pop_back();
    return last;
  }

  void teach(learner& who) {
    work_.loop();  // the first run is not the one that finds cold caches
    seen_.first.push_back(automatic(who).wall.count());
    for (int i = 1; i < rules_.runs; ++i) {
      if (rules_.runs_a_process != 0 && i % rules_.runs_a_process == 0) who.renew();
      automatic(who);
    }
  }

  amorsize::run_report automatic(const learner& who) {
    amorsize::run_report report;
    work_.clear();
    work_.call({.name = work_.name(), .report = &report, .on = &who.here()});
    if (!work_.is_right() || report.items != work_.items()) out_.wrong(work_.name());
    return report;
  }

  void note(const amorsize::run_report& report) {
    seen_.n_jobs.push_back(report.plan.n_jobs);
    seen_.chunks.push_back(static_cast<double>(report.plan.chunksize));
    seen_.confidence.push_back(report.plan.confidence);
  }

  results& out_;
  real_work& work_;
  const trial_rules rules_;
  amorsize::runtime here_{{.store = "off"}};  // of the fixed plans: what is learned is not shared
  amorsize::runtime* learned_ = nullptr;
  readings seen_;
};

}  // namespace

void oracle_contest::hold(real_work& work) {
  const readings seen = trial(out_, work, rules_).run();
  const std::vector<double> learned = ratios(seen.automatic.times, seen.oracle.times);
  const std::vector<double> first = first_ratios(seen, rules_.rounds);
  learned_.push_back(summarise(learned).median);
  first_.push_back(summarise(first).median);

  out_.add(work.name(), "plain ms", scaled(seen.plain.times, 1e-6));
  out_.add(work.name(), "oracle ms", scaled(seen.oracle.times, 1e-6));
  out_.add(work.name(), "oracle n", {static_cast<double>(seen.oracle.plan.n_jobs)});
  out_.add(work.name(), "oracle chunk", {static_cast<double>(seen.oracle.plan.chunksize)});
  out_.add(work.name(), "automatic ms", scaled(seen.automatic.times, 1e-6));
  out_.add(work.name(), "n", seen.n_jobs);
  out_.add(work.name(), "chunk", seen.chunks);
  out_.add(work.name(), "automatic/oracle", learned);
  out_.add(work.name(), "first/oracle", first);
  out_.add(work.name(), "confidence", seen.confidence);
  std::printf("%s: %.2f of the oracle's time, first %.2f\n", work.name().c_str(), learned_.back(),
              first_.back());
  std::fflush(stdout);
}

void oracle_contest::sum_up() {
  if (learned_.empty()) return;
  out_.add("geometric mean", "automatic/oracle", {geometric_mean(learned_)});
  out_.add("geometric mean", "first/oracle", {geometric_mean(first_)});
  out_.add("worst", "automatic/oracle", {*std::max_element(learned_.begin(), learned_.end())});
  out_.add("worst", "first/oracle", {*std::max_element(first_.begin(), first_.end())});
}

}  // namespace bench
