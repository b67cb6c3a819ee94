#include "runtime/text.hpp"

#include <doctest/doctest.h>

using namespace amorsize::detail;
using amorsize::duration;

TEST_CASE("numbers have three digits, or all before the point") {
  CHECK(number(0) == "0");
  CHECK(number(0.0123) == "0.0123");
  CHECK(number(4.56) == "4.56");
  CHECK(number(45.67) == "45.7");
  CHECK(number(789.4) == "789");
  CHECK(number(123'456) == "123456");
  CHECK(number(-4.56) == "-4.56");
}

TEST_CASE("a number that rounds up to the next power of ten keeps three digits") {
  CHECK(number(9.999) == "10");
  CHECK(number(99.96) == "100");
}

TEST_CASE("times come with the unit that suits") {
  CHECK(to_text(duration(0)) == "0 ns");
  CHECK(to_text(duration(850)) == "850 ns");
  CHECK(to_text(duration(12'300)) == "12.3 us");
  CHECK(to_text(duration(4'560'000)) == "4.56 ms");
  CHECK(to_text(duration(7.89e9)) == "7.89 s");
  CHECK(to_text(duration(3.6e12)) == "3600 s");
  CHECK(to_text(duration(-12'300)) == "-12.3 us");
}

TEST_CASE("a time just below the next unit is told in that unit, not as a thousand of its own") {
  CHECK(to_text(duration(999.7)) == "1 us");
  CHECK(to_text(duration(999'700)) == "1 ms");
}
