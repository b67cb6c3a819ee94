/// Who chooses: the learner, and the baselines that it has to be better than.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "learn/learner.hpp"
#include "learning/call.hpp"
#include "learning/pair.hpp"

namespace learning {

/// At one pair, from its first run on.
class player {
 public:
  virtual ~player() = default;
  virtual turn play() = 0;
  virtual void observe(const turn& made, const executed& what) = 0;
};

struct contender {
  std::string name;
  std::function<std::unique_ptr<player>(const pair&, std::uint64_t seed)> make;
};

/// The learner first.
std::vector<contender> contenders();

/// The learner alone, beginning with a record.
std::unique_ptr<player> learner_from(const pair& at, amorsize::detail::sized_record known);

}  // namespace learning
