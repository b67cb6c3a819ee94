/// Ways to do a work, measured in turn.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "real_workloads/real_work.hpp"
#include "support/results.hpp"
#include "support/statistics.hpp"
#include "support/timing.hpp"

namespace bench {

/// Zero: not fixed.
struct fixed_plan {
  int n_jobs = 0;
  std::size_t chunksize = 0;
};

struct way {
  std::function<void()> once;
  fixed_plan plan{};
  std::vector<double> times{};  ///< ns a call, one each round

  double median() const { return summarise(times).median; }
};

inline bool is_faster(const way& a, const way& b) { return a.median() < b.median(); }

/// Runs all, in turn, each round starting with another one. Each has a call that is not timed
/// before those that are, so that what the one before has left does not matter.
class rounds_of {
 public:
  rounds_of(results& out, real_work& work) : out_(out), work_(work) {}

  void hold(std::vector<way>& ways, int rounds) {
    for (int i = 0; i < rounds; ++i, ++round_) {
      for (std::size_t k = 0; k < ways.size(); ++k) {
        way& turn = ways[(k + round_) % ways.size()];
        turn.times.push_back(time(turn));
      }
    }
  }

 private:
  double time(const way& turn) {
    constexpr double worth_timing_ns = 3e6;
    work_.clear();
    const double one = time_of(1, turn.once);
    const int calls = std::clamp(static_cast<int>(worth_timing_ns / one), 1, 4);
    const double took = time_of(calls, turn.once);
    if (!work_.is_right()) out_.wrong(work_.name());
    return took;
  }

  results& out_;
  real_work& work_;
  std::size_t round_ = 0;
};

}  // namespace bench
