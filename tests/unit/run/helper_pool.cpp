#include "run/helper_pool.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "run/process.hpp"
#include "run/thread_state.hpp"

using namespace amorsize::detail;

namespace {

struct single_items final : controller {
  std::size_t first_chunk(std::size_t) noexcept override { return 1; }
  std::size_t next_chunk(const chunk_report&) noexcept override { return 1; }
  bool caller_turn(std::size_t) noexcept override { return true; }
};

/// The caller's side of one call.
template <class Item>
void run(helper_pool& pool, std::size_t items, unsigned helpers, const Item& item) {
  single_items chunks;
  const helper_pool::place p = pool.take_job();
  REQUIRE(p.here != nullptr);
  job_order order;
  order.body = {[](void* f, std::size_t first, std::size_t last) {
                  for (std::size_t i = first; i < last; ++i) (*static_cast<const Item*>(f))(i);
                },
                const_cast<void*>(static_cast<const void*>(&item))};
  order.items = items;
  order.control = &chunks;
  p.here->prepare(order);
  pool.open(p, helpers);
  pool.call(static_cast<int>(helpers));
  p.here->work(0);
  pool.close(p);
  pool.give_back(p);
}

void await_idle(const helper_pool& pool) {
  while (!pool.is_idle()) std::this_thread::yield();
}

}  // namespace

TEST_CASE("every caller has a job of its own, up to a number that is told by an empty place") {
  helper_pool pool(1);
  std::set<job*> jobs;
  std::vector<helper_pool::place> places;
  for (;;) {
    const helper_pool::place p = pool.take_job();
    if (p.here == nullptr) break;
    places.push_back(p);
    jobs.insert(p.here);
  }
  CHECK(places.size() >= 64);
  CHECK(jobs.size() == places.size());
  pool.give_back(places[5]);
  const helper_pool::place again = pool.take_job();
  CHECK(again.here == places[5].here);
  CHECK(pool.take_job().here == nullptr);
}

TEST_CASE("as many threads work at once as were asked for, each with an index of its own") {
  process::watch();
  for (const unsigned helpers : {1U, 2U, 7U}) {
    const allowance threads(static_cast<int>(helpers) + 1);
    helper_pool pool(static_cast<int>(helpers));
    std::latch all_here(static_cast<std::ptrdiff_t>(helpers) + 1);
    std::array<std::atomic<int>, 8> seen{};
    run(pool, helpers + 1, helpers, [&](std::size_t) {
      seen[this_thread.worker].fetch_add(1);
      all_here.arrive_and_wait();  // returns only where all are inside an item
    });
    for (unsigned w = 0; w <= helpers; ++w) CHECK(seen[w].load() == 1);
    await_idle(pool);
    CHECK(pool.at_work() == 0);
  }
}

TEST_CASE(
    "callers together never have more helpers at work than the pool has, nor share an index") {
  process::watch();
  constexpr int helpers = 3;
  const allowance threads(helpers + 1);
  helper_pool pool(helpers);
  std::atomic<int> at_work{0};
  std::atomic<int> most{0};
  std::array<std::atomic<int>, helpers + 1> owners{};
  std::atomic<int> shared{0};
  std::atomic<std::size_t> ran{0};
  const auto caller = [&] {
    for (int round = 0; round < 200; ++round) {
      run(pool, 16, helpers, [&](std::size_t) {
        ran.fetch_add(1);
        const std::size_t worker = this_thread.worker;
        if (worker == 0) return;
        const int now = at_work.fetch_add(1) + 1;
        for (int m = most.load(); now > m && !most.compare_exchange_weak(m, now);) {
        }
        if (owners[worker].fetch_add(1) != 0) shared.fetch_add(1);
        owners[worker].fetch_sub(1);
        at_work.fetch_sub(1);
      });
    }
  };
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c) callers.emplace_back(caller);
  for (std::thread& c : callers) c.join();
  CHECK(ran.load() == 4 * 200 * 16);
  CHECK(most.load() <= helpers);
  CHECK(shared.load() == 0);
  await_idle(pool);
}

TEST_CASE("a pool without helpers calls nobody, and nobody is called for nothing") {
  process::watch();
  helper_pool none(0);
  CHECK(none.call(4) == 0);
  helper_pool one(1);
  CHECK(one.call(0) == 0);
  CHECK(one.is_idle());
}

TEST_CASE("no more helpers are on their way than there are, however often they are called") {
  process::watch();
  const allowance threads(2);
  helper_pool pool(1);
  std::latch busy(1);
  std::latch goes_on(1);
  std::thread caller([&] {
    std::latch both(2);
    run(pool, 2, 1, [&](std::size_t) {
      both.arrive_and_wait();
      if (this_thread.worker != 0) {
        busy.count_down();
        goes_on.wait();
      }
    });
  });
  busy.wait();
  CHECK(pool.at_work() == 1);
  for (int i = 0; i < 10; ++i) CHECK(pool.call(1) == 0);
  CHECK_FALSE(pool.is_idle());
  goes_on.count_down();
  caller.join();
  await_idle(pool);
}

TEST_CASE("a job that opens while the only helper is at work elsewhere is found afterwards") {
  process::watch();
  const allowance threads(2);
  helper_pool pool(1);
  for (int round = 0; round < 100; ++round) {
    std::latch first_taken(1);
    std::latch second_open(1);
    std::thread first([&] {
      std::latch both(2);
      run(pool, 2, 1, [&](std::size_t) {
        both.arrive_and_wait();
        if (this_thread.worker != 0) {
          first_taken.count_down();
          second_open.wait();
        }
      });
    });
    first_taken.wait();
    std::latch both(2);
    std::atomic<bool> opened{false};
    // Ends only where the helper comes here too.
    run(pool, 2, 1, [&](std::size_t) {
      if (!opened.exchange(true)) second_open.count_down();
      both.arrive_and_wait();
    });
    first.join();
  }
  await_idle(pool);
}

TEST_CASE("a forked child calls nobody") {
  process::watch();
  helper_pool pool(1);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(pool.call(1) == 0 && pool.is_idle() ? 0 : 1);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
