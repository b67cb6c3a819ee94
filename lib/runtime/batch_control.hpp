/// One batch as it runs: decides, at chunk ends, how large the next chunk is and whether to call
/// helpers.
#pragma once

#include <atomic>
#include <exception>
#include <optional>

#include "amorsize/detail/engine.hpp"
#include "amorsize/plan.hpp"
#include "base/clock.hpp"
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
  memory* work;  ///< what is remembered of this work; null: nothing may be
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

  /// The number of workers whose outcome this call is; zero: it is none's.
  int measured_workers() const;

 private:
  std::size_t first_chunk(std::size_t left) noexcept override;
  std::size_t next_chunk(const chunk_report& chunk) noexcept override;
  bool caller_turn(std::size_t done) noexcept override;

  bool should_decide(std::size_t left) const;
  int free_workers() const;
  void begin();
  void throw_what_failed();
  bool may_exceed_processors() const;
  void observe_waiting();
  void decide(std::size_t left);
  bool may_know_more(std::size_t left) const;
  bool consult(planning_input& in, std::size_t left);
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
  std::atomic<int> workers_{1};          // to share what is left between
  std::atomic<double> item_ticks_{0};    // the last known; zero: not known
  std::atomic<bool> is_decided_{false};  // on more than a guess
  bool is_open_ = false;                 // the items, to any order
  bool is_shared_ = false;               // helpers may join
  item_times sample_;                    // of the caller's chunks, in ticks
  bool is_consulted_ = false;            // the store has been asked
  double consult_from_ = 0;              // not before the sample has taken this, in ticks
  int planned_ = 0;                      // workers
  bool has_switched_ = false;            // to another number of them, on its way
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
