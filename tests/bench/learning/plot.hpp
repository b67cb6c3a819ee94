/// Plots: extra time over runs, a line and a band for each contender, as SVG.
#pragma once

#include <string>
#include <vector>

#include "learning/trial.hpp"

namespace learning {

struct played {
  std::string name;
  std::vector<trial> trials;
};

std::string plot(const std::vector<played>& all);

}  // namespace learning
