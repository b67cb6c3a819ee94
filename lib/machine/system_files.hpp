/// The system's small files, under a root that tests choose.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace amorsize::detail {

class system_files {
 public:
  /// Paths begin with "/" and are put behind `root`; the empty root is the system's own.
  explicit system_files(std::string root = "") : root_(std::move(root)) {}

  static constexpr std::size_t small = std::size_t{64} * 1024;

  /// The file's first `most` bytes; empty where it cannot be read.
  std::optional<std::string> read(const std::string& path, std::size_t most = small) const {
    const int file = ::open((root_ + path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return std::nullopt;
    const descriptor owned{file};
    std::string text;
    while (text.size() < most) {
      // The kernel's own files come in pieces, whatever is asked for.
      const std::size_t before = text.size();
      text.resize(std::min(most, before + 4096));
      const ssize_t got = ::read(file, text.data() + before, text.size() - before);
      const bool interrupted = got < 0 && errno == EINTR;
      if (got < 0 && !interrupted) return std::nullopt;
      text.resize(before + (interrupted ? 0 : static_cast<std::size_t>(got)));
      if (got == 0) break;
    }
    return text;
  }

 private:
  struct descriptor {
    explicit descriptor(int file) : file_(file) {}
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    ~descriptor() { ::close(file_); }

   private:
    int file_;
  };

  std::string root_;
};

}  // namespace amorsize::detail
