#include "run/job.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <latch>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "plan/sampling.hpp"
#include "run/thread_state.hpp"

using namespace amorsize::detail;

namespace {

/// Chunks of a fixed size; what the caller does in its turn is given.
struct fixed_chunks final : controller {
  std::size_t chunk = 1;
  std::function<bool(std::size_t)> turn = [](std::size_t) { return true; };
  std::function<std::size_t(const chunk_report&)> next = [this](const auto&) { return chunk; };

  std::size_t first_chunk(std::size_t) noexcept override { return chunk; }
  std::size_t next_chunk(const chunk_report& c) noexcept override { return next(c); }
  bool caller_turn(std::size_t done) noexcept override { return turn(done); }
};

/// A job over a function of one item, which may throw.
struct trial {
  explicit trial(std::size_t items, std::function<void(std::size_t)> f) : item(std::move(f)) {
    order.body = {[](void* self, std::size_t first, std::size_t last) {
                    const trial& t = *static_cast<trial*>(self);
                    for (std::size_t i = first; i < last; ++i) {
                      this_thread.failed_at = i;
                      t.item(i);
                    }
                  },
                  this};
    order.items = items;
    order.control = &chunks;
  }
  trial(const trial&) = delete;
  trial& operator=(const trial&) = delete;

  /// The caller and helpers, who come as they are started.
  void run(unsigned helpers) {
    here.prepare(order);
    here.open(helpers);
    std::vector<std::thread> threads;
    for (unsigned h = 1; h <= helpers; ++h) threads.emplace_back([this, h] { help(h); });
    here.work(0);
    here.close();
    for (std::thread& t : threads) t.join();
  }
  void help(std::size_t worker) {
    if (!here.try_join()) return;
    here.work(worker);
    here.leave();
  }

  std::function<void(std::size_t)> item;
  fixed_chunks chunks;
  job_order order;
  job here;
};

std::string message(const std::exception_ptr& failure) {
  if (!failure) return "none";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    return e.what();
  }
}

[[noreturn]] void fail(std::size_t i) { throw std::runtime_error(std::to_string(i)); }

}  // namespace

TEST_CASE("helpers get in while the job is open, and no more at a time than it has room for") {
  trial t(10, [](std::size_t) {});
  CHECK_FALSE(t.here.try_join());
  t.here.prepare(t.order);
  CHECK_FALSE(t.here.try_join());
  t.here.open(2);
  CHECK(t.here.try_join());
  CHECK(t.here.try_join());
  CHECK_FALSE(t.here.try_join());
  CHECK(t.here.inside() == 2);
  t.here.set_room(3);
  CHECK(t.here.try_join());
  t.here.set_room(1);
  t.here.leave();
  CHECK_FALSE(t.here.try_join());
  t.here.leave();
  t.here.leave();
  CHECK(t.here.try_join());
  t.here.leave();
  t.here.close();
  CHECK_FALSE(t.here.try_join());
  CHECK(t.here.inside() == 0);
}

TEST_CASE("nobody joins a job with nothing left to claim, and the gate stays empty") {
  trial t(3, [](std::size_t) {});
  t.here.prepare(t.order);
  t.here.open(4);
  t.here.work(0);
  CHECK(t.here.left() == 0);
  CHECK_FALSE(t.here.try_join());
  CHECK(t.here.inside() == 0);
  CHECK(t.here.first_join() == 0);
  t.here.close();
}

TEST_CASE("a job is as new when it is prepared again") {
  trial t(5, [](std::size_t i) {
    if (i == 3) fail(i);
  });
  t.run(0);
  CHECK(message(t.here.take_failure()) == "3");
  CHECK(t.here.take_failure() == nullptr);
  int runs = 0;
  t.item = [&runs](std::size_t) { ++runs; };
  t.run(0);
  CHECK(runs == 5);
  CHECK(t.here.take_failure() == nullptr);
  CHECK_FALSE(t.here.was_stopped());
}

