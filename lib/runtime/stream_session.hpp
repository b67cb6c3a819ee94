/// One stream from its first result to its last: plans, runs, measures, and learns at its end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "amorsize/detail/stream_engine.hpp"
#include "amorsize/plan.hpp"
#include "base/clock.hpp"
#include "plan/memory_share.hpp"
#include "plan/sampling.hpp"
#include "plan/stream_planner.hpp"
#include "plan/stream_trial.hpp"
#include "run/stream_run.hpp"
#include "runtime/engine.hpp"

namespace amorsize::detail {

class stream_session final : public stream_observer {
 public:
  stream_session(engine& on, const stream_call& call, const stream_options& options);
  ~stream_session();
  stream_session(const stream_session&) = delete;
  stream_session& operator=(const stream_session&) = delete;

  stream_part next();
  void fail_alone() noexcept;
  stream_lane& lane() noexcept { return lane_; }
  std::stop_token source_token() const noexcept { return source_.get_token(); }

 private:
  void has_run(const chunk_run& chunk, stream_pace& pace) noexcept override;
  void has_read(const items_timed& batch, stream_pace& pace) noexcept override;

  void has_run_alone(const items_timed& batch, stream_pace& pace) noexcept override;
  void has_delivered(const items_timed& batch, stream_pace& pace) noexcept override;
  void follow(stream_pace& pace) noexcept;
  void follow(stream_trial::phase phase, stream_pace& pace) noexcept;
  void begin_trial(stream_pace& pace) noexcept;
  void look_at_memory();

  void begin();
  void consult() noexcept;
  void follow_evidence() noexcept;
  bool starts_alone() const noexcept;
  void leave_callers() noexcept;
  stream_order order();
  std::size_t chunk_size(const stream_facts& facts, std::size_t window) const;
  void tell_progress(bool is_end);
  void end();
  run_report measure() const;
  measurement outcome_of(const run_report& report) const;

  struct stopper {
    stream_session* self;
    void operator()() const noexcept;
  };

  engine& engine_;
  const stream_call call_;
  const std::string name_;
  const stream_options options_;  // `name` is `name_`
  stream_lane lane_;
  std::stop_source source_;
  stream_decision decision_;
  std::unique_ptr<stream_run> run_;
  std::optional<std::stop_callback<stopper>> on_stop_;
  bool is_begun_ = false;
  bool is_at_end_ = false;
  stream_pins pins_;          // the buffer also where it was learned
  bool is_of_child_ = false;  // of a fork
  bool is_nested_ = false;
  bool is_crowded_ = false;    // other calls were at work when it began or ended
  bool is_counted_ = false;    // among the callers
  bool is_consulted_ = false;  // the store has been asked
  bool has_news_ = false;      // it knew more
  bool has_changed_ = false;   // and the stream goes on otherwise
  bool is_known_ = false;      // from before: what an item takes
  double seen_item_ns_ = 0;    // by the consumer, last
  double seen_variation_ = 0;

  // Under the stream's lock:
  item_times items_;
  recent_items recent_;
  stream_facts facts_;
  std::optional<stream_trial> trial_;  // once the items are known to be cheap
  bool is_sampled_ = false;
  bool has_run_alone_ = false;  // since results were last delivered

  std::atomic<double> memory_limit_{0};  // bytes, of results that wait
  std::atomic<double> filled_bytes_{0};  // as much as there may be of them now
  std::atomic<double> wanted_bytes_{0};  // as much as there would be without the limit
  memory_share memory_share_;            // the consumer's
  ticks next_look_ = 0;
  ticks began_ = 0;
  ticks planned_ = 0;
  ticks ended_ = 0;
  ticks next_progress_ = 0;
};

}  // namespace amorsize::detail
