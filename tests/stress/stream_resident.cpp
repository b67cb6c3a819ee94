/// Five gigabytes of results flow through a limit of 64 MB, each way in a process of its own: its
/// resident memory stays near the limit.
#include <cstddef>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "run_again.hpp"

namespace {

constexpr std::size_t megabyte = 1'000'000;
constexpr std::size_t limit = 64 * megabyte;

// Besides what waits: the result that the consumer has and one that each worker is at, what the
// allocator keeps, program and stacks.
constexpr std::size_t allowance = 40 * megabyte;

std::size_t most_resident() {
  std::FILE* const status = std::fopen("/proc/self/status", "r");
  expect(status != nullptr, "a process can read of itself");
  std::size_t kilobytes = 0;
  for (char line[256]; std::fgets(line, sizeof line, status) != nullptr;) {
    if (std::sscanf(line, "VmHWM: %zu", &kilobytes) == 1) break;
  }
  std::fclose(status);
  return kilobytes * 1024;
}

/// Tells its size by a function of its own.
struct image {
  std::unique_ptr<std::vector<char>> pixels;
};
std::size_t amorsize_size_bytes(const image& one) { return sizeof one + one.pixels->size(); }

/// Every page is written to, as it comes fresh from the system or is used again.
std::vector<char> bytes(std::size_t size) {
  std::vector<char> made;
  made.resize(size);
  return made;
}

auto source(int items) {
  return [items, next = 0]() mutable -> std::optional<int> {
    if (next == items) return std::nullopt;
    return next++;
  };
}

void flow(const std::string& way) {
  amorsize::runtime on({.max_n_jobs = 2});
  amorsize::stream_options options{.n_jobs = 2, .memory_limit = limit, .on = &on};
  if (way == "completion") options.order = amorsize::result_order::completion;
  const int items = is_sanitized ? 500 : 5000;
  std::size_t delivered = 0;
  const auto take = [&](const std::vector<char>& result) { delivered += result.size(); };
  if (way == "told") {
    const auto f = [](int) { return image{std::make_unique<std::vector<char>>(bytes(megabyte))}; };
    for (const image& one : amorsize::stream_map(source(items), f, options)) take(*one.pixels);
  } else if (way == "varied") {
    // From a kilobyte to a megabyte, large ones one after the other now and then.
    const auto f = [](int x) { return bytes(x % 500 < 400 ? 1000 : megabyte); };
    amorsize::stream_map(source(4 * items), f, take, options);
  } else {
    const auto f = [](int) { return bytes(megabyte); };
    amorsize::stream_map(source(items), f, take, options);
  }
  expect(delivered >= static_cast<std::size_t>(items) * 7 * megabyte / 10, "all of it flows");
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2) {
    const std::size_t before = most_resident();
    flow(arguments[1]);
    // A sanitizer keeps a shadow of all memory, and what was freed.
    if (is_sanitized) return 0;
    expect(most_resident() - before <= limit + allowance, "resident memory stays near the limit");
    return 0;
  }
  for (const char* way : {"input", "completion", "told", "varied"}) {
    const pid_t child = start_again({way}, {{"AMORSIZE_STORE", "off"}});
    expect(exit_code_of(child) == 0, way);
  }
}
