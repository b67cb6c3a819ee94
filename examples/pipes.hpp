/// Standard input and output of programs that stream: waiting that can be ended, errors that are
/// told.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <stop_token>
#include <system_error>

[[noreturn]] inline void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// To be made first: what is opened while a standard descriptor is closed would take its place.
class standard_input {
 public:
  standard_input() {
    if (fcntl(STDIN_FILENO, F_GETFD) < 0) fail("cannot read standard input");
    if (fcntl(STDOUT_FILENO, F_GETFD) < 0) fail("cannot write standard output");
    bell_ = eventfd(0, EFD_CLOEXEC);
    if (bell_ < 0) fail("cannot wait for standard input");
  }
  standard_input(const standard_input&) = delete;
  standard_input& operator=(const standard_input&) = delete;
  ~standard_input() { close(bell_); }

  /// Waits for bytes. Zero: there are no more, or this was ended, or stopped.
  std::size_t read_some(void* to, std::size_t most, const std::stop_token& stop) const {
    const std::stop_callback when_stopped(stop, [this] { end(); });
    std::array<pollfd, 2> waits{{{STDIN_FILENO, POLLIN, 0}, {bell_, POLLIN, 0}}};
    for (;;) {
      if (poll(waits.data(), waits.size(), -1) > 0) {
        if (waits[1].revents != 0) return 0;
        const ssize_t got = read(STDIN_FILENO, to, most);
        if (got >= 0) return static_cast<std::size_t>(got);
      }
      if (errno != EINTR && errno != EAGAIN) fail("cannot read standard input");
    }
  }

  /// Wakes who waits; there is no more from now on. Also called by signal handlers.
  void end() const noexcept { eventfd_write(bell_, 1); }

 private:
  int bell_ = -1;
};

inline void write_all(const void* from, std::size_t bytes) {
  const char* next = static_cast<const char*>(from);
  while (bytes > 0) {
    const ssize_t put = write(STDOUT_FILENO, next, bytes);
    if (put >= 0) {
      next += put;
      bytes -= static_cast<std::size_t>(put);
    } else if (errno == EAGAIN) {
      pollfd waits{STDOUT_FILENO, POLLOUT, 0};
      poll(&waits, 1, -1);
    } else if (errno != EINTR) {
      fail("cannot write standard output");
    }
  }
}

/// Who reads our output has gone: no more than an end, as with `| head`.
inline bool is_closed_pipe(const std::system_error& error) {
  return error.code() == std::errc::broken_pipe;
}
