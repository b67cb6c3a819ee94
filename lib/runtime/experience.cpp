#include "runtime/experience.hpp"

#include <algorithm>
#include <cmath>
#include <new>
#include <set>
#include <thread>
#include <utility>

#include "learn/merge.hpp"
#include "machine/bandwidth.hpp"
#include "machine/fingerprint.hpp"
#include "machine/memory.hpp"
#include "machine/system_files.hpp"
#include "run/process.hpp"
#include "store/record_json.hpp"

namespace amorsize::detail {
namespace {

// A machine and a store take some milliseconds to read: only for work that takes many times that,
// in one call or in all together.
constexpr duration worth_loading{2e7};
// One workload takes some tens of microseconds to look up in a store that is open, but milliseconds
// where its index is stale.
constexpr duration worth_looking_up{2e7};
// Measuring bandwidth keeps one core busy for some 30 ms, once in a machine's life.
constexpr double worth_measuring_memory_ns = 2e9;

constexpr std::chrono::seconds between_saves{10};
constexpr std::chrono::seconds before_first_save{1};
constexpr std::chrono::hours any_time{1};
constexpr std::chrono::milliseconds last_save_takes{50};

constexpr std::size_t most_workloads = 16'384;

/// Learning never fails a call, also where memory is out.
template <class Learn>
void without_failing(Learn&& learn) noexcept {
  try {
    std::forward<Learn>(learn)();
  } catch (const std::bad_alloc&) {
  }
}

workload described(const sized_record& size) {
  workload work;
  work.items = static_cast<std::size_t>(size.items / std::max(1.0, size.calls));
  work.estimated_item_time = duration(size.item_ns);
  work.coefficient_of_variation = size.coefficient_of_variation;
  work.item_bytes = static_cast<std::size_t>(size.item_bytes);
  work.result_bytes = static_cast<std::size_t>(size.result_bytes);
  return work;
}

/// What similar work suggests of this one; null: nothing.
std::optional<recalled> recalled_from(const workload& work, hints similar) {
  if (similar == nullptr) return std::nullopt;
  return recalled{
      {},    std::move(similar), work.estimated_item_time.count(), work.coefficient_of_variation,
      false, work.items};
}

/// By more than measurements do by themselves.
bool has_moved(double before, double after) { return std::abs(after - before) > 0.25 * before; }

}  // namespace

experience::experience(std::string folder, engine_parts parts)
    : folder_(std::move(folder)), engine_(std::move(parts)) {
  background::of_process().attend(*this);
}

experience::~experience() { retire(); }

void experience::retire() noexcept {
  is_leaving_ = true;
  background::of_process().leave(*this);
  is_leaving_ = false;
  if (is_dirty_.load(std::memory_order_relaxed)) finish(last_save_takes);
}

std::unique_lock<std::mutex> experience::lock_map(patience has) {
  if (process::is_forked()) return {};  // the lock may be the parent's
  return has == patience::full ? std::unique_lock(map_mutex_)
                               : std::unique_lock(map_mutex_, std::try_to_lock);
}

memory* experience::find(std::uint64_t key, patience has) noexcept {
  const auto lock = lock_map(has);
  if (!lock) return nullptr;
  const auto place = all_.find(key);
  return place == all_.end() ? nullptr : place->second.get();
}

memory* experience::make(std::uint64_t key, std::string identity, patience has, bool is_streaming) {
  const auto lock = lock_map(has);
  if (!lock || all_.size() >= most_workloads) return nullptr;
  auto& place = all_[key];
  if (place == nullptr) place = std::make_unique<memory>(key, std::move(identity), is_streaming);
  return place.get();
}

void experience::observe(memory& of, const measurement& measured, patience has) noexcept {
  of.observe(measured, has);
  is_dirty_.store(true, std::memory_order_relaxed);
}

void experience::worked(duration took) noexcept {
  is_active_.store(true, std::memory_order_relaxed);
  const double all = worked_ns_.fetch_add(took.count(), std::memory_order_relaxed) + took.count();
  if (all < worth_loading.count()) return;
  load_soon();
  if (!background::of_process().is_awake()) background::of_process().poke();
}

/// The thread is asked once for each thing that is wanted.
void experience::want(std::atomic<bool>& what) noexcept {
  if (!what.load(std::memory_order_relaxed) && !what.exchange(true)) {
    background::of_process().poke();
  }
}

std::optional<recalled> experience::consult(memory& of, const workload& work,
                                            duration left) noexcept {
  if (!is_ready()) {
    if (left > worth_loading) load_soon();
    return std::nullopt;
  }
  if (left < worth_looking_up) {
    of.want_look();  // by the background, for later calls
    return std::nullopt;
  }
  std::optional<recalled> found;
  without_failing([&] {
    if (!of.is_looked_up()) {
      if (const std::unique_lock lock(store_mutex_, std::try_to_lock); lock) look_up(of);
    }
    found = of.recall(work.items);
    if (found && (!found->widths.empty() || found->similar)) return;
    if (has_similar_.load(std::memory_order_acquire)) {
      found = recalled_from(work, from_similar(work, of.hash(), false, patience::none));
    } else if (left > worth_loading) {
      want(wants_similar_);
    }
  });
  tell_warnings();
  return found;
}

void experience::look_up_now(memory& of) noexcept {
  // What is known needs no lock: a save may hold it for a hundred files.
  if (process::is_forked() || of.is_looked_up()) return;
  without_failing([&] {
    const std::lock_guard lock(store_mutex_);
    load();
    look_up(of);
  });
  tell_warnings();
}

std::optional<recalled_stream> experience::consult_stream(memory& of,
                                                          const workload& work) noexcept {
  std::optional<recalled_stream> found;
  without_failing([&] {
    if (!of.is_looked_up()) {
      if (const std::unique_lock lock(store_mutex_, std::try_to_lock); lock) look_up(of);
    }
    found = of.recall_stream(0, patience::none);
    if (found && (!found->known.outcomes.empty() || found->similar)) return;
    if (has_similar_.load(std::memory_order_acquire)) {
      if (!found) found.emplace();
      found->similar = from_similar(work, of.hash(), true, patience::none);
    } else {
      want(wants_similar_);
    }
  });
  tell_warnings();
  return found;
}

void experience::load_now(memory* of) {
  if (of != nullptr) look_up_now(*of);
  if (!is_ready()) {
    const std::lock_guard lock(store_mutex_);
    load();
  }
  tell_warnings();
}

std::optional<recalled_stream> experience::ask_stream(memory* of, const workload& work) {
  if (process::is_forked()) return std::nullopt;
  load_now(of);
  std::optional<recalled_stream> found;
  if (of != nullptr) found = of->recall_stream(work.items, patience::full);
  if (found && found->known.calls > 0) return found;
  if (work.items == 0 || work.estimated_item_time.count() <= 0) return std::nullopt;
  load_similar();
  hints similar = from_similar(work, of != nullptr ? of->hash() : 0, true, patience::full);
  if (similar == nullptr) return std::nullopt;
  return recalled_stream{{}, std::move(similar)};
}

std::optional<recalled> experience::ask(memory* of, const workload& work) {
  if (process::is_forked()) return std::nullopt;
  load_now(of);
  if (of != nullptr) {
    auto found = work.items == 0 ? of->recall_typical(patience::full)
                                 : of->recall(work.items, patience::full);
    if (found && (!found->widths.empty() || found->item_ns > 0)) return found;
  }
  if (work.items == 0 || work.estimated_item_time.count() <= 0) return std::nullopt;
  load_similar();
  const std::uint64_t hash = of != nullptr ? of->hash() : 0;
  return recalled_from(work, from_similar(work, hash, false, patience::full));
}

void experience::load() {
  if (is_ready()) return;
  fingerprint_ = fingerprint_of(engine_.this_machine(), processor_model(system_files{}));
  if (has_store()) {
    store_.emplace(folder_, real_files(), [this](std::string_view text) {
      warnings_.with([&](auto& all) { all.emplace_back(text); });
    });
    if (engine_.may_write && !store_->open()) {
      warnings_.with(
          [this](auto& all) { all.push_back("the store " + folder_ + " cannot be written"); });
    }
    if (const auto found = store_->find_machine(fingerprint_)) {
      saved_ = *found;
      bandwidth_ = found->bandwidth;
      trust_.with([&](reliability_table& table) { table = found->trust; });
      engine_.costs.assume({found->start_awake, found->arrive_awake, found->join, found->claim},
                           {found->start_asleep, found->arrive_asleep, found->join, found->claim});
    }
  }
  last_save_ = std::chrono::steady_clock::now() - between_saves + before_first_save;
  is_ready_.store(true, std::memory_order_release);  // pairs with the acquire in `is_ready`
}

/// Once for each workload, before any of it is saved.
void experience::look_up(memory& of) {
  if (of.is_looked_up()) return;
  if (!store_) return of.set_looked_up();
  std::vector<workload_record> parts = store_->find(of.hash(), of.is_streaming());
  // Two texts may have one hash, and other machines measure other times.
  std::erase_if(parts, [&](const workload_record& part) {
    return part.identity != storable(of.identity()) || part.fingerprint != fingerprint_;
  });
  if (!parts.empty()) of.add_known(merged(parts).sizes);
  of.set_looked_up();
}

/// As `visit(record, kind)`, under the store's lock.
template <class Visit>
void experience::visit_records(Visit&& visit) {
  look_at_memory();
  std::set<std::pair<std::uint64_t, bool>> own;
  for (memory* of : every()) {
    look_up(*of);
    own.insert({of->hash(), of->is_streaming()});
    for (sized_record& size : of->known()) {
      size.place = normalised(described(size), engine_.this_machine(), around());
      visit(size, record_kind{fingerprint_, of->hash(), of->is_streaming()});
    }
  }
  if (!store_) return;
  store_->for_each([&](const workload_record& record) {
    // Thousands of files: neither the process's end nor the runtime's waits for all of them.
    if (is_leaving_ || !process::may_use_threads()) return false;
    const record_kind kind{record.fingerprint, record.hash, record.is_streaming};
    const bool is_own =
        kind.fingerprint == fingerprint_ && own.count({kind.hash, kind.is_streaming}) != 0;
    if (is_own) return true;
    for (const sized_record& size : record.sizes) visit(size, kind);
    return true;
  });
}

/// Every record of the store and of this process, as they are at the first time.
void experience::load_similar() {
  if (has_similar_.load(std::memory_order_acquire)) return;
  const std::lock_guard store_lock(store_mutex_);
  const std::lock_guard lock(similar_mutex_);
  if (has_similar_.load(std::memory_order_relaxed)) return;
  visit_records([this](const sized_record& size, const record_kind& kind) {
    similar_to(kind.is_streaming).insert(size, kind.fingerprint, kind.hash);
  });
  has_similar_.store(true, std::memory_order_release);  // pairs with the acquire in `consult`
}

std::vector<sized_record> experience::records() {
  std::vector<sized_record> all;
  if (process::is_forked()) return all;
  {
    const std::lock_guard lock(store_mutex_);
    load();
    visit_records([&all](const sized_record& size, const record_kind& kind) {
      if (!kind.is_streaming) all.push_back(size);
    });
  }
  tell_warnings();
  return all;
}

double experience::threshold() {
  return trust_.with([](const reliability_table& table) { return detail::threshold(table); });
}

void experience::judge(double confidence, bool came_true) {
  trust_.with([&](reliability_table& table) { detail::observe(table, confidence, came_true); });
  is_dirty_.store(true, std::memory_order_relaxed);
}

hints experience::from_similar(const workload& work, std::uint64_t hash, bool is_streaming,
                               patience has) {
  const std::unique_lock lock = has == patience::full
                                    ? std::unique_lock(similar_mutex_)
                                    : std::unique_lock(similar_mutex_, std::try_to_lock);
  if (!lock || similar_to(is_streaming).size() == 0) return nullptr;
  const features place = normalised(work, engine_.this_machine(), around());
  std::vector<hint> near_ones = similar_to(is_streaming).hints_for(place, fingerprint_, hash);
  if (near_ones.empty()) return nullptr;
  return std::make_shared<const std::vector<hint>>(std::move(near_ones));
}

/// Without a lock: who is told may come back to this runtime, or wait for a lock of its own.
void experience::tell_warnings() noexcept {
  const auto told = warnings_.with([](auto& all) { return std::exchange(all, {}); });
  for (const std::string& sentence : told) engine_.messages.warn(sentence);
}

/// Takes some tens of system calls: not on a caller's way.
void experience::look_at_memory() {
  available_memory_ = static_cast<double>(available_memory(system_files{}));
}

surroundings experience::around() const {
  return {available_memory_, bandwidth_, engine_.costs.now(false).arrive};
}

void experience::measure_memory_bandwidth() {
  has_tried_bandwidth_ = true;
  bandwidth_ = measure_bandwidth(engine_.this_machine());
}

std::vector<memory*> experience::every() {
  std::vector<memory*> all;
  const std::lock_guard lock(map_mutex_);
  all.reserve(all_.size());
  for (const auto& [key, of] : all_) all.push_back(of.get());
  return all;
}

/// The store, unless another thread is at it until `end`.
std::unique_lock<std::mutex> experience::lock_store(time_point end) {
  std::unique_lock lock(store_mutex_, std::try_to_lock);
  while (!lock && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    static_cast<void>(lock.try_lock());
  }
  return lock;
}

bool experience::save(durability how, std::chrono::milliseconds at_most) {
  if (!engine_.may_write || process::is_forked()) return true;  // a child's is its parent's to save
  const time_point end = std::chrono::steady_clock::now() + at_most;
  const auto with_store = [&](auto&& use) {
    const auto lock = lock_store(end);
    return lock && std::chrono::steady_clock::now() < end && use();
  };
  bool is_all = with_store([&] {
    if (how == durability::synced || wants_load_) load();
    is_dirty_.store(false, std::memory_order_relaxed);
    last_save_ = std::chrono::steady_clock::now();
    return true;
  });
  tell_warnings();
  if (!is_ready() || !has_store()) return is_all;
  look_at_memory();
  std::vector<memory*> unsaved = every();
  std::erase_if(unsaved, [](const memory* of) { return !of->is_dirty(); });
  // One at a time: who plans by the store does not wait for all of them.
  for (memory* of : unsaved) {
    const bool is_saved = !is_leaving_ && with_store([&] { return save_one(*of, how); });
    is_all = is_saved && is_all;
  }
  static_cast<void>(with_store([&] {
    save_machine(how);
    if (!unsaved.empty()) store_->tidy();
    return true;
  }));
  tell_warnings();
  if (!is_all) is_dirty_.store(true, std::memory_order_relaxed);
  return is_all;
}

bool experience::save_one(memory& of, durability how) {
  look_up(of);
  workload_record delta;
  delta.hash = of.hash();
  delta.identity = of.identity();
  delta.is_streaming = of.is_streaming();
  delta.fingerprint = fingerprint_;
  delta.sizes = of.take_unsaved();
  if (delta.sizes.empty()) return true;
  bool is_saved = false;
  without_failing([&] {
    for (sized_record& size : delta.sizes) {
      size.place = normalised(described(size), engine_.this_machine(), around());
    }
    is_saved = store_->save(delta, how);
  });
  if (!is_saved) of.give_back(delta.sizes);
  return is_saved;
}

void experience::save_machine(durability how) {
  const sharing_costs awake = engine_.costs.now(true);
  const sharing_costs asleep = engine_.costs.now(false);
  const machine_record now{fingerprint_,
                           bandwidth_,
                           awake.start,
                           awake.arrive,
                           asleep.start,
                           asleep.arrive,
                           awake.join,
                           awake.claim,
                           trust_.with([](const reliability_table& table) { return table; })};
  const bool is_news = saved_.fingerprint != now.fingerprint ||
                       has_moved(saved_.bandwidth, now.bandwidth) ||
                       has_moved(saved_.arrive_awake, now.arrive_awake) ||
                       has_moved(saved_.start_asleep, now.start_asleep) ||
                       has_moved(saved_.arrive_asleep, now.arrive_asleep) ||
                       has_moved(saved_.join, now.join) || saved_.trust != now.trust;
  if (is_news && store_->save_machine(now, how)) saved_ = now;
}

bool experience::is_due() const {
  return is_ready() && store_ && store_->is_writable() &&
         is_dirty_.load(std::memory_order_relaxed) &&
         std::chrono::steady_clock::now() - last_save_ >= between_saves;
}

bool experience::tend() noexcept {
  const bool was_active = is_active_.exchange(false);
  without_failing([&] {
    if (was_active || (wants_load_ && !is_ready())) engine_.look_at_limits();
    if (was_active && has_similar_) look_at_memory();
    bool is_save_due = false;
    {
      const std::lock_guard lock(store_mutex_);
      if (wants_load_) load();
      is_save_due = is_due();
    }
    for (memory* of : every()) {
      if (!is_ready() || !of->wants_look()) continue;
      const std::lock_guard lock(store_mutex_);
      look_up(*of);
    }
    tell_warnings();
    if (wants_similar_) load_similar();
    const bool has_time = worked_ns_ > worth_measuring_memory_ns;
    if (is_ready() && has_store() && has_time && bandwidth_ == 0 && !has_tried_bandwidth_) {
      measure_memory_bandwidth();
    }
    if (is_save_due) static_cast<void>(save(durability::synced, any_time));
  });
  return was_active;
}

/// A process that never had a reason to read the store has learned nothing worth keeping. One that
/// is reading it is waited for.
void experience::finish(std::chrono::milliseconds at_most) noexcept {
  if ((!wants_load_ && !is_ready()) || !is_dirty_) return;
  without_failing([&] { static_cast<void>(save(durability::quick, at_most)); });
}

}  // namespace amorsize::detail
