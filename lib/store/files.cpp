#include "store/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "base/immortal.hpp"

namespace amorsize::detail {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

class kernel_files : public files {
 public:
  int open(const std::string& path) override {
    // Without waiting: who opens a pipe would wait for its other end.
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return -1;
    struct stat found {};
    if (::fstat(file, &found) == 0 && S_ISREG(found.st_mode)) return file;
    ::close(file);
    errno = EINVAL;
    return -1;
  }

  int create(const std::string& path) override {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  }

  int lock(const std::string& path) override {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0 || ::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
    const int why = errno;
    ::close(file);
    errno = why;
    return -1;
  }

  ssize_t read(int file, char* to, std::size_t most) override { return ::read(file, to, most); }
  ssize_t write(int file, const char* from, std::size_t size) override {
    return ::write(file, from, size);
  }
  bool sync(int file) override { return ::fsync(file) == 0; }
  void close(int file) override { ::close(file); }

  bool replace(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0;
  }

  bool move(const std::string& from, const std::string& to) override {
#if defined(RENAME_NOREPLACE)
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
      return true;
    if (errno != EINVAL && errno != ENOSYS) return false;  // the file system does not know how
#endif
    return ::link(from.c_str(), to.c_str()) == 0 && ::unlink(from.c_str()) == 0;
  }

  bool remove(const std::string& path) override { return ::unlink(path.c_str()) == 0; }
  bool make_folder(const std::string& path) override { return ::mkdir(path.c_str(), 0700) == 0; }

  std::optional<status> look(const std::string& path) override {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
    return status{found.st_mtim.tv_sec * ns_per_second + found.st_mtim.tv_nsec,
                  S_ISDIR(found.st_mode)};
  }

  bool set_modified(const std::string& path, std::int64_t ns) override {
    std::array<timespec, 2> times{};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = ns / ns_per_second;
    times[1].tv_nsec = ns % ns_per_second;
    return ::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0;
  }

  std::optional<std::vector<std::string>> list(const std::string& path) override {
    const auto close_folder = [](DIR* open) { ::closedir(open); };
    const std::unique_ptr<DIR, decltype(close_folder)> folder(::opendir(path.c_str()),
                                                              close_folder);
    if (!folder) return std::nullopt;
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(folder.get())) {
      if (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) names.emplace_back(entry->d_name);
    }
    if (errno != 0) return std::nullopt;
    return names;
  }
};

/// Closed when left.
class open_file {
 public:
  open_file(files& through, int file) : through_(through), file_(file) {}
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  ~open_file() {
    const int why = errno;
    if (file_ >= 0) through_.close(file_);
    errno = why;
  }
  explicit operator bool() const { return file_ >= 0; }

  bool write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = through_.write(file_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  std::optional<std::string> read(std::size_t most) {
    std::string text;
    for (;;) {
      const std::size_t had = text.size();
      text.resize(had + std::max<std::size_t>(had, 4'096));
      ssize_t got = -1;
      do {
        got = through_.read(file_, text.data() + had, text.size() - had);
      } while (got < 0 && errno == EINTR);
      if (got < 0) return std::nullopt;
      text.resize(had + static_cast<std::size_t>(got));
      if (got == 0) return text;
      if (text.size() <= most) continue;
      errno = EFBIG;
      return std::nullopt;
    }
  }

  bool sync() { return through_.sync(file_); }

 private:
  files& through_;
  int file_;
};

}  // namespace

files& real_files() { return immortal<kernel_files>(); }

std::optional<std::string> read_whole(files& through, const std::string& path, std::size_t most) {
  open_file file(through, through.open(path));
  if (!file) return std::nullopt;
  return file.read(most);
}

bool write_whole(files& through, const std::string& path, std::string_view text, durability how) {
  open_file file(through, through.create(path));
  return file && file.write(text) && (how == durability::quick || file.sync());
}

}  // namespace amorsize::detail
