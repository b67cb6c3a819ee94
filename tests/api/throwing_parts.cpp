/// Failing copies, moves, assignments and iterators: their exceptions pass like those of f.
#include <doctest/doctest.h>

#include <atomic>
#include <iterator>
#include <numeric>
#include <stdexcept>

#include "ranges.hpp"
#include "widths.hpp"

namespace {

using support::count;
using support::widths;

std::vector<int> numbers(int n) {
  std::vector<int> v(count(n));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

/// Fails where it is copied, moved or assigned while it holds a value it does not like.
struct fragile {
  static inline std::atomic<int> alive{0};
  enum class by { copy, move, assignment };

  fragile() { ++alive; }
  fragile(int v, by what) : value(v), fails_by(what) { ++alive; }
  fragile(const fragile& other) : value(other.value), fails_by(other.fails_by) {
    fail(by::copy);
    ++alive;
  }
  fragile(fragile&& other) : value(other.value), fails_by(other.fails_by) {
    fail(by::move);
    ++alive;
  }
  fragile& operator=(const fragile& other) {
    value = other.value;
    fails_by = other.fails_by;
    fail(by::assignment);
    return *this;
  }
  ~fragile() { --alive; }

  void fail(by what) const {
    if (value >= 300 && fails_by == what) throw std::domain_error(std::to_string(value));
  }

  int value = 0;
  by fails_by = by::copy;
};

std::string failure_of(const auto& call) {
  try {
    call();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "none";
}

TEST_CASE("a copy or a move of a result that throws fails as its item, and nothing leaks") {
  for (const int width : widths) {
    CAPTURE(width);
    const std::vector<fragile> made = [] {
      std::vector<fragile> v;
      v.reserve(500);
      for (int i = 0; i < 500; ++i) v.emplace_back(i, fragile::by::copy);
      return v;
    }();
    const auto copied = [&made](int i) -> const fragile& { return made[count(i)]; };
    CHECK(failure_of([&] {
            amorsize::parallel_map(numbers(500), copied, support::at_width(width));
          }) == "300");
    CHECK(fragile::alive == 500);
    const auto moved = [](int i) { return fragile(i, fragile::by::move); };
    CHECK(failure_of([&] {
            amorsize::parallel_map(numbers(500), moved, support::at_width(width));
          }) == "300");
    CHECK(fragile::alive == 500);
  }
  CHECK(fragile::alive == 0);
}

TEST_CASE("an assignment of a result that throws fails as its item, and nothing leaks") {
  for (const int width : widths) {
    CAPTURE(width);
    std::vector<fragile> out(500);
    const auto f = [](int i) { return fragile(i, fragile::by::assignment); };
    CHECK(failure_of([&] {
            amorsize::parallel_map_into(numbers(500), out.begin(), f, support::at_width(width));
          }) == "300");
    CHECK(fragile::alive == 500);
    CHECK(out[299].value == 299);
  }
  CHECK(fragile::alive == 0);
}

template <class Concept>
void check_iterators() {
  using range = support::failing_range<Concept>;
  using at = typename range::iterator::at;
  for (const int width : widths) {
    for (const int fails_at : {0, 1, 300, 498}) {
      CAPTURE(width);
      CAPTURE(fails_at);
      for (const at what : {at::read, at::step}) {
        CHECK(failure_of([&] {
                amorsize::parallel_map(
                    range{500, what, fails_at}, [](int i) { return i; }, support::at_width(width));
              }) == "the iterator fails");
      }
      const auto results = amorsize::parallel_map(
          range{500, at::nothing, 0}, [](int i) { return i; }, support::at_width(width));
      CHECK(results == numbers(500));
    }
  }
}

TEST_CASE(
    "an iterator whose * or ++ throws fails the call, whatever its kind, and the next works") {
  check_iterators<std::random_access_iterator_tag>();
  check_iterators<std::bidirectional_iterator_tag>();
  check_iterators<std::forward_iterator_tag>();
}

TEST_CASE("an item that cannot be read fails at its index: those below it still run") {
  using range = support::failing_range<std::random_access_iterator_tag>;
  for (const int width : widths) {
    CAPTURE(width);
    std::vector<std::atomic<int>> runs(500);
    CHECK(failure_of([&] {
            amorsize::parallel_for_each(
                range{500, range::iterator::at::read, 300},
                [&runs](int i) {
                  ++runs[count(i)];
                  if (i > 300) throw std::logic_error("a higher item");
                },
                support::at_width(width));
          }) == "the iterator fails");
    for (std::size_t i = 0; i < 300; ++i) CHECK(runs[i] == 1);
    CHECK(runs[300] == 0);
  }
}

TEST_CASE("same input, same error: where f fails below the step that fails, f's error is thrown") {
  using range = support::failing_range<std::forward_iterator_tag>;
  for (const int width : widths) {
    CAPTURE(width);
    CHECK(failure_of([&] {
            amorsize::parallel_for_each(
                range{500, range::iterator::at::step, 300},
                [](int i) {
                  if (i == 200) throw std::logic_error("item 200");
                },
                support::at_width(width));
          }) == "item 200");
  }
}

}  // namespace
