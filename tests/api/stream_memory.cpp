/// What a memory limit bounds, counted as results are made and delivered.
#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "random.hpp"
#include "streams.hpp"

using amorsize::stream_map;
using support::form;

namespace {

/// Says how large it is, and needs not be.
struct told_size {
  explicit told_size(std::size_t b) : bytes(b) { grow(); }
  told_size(told_size&& other) noexcept : bytes(std::exchange(other.bytes, 0)) {}
  told_size& operator=(told_size&&) = delete;
  ~told_size() { alive -= bytes; }

  static void reset() { alive = most = 0; }
  static inline std::atomic<std::size_t> alive{0};
  static inline std::atomic<std::size_t> most{0};
  std::size_t bytes;

 private:
  void grow() const {
    const std::size_t now = alive += bytes;
    std::size_t seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
  }
};

std::size_t amorsize_size_bytes(const told_size& one) { return one.bytes; }

constexpr std::size_t small = 1'000;
constexpr std::size_t large = 1'000'000;
constexpr std::size_t limit = 64 * large;

/// The limit, and what is not waiting for the consumer: what it has, and what each worker is at.
std::size_t allowed(int n_jobs) { return limit + (1 + support::count(n_jobs)) * large; }

template <class SizeOf>
void check_bound(int items, const SizeOf& size_of) {
  for (const int n_jobs : {1, 2, 4, 8}) {
    for (const auto order : support::orders) {
      for (const form how : support::forms) {
        CAPTURE(n_jobs);
        told_size::reset();
        amorsize::stream_options options = support::stream_at_width(n_jobs);
        options.order = order;
        options.memory_limit = limit;
        std::size_t delivered = 0;
        std::size_t made = 0;
        const auto source = [&, next = 0]() mutable -> std::optional<int> {
          if (next == items) return std::nullopt;
          made += size_of(next);
          return next++;
        };
        support::consume(
            how, source, [&](int x) { return told_size(size_of(x)); },
            [&](told_size one) {
              delivered += one.bytes;
              support::work(300);
            },
            options);
        CHECK(delivered == made);
        CHECK(told_size::most <= allowed(n_jobs));
        CHECK(told_size::alive == 0);
      }
    }
  }
}

}  // namespace

TEST_CASE("results that tell their size stay within the limit") {
  check_bound(1'000, [](int) { return large; });
}

TEST_CASE("a large result now and then, a thousand times the others, stays within the limit") {
  check_bound(3'000, [](int x) { return x % 50 == 49 ? large : small; });
}

TEST_CASE("results that grow a thousandfold stay within the limit") {
  check_bound(3'000, [](int x) { return x < 2'000 ? small : large; });
}

TEST_CASE("results that grow slowly, a thousandfold in all, stay within the limit") {
  check_bound(3'000, [](int x) { return std::min(large, small * support::count(1 + x)); });
}

/// Known to be short, they would be run hundreds at a time: a worker has eight at most, until one
/// of its own, or of another's, tells how large they are.
TEST_CASE("results that grow at once, of work that is known, are few before the first one counts") {
  const amorsize::workload work{
      .name = "known to be short", .items = 100'000, .estimated_item_time = amorsize::duration(10)};
  amorsize::run_report told;
  told.plan.n_jobs = 2;
  told.plan.buffer_size = 10'000;
  told.items = work.items;
  told.wall = amorsize::duration(6e6);
  for (int round = 0; round < 20; ++round) {
    amorsize::runtime on({.store = "off", .max_n_jobs = 2});
    amorsize::update_model_from_streaming_execution(work, told, on);
    told_size::reset();
    int taken = 0;
    stream_map(
        support::numbers(500), [](int x) { return told_size(x < 23 ? small : large); },
        [&](const told_size&) { ++taken; },
        {.name = work.name, .n_jobs = 2, .memory_limit = large, .read_on_caller = true, .on = &on});
    CHECK(taken == 500);
    CHECK(told_size::most <= (1 + 2 * 8) * large);
  }
}

TEST_CASE("a limit less than a single result leaves one at a time") {
  for (const int n_jobs : support::widths) {
    told_size::reset();
    amorsize::stream_options options = support::stream_at_width(n_jobs);
    options.memory_limit = 1;
    int taken = 0;
    stream_map(
        std::vector<int>(200), [](int) { return told_size(large); },
        [&](const told_size&) { ++taken; }, options);
    CHECK(taken == 200);
    CHECK(told_size::most <= (1 + support::count(2 * n_jobs)) * large);
  }
}

TEST_CASE("what strings and vectors hold counts, also what vectors of strings do") {
  using texts = std::vector<std::string>;
  const std::size_t each = 10 * large / 10;
  support::flow through(limit / each + 4);
  amorsize::stream_options options = support::stream_at_width(2);
  options.memory_limit = limit;
  stream_map(
      support::counted_source(through, 300),
      [](int) { return texts(10, std::string(large / 10, 'x')); },
      [&](const texts& all) {
        through.deliver();
        CHECK(all.size() == 10);
        support::work(1000);
      },
      options);
  CHECK(through.too_many() == 0);
}

TEST_CASE("a limit makes a pinned buffer smaller, never larger") {
  for (const std::size_t buffer : {4U, 1000U}) {
    told_size::reset();
    support::flow through(buffer);
    amorsize::stream_options options = support::stream_at_width(2, buffer);
    options.memory_limit = limit;
    for ([[maybe_unused]] const told_size& one : stream_map(
             support::counted_source(through, 1000), [](int) { return told_size(large); },
             options)) {
      through.deliver();
    }
    CHECK(through.too_many() == 0);
    CHECK(told_size::most <= allowed(2));
  }
}
