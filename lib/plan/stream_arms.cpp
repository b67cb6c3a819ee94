#include "plan/stream_arms.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "learn/outcome.hpp"

namespace amorsize::detail {
namespace {

// How far the model is off, as the standard deviation of a logarithm: it knows nothing of source
// and consumer but what measurements show.
constexpr double prior_log_error = 0.25;

// Of an item that is shared: its part of claiming, delivering and locking.
constexpr double sharing_ns = 4;

// Another buffer than the one that hides the spread is worse by this, for each factor of two.
constexpr double off_buffer = 0.005;

// An ordered stream waits for items that take long: as much as they differ.
constexpr double waiting_for_order = 0.01;

constexpr std::size_t buffer_step = 4;

double share_of(const stream_input& in, int n_jobs) {
  return in.facts.item_ns / effective_workers(n_jobs, in.machine);
}

/// What source and consumer take of each item, as far as measurements show it: what workers who
/// run items at the same time do not explain.
double unhidden(const stream_input& in) {
  double least = 0;
  for (const outcome& o : in.known.outcomes) {
    if (!(o.count > 0) || o.by.n_jobs == 1 || o.by.buffer_size == 0) continue;
    const double took = std::exp(o.mean);
    if (took > 1.25 * share_of(in, o.by.n_jobs) && (least == 0 || took < least)) least = took;
  }
  return least;
}

bool is_allowed(const stream_input& in, const configuration& by) {
  if (by.buffer_size == 0 || by.n_jobs < 1 || by.n_jobs > in.facts.workers) return false;
  if (in.n_jobs != 0 && by.n_jobs != in.n_jobs) return false;
  if (in.pins.buffer_size != 0 && by.n_jobs > 1 && by.buffer_size != in.pins.buffer_size) {
    return false;
  }
  return in.order == result_order::any || by.n_jobs == 1 ||
         by.use_ordered == (in.order == result_order::input);
}

std::size_t automatic_buffer(const stream_input& in, int n_jobs) {
  stream_facts facts = in.facts;
  facts.workers = n_jobs;
  const std::size_t buffer = stream_buffer_size(facts, in.pins);
  return in.pins.buffer_size != 0 ? buffer : buffer_rung(buffer);
}

/// Bytes, not results, may bound the buffer.
bool fits_memory(const stream_input& in, std::size_t buffer_size) {
  stream_pins wanted = in.pins;
  wanted.buffer_size = buffer_size;
  return stream_buffer_size(in.facts, wanted) >= buffer_size;
}

duration expected(const arm& a) { return duration(is_measured(a) ? a.measured : a.prior); }

/// The time of one item, by what is expected of every machine.
double expected_item(const stream_input& in, const configuration& by, std::size_t usual_buffer,
                     double unhidden_ns) {
  if (in.facts.item_ns <= 0) return 0;
  if (by.n_jobs == 1) return in.facts.item_ns + unhidden_ns;
  const int octaves = std::abs(static_cast<int>(std::bit_width(by.buffer_size)) -
                               static_cast<int>(std::bit_width(usual_buffer)));
  const double ordered =
      by.use_ordered ? waiting_for_order * std::min(in.facts.coefficient_of_variation, 4.0) : 0;
  const double item = share_of(in, by.n_jobs) + sharing_ns;
  return std::max(item, unhidden_ns) * (1 + off_buffer * octaves) * (1 + ordered);
}

}  // namespace

bool has_evidence(const stream_input& in) {
  if (in.similar) return true;
  const auto& all = in.known.outcomes;
  return std::any_of(all.begin(), all.end(),
                     [&](const outcome& o) { return o.count > 0 && is_allowed(in, o.by); });
}

std::size_t buffer_rung(std::size_t buffer_size) {
  return std::bit_floor(std::max<std::size_t>(buffer_size + buffer_size / 2, 1));
}

stream_arms::stream_arms(const stream_input& in) : unhidden_ns_(unhidden(in)) {
  const int most = std::max(in.facts.workers, 1);
  for (int n = 1; n <= most; ++n) {
    const bool is_rung = std::has_single_bit(static_cast<unsigned>(n)) || n == most;
    const std::size_t usual = n > 1 ? automatic_buffer(in, n) : 1;
    if (is_rung && n == 1) add(in, {.n_jobs = 1, .buffer_size = 1}, usual);
    if (is_rung && n > 1) {
      for (const std::size_t buffer : {usual, usual / buffer_step, usual * buffer_step}) {
        const bool is_least = buffer < static_cast<std::size_t>(n);
        if (buffer != usual && (is_least || !fits_memory(in, buffer))) continue;
        for (const bool ordered : {false, true}) {
          add(in, {.n_jobs = n, .buffer_size = buffer, .use_ordered = ordered}, usual);
        }
      }
    }
    for (const outcome& o : in.known.outcomes) {
      if (o.count > 0 && o.by.n_jobs == n) add(in, o.by, usual);
    }
  }
  if (!in.similar) return;
  move_priors({all_.data(), count_}, *in.similar, in.facts.item_ns * in.items, prior_log_error);
}

bool stream_arms::has(const configuration& by) const {
  return std::any_of(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(count_),
                     [&](const arm& a) { return a.by == by; });
}

void stream_arms::add(const stream_input& in, const configuration& by, std::size_t usual_buffer) {
  if (count_ == all_.size() || !is_allowed(in, by) || has(by)) return;
  arm a;
  a.by = by;
  a.prior = expected_item(in, by, usual_buffer, unhidden_ns_) * in.items;
  for (const outcome& o : in.known.outcomes) {
    if (!(o.by == by) || !(o.count > 0)) continue;
    a.measured = std::exp(o.mean) * in.items;
    a.count = o.count;
    a.log_error = log_error_of(o, in.known);
  }
  all_[count_++] = a;
}

stream_proposal stream_arms::propose(const learning_budget& may) const {
  const choice c =
      choose_or_explore({all_.data(), count_}, prior_log_error, may.purse.count(), may.calls);
  stream_proposal made;
  made.by = all_[c.arm].by;
  made.is_trial = c.is_exploration;
  made.best = duration(c.best);
  made.confidence = c.confidence;
  made.expected = expected(all_[c.arm]);
  if (all_[0].by.n_jobs == 1) made.expected_serial = expected(all_[0]);
  return made;
}

stream_proposal propose_stream(const stream_input& in, const learning_budget& may) {
  const bool is_any = in.order == result_order::any;
  stream_proposal made;
  if (has_evidence(in) && in.facts.item_ns > 0) {
    made = stream_arms(in).propose(may);
    // One worker has no order, but others may come to it.
    if (!is_any) made.by.use_ordered = in.order == result_order::input;
    return made;
  }
  made.by.n_jobs = in.n_jobs != 0 ? in.n_jobs : in.facts.workers;
  made.by.buffer_size = automatic_buffer(in, made.by.n_jobs);
  // Where any order does, none waits for another.
  made.by.use_ordered = in.order == result_order::input || (is_any && made.by.n_jobs == 1);
  return made;
}

stream_plan plan_for(const stream_input& in, const stream_proposal& chosen) {
  const configuration& by = chosen.by;
  stream_plan plan;
  plan.n_jobs = by.n_jobs;
  stream_facts facts = in.facts;
  facts.workers = by.n_jobs;
  stream_pins pins = in.pins;
  if (pins.buffer_size == 0) pins.buffer_size = by.buffer_size;
  plan.buffer_size = stream_buffer_size(facts, pins);
  plan.chunksize = std::min(stream_chunk_size(facts, in.pins, plan.buffer_size), plan.buffer_size);
  plan.adaptive_chunking = in.pins.chunksize == 0;
  plan.use_ordered = by.use_ordered;
  plan.estimated_item_time = duration(facts.item_ns);
  plan.coefficient_of_variation = facts.coefficient_of_variation;
  plan.result_bytes = static_cast<std::size_t>(facts.buffered_bytes);
  if (!has_evidence(in) || facts.item_ns <= 0) return plan;
  plan.source = plan_source::predicted;
  for (const outcome& o : in.known.outcomes) {
    plan.measurements += static_cast<std::size_t>(o.count);
    plan.similarity = 1;
  }
  if (plan.measurements == 0 && in.similar) {
    for (const hint& one : *in.similar) {
      plan.measurements += static_cast<std::size_t>(one.count);
      plan.similarity = std::max(plan.similarity, one.similarity);
    }
  }
  plan.expected_serial = chosen.expected_serial;
  plan.expected_parallel = chosen.expected;
  plan.confidence = chosen.is_trial ? 0 : chosen.confidence;  // not for the best, but to learn
  return plan;
}

}  // namespace amorsize::detail
