/// Ranges: whatever can be iterated and has an end, each item once and in its place.
#include "ranges.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <ranges>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <unordered_map>

#include "message_of.hpp"
#include "widths.hpp"

namespace {

using support::count;

constexpr int size = 1'000;

std::vector<int> numbers() {
  std::vector<int> v(size);
  std::iota(v.begin(), v.end(), 0);
  return v;
}

/// Doubles the items at every width; `make` gives the range, of the numbers below `size`, anew.
template <class Make>
void check_range(const Make& make) {
  std::vector<int> expected = numbers();
  for (int& i : expected) i *= 2;
  for (const int width : {0, 1, 2, 3, 8}) {
    for (const std::size_t chunksize : {0U, 33U}) {
      CAPTURE(width);
      CAPTURE(chunksize);
      const amorsize::batch_options options{
          .n_jobs = width, .chunksize = chunksize, .on = &support::wide()};
      CHECK(amorsize::parallel_map(
                make(), [](int i) { return 2 * i; }, options) == expected);
    }
  }
}

TEST_CASE("rvalue containers of every kind") {
  const std::vector<int> n = numbers();
  check_range([&] { return n; });
  check_range([&] { return std::deque<int>(n.begin(), n.end()); });
  check_range([&] { return std::list<int>(n.begin(), n.end()); });
  check_range([&] { return std::forward_list<int>(n.begin(), n.end()); });
  check_range([&] { return std::set<int>(n.begin(), n.end()); });
  check_range([&] { return std::span<const int>(n); });
  check_range([&] {
    std::array<int, size> a{};
    std::copy(n.begin(), n.end(), a.begin());
    return a;
  });
}

TEST_CASE("lvalues are used where they are, const or not") {
  std::vector<int> vector = numbers();
  const std::list<int> list(vector.begin(), vector.end());
  for (const int width : support::widths) {
    CAPTURE(width);
    const auto vector_places = amorsize::parallel_map(
        vector, [](int& i) { return &i; }, support::at_width(width));
    const auto list_places = amorsize::parallel_map(
        list, [](const int& i) { return &i; }, support::at_width(width));
    CHECK(vector_places.back() == &vector.back());
    CHECK(list_places.back() == &list.back());
  }
}

TEST_CASE("C arrays, strings and initializer lists") {
  const int array[] = {1, 2, 3, 4};
  const auto twice = [](int i) { return 2 * i; };
  CHECK(amorsize::parallel_map(array, twice) == std::vector<int>{2, 4, 6, 8});
  CHECK(amorsize::parallel_map(std::initializer_list<int>{1, 2}, twice) == std::vector<int>{2, 4});
  const std::string text = "stream";
  const auto next = [](char c) { return static_cast<char>(c + 1); };
  CHECK(amorsize::parallel_map(text, next) == std::vector<char>{'t', 'u', 's', 'f', 'b', 'n'});
}

TEST_CASE("maps: an item is a pair, whose value may be changed") {
  for (const int width : support::widths) {
    CAPTURE(width);
    std::map<int, std::string> map;
    std::unordered_map<int, int> unordered;
    for (int i = 0; i < size; ++i) {
      map.emplace(i, std::to_string(i));
      unordered.emplace(i, i);
    }
    const auto lengths = amorsize::parallel_map(
        map, [](const auto& entry) { return entry.second.size(); }, support::at_width(width));
    REQUIRE(lengths.size() == count(size));
    CHECK(lengths.front() == 1);
    CHECK(lengths.back() == 3);
    amorsize::parallel_for_each(
        unordered, [](auto& entry) { entry.second = -entry.first; }, support::at_width(width));
    for (const auto& [key, value] : unordered) CHECK(value == -key);
  }
}

TEST_CASE("proxies: items that are values or stand for bits") {
  std::vector<bool> bits(size);
  for (std::size_t i = 0; i < bits.size(); i += 3) bits[i] = true;
  for (const int width : support::widths) {
    CAPTURE(width);
    const std::vector<bool> flipped = amorsize::parallel_map(
        bits, [](bool b) { return !b; }, support::at_width(width));
    std::vector<bool> expected = bits;
    expected.flip();
    CHECK(flipped == expected);
  }
}

TEST_CASE("ranges that can be read once: their items may be taken away") {
  check_range([] { return support::generator<int>(size, [](int i) { return i; }); });
  const auto make = [](int i) { return std::make_unique<int>(i); };
  for (const int width : support::widths) {
    CAPTURE(width);
    const auto taken = amorsize::parallel_map(
        support::generator<std::unique_ptr<int>>(size, make),
        [](std::unique_ptr<int>&& item) { return std::move(item); }, support::at_width(width));
    REQUIRE(taken.size() == count(size));
    for (int i = 0; i < size; ++i) CHECK(*taken[count(i)] == i);
  }
}

#if !defined(__clang__) || __clang_major__ >= 16  // earlier, libstdc++'s views do not compile
TEST_CASE("an input stream is read to its end, as lvalue and as rvalue") {
  for (const int width : support::widths) {
    CAPTURE(width);
    std::istringstream text("5 6 7 8");
    std::ranges::basic_istream_view<int, char> words(text);
    CHECK(amorsize::parallel_map(
              words, [](int i) { return i; }, support::at_width(width)) ==
          std::vector<int>{5, 6, 7, 8});
    std::istringstream more("9 10");
    CHECK(amorsize::parallel_map(
              std::ranges::basic_istream_view<int, char>(more), [](int i) { return i; },
              support::at_width(width)) == std::vector<int>{9, 10});
  }
}

TEST_CASE("iota, bounded") {
  check_range([] { return std::ranges::iota_view<int, int>(0, size); });
  CHECK(amorsize::parallel_map(std::ranges::iota_view<long, int>(3L, 6),
                               [](long i) { return i; }) == std::vector<long>{3, 4, 5});
}

TEST_CASE("views: filtered, transformed, taken, and their compositions") {
  static std::vector<int> n = numbers();
  check_range([] { return n | std::views::all; });
  check_range([] { return std::views::iota(0) | std::views::take(size); });
  check_range([] { return n | std::views::transform([](int i) { return i; }); });
  static std::vector<int> doubled(2 * size);
  std::iota(doubled.begin(), doubled.end(), 0);
  check_range([] {
    return doubled | std::views::filter([](int i) { return i % 2 == 0; }) |
           std::views::transform([](int i) { return i / 2; });
  });
  check_range([] { return doubled | std::views::take_while([](int i) { return i < size; }); });
  check_range([] { return std::list<int>(n.begin(), n.end()) | std::views::drop(0); });
}

TEST_CASE("a filter's predicate is called once for each item, though many threads work") {
  for (const int width : support::widths) {
    CAPTURE(width);
    std::vector<int> n = numbers();
    std::vector<std::atomic<int>> asked(count(size));
    auto odd = n | std::views::filter([&asked](int i) {
                 ++asked[count(i)];
                 return i % 2 == 1;
               });
    CHECK(amorsize::parallel_map(
              odd, [](int i) { return i; }, support::at_width(width))
              .size() == count(size / 2));
    for (const auto& times : asked) CHECK(times == 1);
  }
}
#endif

using support::contains;
using support::lying;
using support::message_of;

/// A call over a range that says `told` where it has `found` items, at every width.
template <class Range>
void check_lie(const Range& range, const std::string& told, const std::string& found) {
  for (const int width : {0, 1, 2, 3, 8}) {
    CAPTURE(width);
    std::atomic<int> calls{0};
    const std::string why = message_of([&] {
      amorsize::parallel_map(
          range, [&calls](int) { return ++calls; }, support::at_width(width));
    });
    INFO(why);
    CHECK(contains(why, "size() is " + told));
    CHECK(contains(why, "has " + found));
    CHECK(calls == 0);
    CHECK(amorsize::parallel_map(
              std::list<int>{1, 2}, [](int i) { return i; }, support::at_width(width)) ==
          std::vector<int>{1, 2});
  }
}

TEST_CASE("a random-access range that lies about its size is refused before any call of f") {
  check_lie(lying<std::vector<int>>{{1, 2, 3}, 10}, "10", "3");
  check_lie(lying<std::vector<int>>{{1, 2, 3}, 2}, "2", "3");
  check_lie(lying<std::vector<int>>{{1, 2, 3}, 0}, "0", "3");
  check_lie(lying<std::vector<int>>{{1, 2, 3}, -4}, "-4", "3");
}

TEST_CASE("a forward range that says more items than it has is refused before any call of f") {
  check_lie(lying<std::list<int>>{{1, 2, 3}, 10}, "10", "3");
}

TEST_CASE("a forward range that says fewer items than it has is refused before any call of f") {
  check_lie(lying<std::list<int>>{{1, 2, 3}, 2}, "2", "3");
}

TEST_CASE("a forward range that says it is empty and is not is refused") {
  check_lie(lying<std::list<int>>{{1, 2, 3}, 0}, "0", "3");
}

TEST_CASE("a forward range whose size is negative is refused before any call of f") {
  check_lie(lying<std::list<int>>{{1, 2, 3}, -4}, "-4", "3");
}

TEST_CASE("a range that is read once and lies about its size is refused before any call of f") {
  struct sized_generator : support::generator<int> {
    using generator::generator;
    long long told = 0;
    long long size() const { return told; }
  };
  for (const long long told : {10LL, 2LL, -4LL}) {
    CAPTURE(told);
    int calls = 0;
    sized_generator range(3, [](int i) { return i; });
    range.told = told;
    const std::string why = message_of([&] {
      amorsize::parallel_map(
          range, [&calls](int) { return calls++; }, support::at_width(1));
    });
    INFO(why);
    CHECK(contains(why, "size() is " + std::to_string(told)));
    CHECK(contains(why, "has 3"));
    CHECK(calls == 0);
  }
}

}  // namespace
