/// What a stream delivers, and how much of it there is at a time.
#include <amorsize/amorsize.hpp>
#include <atomic>
#include <cstddef>
#include <forward_list>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "meeting.hpp"
#include "random.hpp"
#include "ranges.hpp"
#include "streams.hpp"

using amorsize::result_order;
using amorsize::stream_map;
using support::flow;

namespace {

std::vector<int> numbers(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

TEST_CASE("results come in the order of their items, each once, at every width and buffer") {
  for (const int n_jobs : support::widths) {
    for (const std::size_t buffer : {1U, 2U, 3U, 7U, 64U, 1000U}) {
      for (const int count : {0, 1, 2, 7, 8, 1000}) {
        const std::vector<int> items = numbers(count);
        std::vector<int> results;
        for (const int r : stream_map(
                 items, [](int x) { return 3 * x; }, support::stream_at_width(n_jobs, buffer))) {
          results.push_back(r);
        }
        REQUIRE(results.size() == items.size());
        for (const int x : items) CHECK(results[support::count(x)] == 3 * x);
      }
    }
  }
}

TEST_CASE("in completion order all results come, each once") {
  for (const int n_jobs : support::widths) {
    for (const std::size_t buffer : {1U, 5U, 100U}) {
      const std::vector<int> items = numbers(2000);
      std::vector<int> seen(items.size());
      amorsize::stream_options options = support::stream_at_width(n_jobs, buffer);
      options.order = result_order::completion;
      stream_map(
          items, [](int x) { return x; }, [&](int x) { ++seen[support::count(x)]; }, options);
      for (const int times : seen) CHECK(times == 1);
    }
  }
}

TEST_CASE("an item that takes long holds back no other one in completion order") {
  const std::thread::id caller = std::this_thread::get_id();
  amorsize::stream_options options = support::stream_at_width(2, 4);
  options.order = result_order::completion;
  constexpr int slow = 20;
  std::atomic<bool> is_held{false};
  // Until it was a helper that had the slow item: the consumer could not take anything meanwhile.
  for (int round = 0; round < 1000 && !is_held; ++round) {
    support::door shut;
    int behind = 0;
    const auto f = [&](int x) {
      support::work(3000);
      if (x == slow && std::this_thread::get_id() != caller) {
        is_held = true;
        shut.pass();
      }
      return x;
    };
    stream_map(
        numbers(100), f,
        [&](int x) {
          if (x > slow && ++behind == 70) shut.open();
        },
        options);
    CHECK(behind == 79);
  }
  CHECK(is_held);
}

TEST_CASE("items read less items delivered never exceed the buffer, seen from outside") {
  for (int round = 0; round < support::rounds(60); ++round) {
    support::random chance(static_cast<std::uint64_t>(round));
    const auto buffer = chance.between<std::size_t>(1, 40);
    const int count = chance.between(1, 3000);
    flow through(buffer);
    amorsize::stream_options options =
        support::stream_at_width(support::widths[chance.between<std::size_t>(0, 3)], buffer);
    if (chance.chance(0.3)) options.chunksize = chance.between<std::size_t>(1, buffer);
    if (chance.chance(0.4)) options.order = result_order::completion;
    options.read_on_caller = chance.chance(0.2);
    const auto slow_source = chance.between(1, 400);
    const auto slow_item = chance.between(1, 400);
    const auto slow_sink = chance.between(1, 400);
    const auto steps = chance.between<std::uint64_t>(1, 3000);
    long sum = 0;
    const auto source = [&, next = 0]() mutable -> std::optional<int> {
      if (next == count) return std::nullopt;
      through.read();
      if (next % slow_source == 0) support::work(steps);
      return next++;
    };
    const auto f = [&](int x) {
      if (x % slow_item == 0) support::work(x == 0 ? 1000 * steps : steps);
      return x;
    };
    const auto take = [&](int x) {
      through.deliver();
      sum += x;
      if (x % slow_sink == 0) support::work(steps);
    };
    if (chance.chance(0.5)) {
      stream_map(source, f, take, options);
    } else {
      for (const int x : stream_map(source, f, options)) take(x);
    }
    CHECK(through.too_many() == 0);
    CHECK(sum == static_cast<long>(count) * (count - 1) / 2);
  }
}

TEST_CASE("workers go on while the consumer is busy, until the buffer is full and not beyond") {
  for (const std::size_t buffer : {1U, 2U, 8U, 50U}) {
    for (const int n_jobs : {2, 3}) {
      flow through(buffer);
      auto results = stream_map(
          support::counted_source(through, 1000), [](int x) { return x; },
          support::stream_at_width(n_jobs, buffer));
      auto it = results.begin();
      for (std::size_t taken = 1; taken <= 3; ++taken) {
        through.deliver();
        through.await_reads(taken + buffer);  // hangs, where they stop before it is full
        ++it;
      }
      CHECK(through.too_many() == 0);
    }
  }
}

TEST_CASE("two threads run items at the same time") {
  support::meeting both(2);
  const std::vector<int> items = numbers(2);
  long sum = 0;
  stream_map(
      items,
      [&](int x) {
        both.attend();
        return x;
      },
      [&](int x) { sum += x; }, support::stream_at_width(2));
  CHECK(both.distinct_threads() == 2);
}

TEST_CASE("results are delivered while the source waits for them") {
  for (const int n_jobs : {1, 2, 3}) {
    for (const std::size_t buffer : {1U, 2U, 100U}) {
      std::atomic<int> delivered{0};
      const auto source = [&, next = 0]() mutable -> std::optional<int> {
        // Like a person at a prompt: nothing more before the last answer.
        for (int now = delivered; now < next; now = delivered) delivered.wait(now);
        if (next == 200) return std::nullopt;
        return next++;
      };
      int expected = 0;
      for (const int x : stream_map(
               source, [](int i) { return i; }, support::stream_at_width(n_jobs, buffer))) {
        CHECK(x == expected++);
        ++delivered;
        delivered.notify_all();
      }
      CHECK(expected == 200);
    }
  }
}

TEST_CASE("bursts of items are delivered before the source goes on") {
  for (const int burst : {2, 5, 64}) {
    std::atomic<int> delivered{0};
    const auto source = [&, next = 0]() mutable -> std::optional<int> {
      if (next % burst == 0) {
        for (int now = delivered; now < next; now = delivered) delivered.wait(now);
      }
      if (next == 20 * burst) return std::nullopt;
      return next++;
    };
    stream_map(
        source, [](int i) { return i; },
        [&](int) {
          ++delivered;
          delivered.notify_all();
        },
        support::stream_at_width(3, 256));
    CHECK(delivered == 20 * burst);
  }
}

TEST_CASE("the source is called by one thread at a time, in order") {
  std::atomic<int> inside{0};
  std::atomic<int> clashes{0};
  const auto source = [&, next = 0]() mutable -> std::optional<int> {
    if (++inside != 1) ++clashes;
    support::work(50);
    --inside;
    if (next == 5000) return std::nullopt;
    return next++;
  };
  int expected = 0;
  for (const int x : stream_map(
           source,
           [](int i) {
             support::work(100);
             return i;
           },
           support::stream_at_width(8, 32))) {
    CHECK(x == expected++);
  }
  CHECK(expected == 5000);
  CHECK(clashes == 0);
}

TEST_CASE("the sink is called on the caller's thread only, and so is the source where asked") {
  const std::thread::id caller = std::this_thread::get_id();
  int foreign = 0;
  const auto source = [&, next = 0]() mutable -> std::optional<int> {
    if (std::this_thread::get_id() != caller) ++foreign;
    if (next == 3000) return std::nullopt;
    return next++;
  };
  amorsize::stream_options options = support::stream_at_width(3, 20);
  options.read_on_caller = true;
  stream_map(
      source,
      [](int i) {
        support::work(200);
        return i;
      },
      [&](int) {
        if (std::this_thread::get_id() != caller) ++foreign;
      },
      options);
  CHECK(foreign == 0);
}

TEST_CASE("with one thread items are read one at a time") {
  flow through(1);
  for (const int x :
       stream_map(support::counted_source(through, 100), [](int i) { return i; }, {.n_jobs = 1})) {
    through.deliver();
    CHECK(through.reads() == support::count(x) + 1);
  }
}

TEST_CASE("items and results may be move-only, and need not be default-constructible") {
  struct number {
    explicit number(int v) : value(std::make_unique<int>(v)) {}
    std::unique_ptr<int> value;
  };
  for (const int n_jobs : support::widths) {
    support::generator<number> items(500, [](int i) { return number(i); });
    int expected = 0;
    for (number& n : stream_map(
             std::move(items), [](number&& x) { return std::move(x); },
             support::stream_at_width(n_jobs, 16))) {
      CHECK(*n.value == expected++);
    }
    CHECK(expected == 500);
  }
}

TEST_CASE("a range that is an lvalue is not copied, and its elements can be changed") {
  std::vector<std::string> texts(300, "a");
  stream_map(
      texts, [](std::string& t) { return &(t += 'b'); }, [](std::string*) {},
      support::stream_at_width(3, 10));
  for (const std::string& t : texts) CHECK(t == "ab");
}

TEST_CASE("any input range does: lists, references, bits, const") {
  const std::forward_list<int> list{1, 2, 3};
  int sum = 0;
  stream_map(
      list, [](const int& x) { return x; }, [&](int x) { sum += x; });
  CHECK(sum == 6);
  std::vector<bool> bits{true, false, true};
  int set = 0;
  stream_map(
      bits, [](bool b) { return b; }, [&](bool b) { set += b ? 1 : 0; },
      support::stream_at_width(2));
  CHECK(set == 2);
}

TEST_CASE("an infinite stream is left when enough was had") {
  for (const int n_jobs : support::widths) {
    int taken = 0;
    for (const int x : stream_map([next = 0]() mutable -> std::optional<int> { return next++; },
                                  [](int i) { return i; }, support::stream_at_width(n_jobs, 30))) {
      CHECK(x == taken++);
      if (taken == 500) break;
    }
  }
}

TEST_CASE("what a filter leaves empty is not delivered") {
  for (const int n_jobs : support::widths) {
    for (const auto order : support::orders) {
      amorsize::stream_options options = support::stream_at_width(n_jobs, 9);
      options.order = order;
      long sum = 0;
      int count = 0;
      amorsize::stream_filter_map(
          numbers(3000), [](int x) { return x % 3 == 0 ? std::optional<long>(x) : std::nullopt; },
          [&](long x) {
            sum += x;
            ++count;
          },
          options);
      CHECK(count == 1000);
      CHECK(sum == 3L * 999 * 1000 / 2);
    }
  }
}

TEST_CASE("a filter that lets nothing pass reads no more than its buffer either") {
  flow through(1'000'000);
  int delivered = 0;
  amorsize::stream_filter_map(
      support::counted_source(through, 5000), [](int) { return std::optional<int>(); },
      [&](int) { ++delivered; }, support::stream_at_width(2, 4));
  CHECK(delivered == 0);
  CHECK(through.reads() == 5000);
}

TEST_CASE("streams are sources of streams") {
  for (const int n_jobs : support::widths) {
    const auto at = support::stream_at_width(n_jobs, 8);
    auto texts = stream_map(
        stream_map(
            numbers(1000), [](int x) { return x + 1; }, at),
        [](int x) { return std::make_unique<int>(2 * x); }, at);
    int expected = 1;
    for (auto& made : stream_map(
             std::move(texts), [](std::unique_ptr<int> x) { return x; }, at)) {
      CHECK(*made == 2 * expected++);
    }
    CHECK(expected == 1001);
  }
}

TEST_CASE("each worker of a stream has a state of its own") {
  std::atomic<int> made{0};
  struct state {
    std::atomic<int> inside{0};
  };
  std::atomic<int> clashes{0};
  long sum = 0;
  stream_map(
      numbers(3000),
      amorsize::per_worker(
          [&] {
            ++made;
            return std::make_unique<state>();
          },
          [&](std::unique_ptr<state>& mine, int x) {
            if (++mine->inside != 1) ++clashes;
            support::work(50);
            --mine->inside;
            return x;
          }),
      [&](int x) { sum += x; }, support::stream_at_width(4, 50));
  CHECK(sum == 2999L * 3000 / 2);
  CHECK(made >= 1);
  CHECK(made <= support::widest);
  CHECK(clashes == 0);
}

TEST_CASE("a stream may be moved while it runs, to another thread too") {
  auto results = stream_map(
      numbers(2000),
      [](int x) {
        support::work(20);
        return x;
      },
      support::stream_at_width(3, 20));
  int expected = 0;
  for (const int x : results) {
    CHECK(x == expected++);
    if (expected == 300) break;
  }
  // `begin` is where the stream is: at the result that was taken last.
  int seen = 299;
  std::thread other([&seen, moved = std::move(results)]() mutable {
    for (const int x : moved) {
      if (x == seen) ++seen;
    }
  });
  other.join();
  CHECK(seen == 2000);
}

TEST_CASE("the report says what was executed") {
  amorsize::run_report report;
  amorsize::stream_options options = support::stream_at_width(2, 10);
  options.report = &report;
  stream_map(
      numbers(500), [](int x) { return x; }, [](int) {}, options);
  CHECK(report.streaming);
  CHECK(report.items == 500);
  CHECK(report.plan.n_jobs == 2);
  CHECK(report.plan.buffer_size == 10);
  CHECK(report.peak_buffered <= 10);
  CHECK(report.plan.use_ordered);
}

TEST_CASE("a stream's plan can be had without running it, and be followed") {
  const std::vector<int> items = numbers(100'000);
  const auto f = [](int x) {
    support::work(500);
    return x;
  };
  const amorsize::stream_plan plan = amorsize::optimize_streaming(items, f);
  CHECK(plan.source == amorsize::plan_source::sampled);
  CHECK(plan.chunksize >= 1);
  CHECK(plan.buffer_size >= plan.chunksize);
  CHECK(plan.estimated_item_time.count() > 0);
  amorsize::run_report report;
  stream_map(numbers(1000), f, [](int) {}, {.plan = plan, .report = &report});
  CHECK(report.plan.buffer_size == plan.buffer_size);
  CHECK(amorsize::explain(report).find("read and not delivered") != std::string::npos);
}

TEST_CASE("a memory limit bounds the results that wait, by what they hold") {
  constexpr std::size_t large = 100'000;
  flow through(11);  // ten results, and the one that is just being delivered
  amorsize::stream_options options = support::stream_at_width(2);
  options.memory_limit = 10 * large;
  auto results = stream_map(
      support::counted_source(through, 200), [](int) { return std::string(large, 'x'); }, options);
  for (std::string& text : results) {
    through.deliver();
    CHECK(text.size() == large);
    support::work(20'000);
  }
  CHECK(through.too_many() == 0);
}
