/// The engine: how the layers meet. Its source shows the whole architecture in one function.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "amorsize/detail/engine.hpp"
#include "amorsize/detail/stream_engine.hpp"
#include "amorsize/machine.hpp"
#include "amorsize/options.hpp"
#include "amorsize/runtime.hpp"
#include "learn/importance.hpp"
#include "plan/measured_costs.hpp"
#include "plan/planner.hpp"
#include "plan/site_table.hpp"
#include "plan/stream_arms.hpp"
#include "plan/wake_credit.hpp"
#include "run/helper_pool.hpp"
#include "runtime/environment.hpp"
#include "runtime/experience.hpp"
#include "runtime/log.hpp"
#include "workload/site_key.hpp"

namespace amorsize::detail {

class batch_control;

inline learning strictest(learning a, learning b) { return std::max(a, b); }

/// What was measured elsewhere, and told.
measurement told(const workload& work, const run_report& report);

/// What a stream is run by, and why.
struct stream_decision {
  learning learn = learning::off;
  memory* work = nullptr;  ///< null: nothing is remembered of it
  stream_input in;
  learning_budget may;
  stream_proposal chosen;
  bool has_evidence = false;  ///< it rests on measurements
  stream_plan plan;
};

class engine {
 public:
  engine(runtime_options options, const environment& from_environment);
  ~engine();

  static engine& of(runtime* on) { return *(on == nullptr ? runtime::shared() : *on).engine_; }

  /// The answer to a known site that is too small to share; false: it is none of these.
  bool run_warm(const batch_call& call, const batch_options& options);
  void run(const batch_call& call, const batch_options& options);
  batch_plan plan(const batch_call& call, const batch_options& options);
  stream_plan plan_stream(const stream_sampling& sample, const stream_options& options);
  std::optional<stream_plan> predict_stream(const workload& work);
  void update_stream(const workload& work, const run_report& report);

  // Of a stream that runs, to its session:
  stream_decision decide(const stream_options& options, const char* (*types)(),
                         std::size_t result_bytes, bool is_crowded) noexcept;
  bool is_ready_to_consult() noexcept;
  bool consult(stream_decision& of, const workload& work) noexcept;
  void remember(const stream_decision& of, const measurement& whole) noexcept;
  void tell(const stream_options& options, const run_report& report);
  bool tells_decisions() const noexcept { return log_.tells(log_level::decision); }
  std::atomic<int>& callers() noexcept { return callers_; }
  std::optional<batch_plan> predict(const workload& work);
  void update(const workload& work, const run_report& report);
  importance feature_importance();
  void save();

  const machine& this_machine();
  std::size_t worker_limit() const noexcept { return static_cast<std::size_t>(max_n_jobs_); }
  log& messages() noexcept { return log_; }
  helper_pool& helpers() noexcept { return *helpers_; }

  /// Its runtime is gone: it holds no threads any more, but late helpers may still find it.
  void retire() noexcept;

  /// Where it can be destroyed: no helper is at work or on its way.
  bool is_idle() const noexcept { return helpers_->is_idle(); }

 private:
  /// What is known of a site's items. No item time: nothing.
  struct knowledge {
    double item_ticks = 0;
    double coefficient_of_variation = 0;
    plan_source source = plan_source::fallback;
    double log_error = 0;
    bool waits = false;  ///< the items wait more than they compute
    measured_widths measured;
    hints similar;
  };

  void correct(site& known, std::size_t items, double expected, double elapsed) noexcept;
  int stream_workers(const stream_options& options);
  stream_input describe_stream(const stream_options& options);
  memory* memory_of_stream(const stream_options& options, const char* (*types)(),
                           learning learn) noexcept;
  memory* memory_of_stream_name(const workload& work);
  static void know(stream_input& in, const recalled_stream& found);
  bool believes(const stream_input& in, const stream_proposal& chosen);
  planning_input input(const workload& work, const batch_options& options);
  capacity usable(const batch_options& options);
  void look_at_limits() noexcept;

  /// What is not worth sharing, in ticks, and what it costs to change that.
  struct limits {
    std::atomic<double> awake{0};   // not even with a helper that is awake
    std::atomic<double> asleep{0};  // not with one that has to be woken
    std::atomic<double> wake{0};    // the caller's time to wake one
  };
  void update_limits() noexcept;
  bool runs_inline(double expected_ticks) const noexcept;
  void miss(double elapsed_ticks) noexcept;
  bool should_wake() const noexcept;

  learning learning_of(const batch_options& options) const noexcept;
  memory* memory_of(const site_key& key, const batch_call& call, const batch_options& options,
                    learning learn) noexcept;
  memory* memory_of_name(const workload& work);
  knowledge recall(const site_key& key, memory* work, std::size_t items, learning learn) noexcept;
  learning_budget budget(memory* work, const planning_input& in, learning learn) noexcept;
  duration try_out(memory* work, planning_input& in, const learning_budget& may) noexcept;
  void remember(const site_key& key, memory* work, const batch_call& call, const batch_control& run,
                const measurement& whole) noexcept;
  run_report measure(const batch_control& done, const batch_call& call, memory* work, ticks wall);
  void judge(const planning_input& in, memory* work, const batch_control& run,
             const measurement& whole) noexcept;
  bool believes(const planning_input& in);
  static knowledge known_from(const recalled& found);
  static knowledge sample(const batch_call& call);
  static void know(planning_input& in, const knowledge& known);

  void tell(const batch_options& options, const planning_input& in, const run_report& report);

  const learning learn_;
  const int processors_;
  const int max_n_jobs_;
  log log_;
  std::optional<allowance> allowance_;
  site_table sites_;
  measured_costs costs_;
  std::unique_ptr<helper_pool> helpers_;
  std::atomic<int> callers_{0};  // threads inside a call that may call helpers
  limits limits_;
  wake_credit credit_;
  std::atomic<int> allowed_;  // threads, by what limits this process now
  std::once_flag machine_read_;
  std::atomic<bool> has_machine_{false};
  machine machine_;
  std::unique_ptr<experience> experience_;  // last: its thread uses all above
};

}  // namespace amorsize::detail
