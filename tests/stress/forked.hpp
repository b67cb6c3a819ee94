/// Children of a process with many threads: one that hangs is killed, and its parent sees that.
///
/// The C library holds its allocator's locks while it forks. AddressSanitizer's stay as they are
/// (in GCC at least up to 12), and a child that finds one held waits within the sanitizer for ever.
/// This tells nothing of the library: such a child says so, and its parent does the round again.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include "expect.hpp"

#if defined(__SANITIZE_ADDRESS__) && defined(__x86_64__)
#include <link.h>
#include <ucontext.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string_view>
#endif

inline constexpr int hung_in_sanitizer = 76;

#if defined(__SANITIZE_ADDRESS__) && defined(__x86_64__)

struct code_range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

/// Where the sanitizer's own code is.
inline const code_range sanitizer_code = [] {
  code_range found;
  dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* to) {
        if (std::string_view(object->dlpi_name).find("libasan") == std::string_view::npos) return 0;
        for (int i = 0; i < object->dlpi_phnum; ++i) {
          const auto& segment = object->dlpi_phdr[i];
          if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
          const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
          *static_cast<code_range*>(to) = {begin, begin + segment.p_memsz};
        }
        return 1;
      },
      &found);
  return found;
}();

inline void be_killed_where_it_hangs() {
  static int times = 0;
  struct sigaction action {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    const auto at =
        static_cast<std::uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
    if (at >= sanitizer_code.begin && at < sanitizer_code.end) _exit(hung_in_sanitizer);
    expect(++times < 12, "no child hangs");
    alarm(5);
  };
  expect(sigaction(SIGALRM, &action, nullptr) == 0, "alarms can be handled");
  alarm(5);
}

#else

inline void be_killed_where_it_hangs() { alarm(60); }

#endif

/// Waits for its end. False where the round tells nothing, and is to be done again.
inline bool ends_well(pid_t child) {
  static int rounds_again = 0;
  int status = -1;
  expect(waitpid(child, &status, 0) == child, "a child can be waited for");
  expect(!WIFSIGNALED(status), "no child hangs, crashes or calls what it may not");
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (is_sanitized && code == hung_in_sanitizer) {
    expect(++rounds_again < 20, "few children find the sanitizer's locks held");
    return false;
  }
  expect(code == 0, "every child succeeds");
  return true;
}
