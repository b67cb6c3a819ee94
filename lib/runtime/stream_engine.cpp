/// The engine's part in streams: their plan before they run, and what the public templates call.
#include "amorsize/detail/stream_engine.hpp"

#include <algorithm>
#include <new>

#include "amorsize/explain.hpp"
#include "machine/memory.hpp"
#include "machine/system_files.hpp"
#include "plan/sampling.hpp"
#include "run/process.hpp"
#include "run/thread_state.hpp"
#include "runtime/check.hpp"
#include "runtime/engine.hpp"
#include "runtime/stream_session.hpp"
#include "runtime/text.hpp"
#include "workload/identity.hpp"

namespace amorsize::detail {
namespace {

constexpr double sample_ns = 2e6;

// Sharing an item costs some ten nanoseconds; of cheaper ones a stream finds out by trying.
constexpr double cheap_ns = 20;

item_times time_items(const stream_sampling& sample) {
  const lone_worker self;
  item_times times;
  for (std::size_t most = 1; tick_clock::nanoseconds(times.elapsed()) < sample_ns; most *= 2) {
    const ticks start = tick_clock::now();
    const std::size_t done = sample.run(sample.context, most);
    if (done > 0) times.observe(done, static_cast<double>(tick_clock::now() - start));
    if (done < most) break;
  }
  return times;
}

/// A plan's buffer is the user's; its chunk, where it is not to adapt.
stream_pins pinned_by(const stream_options& options) {
  stream_pins pins{options.chunksize, options.buffer_size};
  if (!options.plan) return pins;
  if (pins.buffer_size == 0) pins.buffer_size = options.plan->buffer_size;
  if (pins.chunksize == 0 && !options.plan->adaptive_chunking) {
    pins.chunksize = options.plan->chunksize;
  }
  return pins;
}

/// A batch and a stream of the same name are not the same work.
std::uint64_t key_of_stream(const site_key& key) {
  return key.value() ^ std::uint64_t{0x9E3779B97F4A7C16};
}

}  // namespace

/// Threads that a stream may have: as asked for, else what this process may use.
int engine::stream_workers(const stream_options& options) {
  batch_options like;
  like.n_jobs = options.n_jobs;
  like.max_n_jobs = options.max_n_jobs;
  const int asked = options.n_jobs != 0 ? options.n_jobs
                    : options.plan      ? options.plan->n_jobs
                                        : most_n_jobs;
  return process::is_forked() ? 1 : std::min(usable(like).workers, asked);
}

/// What was asked for, and what this process may use.
stream_input engine::describe_stream(const stream_options& options) {
  stream_input in;
  in.facts.workers = stream_workers(options);
  in.facts.memory_limit = static_cast<double>(options.memory_limit);
  in.pins = pinned_by(options);
  if (options.n_jobs != 0 || options.plan) in.n_jobs = in.facts.workers;
  in.order = options.order;
  if (options.plan && options.order == result_order::any) {
    in.order = options.plan->use_ordered ? result_order::input : result_order::completion;
  }
  batch_options like;
  like.n_jobs = in.facts.workers;
  in.machine = usable(like);
  in.costs = costs_.now(true);
  return in;
}

memory* engine::memory_of_stream(const stream_options& options, const char* (*types)(),
                                 learning learn) noexcept {
  if (learn == learning::off) return nullptr;
  const std::uint64_t key = key_of_stream(site_key(options.name, options.where, types));
  const patience has = learn == learning::frozen ? patience::full : patience::none;
  if (memory* const known = experience_->find(key, has)) return known;
  try {
    return experience_->make(key, identity_of(options.name, options.where, types), has, true);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

memory* engine::memory_of_stream_name(const workload& work) {
  const std::uint64_t key = key_of_stream(site_key(work.name, {}, nullptr));
  memory* const known = experience_->find(key, patience::full);
  return known != nullptr
             ? known
             : experience_->make(key, identity_of(work.name, {}, nullptr), patience::full, true);
}

void engine::know(stream_input& in, const recalled_stream& found) {
  in.known = found.known;
  in.similar = found.similar;
  const sized_record& known = in.known;
  if (known.calls > 0) in.items = known.items / known.calls;
  if (known.item_ns <= 0) return;
  in.facts.item_ns = known.item_ns;
  in.facts.coefficient_of_variation = known.coefficient_of_variation;
}

/// What similar streams suggest is believed where it is as sure as such predictions have to be.
bool engine::believes(const stream_input& in, const stream_proposal& chosen) {
  return in.known.calls > 0 || !in.similar || chosen.confidence >= experience_->threshold();
}

/// Before a stream runs: what is known of it decides, as far as the user does not.
stream_decision engine::decide(const stream_options& options, const char* (*types)(),
                               std::size_t result_bytes, bool is_crowded) noexcept {
  stream_decision made;
  made.learn = strictest(learn_, options.learn);
  made.in = describe_stream(options);
  made.in.facts.buffered_bytes = static_cast<double>(result_bytes);
  made.work = memory_of_stream(options, types, made.learn);
  // What is not recorded at its end is not worth a trial.
  const bool may_learn = made.learn == learning::on && this_thread.depth == 0 && !is_crowded &&
                         made.in.pins.chunksize == 0 && !options.read_on_caller;
  try {
    if (made.work != nullptr) {
      if (made.learn == learning::frozen) experience_->look_up_now(*made.work);
      const patience has = made.learn == learning::frozen ? patience::full : patience::none;
      if (const auto found = made.work->recall_stream(0, has)) know(made.in, *found);
      const auto typical = static_cast<std::size_t>(made.in.items);
      if (may_learn) made.may = made.work->budget(typical);
    }
    made.has_evidence = has_evidence(made.in) && made.in.facts.item_ns > 0;
    made.chosen = propose_stream(made.in, made.may);
  } catch (const std::bad_alloc&) {
    made.has_evidence = false;  // learning never fails a stream
    made.in.known = {};
    made.in.similar = nullptr;
    made.chosen = propose_stream(made.in, {});
  }
  made.plan = plan_for(made.in, made.chosen);
  if (made.in.n_jobs != 0) made.plan.source = plan_source::requested;
  return made;
}

/// Whether the store is read; if not, it soon is.
bool engine::is_ready_to_consult() noexcept {
  if (!experience_->is_ready()) experience_->load_soon();
  return experience_->is_ready();
}

/// Whether more is known by now, for a stream that runs: the store may have been read since.
bool engine::consult(stream_decision& of, const workload& work) noexcept {
  try {
    const auto found = experience_->consult_stream(*of.work, work);
    if (!found || (found->known.outcomes.empty() && !found->similar)) return false;
    const stream_facts facts = of.in.facts;
    know(of.in, *found);
    of.in.facts = facts;
    of.in.facts.item_ns = work.estimated_item_time.count();
    of.in.facts.coefficient_of_variation = work.coefficient_of_variation;
    if (of.in.items <= 0) of.in.items = static_cast<double>(work.items);
    if (!has_evidence(of.in) || of.in.facts.item_ns <= 0) return false;
    const stream_proposal chosen = propose_stream(of.in, {});
    if (!believes(of.in, chosen)) return false;
    of.has_evidence = true;
    of.chosen = chosen;
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void engine::remember(const stream_decision& of, const measurement& whole) noexcept {
  if (of.learn == learning::on && of.work != nullptr) experience_->observe(*of.work, whole);
  experience_->worked(whole.wall);
}

stream_plan engine::plan_stream(const stream_sampling& sample, const stream_options& options) {
  stream_input in = describe_stream(options);
  in.facts.buffered_bytes = static_cast<double>(sample.result_bytes);
  if (options.memory_limit == 0) {
    in.facts.memory_limit = static_cast<double>(available_memory(system_files{})) / 10;
  }
  if (const learning learn = strictest(learn_, options.learn); learn != learning::off) {
    memory* const work = memory_of_stream(options, sample.types, learn);
    if (work != nullptr && experience_->has_store()) experience_->look_up_now(*work);
    if (work != nullptr) {
      if (const auto found = work->recall_stream(0, patience::full)) know(in, *found);
    }
  }
  bool is_sampled = false;
  if (in.facts.item_ns <= 0) {
    const item_times times = time_items(sample);
    in.facts.item_ns = tick_clock::nanoseconds(times.mean());
    in.facts.coefficient_of_variation = times.coefficient_of_variation();
    is_sampled = times.items() > 0;
    if (in.n_jobs == 0 && in.facts.item_ns < cheap_ns) in.facts.workers = 1;
  }
  const stream_proposal chosen = propose_stream(in, {});
  stream_plan plan = plan_for(in, chosen);
  if (is_sampled && plan.source == plan_source::fallback) plan.source = plan_source::sampled;
  if (in.n_jobs != 0) plan.source = plan_source::requested;
  return plan;
}

std::optional<stream_plan> engine::predict_stream(const workload& work) {
  if (learn_ == learning::off) return std::nullopt;
  memory* const known_as = work.name.empty() ? nullptr : memory_of_stream_name(work);
  const auto found = experience_->ask_stream(known_as, work);
  if (!found) return std::nullopt;
  stream_options any;
  any.order = result_order::any;
  stream_input in = describe_stream(any);
  know(in, *found);
  in.facts.memory_limit = experience_->memory_available() / 10;
  in.facts.buffered_bytes = static_cast<double>(work.result_bytes);
  if (work.items != 0) in.items = static_cast<double>(work.items);
  if (work.estimated_item_time.count() > 0) {
    in.facts.item_ns = work.estimated_item_time.count();
    in.facts.coefficient_of_variation = work.coefficient_of_variation;
  }
  if (!has_evidence(in) || in.facts.item_ns <= 0) return std::nullopt;
  const stream_proposal chosen = propose_stream(in, {});
  if (!believes(in, chosen)) return std::nullopt;
  stream_plan plan = plan_for(in, chosen);
  return plan;
}

void engine::update_stream(const workload& work, const run_report& report) {
  if (learn_ != learning::on) return;
  memory* const known_as = memory_of_stream_name(work);
  if (known_as == nullptr) return;
  measurement whole = told(work, report);
  whole.outcomes.add({{.n_jobs = report.plan.n_jobs,
                       .buffer_size = report.plan.buffer_size,
                       .use_ordered = report.plan.use_ordered},
                      report.wall / static_cast<double>(report.items)});
  experience_->observe(*known_as, whole, patience::full);
  experience_->load_soon();
}

void engine::tell(const stream_options& options, const run_report& report) {
  log_.write(name_of_call(options.name, options.where) + ": " + explain(report));
}

stream_plan plan_stream(const stream_sampling& sample, const stream_options& options) {
  check(options);
  return engine::of(options.on).plan_stream(sample, options);
}

stream_handle open_stream(const stream_call& call, const stream_options& options) {
  check(options);
  return stream_handle(
      std::make_unique<stream_session>(engine::of(options.on), call, options).release());
}

void close_stream::operator()(stream_session* session) const noexcept {
  std::unique_ptr<stream_session>(session).reset();
}

stream_lane& lane_of(stream_session& session) noexcept { return session.lane(); }

std::stop_token source_token(stream_session& session) noexcept { return session.source_token(); }

stream_part next_part(stream_session& session) { return session.next(); }

void fail_alone(stream_session& session) noexcept { session.fail_alone(); }

std::size_t worker_limit(const stream_options& options) {
  return engine::of(options.on).worker_limit();
}

}  // namespace amorsize::detail
