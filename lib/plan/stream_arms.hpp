/// The configurations that a stream may choose from, and what is known of each. Arithmetic only.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "amorsize/options.hpp"
#include "amorsize/plan.hpp"
#include "learn/learner.hpp"
#include "learn/transfer.hpp"
#include "plan/planner.hpp"
#include "plan/stream_planner.hpp"

namespace amorsize::detail {

/// What a stream is planned by.
struct stream_input {
  stream_facts facts;  ///< `workers`: that it may have
  stream_pins pins;
  int n_jobs = 0;  ///< as asked for; zero: to be chosen
  result_order order = result_order::input;
  double items = 0;    ///< typical of such streams, since the length of this one is not known
  sized_record known;  ///< what such streams took; no calls: nothing is known
  std::shared_ptr<const std::vector<hint>> similar;  ///< what similar ones took; null: nothing
  sharing_costs costs;
  capacity machine;
};

/// Whether there are measurements to choose by, here or of similar work.
bool has_evidence(const stream_input& in);

/// What a stream is to be run by.
struct stream_proposal {
  configuration by;
  bool is_trial = false;  ///< made to learn
  duration best{};        ///< the time to expect of what is best, for the typical length
  duration expected{};    ///< of this one; zero: not known
  duration expected_serial{};
  double confidence = 0;  ///< the chance that nothing else is over 10 % faster
};

/// Numbers of workers: the ladder 1, 2, 4, ...; with each the buffer that hides the spread of item
/// times, a quarter of it and four times as much; with these the orders that are allowed; and what
/// was measured beside them. Ascending by workers. One worker has no buffer to choose.
class stream_arms {
 public:
  explicit stream_arms(const stream_input& in);

  /// The best, or, where the budget allows, what is worth trying to learn more.
  stream_proposal propose(const learning_budget& may) const;

 private:
  void add(const stream_input& in, const configuration& by, std::size_t usual_buffer);
  bool has(const configuration& by) const;

  std::array<arm, most_arms> all_{};
  std::size_t count_ = 0;
  double unhidden_ns_ = 0;
};

/// As a stream's outcomes are told apart: to powers of two, unless the user chose it.
std::size_t buffer_rung(std::size_t buffer_size);

/// What a stream is to run by: what the user asked for, else what was measured, else what item
/// times tell. Nothing is known: all workers, in the order that was asked for.
stream_proposal propose_stream(const stream_input& in, const learning_budget& may);

/// What the user is told of it.
stream_plan plan_for(const stream_input& in, const stream_proposal& chosen);

}  // namespace amorsize::detail
