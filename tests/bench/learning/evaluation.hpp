/// The evaluation: all contenders and scenarios on the machines that a seed draws, as data.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "learning/trial.hpp"

namespace learning {

struct evaluation {
  nlohmann::json figures;
  std::string picture;  ///< SVG
  // Of the learner, so that several seeds can be put together:
  std::vector<trial> trials;
  std::vector<trial> trials_misled;  ///< with priors that are twice as wrong
};

/// \param count  of pairs of a workload and a machine
evaluation evaluate(std::uint64_t seed, int count);

nlohmann::json table_of(const reliability& r);

/// What is to be reached and is not; empty: nothing.
std::vector<std::string> missed(const nlohmann::json& figures);
std::vector<std::string> missed_by_confidence(const nlohmann::json& table);

}  // namespace learning
