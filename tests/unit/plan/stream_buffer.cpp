#include <doctest/doctest.h>

#include "plan/stream_planner.hpp"

using namespace amorsize::detail;

namespace {

constexpr stream_facts facts{20'000, 0, 0, 0, 1, 2};

stream_facts within(double bytes_each, double limit, std::size_t least = 1) {
  stream_facts f = facts;
  f.buffered_bytes = bytes_each;
  f.memory_limit = limit;
  f.least_buffer = least;
  return f;
}

}  // namespace

TEST_CASE("the buffer grows with the spread of item times, up to what only a lost processor is") {
  stream_facts spread = facts;
  const std::size_t even = stream_buffer_size(spread, {});
  spread.coefficient_of_variation = 3;
  const std::size_t uneven = stream_buffer_size(spread, {});
  CHECK(uneven > 5 * even);
  spread.coefficient_of_variation = 1e9;
  CHECK(stream_buffer_size(spread, {}) < 3 * uneven);
}

TEST_CASE("a limit of memory is a bound in items, by what a result holds") {
  CHECK(stream_buffer_size(within(1e6, 7.9e6), {}) == 7);
  CHECK(stream_buffer_size(within(1e6, 7.9e6), {0, 5}) == 5);
  CHECK(stream_buffer_size(within(1e6, 7.9e6), {0, 500}) == 7);
  CHECK(stream_buffer_size(within(1, 1e18), {0, 500}) == 500);
}

TEST_CASE(
    "a buffer is never less than an item, and no less than told, but where the user says so") {
  CHECK(stream_buffer_size(within(1e6, 1), {}) == 1);
  CHECK(stream_buffer_size(within(1e6, 1, 2), {}) == 2);
  CHECK(stream_buffer_size(within(1e6, 1, 2), {0, 1}) == 1);
}

TEST_CASE("what a stream wants is told whatever its limit") {
  CHECK(stream_bytes_wanted(within(1e6, 1), {0, 500}) == 500e6);
  CHECK(stream_bytes_wanted(within(0, 1), {0, 500}) == 0);
  const double automatic = stream_bytes_wanted(within(1e6, 1), {});
  CHECK(automatic == 1e6 * static_cast<double>(stream_buffer_size(facts, {})));
}
