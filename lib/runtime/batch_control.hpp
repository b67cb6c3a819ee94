/// One batch as it runs: decides, at chunk ends, how large the next chunk is and whether to call
/// helpers.
#pragma once

#include <atomic>
#include <exception>
#include <optional>

#include "amorsize/detail/engine.hpp"
#include "amorsize/plan.hpp"
#include "base/clock.hpp"
#include "base/thread_usage.hpp"
#include "learn/abandon.hpp"
#include "learn/width_search.hpp"
#include "plan/chunking.hpp"
#include "plan/measured_costs.hpp"
#include "plan/planner.hpp"
#include "plan/sampling.hpp"
#include "run/controller.hpp"
#include "run/helper_pool.hpp"
#include "runtime/experience.hpp"

namespace amorsize::detail {

/// What all calls of a runtime share.
struct shared_state {
  helper_pool& helpers;
  measured_costs& costs;
  std::atomic<int>& callers;  ///< threads inside a call, but for those inside a job of ours
  experience& known;
  memory* work;         ///< what is remembered of this work; null: nothing may be
  learning learn;       ///< of this call
  learning_budget may;  ///< be lost by it to learn
};

class batch_control final : public controller {
 public:
  /// `in.machine.workers` is the limit of this call; what others use of it is found out as it runs.
  batch_control(const batch_call& call, const batch_options& options, const planning_input& in,
                const shared_state& shared);
  ~batch_control();
  batch_control(const batch_control&) = delete;
  batch_control& operator=(const batch_control&) = delete;

  /// Plans, calls the first helpers, works until all items are done. Throws what the call throws.
  void run();

  /// Once run: the plan as executed, and what was measured.
  const batch_plan& plan() const { return plan_; }
  double confidence() const { return detail::confidence(planned_from_, plan_); }
  ticks planning() const { return planning_; }
  ticks busy() const { return job_->busy(); }
  std::size_t items_run() const { return job_->items_run(); }
  const item_times& sample() const { return sample_; }
  bool was_shared() const { return job_->joined() != 0; }
  bool called_helpers() const { return called_ != 0; }
  bool waits() const { return waits_; }

  /// The confidence of a prediction from similar work that it went by.
  std::optional<double> prediction() const { return prediction_; }

  /// What it lost to widths that it tried on its way.
  duration lost() const { return duration(search_ ? search_->lost_ns() : 0); }

  /// What it tells of configurations, having taken `wall` in all.
  readings outcomes(duration wall) const;

 private:
  std::size_t first_chunk(std::size_t left) noexcept override;
  std::size_t next_chunk(const chunk_report& chunk) noexcept override;
  bool caller_turn(std::size_t done) noexcept override;

  bool may_learn() const { return shared_.learn == learning::on && shared_.work != nullptr; }
  chunk_rule rule() const noexcept;
  bool should_decide(std::size_t left) const;
  int free_workers() const;
  void begin();
  void throw_what_failed();
  bool may_exceed_processors() const;
  void start_watching();
  void end_watching();
  void observe_waiting();
  void decide(std::size_t left);
  bool may_know_more(std::size_t left) const;
  bool consult(planning_input& in, std::size_t left);
  bool believes(const planning_input& in);
  void plan(const planning_input& from, std::size_t left);
  void change(const planning_input& to, std::size_t left);
  bool should_leave(std::size_t left);
  void leave(std::size_t left);
  void search(std::size_t left);
  bool should_search(std::size_t left) const;
  double time_left(std::size_t left) const;
  void set_width(int workers, std::size_t left);
  bool is_crowded() const;
  double taken(ticks until) const;
  reading slice(ticks until, std::size_t left) const;
  void share(int workers, std::size_t first_unvisited);
  void open_items(std::size_t first_unvisited);
  void call_helpers(int count);
  void tell_progress(std::size_t done);
  int workers_seen() const;
  void settle();
  void learn_from_sample(planning_input& in, std::size_t items) const;
  void observe_costs(ticks joined_for);

  const batch_call& call_;
  const batch_options& options_;
  const planning_input in_;
  const shared_state shared_;

  helper_pool::place place_;    // none: nobody can help
  std::optional<job> own_job_;  // then this one is used
  job* job_ = nullptr;

  batch_plan plan_;
  planning_input planned_from_;
  chunk_rule rule_;                      // in ticks
  std::atomic<double> target_{0};        // of its, which changes
  std::atomic<int> workers_{1};          // to share what is left between
  std::atomic<double> item_ticks_{0};    // the last known; zero: not known
  std::atomic<bool> is_decided_{false};  // on more than a guess
  bool is_open_ = false;                 // the items, to any order
  bool is_shared_ = false;               // helpers may join
  item_times sample_;                    // of the caller's chunks, in ticks
  std::optional<double> prediction_;     // the confidence of one from similar work
  bool is_consulted_ = false;            // the store has been asked
  double consult_from_ = 0;              // not before the sample has taken this, in ticks
  configuration by_;                     // as planned
  int changes_ = 0;                      // away from what turned out slow
  progress progress_;                    // of the run by it
  readings left_;                        // of configurations that it was not kept by
  bool may_search_ = false;              // for another width, as it runs
  std::optional<width_search> search_;   // of a long call
  ticks window_from_ = 0;                // of the search
  std::size_t window_items_ = 0;         // left when it began
  ticks by_from_ = 0;                    // when the run by `by_` began
  std::size_t by_items_ = 0;             // left then
  ticks ended_ = 0;
  thread_usage usage_;  // when it began
  bool is_watched_ = false;
  bool was_disturbed_ = false;
  int called_ = 0;
  ticks began_ = 0;
  double cpu_began_ = 0;  // nanoseconds
  bool waits_ = false;    // more than it computes
  ticks start_took_ = 0;  // until the first item, helpers called; zero: they were not
  bool called_awake_ = false;
  ticks planning_ = 0;
  ticks next_progress_ = 0;
  std::exception_ptr own_failure_;
};

}  // namespace amorsize::detail
