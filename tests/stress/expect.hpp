/// What the stress programs share: a check that ends the program, rounds by scale, sanitizers.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

/// Ends the process at once, from any thread, also in a child and at exit.
inline void expect(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", sentence);
  std::fflush(stderr);
  _exit(1);
}

/// AMORSIZE_TEST_SCALE is the percentage of `all` rounds to do; at least one.
inline int rounds(int all) {
  const char* scale = std::getenv("AMORSIZE_TEST_SCALE");
  if (scale == nullptr || *scale == '\0') return all;
  return std::max(1, static_cast<int>(static_cast<double>(all) * std::atof(scale) / 100));
}

/// Threads of this process, as the kernel counts them. By C: a first stream makes locales, which a
/// child that is watched for calls to threads may not.
inline int thread_count() {
  std::FILE* const status = std::fopen("/proc/self/status", "r");
  if (status == nullptr) return 0;
  int count = 0;
  for (char line[256]; std::fgets(line, sizeof line, status) != nullptr;) {
    if (std::sscanf(line, "Threads: %d", &count) == 1) break;
  }
  std::fclose(status);
  return count;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#elif defined(__has_feature)
inline constexpr bool is_sanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool is_sanitized = false;
#endif

/// The exit code that Meson takes for "skipped".
inline constexpr int skipped = 77;
