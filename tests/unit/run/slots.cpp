#include "run/slots.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace amorsize::detail;

TEST_CASE("places are taken from the lowest, each once, and there are no more than the size") {
  for (const std::size_t size : {0U, 1U, 2U, 63U, 64U, 65U, 128U, 200U}) {
    CAPTURE(size);
    slots s(size);
    CHECK(s.size() == size);
    bool in_order = true;
    for (std::size_t i = 0; i < size; ++i) in_order = in_order && s.take() == i;
    CHECK(in_order);
    CHECK(s.take() == slots::none);
    CHECK(s.take() == slots::none);
  }
}

TEST_CASE("a place that was given back is the next taken, if it is the lowest") {
  slots s(70);
  for (int i = 0; i < 70; ++i) s.take();
  s.give_back(69);
  s.give_back(3);
  s.give_back(64);
  CHECK(s.take() == 3);
  CHECK(s.take() == 64);
  CHECK(s.take() == 69);
  CHECK(s.take() == slots::none);
}

TEST_CASE("threads never hold one place together, and see what its last owner wrote") {
  constexpr std::size_t size = 3;
  slots s(size);
  std::vector<long> owned(size, 0);  // plain: whoever has the place may write
  std::atomic<long> taken{0};
  const auto work = [&] {
    for (int i = 0; i < 20'000; ++i) {
      const std::size_t mine = s.take();
      if (mine == slots::none) continue;
      ++owned[mine];
      taken.fetch_add(1, std::memory_order_relaxed);
      s.give_back(mine);
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back(work);
  for (std::thread& t : threads) t.join();
  long total = 0;
  for (std::size_t i = 0; i < size; ++i) total += owned[i];
  CHECK(total == taken.load());
  CHECK(total > 0);
}
