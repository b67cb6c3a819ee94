/// A trial: a player's runs at a pair, and what trials say together.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "learning/player.hpp"

namespace learning {

/// Times are in those of the best arm.
struct trial {
  std::vector<double> extra;        ///< of each run, beyond the best arm's time: 0 is the best's
  std::vector<std::size_t> arms;    ///< that ran
  std::vector<double> confidences;  ///< before each run
  std::vector<bool> is_near;        ///< whether what it was confident in is within 10 % of the best
  double abandoned = 0;             ///< runs
  double saved = 0;                 ///< by that
  double last = 1;                  ///< of what is chosen after all runs
  double prior = 1;                 ///< of the cost model's choice

  double mean() const;  ///< time of all runs, exploration included
};

struct conditions {
  int runs = 30;
  double noise = 0.05;
  std::uint64_t seed = 0;
};

trial play(player& who, const pair& at, const conditions& under);

/// Of all confidences between a tenth and the next: how many, what they claimed, what came true.
struct reliability {
  struct bin {
    double count = 0;
    double claimed = 0;
    double true_part = 0;
  };
  std::array<bin, 10> bins{};
  double brier = 0;
  double brier_of_constant = 0;
};

reliability reliability_of(const std::vector<trial>& trials);

/// The value that a part of all is not above.
double quantile(std::vector<double> all, double part);
double mean_of(const std::vector<double>& all);

}  // namespace learning
