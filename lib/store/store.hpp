/// The store: what processes learned, in files that outlive them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "learn/record.hpp"
#include "store/folder.hpp"

namespace amorsize::detail {

/// Nothing is thrown but std::bad_alloc. Not thread safe. Keeps no file open, so that it may be
/// used on both sides of a fork.
class store {
 public:
  using durability = detail::durability;

  store(std::string folder, files& through, std::function<void(std::string_view)> warn);

  /// Makes the folder if need be. False: nothing can be written; reading may still work.
  bool open();
  bool is_writable() const { return is_writable_; }

  /// One record a file: they are to be merged. Reads only, but for setting aside what is damaged.
  std::vector<workload_record> find(std::uint64_t hash, bool streaming = false);

  /// Reads every file, until `visit` says false.
  void for_each(const std::function<bool(const workload_record&)>& visit);

  /// Adds what was measured since the last save of this work. False: nothing of it was stored, and
  /// all that was stored before still is.
  bool save(const workload_record& delta, durability how);

  std::optional<machine_record> find_machine(std::uint64_t fingerprint);
  bool save_machine(const machine_record& measured, durability how);

  /// Compacts, sweeps and renews the index. Saves do so now and then; worth calling after the last
  /// of several, since what is saved later makes the index stale.
  void tidy();

  std::size_t damaged() const { return folder_.damaged(); }

 private:
  struct stored {
    training_name name;
    workload_record record;
  };
  using workload_kind = std::pair<std::uint64_t, bool>;                 ///< hash, streaming
  using workload_key = std::tuple<std::uint64_t, bool, std::uint64_t>;  ///< and fingerprint

  bool is_there(const stored& mine);
  bool go_on(stored& mine, const workload_record& delta, durability how);
  bool begin(stored& mine, const workload_record& delta, durability how);
  void tidy_now_and_then();
  void tidy_locked();
  bool compact_crowded();
  std::size_t compact(std::span<const training_name> names);
  std::size_t unite(const std::vector<stored>& parts);
  origin next_origin();

  folder folder_;
  bool is_writable_ = false;
  std::string host_;
  std::map<workload_key, stored> own_;                ///< the files that this process goes on with
  std::map<workload_kind, std::size_t> uncompacted_;  ///< files that were left, of each workload
  std::size_t saves_since_tidy_ = 0;
  std::size_t names_at_tidy_ = 0;
};

}  // namespace amorsize::detail
