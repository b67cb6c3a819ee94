/// Eight callers at once, with random sizes, widths, failures, stops and nested calls: every item
/// runs exactly once, and every call ends as it should.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <random>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"

namespace {

using random_engine = std::mt19937;

struct call {
  amorsize::runtime& on;
  random_engine& random;

  std::size_t below(std::size_t limit) { return random() % limit; }
  amorsize::batch_options options() {
    return {.n_jobs = static_cast<int>(below(5)), .chunksize = below(3) * below(9), .on = &on};
  }

  void every_item_once() {
    std::vector<unsigned char> runs(below(3'000));
    amorsize::parallel_for_each(
        runs, [](unsigned char& r) { ++r; }, options());
    expect(std::count(runs.begin(), runs.end(), 1) == static_cast<std::ptrdiff_t>(runs.size()),
           "every item runs exactly once");
  }

  void nested() {
    std::vector<std::vector<int>> rows(1 + below(12), std::vector<int>(1 + below(200), 1));
    const auto sums = amorsize::parallel_map(
        rows,
        [this](const std::vector<int>& row) {
          std::atomic<int> sum{0};
          amorsize::parallel_for_each(
              row, [&sum](int i) { sum.fetch_add(i, std::memory_order_relaxed); }, {.on = &on});
          return sum.load();
        },
        options());
    for (std::size_t r = 0; r < rows.size(); ++r) {
      expect(sums[r] == static_cast<int>(rows[r].size()), "nested calls run every item once");
    }
  }

  void failing() {
    std::vector<std::size_t> items(1 + below(1'000));
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = i;
    std::vector<unsigned char> fails(items.size());
    for (int f = 0; f < 3; ++f) fails[below(items.size())] = 1;
    const std::size_t lowest =
        static_cast<std::size_t>(std::find(fails.begin(), fails.end(), 1) - fails.begin());
    std::string message;
    try {
      amorsize::parallel_for_each(
          items,
          [&fails](std::size_t i) {
            if (fails[i] != 0) throw std::runtime_error(std::to_string(i));
          },
          options());
    } catch (const std::runtime_error& e) {
      message = e.what();
    }
    expect(message == std::to_string(lowest), "the failure of the lowest item comes out");
  }

  void stopped() {
    std::stop_source source;
    std::vector<std::atomic<int>> runs(1 + below(1'000));
    std::vector<std::size_t> items(runs.size());
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = i;
    const std::size_t last = below(items.size());
    amorsize::batch_options o = options();
    o.stop = source.get_token();
    bool was_cancelled = false;
    try {
      amorsize::parallel_for_each(
          items,
          [&](std::size_t i) {
            runs[i].fetch_add(1);
            if (i == last) source.request_stop();
          },
          o);
    } catch (const amorsize::operation_cancelled&) {
      was_cancelled = true;
    }
    expect(was_cancelled, "a stopped call says so");
    for (const auto& r : runs) expect(r <= 1, "no item runs twice");
  }
};

}  // namespace

int main() {
  alarm(240);
  amorsize::runtime wide({.max_n_jobs = 6});
  const int all = rounds(4'000);
  std::vector<std::thread> callers;
  for (unsigned c = 0; c < 8; ++c) {
    callers.emplace_back([&wide, all, c] {
      random_engine random(c);
      call mine{c % 2 == 0 ? wide : amorsize::runtime::shared(), random};
      for (int round = 0; round < all; ++round) {
        switch (random() % 4) {
          case 0:
            mine.every_item_once();
            break;
          case 1:
            mine.nested();
            break;
          case 2:
            mine.failing();
            break;
          default:
            mine.stopped();
        }
      }
    });
  }
  for (std::thread& c : callers) c.join();
}
