/// What the demos share: work to stream, a store that goes with the program, and lines of a table.
#pragma once

#include <stdlib.h>

#include <amorsize/amorsize.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

/// A folder that starts empty, so that every run of the program shows the same.
class temporary_store {
 public:
  temporary_store() {
    if (mkdtemp(path_.data()) == nullptr) throw std::system_error(errno, std::generic_category());
  }
  temporary_store(const temporary_store&) = delete;
  temporary_store& operator=(const temporary_store&) = delete;
  ~temporary_store() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() / "amorsize-demo-XXXXXX").string();
};

/// How many steps `count` numbers take to 1 by Collatz's rule, added up.
inline std::uint64_t collatz(int count) {
  std::uint64_t steps = 0;
  for (std::uint64_t first = 1; first <= static_cast<std::uint64_t>(count); ++first) {
    for (std::uint64_t n = first + 10'000; n != 1; ++steps) n = n % 2 == 0 ? n / 2 : 3 * n + 1;
  }
  return steps;
}

inline double milliseconds(amorsize::duration time) { return time.count() / 1e6; }

template <class F>
amorsize::duration time_of(const F& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::steady_clock::now() - start;
}

inline void print_title(int number, const char* text) {
  std::printf("\nDemo %d: %s\n\n", number, text);
}

inline void print_head() {
  std::printf("  %-22s %-9s %4s %6s %7s %-10s %5s %10s %9s %9s %7s\n", "", "plan", "jobs", "chunk",
              "buffer", "order", "conf.", "item us", "expected", "measured", "speedup");
}

inline void print_plan(const std::string& what, const amorsize::stream_plan& plan) {
  constexpr const char* sources[] = {"fallback", "sampled", "predicted", "requested"};
  std::printf("  %-22s %-9s %4d %6zu %7zu %-10s %5.2f %10.1f", what.c_str(),
              sources[static_cast<int>(plan.source)], plan.n_jobs, plan.chunksize, plan.buffer_size,
              plan.use_ordered ? "input" : "completion", plan.confidence,
              plan.estimated_item_time.count() / 1e3);
  if (plan.expected_parallel.count() > 0) {
    std::printf(" %6.1f ms", milliseconds(plan.expected_parallel));
  } else {
    std::printf(" %9s", "-");
  }
}

/// What was suggested and not run.
inline void print_row(const std::string& what, const std::optional<amorsize::stream_plan>& plan) {
  if (!plan) {
    std::printf("  %-22s nothing is known\n", what.c_str());
    return;
  }
  print_plan(what, *plan);
  std::printf("\n");
}

inline void print_row(const std::string& what, const amorsize::run_report& report) {
  print_plan(what, report.plan);
  std::printf(" %6.1f ms %7.2f\n", milliseconds(report.wall), report.speedup);
}
