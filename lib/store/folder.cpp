#include "store/folder.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "store/index.hpp"

namespace amorsize::detail {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr int lock_tries = 5;
constexpr int name_tries = 1'000;
constexpr std::size_t most_set_aside = 100;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

folder::held_lock::held_lock(folder& of) : of_(of) {
  for (int i = 0; i < lock_tries && file_ < 0; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    file_ = of_.through_.lock(of_.path_of("lock"));
    if (file_ < 0 && errno != EWOULDBLOCK) break;
  }
  if (file_ >= 0) of_.is_locked_ = true;
}

folder::held_lock::~held_lock() {
  if (file_ < 0) return;
  of_.is_locked_ = false;
  of_.through_.close(file_);
}

folder::folder(std::string path, files& through, std::function<void(std::string_view)> warn)
    : path_(std::move(path)), through_(through), warn_(std::move(warn)) {}

bool folder::make() {
  if (path_.empty()) return false;
  if (const auto found = look(); !found || !found->is_folder) {
    for (std::size_t end = path_.find('/', 1); end != std::string::npos;
         end = path_.find('/', end + 1)) {
      through_.make_folder(path_.substr(0, end));
    }
    through_.make_folder(path_);
  }
  const int file = through_.lock(path_of("lock"));
  if (file < 0) return errno == EWOULDBLOCK;
  through_.close(file);
  return true;
}

const std::vector<training_name>& folder::names() {
  const auto before = look();
  if (before && names_at_ != 0 && names_at_ == before->modified_ns) return names_;
  if (before && !doubts_index_ && load_index(before->modified_ns)) return names_;
  auto found = list();
  names_ = found ? std::move(found->names) : std::vector<training_name>();
  // A change within the clock's step, on some file systems two seconds, would not be seen later.
  const bool is_settled = found && before && before->modified_ns < now_ns() - 3 * second;
  names_at_ = is_settled ? before->modified_ns : 0;
  return names_;
}

std::vector<training_name> folder::names_of(std::uint64_t hash, bool is_streaming) {
  const auto& all = names();
  std::vector<training_name> found;
  for (auto at = std::lower_bound(all.begin(), all.end(), training_name{hash, 0, false});
       at != all.end() && at->hash == hash; ++at) {
    if (at->is_streaming == is_streaming) found.push_back(*at);
  }
  return found;
}

void folder::doubt() {
  names_at_ = 0;
  doubts_index_ = true;
}

template <class File, class Parse>
File folder::read_as(const std::string& name, const Parse& parse) {
  const auto read_once = [&] {
    if (const auto text = read_whole(through_, path_of(name), most_file_bytes)) return parse(*text);
    File none;
    if (errno == ENOENT) none.is = content::gone;
    if (errno != ENOENT && errno != EFBIG) none.is = content::unreadable;
    return none;
  };
  File file = read_once();
  if (file.is == content::damaged) {
    set_aside(name, [&] { return read_once().is == content::damaged; });
  }
  return file;
}

training_file folder::read(const training_name& name) {
  return read_as<training_file>(name.text(), [&name](std::string_view text) {
    return read_training(text, name.hash, name.is_streaming);
  });
}

machine_file folder::read_machine(std::uint64_t fingerprint) {
  return read_as<machine_file>(machine_name(fingerprint), [fingerprint](std::string_view text) {
    machine_file file = detail::read_machine(text);
    const bool is_other = file.is == content::record && file.record.fingerprint != fingerprint;
    return is_other ? machine_file{} : file;
  });
}

template <class StillDamaged>
void folder::set_aside(const std::string& name, const StillDamaged& still_damaged) {
  if (damaged_.insert(name).second && warn_) {
    warn_("the store's file " + path_of(name) + " is damaged; it is ignored and set aside");
  }
  if (!is_locked_) {
    const held_lock held = lock();
    if (held) set_aside(name, still_damaged);
    return;
  }
  // Its owner may have replaced it meanwhile.
  if (!still_damaged()) return;
  const std::string aside = path_of("damaged");
  through_.make_folder(aside);
  const auto there = through_.list(aside);
  if (there && there->size() < most_set_aside) {
    through_.replace(path_of(name), aside + '/' + name);
  } else {
    through_.remove(path_of(name));
  }
}

std::optional<std::string> folder::write_temporary(std::string_view text, durability how) {
  for (const std::string& path : std::exchange(dropped_, {})) drop(path);
  if (text.size() > most_file_bytes) return std::nullopt;
  std::string path = path_of(temporary_prefix) + std::to_string(::getpid()) + '-' +
                     std::to_string(++temporaries_) + '-' +
                     hex16(static_cast<std::uint64_t>(now_ns()));
  if (write_whole(through_, path, text, how)) return path;
  drop(path);
  return std::nullopt;
}

void folder::drop(const std::string& path) {
  if (!through_.remove(path) && errno != ENOENT) dropped_.push_back(path);
}

/// Where the name is taken, the next one: what another process wrote is never replaced.
bool folder::place(const std::string& path, training_name& name) {
  for (int i = 0; i < name_tries; ++i, ++name.timestamp) {
    if (through_.move(path, path_of(name.text()))) return true;
    if (errno != EEXIST) return false;
  }
  return false;
}

bool folder::add(training_name& name, std::string_view text, durability how) {
  const auto temporary = write_temporary(text, how);
  if (!temporary) return false;
  if (place(*temporary, name)) return true;
  drop(*temporary);
  return false;
}

bool folder::rename(training_name& name) {
  training_name later = name;
  ++later.timestamp;
  if (!place(path_of(name.text()), later)) return false;
  name = later;
  return true;
}

bool folder::replace(const std::string& name, std::string_view text, durability how) {
  const auto temporary = write_temporary(text, how);
  if (!temporary) return false;
  if (through_.replace(*temporary, path_of(name))) return true;
  drop(*temporary);
  return false;
}

bool folder::remove(const training_name& name) { return through_.remove(path_of(name.text())); }

std::optional<folder::listing> folder::list() {
  const auto all = through_.list(path_);
  if (!all) return std::nullopt;
  listing found;
  for (const std::string& name : *all) {
    if (const auto training = parse_training_name(name)) {
      found.names.push_back(*training);
    } else if (name.compare(0, temporary_prefix.size(), temporary_prefix) == 0) {
      found.temporary.push_back(path_of(name));
    }
  }
  std::sort(found.names.begin(), found.names.end());
  return found;
}

void folder::tidy() {
  constexpr int tries = 3;
  for (int i = 0; i < tries; ++i) {
    if (const auto index = path_of("index"); !through_.look(index)) through_.make_folder(index);
    // A time of our own making: every later change gives the folder another one, also within the
    // same step of the file system's clock.
    if (!through_.set_modified(path_of("."), now_ns() - 5 * second)) return;
    const auto before = look();
    auto found = list();
    if (!before || !found) return;
    if (sweep(found->temporary) || remove_oldest(found->names)) continue;
    const auto after = look();
    if (!after || after->modified_ns != before->modified_ns) continue;
    names_ = std::move(found->names);
    names_at_ = before->modified_ns;
    write_index();
    return;
  }
}

bool folder::sweep(const std::vector<std::string>& temporary) {
  bool removed = false;
  for (const std::string& path : temporary) {
    const auto found = through_.look(path);
    if (found && found->modified_ns < now_ns() - 3'600 * second) removed |= through_.remove(path);
  }
  return removed;
}

bool folder::remove_oldest(std::vector<training_name> names) {
  if (names.size() <= most_training_files) return false;
  const auto last = names.begin() + static_cast<std::ptrdiff_t>(names.size() - most_training_files);
  std::nth_element(names.begin(), last, names.end(),
                   [](const auto& a, const auto& b) { return a.timestamp < b.timestamp; });
  bool removed = false;
  for (auto name = names.begin(); name != last; ++name) removed |= remove(*name);
  return removed;
}

bool folder::load_index(std::int64_t modified_ns) {
  const auto text = read_whole(through_, path_of("index/training.idx"), most_index_bytes);
  if (!text) return false;
  auto read = decode_index(*text, modified_ns);
  if (!read) return false;
  names_ = std::move(*read);
  names_at_ = modified_ns;
  return true;
}

void folder::write_index() {
  // In its own folder, so that writing it does not make it stale; one writer, by the lock. The old
  // one goes first: some file systems flush what replaces a file.
  const std::string path = path_of("index/training.idx");
  const std::string temporary = path_of("index/training.tmp");
  through_.remove(path);
  through_.remove(temporary);
  if (write_whole(through_, temporary, encode_index(names_, names_at_), durability::quick) &&
      through_.replace(temporary, path)) {
    doubts_index_ = false;
  } else {
    through_.remove(temporary);
  }
}

}  // namespace amorsize::detail
