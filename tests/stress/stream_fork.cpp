/// Forks in the middle of streams: the child leaves the one that it has, and uses new ones; and the
/// parent's goes on.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <latch>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"
#include "forked.hpp"

namespace {

long sum_of_stream(int items, const amorsize::stream_options& options) {
  long sum = 0;
  const auto source = [items, next = 0]() mutable -> std::optional<int> {
    if (next == items) return std::nullopt;
    return next++;
  };
  amorsize::stream_map(
      source, [](int x) { return x; }, [&](int x) { sum += x; }, options);
  return sum;
}

constexpr long expected = 999 * 1000 / 2;

/// How a child meets the stream that its parent is in.
enum class way { leaves, stops, ignores };

template <class Stream>
[[noreturn]] void child(way how, std::optional<Stream>& results, std::stop_source& stop) {
  be_killed_where_it_hangs();
  if (how == way::stops) stop.request_stop();
  if (how == way::leaves) results.reset();
  expect(sum_of_stream(1000, {}) == expected, "a child streams");
  expect(sum_of_stream(1000, {.n_jobs = 3, .buffer_size = 5}) == expected,
         "a child streams, also where threads are asked for");
  amorsize::runtime own;
  expect(sum_of_stream(1000, {.on = &own}) == expected, "a child streams on a runtime of its own");
  expect(thread_count() <= 1 || is_sanitized, "a child has one thread");
  _exit(0);
}

/// False where it tells nothing.
bool fork_once(way how, int taken, amorsize::runtime& on) {
  std::stop_source stop;
  using made = decltype(amorsize::stream_map(
      std::vector<int>(), [](int x) { return x; }, amorsize::stream_options()));
  std::vector<int> items(400);
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = static_cast<int>(i);
  std::optional<made> results(
      amorsize::stream_map(std::move(items), [](int x) { return x; },
                           {.n_jobs = 3, .buffer_size = 20, .stop = stop.get_token(), .on = &on}));
  auto at = results->begin();
  for (int i = 0; i < taken; ++i) ++at;
  const pid_t forked = fork();
  expect(forked >= 0, "a process can be forked");
  if (forked == 0) child(how, results, stop);
  for (int i = taken; i < 400; ++i, ++at) expect(*at == i, "the parent's stream goes on");
  expect(at == results->end(), "the parent's stream ends");
  return ends_well(forked);
}

}  // namespace

int main() {
  amorsize::runtime on({.max_n_jobs = 3});
  for (int round = 0; round < rounds(25); ++round) {
    for (const way how : {way::leaves, way::stops, way::ignores}) {
      while (!fork_once(how, 7 * round, on)) {
      }
    }
  }
  // While other threads are in the middle of theirs.
  std::atomic<bool> ends{false};
  std::latch all_busy(2);
  std::vector<std::thread> busy;
  for (int t = 0; t < 2; ++t) {
    busy.emplace_back([&] {
      for (bool is_first = true; !ends; is_first = false) {
        expect(sum_of_stream(1000, {.n_jobs = 2, .on = &on}) == expected, "busy threads");
        if (is_first) all_busy.count_down();
      }
    });
  }
  all_busy.wait();
  for (int round = 0; round < rounds(40);) {
    if (fork_once(round % 2 == 0 ? way::leaves : way::stops, 3 * round, on)) ++round;
  }
  ends = true;
  for (std::thread& t : busy) t.join();
}
