#include "plan/memory_share.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace amorsize::detail;

namespace {

constexpr std::uint64_t much = 1'000'000'000;
constexpr memory_now plenty{much, 0.1, 0};
constexpr memory_now full{much, 0.96, 0};

}  // namespace

TEST_CASE("a stream has a tenth of what is available") {
  memory_share share;
  share.look(plenty, 0);
  CHECK(share.bytes() == doctest::Approx(1e8));
}

TEST_CASE("before a look there is what is no matter for any machine") {
  CHECK(memory_share().bytes() == memory_share::small);
}

TEST_CASE("a look is taken by who wants much, or more than there is") {
  memory_share share;
  CHECK_FALSE(share.is_in_question(0));
  CHECK_FALSE(share.is_in_question(memory_share::small));
  CHECK(share.is_in_question(memory_share::small + 1));
  share.look({1'000'000, 0.1, 0}, 0);
  CHECK_FALSE(share.is_in_question(100'000));
  CHECK(share.is_in_question(100'001));
}

TEST_CASE("memory is scarce where a limit is nearly reached, or threads wait for it") {
  CHECK_FALSE(is_scarce({much, 0, 0}));
  CHECK_FALSE(is_scarce({much, 0.94, 0.04}));
  CHECK(is_scarce({much, 0.96, 0}));
  CHECK(is_scarce({much, 0, 0.06}));
}

TEST_CASE("under pressure there is half of what is filled, at each look") {
  memory_share share;
  share.look(plenty, 4e7);
  share.look(full, 4e7);
  CHECK(share.bytes() == doctest::Approx(2e7));
  share.look(full, 2e7);
  CHECK(share.bytes() == doctest::Approx(1e7));
}

TEST_CASE("under pressure there is never more than a tenth of what is available") {
  memory_share share;
  share.look(full, 1e9);
  CHECK(share.bytes() == doctest::Approx(1e8));
}

TEST_CASE("when the pressure is gone it comes back, more slowly than it went, up to a tenth") {
  memory_share share;
  share.look(plenty, 0);
  share.look(full, 4e7);
  const double least = share.bytes();
  share.look(plenty, least);
  CHECK(share.bytes() > least);
  CHECK(share.bytes() < 1.5 * least);
  for (int i = 0; i < 100; ++i) share.look(plenty, share.bytes());
  CHECK(share.bytes() == doctest::Approx(1e8));
}

TEST_CASE("what others take is gone at the next look") {
  memory_share share;
  share.look(plenty, 0);
  share.look({much / 10, 0.5, 0}, 0);
  CHECK(share.bytes() == doctest::Approx(1e7));
}

TEST_CASE("what is available and not known is no bound, until memory is scarce") {
  memory_share share;
  share.look({0, 0, 0}, 1e6);
  CHECK(share.bytes() == std::numeric_limits<double>::infinity());
  share.look({0, 0, 0.5}, 1e6);
  CHECK(share.bytes() == doctest::Approx(5e5));
}
