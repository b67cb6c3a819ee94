/// The store's folder: which files it has, how they are read, and how they get there whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/files.hpp"
#include "store/names.hpp"
#include "store/record_json.hpp"

namespace amorsize::detail {

inline constexpr std::size_t most_training_files = 20'000;

class folder {
 public:
  /// Among the processes that write to one folder; given back when destroyed.
  class held_lock {
   public:
    explicit held_lock(folder& of);
    held_lock(const held_lock&) = delete;
    held_lock& operator=(const held_lock&) = delete;
    ~held_lock();
    explicit operator bool() const { return file_ >= 0; }

   private:
    folder& of_;
    int file_ = -1;
  };

  folder(std::string path, files& through, std::function<void(std::string_view)> warn);

  /// Makes it and its parents; false where nothing can be written in it.
  bool make();

  /// Asks a few times, for some milliseconds. False in it: another process keeps it.
  held_lock lock() { return held_lock(*this); }

  /// Sorted. From memory or the index where these are fresh, else by listing.
  const std::vector<training_name>& names();
  std::vector<training_name> names_of(std::uint64_t hash, bool is_streaming);
  /// What memory and index say is not to be believed: the next names are listed.
  void doubt();

  /// What is damaged is counted, reported and, where the lock is to be had, set aside.
  training_file read(const training_name& name);
  machine_file read_machine(std::uint64_t fingerprint);

  /// As a new file of this name or, where that is taken, of a later timestamp, which `name` then
  /// has.
  bool add(training_name& name, std::string_view text, durability how);
  bool replace(const std::string& name, std::string_view text, durability how);
  /// To a later timestamp that is free.
  bool rename(training_name& name);
  bool remove(const training_name& name);

  /// Under the lock: old temporary files go, the oldest files beyond the bound go, and the index is
  /// made anew.
  void tidy();

  std::size_t damaged() const { return damaged_.size(); }

 private:
  struct listing {
    std::vector<training_name> names;    ///< sorted
    std::vector<std::string> temporary;  ///< paths
  };

  std::string path_of(std::string_view name) const { return path_ + '/' + std::string(name); }
  std::optional<files::status> look() { return through_.look(path_of(".")); }
  std::optional<listing> list();
  bool load_index(std::int64_t modified_ns);
  void write_index();
  bool sweep(const std::vector<std::string>& temporary);
  bool remove_oldest(std::vector<training_name> names);
  std::optional<std::string> write_temporary(std::string_view text, durability how);
  bool place(const std::string& path, training_name& name);
  void drop(const std::string& path);
  template <class File, class Parse>
  File read_as(const std::string& name, const Parse& parse);
  template <class StillDamaged>
  void set_aside(const std::string& name, const StillDamaged& still_damaged);

  std::string path_;
  files& through_;
  std::function<void(std::string_view)> warn_;
  std::vector<training_name> names_;
  std::int64_t names_at_ = 0;  ///< when the folder that has `names_` was modified; zero: not known
  bool doubts_index_ = false;
  bool is_locked_ = false;
  std::set<std::string> damaged_;
  std::vector<std::string> dropped_;  ///< temporary files that could not be removed yet
  std::uint64_t temporaries_ = 0;
};

}  // namespace amorsize::detail
