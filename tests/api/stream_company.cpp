/// Streams among other calls: nested, many at once, and where no helper can come.
#include <amorsize/amorsize.hpp>
#include <atomic>
#include <latch>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "random.hpp"
#include "streams.hpp"

using amorsize::stream_map;

namespace {

std::vector<int> numbers(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

long sum_by_stream(int count, const amorsize::stream_options& options) {
  long sum = 0;
  stream_map(
      numbers(count),
      [](int x) {
        support::work(30);
        return x;
      },
      [&](int x) { sum += x; }, options);
  return sum;
}

long sum_of(int count) { return static_cast<long>(count) * (count - 1) / 2; }

}  // namespace

TEST_CASE("a stream runs inside a parallel call") {
  for (const int n_jobs : support::widths) {
    const std::vector<long> sums = amorsize::parallel_map(
        numbers(30),
        [n_jobs](int) { return sum_by_stream(300, support::stream_at_width(n_jobs, 8)); },
        support::at_width(3));
    for (const long sum : sums) CHECK(sum == sum_of(300));
  }
}

TEST_CASE("a parallel call runs inside a stream, in its source, its function and its sink") {
  const auto inner = [] {
    const std::vector<int> all = amorsize::parallel_map(
        numbers(100), [](int x) { return x; }, support::at_width(3));
    return all.back();
  };
  int sum = 0;
  stream_map(
      [&, next = 0]() mutable -> std::optional<int> {
        if (next++ == 50) return std::nullopt;
        return inner();
      },
      [&](int x) { return x + inner(); }, [&](int x) { sum += x + inner(); },
      support::stream_at_width(3, 8));
  CHECK(sum == 50 * 3 * 99);
}

TEST_CASE("eight streams at once all come to their end") {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < support::rounds(12); ++round) {
        if (sum_by_stream(2000, support::stream_at_width(2 + round % 3, 16)) != sum_of(2000)) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a stream goes on where every helper is busy elsewhere") {
  std::latch all_busy(support::widest);
  support::door shut;
  std::thread blocker([&] {
    amorsize::parallel_for_each(
        numbers(support::widest),
        [&](int) {
          all_busy.count_down();
          shut.pass();
        },
        support::one_by_one(support::widest));
  });
  all_busy.wait();
  CHECK(sum_by_stream(3000, support::stream_at_width(4, 16)) == sum_of(3000));
  shut.open();
  blocker.join();
}

TEST_CASE("streams of streams go on where every helper waits in a source") {
  const auto at = support::stream_at_width(2, 4);
  auto make = [&](int depth, auto& self) -> long {
    if (depth == 0) return sum_by_stream(50, at);
    long sum = 0;
    stream_map(
        numbers(4), [&](int) { return self(depth - 1, self); }, [&](long x) { sum += x; }, at);
    return sum;
  };
  CHECK(make(3, make) == 64 * sum_of(50));
}
