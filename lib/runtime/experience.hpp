/// Experience: what is known of all work, by this process and by the store.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "amorsize/machine.hpp"
#include "amorsize/workload.hpp"
#include "base/guarded.hpp"
#include "learn/record.hpp"
#include "learn/similar.hpp"
#include "learn/trust.hpp"
#include "plan/measured_costs.hpp"
#include "runtime/background.hpp"
#include "runtime/log.hpp"
#include "runtime/memory.hpp"
#include "store/files.hpp"
#include "store/store.hpp"

namespace amorsize::detail {

/// What experience needs of the engine, on any thread.
struct engine_parts {
  std::function<const machine&()> this_machine;  ///< reads it at first
  std::function<void()> look_at_limits;          ///< what this process may use now
  measured_costs& costs;
  log& messages;
  bool may_write = true;  ///< else what the store has is used as it is
};

/// Any thread. Reading machine and store, and saving, is done in the background, but where a
/// comment says otherwise. Nothing here fails a call.
class experience final : public tended {
 public:
  /// \param folder  of the store; empty: none
  experience(std::string folder, engine_parts parts);
  ~experience() override;
  experience(const experience&) = delete;
  experience& operator=(const experience&) = delete;

  /// By a number that is this work's within this process; null: not known, or busy.
  memory* find(std::uint64_t key, patience has = patience::none) noexcept;

  /// Makes it where there is none. Null: busy, or there are too many.
  memory* make(std::uint64_t key, std::string identity, patience has = patience::none,
               bool is_streaming = false);

  void observe(memory& of, const measurement& measured, patience has = patience::none) noexcept;

  /// A call took so long. Once there is enough of it, what is not for callers to do begins.
  void worked(duration took) noexcept;

  /// Has machine and store read, unless that was done.
  void load_soon() noexcept { want(wants_load_); }

  /// Whether they are, and `consult` may know more than before.
  bool is_ready() const noexcept { return is_ready_.load(std::memory_order_acquire); }

  /// Reads what the store has of this work, on this thread, unless that was done.
  void look_up_now(memory& of) noexcept;

  /// What the store has of this work, or similar work: for a call that has `left` yet to do. What
  /// takes too long for that is begun in the background, for a later time.
  std::optional<recalled> consult(memory& of, const workload& work, duration left) noexcept;

  /// The same, but now: the first time it reads machine and store on this thread.
  /// \param of  null: not known by name
  std::optional<recalled> ask(memory* of, const workload& work);

  /// As `consult`, for a stream that has run for a while; machine and store are read.
  std::optional<recalled_stream> consult_stream(memory& of, const workload& work) noexcept;

  double memory_available() const noexcept { return available_memory_; }  ///< zero: not known

  /// As `ask`, of a stream.
  std::optional<recalled_stream> ask_stream(memory* of, const workload& work);

  /// The least confidence from which on a prediction from similar work is believed.
  double threshold();

  /// What came of such a prediction.
  void judge(double confidence, bool came_true);

  /// All that is known of batches, by this process and the store. Takes long: it reads all files.
  std::vector<sized_record> records();

  /// Everything unsaved, on this thread. False: some of it could not be written in time.
  bool save(durability how, std::chrono::milliseconds at_most);

  /// Its runtime is gone: saves, and is tended no more.
  void retire() noexcept;

  bool has_store() const noexcept { return !folder_.empty(); }
  const std::string& folder() const noexcept { return folder_; }

 private:
  bool tend() noexcept override;
  void finish(std::chrono::milliseconds at_most) noexcept override;

  void want(std::atomic<bool>& what) noexcept;
  void tell_warnings() noexcept;
  void look_at_memory();
  surroundings around() const;
  hints from_similar(const workload& work, std::uint64_t hash, bool is_streaming, patience has);
  void load_now(memory* of);
  std::unique_lock<std::mutex> lock_map(patience has);
  void load_similar();
  struct record_kind {
    std::uint64_t fingerprint = 0;
    std::uint64_t hash = 0;
    bool is_streaming = false;
  };
  similar_work& similar_to(bool is_streaming) { return is_streaming ? similar_streams_ : similar_; }
  template <class Visit>
  void visit_records(Visit&& visit);
  void measure_memory_bandwidth();
  std::vector<memory*> every();
  using time_point = std::chrono::steady_clock::time_point;
  std::unique_lock<std::mutex> lock_store(time_point end);

  // Under the store's lock:
  void load();
  void look_up(memory& of);
  bool is_due() const;
  bool save_one(memory& of, durability how);
  void save_machine(durability how);

  const std::string folder_;
  const engine_parts engine_;

  std::mutex map_mutex_;
  std::unordered_map<std::uint64_t, std::unique_ptr<memory>> all_;

  std::mutex store_mutex_;
  std::optional<store> store_;
  std::uint64_t fingerprint_ = 0;
  machine_record saved_;
  time_point last_save_;

  guarded<reliability_table> trust_;
  guarded<std::vector<std::string>> warnings_;  // not told while the store is locked

  std::mutex similar_mutex_;
  similar_work similar_;  // batches
  similar_work similar_streams_;

  std::atomic<double> bandwidth_{0};         // bytes per second
  std::atomic<double> available_memory_{0};  // bytes
  std::atomic<bool> is_ready_{false};
  std::atomic<bool> has_similar_{false};
  std::atomic<bool> has_tried_bandwidth_{false};
  std::atomic<bool> wants_load_{false};
  std::atomic<bool> wants_similar_{false};
  std::atomic<bool> is_dirty_{false};
  std::atomic<bool> is_leaving_{false};  // its runtime waits to be gone
  std::atomic<bool> is_active_{false};   // a call since the last look
  std::atomic<double> worked_ns_{0};
};

}  // namespace amorsize::detail
