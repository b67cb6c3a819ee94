/// Results: all of them, in the order of their items, whatever their type.
#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <memory>
#include <numeric>
#include <string>

#include "counted.hpp"
#include "widths.hpp"

namespace {

using support::widths;

struct family {
  const char* name;
  int items;
  std::size_t chunksize;
};

constexpr std::array<family, 9> families{{{"empty", 0, 0},
                                          {"one", 1, 0},
                                          {"two", 2, 0},
                                          {"fewer than workers", 5, 0},
                                          {"divisible", 4800, 100},
                                          {"not divisible", 4801, 100},
                                          {"chunk larger than all", 50, 1000},
                                          {"one by one", 777, 1},
                                          {"many", 100'000, 0}}};

std::vector<int> numbers(int n) {
  std::vector<int> v(support::count(n));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

TEST_CASE("parallel_map returns the results in the order of their items") {
  for (const int width : {0, 1, 2, 3, 8}) {
    for (const family& f : families) {
      CAPTURE(width);
      CAPTURE(f.name);
      const std::vector<int> items = numbers(f.items);
      std::vector<long> expected;
      for (const int i : items) expected.push_back(3L * i + 1);
      const std::vector<long> results = amorsize::parallel_map(
          items, [](int i) { return 3L * i + 1; },
          {.n_jobs = width, .chunksize = f.chunksize, .on = &support::wide()});
      CHECK(results == expected);
    }
  }
}

TEST_CASE("parallel_map_into assigns to every element, and to no other") {
  for (const int width : widths) {
    for (const family& f : families) {
      CAPTURE(width);
      CAPTURE(f.name);
      const std::vector<int> items = numbers(f.items);
      std::vector<int> expected(items.size() + 2, -7);
      for (const int i : items) expected[support::count(i) + 1] = 2 * i;
      std::vector<int> vector(items.size() + 2, -7);
      amorsize::batch_options options = support::at_width(width);
      options.chunksize = f.chunksize;
      amorsize::parallel_map_into(
          items, vector.begin() + 1, [](int i) { return 2 * i; }, options);
      CHECK(vector == expected);

      std::deque<int> deque(items.size() + 2, -7);
      amorsize::parallel_map_into(
          items, deque.begin() + 1, [](int i) { return 2 * i; }, options);
      CHECK(std::vector<int>(deque.begin(), deque.end()) == expected);
    }
  }
  std::array<long, 3> array{};
  amorsize::parallel_map_into(std::array{1, 2, 3}, array.data(), [](int i) { return i * 10; });
  CHECK(array == std::array<long, 3>{10, 20, 30});
}

TEST_CASE("parallel_map_into refuses a null place for results before any call of f") {
  int calls = 0;
  int* nowhere = nullptr;
  const auto f = [&calls](int i) { return calls += i; };
  CHECK_THROWS_WITH_AS(amorsize::parallel_map_into(numbers(3), nowhere, f),
                       "out is null, must have an element for each item", amorsize::invalid_option);
  CHECK(calls == 0);
  amorsize::parallel_map_into(numbers(0), nowhere, f);
}

TEST_CASE("parallel_for_each calls f once for every item, and may change it") {
  for (const int width : widths) {
    for (const family& f : families) {
      CAPTURE(width);
      CAPTURE(f.name);
      std::vector<int> items = numbers(f.items);
      amorsize::batch_options options = support::at_width(width);
      options.chunksize = f.chunksize;
      amorsize::parallel_for_each(
          items, [](int& i) { i = 5 * i + 1; }, options);
      std::vector<int> expected = numbers(f.items);
      for (int& i : expected) i = 5 * i + 1;
      CHECK(items == expected);
    }
  }
}

TEST_CASE("bool results are correct: each bit is its own item's") {
  for (const int width : widths) {
    CAPTURE(width);
    const std::vector<int> items = numbers(20'011);
    const std::vector<bool> odd = amorsize::parallel_map(
        items, [](int i) { return i % 7 == 3; }, support::at_width(width));
    REQUIRE(odd.size() == items.size());
    std::size_t wrong = 0;
    for (const int i : items) wrong += odd[support::count(i)] != (i % 7 == 3) ? 1U : 0U;
    CHECK(wrong == 0);
  }
}

TEST_CASE("results may be move-only") {
  for (const int width : widths) {
    CAPTURE(width);
    const std::vector<std::unique_ptr<int>> results = amorsize::parallel_map(
        numbers(3'000), [](int i) { return std::make_unique<int>(i); }, support::at_width(width));
    REQUIRE(results.size() == 3'000);
    int wrong = 0;
    for (int i = 0; i < 3'000; ++i) wrong += *results[support::count(i)] != i ? 1 : 0;
    CHECK(wrong == 0);
  }
}

TEST_CASE("results need not be default-constructible, and each is destroyed once") {
  for (const int width : widths) {
    CAPTURE(width);
    {
      const std::vector<support::counted> results = amorsize::parallel_map(
          numbers(3'000), [](int i) { return support::counted(i); }, support::at_width(width));
      REQUIRE(results.size() == 3'000);
      CHECK(support::counted::alive == 3'000);
      CHECK(results[2'999].value == 2'999);
    }
    CHECK(support::counted::alive == 0);
  }
}

struct costly_default {
  costly_default() { throw std::logic_error("the default constructor is not wanted"); }
  explicit costly_default(int v) : value(v) {}
  int value;
};

TEST_CASE("a default constructor that throws is never called for results") {
  for (const int width : widths) {
    CAPTURE(width);
    const std::vector<costly_default> results = amorsize::parallel_map(
        numbers(500), [](int i) { return costly_default(i); }, support::at_width(width));
    REQUIRE(results.size() == 500);
    CHECK(results[499].value == 499);
  }
}

TEST_CASE("large results, strings and vectors arrive whole") {
  struct page {
    std::array<unsigned char, 4096> bytes;
  };
  for (const int width : widths) {
    CAPTURE(width);
    const auto pages = amorsize::parallel_map(
        numbers(300),
        [](int i) {
          page p{};
          p.bytes.fill(static_cast<unsigned char>(i));
          return p;
        },
        support::at_width(width));
    REQUIRE(pages.size() == 300);
    for (int i = 0; i < 300; ++i) {
      CHECK(pages[support::count(i)].bytes[4095] == static_cast<unsigned char>(i));
    }
    const auto texts = amorsize::parallel_map(
        numbers(300), [](int i) { return std::string(support::count(i), 'x'); },
        support::at_width(width));
    CHECK(texts[299] == std::string(299, 'x'));
  }
}

TEST_CASE("what f returns by reference is copied into the results") {
  const std::vector<std::string> items{"one", "two", "three"};
  const auto results =
      amorsize::parallel_map(items, [](const std::string& s) -> const std::string& { return s; });
  static_assert(std::is_same_v<decltype(results), const std::vector<std::string>>);
  CHECK(results == items);
}

}  // namespace