TEST_CASE("close returns only when the helper inside has left, and shows what it wrote") {
  for (int round = 0; round < 200; ++round) {
    int written = 0;  // plain: ordered by leave and close alone
    trial t(2, [&written](std::size_t i) {
      if (i == 1) written = 7;
    });
    t.here.prepare(t.order);
    t.here.open(1);
    std::latch joined(1);
    std::thread helper([&] {
      REQUIRE(t.here.try_join());
      joined.count_down();
      t.here.work(1);
      t.here.leave();
    });
    joined.wait();
    t.here.close();
    REQUIRE(written == 7);
    helper.join();
  }
}

TEST_CASE("a caller that waits for a long item sleeps, has its turns, and is woken by the last") {
  std::latch busy(1);
  std::latch goes_on(1);
  int written = 0;
  trial t(2, [&](std::size_t i) {
    if (i == 0) {
      busy.count_down();
      goes_on.wait();  // until the waiting caller's turn
    }
    ++written;
  });
  t.order.counts_done = true;
  std::vector<std::size_t> told;
  t.chunks.turn = [&](std::size_t done) {
    told.push_back(done);
    if (done == 1 && told.size() == 2) goes_on.count_down();
    return true;
  };
  t.here.prepare(t.order);
  t.here.open(1);
  std::thread helper([&t] { t.help(1); });
  busy.wait();
  t.here.work(0);
  CHECK(told.size() == 1);
  t.here.close();
  CHECK(written == 2);
  CHECK(t.here.done() == 2);
  CHECK(told.size() >= 2);
  helper.join();
}

TEST_CASE("every item runs exactly once, whoever comes and whatever chunks they take") {
  constexpr std::size_t items = 5'000;
  const sample_layout sample = spread_sample(items);
  for (unsigned round = 0; round < 30; ++round) {
    std::vector<unsigned char> runs(items, 0);
    trial t(items, [&runs](std::size_t i) { ++runs[i]; });
    t.order.sample = round % 2 == 0 ? sample.blocks() : std::span<const interval>{};
    t.chunks.next = [round](const chunk_report& c) { return 1 + (c.left * 7 + round) % 41; };
    t.run(round % 5);
    REQUIRE(std::count(runs.begin(), runs.end(), 1) == items);
    REQUIRE(t.here.left() == 0);
  }
}

TEST_CASE("the failure of the lowest item wins, though a higher one came first") {
  std::latch high_failed(1);
  std::latch low_taken(1);
  std::vector<unsigned char> runs(100, 0);
  trial t(100, [&](std::size_t i) {
    ++runs[i];
    if (i == 10) {
      low_taken.count_down();
      high_failed.wait();
      fail(i);
    }
    if (i == 50) {
      low_taken.wait();
      fail(i);
    }
  });
  // The worker of item 50 has failed once it asks for its next chunk.
  t.chunks.next = [&](const chunk_report& c) {
    if (runs[50] != 0 && !high_failed.try_wait() && !c.by_caller) high_failed.count_down();
    return std::size_t{10};
  };
  t.chunks.chunk = 10;
  t.here.prepare(t.order);
  t.here.open(1);
  std::latch ready(1);
  std::thread helper([&] {
    REQUIRE(t.here.try_join());
    ready.count_down();
    low_taken.wait();
    t.here.work(1);
    t.here.leave();
  });
  ready.wait();
  t.here.work(0);
  t.here.close();
  helper.join();
  CHECK(message(t.here.take_failure()) == "10");
  CHECK(std::count(runs.begin(), runs.begin() + 10, 1) == 10);
  CHECK(std::count(runs.begin() + 51, runs.end(), 1) == 0);
}

