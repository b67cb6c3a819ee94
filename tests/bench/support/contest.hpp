/// A contest: all contenders on one workload, in turn, each round starting with another one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "support/contenders.hpp"
#include "support/indices.hpp"
#include "support/peers.hpp"
#include "support/results.hpp"

namespace bench {

struct contest_rules {
  int rounds = 15;
  int calls = 1;               ///< timed in a row
  double awake_ns = 0;         ///< untimed work before, so that workers are awake; zero: they sleep
  double least_rest_ns = 3e6;  ///< before each contender: the last one's workers stop spinning
  double most_rest_ns = 3e6;
};

class contest {
 public:
  contest(results& out, placement where) : out_(out), where_(where) {
    // All threads are made before the caller is pinned: they would inherit that.
    workload small(64, 1'000);
    for (contender* c : peers()) {
      c->run(small, small.items());
      c->place(where);
    }
    amorsize::parallel_for_each(indices(64), [](std::size_t) {}, {.name = "contest"});
    if (where == placement::apart) processors::pin(processors::of_process().of_caller);
  }
  ~contest() {
    processors::of_process().release();
    for (contender* c : peers()) c->place(placement::as_shipped);
  }
  contest(const contest&) = delete;
  contest& operator=(const contest&) = delete;

  /// Adds a row: times over serial's of the same round, and ours over the best's and the ideal's.
  void hold(const std::string& row, workload& work, double total_ns, const contest_rules& rules) {
    ours our_site(row + (where_ == placement::apart ? ", apart" : ""));
    for (int i = 0; i < 5; ++i) our_site.run(work, work.items());

    std::vector<contender*> all = peers();
    all.push_back(&our_site);
    std::vector<std::vector<double>> times(all.size());
    for (int round = 0; round < rules.rounds; ++round) {
      for (std::size_t k = 0; k < all.size(); ++k) {
        const std::size_t turn = (k + static_cast<std::size_t>(round)) % all.size();
        times[turn].push_back(measure(*all[turn], work, total_ns, rules));
        if (!work.is_right()) out_.wrong(row + ", " + all[turn]->name());
      }
    }
    report(row, all, times);
  }

 private:
  std::vector<contender*> peers() {
    return {&serial_, &tbb_auto_, &guided_, &static_, &queue_, &ideal_};
  }
  static constexpr std::size_t of_serial = 0;
  static constexpr std::size_t of_ideal = 5;
  static constexpr std::size_t of_ours = 6;

  double measure(contender& c, workload& work, double total_ns, const contest_rules& rules) {
    work.clear();
    rest(std::uniform_real_distribution<double>(rules.least_rest_ns, rules.most_rest_ns)(random_));
    if (rules.awake_ns > 0) wake(c, work, total_ns, rules.awake_ns);
    return c.time(work, rules.calls);
  }

  static void wake(contender& c, const workload& work, double total_ns, double awake_ns) {
    const double part = std::min(1.0, awake_ns / total_ns);
    const auto items = static_cast<std::size_t>(static_cast<double>(work.items()) * part);
    const double start = now_ns();
    do {
      c.run(work, std::max<std::size_t>(items, 2));
    } while (now_ns() - start < awake_ns);
  }

  void report(const std::string& row, const std::vector<contender*>& all,
              const std::vector<std::vector<double>>& times) {
    const std::string name = row + (where_ == placement::apart ? ", apart" : "");
    std::size_t best = of_serial + 1;
    double least = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
      const std::vector<double> relative = ratios(times[k], times[of_serial]);
      if (k == of_serial) {
        out_.add(name, "serial us", scaled(times[k], 1e-3));
        continue;
      }
      out_.add(name, all[k]->name(), relative);
      const double median = summarise(relative).median;
      if (k < of_ideal && (least == 0 || median < least)) {
        best = k;
        least = median;
      }
    }
    out_.add(name, "ours/best", ratios(times[of_ours], times[best]));
    out_.add(name, "ours/ideal", ratios(times[of_ours], times[of_ideal]));
  }

  static std::vector<double> scaled(std::vector<double> values, double by) {
    for (double& v : values) v *= by;
    return values;
  }

  results& out_;
  placement where_;
  std::mt19937_64 random_{7};
  serial serial_;
  tbb_auto tbb_auto_;
  openmp_guided guided_;
  openmp_static static_;
  mutex_queue queue_;
  ideal ideal_;
};

inline std::string time_text(double ns) {
  char text[32];
  const char* unit = ns >= 1e6 ? "ms" : ns >= 1e3 ? "us" : "ns";
  std::snprintf(text, sizeof text, "%g %s", ns >= 1e6 ? ns / 1e6 : ns >= 1e3 ? ns / 1e3 : ns, unit);
  return text;
}

}  // namespace bench
