/// The questions that this benchmark asks of every work.
#pragma once

#include <cmath>
#include <vector>

#include "real_workloads/real_work.hpp"
#include "support/results.hpp"

namespace bench {

struct trial_rules {
  bool quick = false;      ///< enough to check the answers
  int learners = 5;        ///< that begin with nothing; their readings are one series
  int runs = 30;           ///< of each, before it is measured
  int runs_a_process = 0;  ///< zero: one process for all of them
  int rounds = 12;         ///< of each learner
};

class mode {
 public:
  mode(results& out, const trial_rules& rules) : out_(out), rules_(rules) {}
  virtual ~mode() = default;
  mode(const mode&) = delete;
  mode& operator=(const mode&) = delete;

  virtual void hold(real_work& work) = 0;

  /// Adds what all works say together.
  virtual void sum_up() = 0;

 protected:
  results& out_;
  const trial_rules rules_;
};

/// What automatic calls have come to, next to the best fixed plan.
class oracle_contest final : public mode {
 public:
  using mode::mode;
  void hold(real_work& work) override;
  void sum_up() override;

 private:
  std::vector<double> learned_;  ///< over the best plan's time, of each work
  std::vector<double> first_;
};

/// Fixed durations of chunks next to the adaptive rule, at two threads.
class chunk_contest final : public mode {
 public:
  using mode::mode;
  void hold(real_work& work) override;
  void sum_up() override;

 private:
  std::vector<double> gains_;  ///< the best duration's time over the adaptive rule's, of each work
};

/// Of ratios.
inline double geometric_mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += std::log(v);
  return values.empty() ? 0 : std::exp(sum / static_cast<double>(values.size()));
}

}  // namespace bench
