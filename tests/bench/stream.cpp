/// Is a stream that nobody tuned as fast as two independent halves, and as a pipeline that was?
#include <tbb/parallel_pipeline.h>
#include <amorsize/amorsize.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/arguments.hpp"
#include "support/results.hpp"

namespace {

using clock_type = std::chrono::steady_clock;

std::uint64_t work(std::uint64_t steps) {
  std::uint64_t x = steps + 1;
  for (std::uint64_t i = 0; i < steps; ++i) {
    x ^= x << 13U;
    x ^= x >> 7U;
    x ^= x << 17U;
    __asm__ __volatile__("" : "+r"(x));
  }
  return x;
}

template <class Call>
double nanoseconds(const Call& call) {
  const auto start = clock_type::now();
  call();
  return std::chrono::duration<double, std::nano>(clock_type::now() - start).count();
}

/// `items` items of some steps each; every way to run it returns the same sum.
struct stream_work {
  std::size_t items = 0;
  std::uint64_t steps = 0;

  std::uint64_t item(std::size_t i) const { return work(steps + (i & 1U)) + i; }

  auto source() const {
    return [last = items, next = std::size_t{0}]() mutable -> std::optional<std::size_t> {
      if (next == last) return std::nullopt;
      return next++;
    };
  }
  std::uint64_t sum(std::size_t first, std::size_t last) const {
    std::uint64_t all = 0;
    for (std::size_t i = first; i < last; ++i) all += item(i);
    return all;
  }
  std::uint64_t halves() const {
    std::uint64_t one = 0;
    std::thread other([&] { one = sum(0, items / 2); });
    const std::uint64_t two = sum(items / 2, items);
    other.join();
    return one + two;
  }
  std::uint64_t serial() const {
    std::uint64_t all = 0;
    auto next = source();
    while (const auto i = next()) all += item(*i);
    return all;
  }
  std::uint64_t ours() const {
    std::uint64_t all = 0;
    amorsize::stream_map(
        source(), [*this](std::size_t i) { return item(i); }, [&all](std::uint64_t x) { all += x; },
        {.name = "stream " + std::to_string(steps)});
    return all;
  }
  std::uint64_t pipeline(std::size_t chunk, std::size_t tokens) const {
    using many = std::vector<std::uint64_t>;
    std::uint64_t all = 0;
    auto next = source();
    const auto read = [&](tbb::flow_control& control) {
      many batch;
      batch.reserve(chunk);
      while (batch.size() < chunk) {
        const auto i = next();
        if (!i) break;
        batch.push_back(*i);
      }
      if (batch.empty()) control.stop();
      return batch;
    };
    const auto run = [this](many batch) {
      for (std::uint64_t& x : batch) x = item(x);
      return batch;
    };
    const auto sink = [&](const many& batch) {
      for (const std::uint64_t x : batch) all += x;
    };
    tbb::parallel_pipeline(
        tokens, tbb::make_filter<void, many>(tbb::filter_mode::serial_in_order, read) &
                    tbb::make_filter<many, many>(tbb::filter_mode::parallel, run) &
                    tbb::make_filter<many, void>(tbb::filter_mode::serial_in_order, sink));
    return all;
  }
};

/// The chunk and tokens that did best, of some.
std::pair<std::size_t, std::size_t> best_pipeline(const stream_work& what) {
  std::pair<std::size_t, std::size_t> best{1, 4};
  double least = 1e300;
  for (const std::size_t chunk : {1U, 4U, 16U, 64U, 256U, 1024U}) {
    if (chunk * 8 > what.items) continue;
    for (const std::size_t tokens : {4U, 16U}) {
      const double took = nanoseconds([&] { what.pipeline(chunk, tokens); });
      if (took < least) {
        least = took;
        best = {chunk, tokens};
      }
    }
  }
  return best;
}

void compare(bench::results& out, const bench::arguments& given, const std::string& row,
             const stream_work& what) {
  const auto [chunk, tokens] = best_pipeline(what);
  const std::uint64_t expected = what.sum(0, what.items);
  std::vector<double> serial;
  std::vector<double> ours;
  std::vector<double> pipeline;
  for (int round = 0; round < given.rounds(11); ++round) {
    const double ideal = nanoseconds([&] {
      if (what.halves() != expected) out.wrong(row + ", halves");
    });
    const auto against = [&](std::vector<double>& readings, const std::string& name,
                             const auto& call) {
      readings.push_back(nanoseconds([&] {
                           if (call() != expected) out.wrong(row + ", " + name);
                         }) /
                         ideal);
    };
    against(serial, "plain loop", [&] { return what.sum(0, what.items); });
    against(ours, "amorsize", [&] { return what.ours(); });
    against(pipeline, "pipeline",
            [&, chunk = chunk, tokens = tokens] { return what.pipeline(chunk, tokens); });
  }
  out.add(row, "plain loop", serial);
  out.add(row, "amorsize", ours);
  out.add(row, "tbb pipeline, searched", pipeline);
}

/// Beside a loop that calls the same source, function and sink. The stream is a known one.
template <class Work>
void compare_with_loop(bench::results& out, const bench::arguments& given, const std::string& row,
                       const Work& what) {
  const std::uint64_t expected = what.serial();
  if (what.ours() != expected) out.wrong(row);
  std::vector<double> ours;
  for (int round = 0; round < given.rounds(11); ++round) {
    const double loop = nanoseconds([&] { what.serial(); });
    ours.push_back(nanoseconds([&] {
                     if (what.ours() != expected) out.wrong(row);
                   }) /
                   loop);
  }
  out.add(row + ", over a serial loop", "amorsize", ours);
}

/// A source that waits for each item, and items that take twice as long.
struct waiting_work {
  std::size_t items = 0;
  std::uint64_t steps = 0;

  auto source() const {
    return [last = items, next = std::size_t{0}]() mutable -> std::optional<std::size_t> {
      if (next == last) return std::nullopt;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return next++;
    };
  }
  std::uint64_t serial() const {
    std::uint64_t all = 0;
    auto next = source();
    while (const auto i = next()) all += work(steps) + *i;
    return all;
  }
  std::uint64_t ours() const {
    std::uint64_t all = 0;
    amorsize::stream_map(
        source(), [this](std::size_t i) { return work(steps) + i; },
        [&all](std::uint64_t x) { all += x; }, {.name = "stream that waits"});
    return all;
  }
};

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  bench::results out("stream", given);
  const double step_ns = nanoseconds([] { work(1'000'000); }) / 1e6;
  const auto steps_of = [step_ns](double ns) {
    return std::max(std::uint64_t{1}, static_cast<std::uint64_t>(ns / step_ns));
  };
  const double total_ns = given.quick ? 5e6 : 4e7;
  const auto items_of = [&](double ns) { return static_cast<std::size_t>(total_ns / ns); };
  for (const double item_ns : {20.0, 200.0, 2e3, 2e4}) {
    compare(out, given, std::to_string(static_cast<int>(item_ns)) + " ns an item",
            stream_work{items_of(item_ns), steps_of(item_ns)});
  }
  compare_with_loop(out, given, "2 ns an item", stream_work{items_of(2), steps_of(1)});
  compare_with_loop(out, given, "source that waits 1 ms, items of 2 ms",
                    waiting_work{given.quick ? 5U : 30U, steps_of(2e6)});
  return out.finish("time over that of two independent halves, or of the serial loop");
}