TEST_CASE("of random failures the lowest is always told, all below it ran, none ran twice") {
  constexpr std::size_t items = 2'000;
  const sample_layout sample = spread_sample(items);
  std::mt19937 random(31);
  for (unsigned round = 0; round < 60; ++round) {
    std::vector<unsigned char> fails(items, 0);
    for (int f = 0; f < 5; ++f) fails[random() % items] = 1;
    const auto lowest =
        static_cast<std::size_t>(std::find(fails.begin(), fails.end(), 1) - fails.begin());
    std::vector<unsigned char> runs(items, 0);
    trial t(items, [&](std::size_t i) {
      ++runs[i];
      if (fails[i] != 0) fail(i);
    });
    t.order.sample = round % 2 == 0 ? sample.blocks() : std::span<const interval>{};
    t.chunks.next = [round](const chunk_report& c) { return 1 + (c.left + round) % 13; };
    t.run(round % 4);
    REQUIRE(message(t.here.take_failure()) == std::to_string(lowest));
    REQUIRE(std::count(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(lowest) + 1, 1) ==
            static_cast<std::ptrdiff_t>(lowest) + 1);
    REQUIRE(*std::max_element(runs.begin(), runs.end()) == 1);
  }
}

TEST_CASE("after a stop nothing more starts, and the job says that it was stopped") {
  std::stop_source source;
  std::size_t runs = 0;
  trial t(100, [&](std::size_t) {
    if (++runs == 7) source.request_stop();
  });
  t.order.stop = source.get_token();
  t.run(0);
  CHECK(runs == 7);
  CHECK(t.here.was_stopped());
  CHECK(t.here.take_failure() == nullptr);
}

TEST_CASE("a caller's turn that says so skips all that has not started") {
  std::size_t runs = 0;
  trial t(100, [&](std::size_t) { ++runs; });
  t.chunks.turn = [&](std::size_t) { return runs < 4; };
  t.run(0);
  CHECK(runs == 4);
  CHECK(t.here.was_stopped());
}

TEST_CASE("a worker whose next chunk is none leaves the rest to others") {
  std::vector<std::size_t> ran;
  trial t(10, [&](std::size_t i) { ran.push_back(i); });
  t.chunks.next = [](const chunk_report&) { return std::size_t{0}; };
  t.here.prepare(t.order);
  t.here.open(1);
  REQUIRE(t.here.try_join());
  t.here.work(1);
  t.here.leave();
  CHECK(ran.size() == 1);
  CHECK(t.here.left() == 9);
  t.chunks.next = [](const chunk_report&) { return std::size_t{1}; };
  t.here.work(0);
  t.here.close();
  CHECK(ran.size() == 10);
}

TEST_CASE("inside an item a thread knows its worker and depth, afterwards what it was before") {
  std::vector<std::pair<std::size_t, int>> seen;
  trial inner(1, [&](std::size_t) { seen.emplace_back(this_thread.worker, this_thread.depth); });
  trial outer(1, [&](std::size_t) {
    inner.run(0);
    seen.emplace_back(this_thread.worker, this_thread.depth);
  });
  const thread_state before = this_thread;
  outer.here.prepare(outer.order);
  outer.here.open(1);
  REQUIRE(outer.here.try_join());
  outer.here.work(5);
  outer.here.leave();
  outer.here.close();
  CHECK(seen == std::vector<std::pair<std::size_t, int>>{{0, 2}, {5, 1}});
  CHECK(this_thread.worker == before.worker);
  CHECK(this_thread.depth == before.depth);
}

TEST_CASE("a chunk's report tells whose it was, its items, and what nobody has claimed") {
  std::vector<chunk_report> reports;
  trial t(10, [](std::size_t) {});
  t.chunks.chunk = 4;
  t.chunks.next = [&](const chunk_report& c) {
    reports.push_back(c);
    return std::size_t{4};
  };
  t.run(0);
  REQUIRE(reports.size() == 3);
  for (std::size_t r = 0; r < 3; ++r) {
    CHECK(reports[r].by_caller);
    CHECK(reports[r].items == (r < 2 ? 4 : 2));
    CHECK(reports[r].left == (r < 2 ? 6 - 4 * r : 0));
  }
}
