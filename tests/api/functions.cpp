/// Functions: whatever `std::invoke` takes as const; what is null is refused at the door.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "message_of.hpp"
#include "ranges.hpp"
#include "widths.hpp"

namespace {

struct point {
  int x = 0;
  int doubled() const { return 2 * x; }
  void move_right() noexcept { ++x; }
  point twice() const& noexcept { return {2 * x}; }
};

int triple(int i) { return 3 * i; }
int triple_noexcept(int i) noexcept { return 3 * i; }

struct tripler {
  int operator()(int i) const { return factor * i; }
  int factor = 3;
};

struct large_tripler {
  int factors[64] = {3};
  int operator()(int i) const { return factors[0] * i; }
};

const std::vector<int> items{1, 2, 3, 4, 5};
const std::vector<int> tripled{3, 6, 9, 12, 15};

template <class F>
void check_triples(const F& f) {
  for (const int width : support::widths) {
    CAPTURE(width);
    CHECK(amorsize::parallel_map(items, f, support::at_width(width)) == tripled);
  }
}

TEST_CASE("functions, pointers to them and references") {
  check_triples(triple);
  check_triples(&triple);
  check_triples(triple_noexcept);
  check_triples(&triple_noexcept);
  int (&reference)(int) = triple;
  check_triples(reference);
  check_triples(std::ref(triple));
}

TEST_CASE("lambdas: plain, generic, noexcept, with captures of any size") {
  check_triples([](int i) { return 3 * i; });
  check_triples([](auto i) { return 3 * i; });
  check_triples([](auto&& i) noexcept { return 3 * i; });
  const std::string three = "3";
  check_triples([three](int i) { return std::stoi(three) * i; });
  check_triples([&three](int i) { return std::stoi(three) * i; });
  check_triples([big = large_tripler{}](int i) { return big(i); });
}

TEST_CASE("functors, std::function and references to functions objects") {
  check_triples(tripler{});
  check_triples(large_tripler{});
  const tripler constant;
  check_triples(constant);
  check_triples(std::cref(constant));
  tripler changing;
  check_triples(std::ref(changing));
  check_triples(std::function<int(int)>(triple));
  check_triples(std::bind_front(std::multiplies<int>{}, 3));
}

TEST_CASE("lambdas that cannot be copied, as lvalue and as rvalue") {
  const auto boxed = [three = std::make_unique<int>(3)](int i) { return *three * i; };
  check_triples(boxed);
  CHECK(amorsize::parallel_map(
            items, [three = std::make_unique<int>(3)](int i) { return *three * i; }) == tripled);
}

TEST_CASE("pointers to members: data, functions, on values and through pointers") {
  for (const int width : support::widths) {
    CAPTURE(width);
    const amorsize::batch_options options = support::at_width(width);
    std::vector<point> points{{1}, {2}, {3}};
    CHECK(amorsize::parallel_map(points, &point::x, options) == std::vector<int>{1, 2, 3});
    CHECK(amorsize::parallel_map(points, &point::doubled, options) == std::vector<int>{2, 4, 6});
    CHECK(amorsize::parallel_map(points, &point::twice, options)[2].x == 6);
    amorsize::parallel_for_each(points, &point::move_right, options);
    const std::vector<point*> pointers{&points[0], &points[2]};
    CHECK(amorsize::parallel_map(pointers, &point::doubled, options) == std::vector<int>{4, 8});
    CHECK(amorsize::parallel_map(pointers, &point::x, options) == std::vector<int>{2, 4});
  }
}

TEST_CASE("parallel_for_each drops what f returns, also what cannot be copied") {
  std::atomic<int> calls{0};
  amorsize::parallel_for_each(
      items,
      [&calls](int i) {
        ++calls;
        return std::make_unique<int>(i);
      },
      support::at_width(2));
  CHECK(calls == 5);
}

template <class Range, class F>
void check_null(const Range& range, const F& f) {
  for (const int width : support::widths) {
    CAPTURE(width);
    const amorsize::batch_options options = support::at_width(width);
    constexpr const char* why = "f is null, must be callable";
    CHECK(support::message_of([&] { amorsize::parallel_for_each(range, f, options); }) == why);
    CHECK(support::message_of([&] { amorsize::optimize(range, f, options); }) == why);
    if constexpr (!std::is_void_v<std::invoke_result_t<const F&, decltype(*range.begin())>>) {
      CHECK(support::message_of([&] { amorsize::parallel_map(range, f, options); }) == why);
    }
  }
}

TEST_CASE("a null function of any kind is refused, also where there is no item") {
  using function = int (*)(int);
  using noexcept_function = int (*)(int) noexcept;
  check_null(items, function{});
  check_null(items, noexcept_function{});
  check_null(items, std::function<int(int)>{});
  check_null(items, std::function<void(int)>{});
  const std::vector<point> points(3);
  using member_function = int (point::*)() const;
  using data_member = int point::*;
  check_null(points, member_function{});
  check_null(points, data_member{nullptr});
  check_null(std::vector<int>{}, function{});
}

TEST_CASE("a null function is refused before any code of the user runs, iterators included") {
  using range = support::failing_range<std::forward_iterator_tag>;
  check_null(range{3, range::iterator::at::step, 0}, std::function<int(int)>{});
  int made = 0;
  const auto make = [](int i) { return i; };
  support::generator<int> source(3, make);
  CHECK_THROWS_AS(amorsize::parallel_map(source, std::function<int(int)>{}),
                  amorsize::invalid_option);
  amorsize::parallel_for_each(
      source, [&made](int) { ++made; }, support::at_width(1));
  CHECK(made == 3);
}

}  // namespace
