/// The claim and job code under threads of its own, for ThreadSanitizer: `planted_race` builds it.
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "run/job.hpp"

using namespace amorsize::detail;

namespace {

struct single_items final : controller {
  std::size_t first_chunk(std::size_t) noexcept override { return 1; }
  std::size_t next_chunk(const chunk_report&) noexcept override { return 1; }
  bool caller_turn(std::size_t) noexcept override { return true; }
};

}  // namespace

int main() {
  constexpr int helpers = 3;
  constexpr int rounds = 30;
  std::vector<int> runs;
  single_items chunks;
  job here;
  std::atomic<bool> ends{false};
  std::vector<std::thread> threads;
  for (std::size_t worker = 1; worker <= helpers; ++worker) {
    threads.emplace_back([&here, &ends, worker] {
      while (!ends.load(std::memory_order_relaxed)) {
        if (!here.try_join()) {
          std::this_thread::yield();
          continue;
        }
        here.work(worker);
        here.leave();
      }
    });
  }
  int wrong = 0;
  for (int round = 0; round < rounds; ++round) {
    runs.assign(20'000, 0);
    job_order order;
    order.body = {[](void* all, std::size_t first, std::size_t last) {
                    for (; first < last; ++first) ++(*static_cast<std::vector<int>*>(all))[first];
                  },
                  &runs};
    order.items = runs.size();
    order.control = &chunks;
    here.prepare(order);
    here.open(helpers);
    here.work(0);
    here.close();
    for (const int r : runs) wrong += r == 1 ? 0 : 1;
  }
  ends = true;
  for (std::thread& t : threads) t.join();
  if (wrong != 0) std::printf("%d items did not run exactly once\n", wrong);
  return wrong == 0 ? 0 : 1;
}
