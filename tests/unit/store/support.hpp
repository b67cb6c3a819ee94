/// A folder that goes when it is left, and files that fail when told to.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "learn/merge.hpp"
#include "store/files.hpp"
#include "store/store.hpp"

class temporary_folder {
 public:
  temporary_folder() {
    const char* parent = std::getenv("TMPDIR");
    path_ = std::string(parent != nullptr && *parent == '/' ? parent : "/tmp") + "/amorsize-XXXXXX";
    REQUIRE(mkdtemp(path_.data()) != nullptr);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + '/' + name; }

  /// Of the files directly in it whose name starts so.
  std::vector<std::string> names(const std::string& start = "ml_training_") const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      const std::string name = entry.path().filename().string();
      if (name.compare(0, start.size(), start) == 0) found.push_back(name);
    }
    return found;
  }

 private:
  std::string path_;
};

inline std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

inline void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

enum class operation { open, create, lock, read, write, sync, replace, move, remove, look, list };

/// The real files, counted; one operation of one kind fails.
class failing_files : public amorsize::detail::files {
 public:
  void fail(operation kind, int nth) {
    counts_.clear();
    kind_ = kind;
    nth_ = nth;
  }
  void fail_no_more() { nth_ = 0; }
  bool has_failed() const { return has_failed_; }
  int count(operation kind) const {
    const auto at = counts_.find(kind);
    return at == counts_.end() ? 0 : at->second;
  }
  /// Before it fails, a write writes some of what it was given.
  bool writes_short = false;

  int open(const std::string& path) override {
    return fails(operation::open) ? -1 : real_.open(path);
  }
  int create(const std::string& path) override {
    return fails(operation::create) ? -1 : real_.create(path);
  }
  int lock(const std::string& path) override {
    return fails(operation::lock) ? -1 : real_.lock(path);
  }
  ssize_t read(int file, char* to, std::size_t most) override {
    return fails(operation::read) ? -1 : real_.read(file, to, most);
  }
  ssize_t write(int file, const char* from, std::size_t size) override {
    if (writes_short && size > 1) size /= 2;
    return fails(operation::write) ? -1 : real_.write(file, from, size);
  }
  bool sync(int file) override { return !fails(operation::sync) && real_.sync(file); }
  void close(int file) override { real_.close(file); }
  bool replace(const std::string& from, const std::string& to) override {
    return !fails(operation::replace) && real_.replace(from, to);
  }
  bool move(const std::string& from, const std::string& to) override {
    return !fails(operation::move) && real_.move(from, to);
  }
  bool remove(const std::string& path) override {
    return !fails(operation::remove) && real_.remove(path);
  }
  bool make_folder(const std::string& path) override { return real_.make_folder(path); }
  std::optional<status> look(const std::string& path) override {
    if (fails(operation::look)) return std::nullopt;
    return real_.look(path);
  }
  bool set_modified(const std::string& path, std::int64_t ns) override {
    return real_.set_modified(path, ns);
  }
  std::optional<std::vector<std::string>> list(const std::string& path) override {
    if (fails(operation::list)) return std::nullopt;
    return real_.list(path);
  }

 private:
  bool fails(operation kind) {
    const bool is_it = ++counts_[kind] == nth_ && kind == kind_;
    has_failed_ |= is_it;
    if (is_it) errno = ENOSPC;
    return is_it;
  }

  amorsize::detail::files& real_ = amorsize::detail::real_files();
  std::map<operation, int> counts_;
  operation kind_ = operation::open;
  int nth_ = 0;
  bool has_failed_ = false;
};

/// `calls` calls of one configuration.
inline amorsize::detail::workload_record measured(std::uint64_t hash, double calls = 1,
                                                  std::uint64_t fingerprint = 7) {
  amorsize::detail::workload_record record;
  record.hash = hash;
  record.identity = "work";
  record.fingerprint = fingerprint;
  amorsize::detail::sized_record size;
  size.size_class = 10;
  size.calls = calls;
  size.items = 1'000 * calls;
  size.item_ns = 250.5;
  size.coefficient_of_variation = 0.25;
  size.item_bytes = 8;
  size.result_bytes = 16;
  size.wall_ns = 1e6 * calls;
  size.explored_ns = 10;
  size.place[0] = 0.1F;
  amorsize::detail::outcome once;
  once.by = {2, 3, 0, true};
  once.count = calls;
  once.mean = 4.75;
  once.squares = 0.125;
  once.last_seen = 1'700'000'000;
  size.outcomes.push_back(once);
  record.sizes.push_back(size);
  return record;
}

/// Calls that the stored parts of one workload tell of, each counted once.
inline double calls_of(amorsize::detail::store& from, std::uint64_t hash, bool streaming = false) {
  const auto parts = from.find(hash, streaming);
  const auto whole = amorsize::detail::merged(parts);
  return whole.sizes.empty() ? 0 : whole.sizes.front().calls;
}

/// What a store tells that was opened only now.
inline double stored_calls(const std::string& folder, std::uint64_t hash, bool streaming = false) {
  amorsize::detail::store fresh(folder, amorsize::detail::real_files(), {});
  return calls_of(fresh, hash, streaming);
}
