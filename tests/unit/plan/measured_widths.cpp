#include "plan/measured_widths.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace amorsize::detail;

namespace {

outcome took(int n_jobs, double item_ns, double count = 4) {
  outcome o;
  o.by.n_jobs = n_jobs;
  o.count = count;
  o.mean = std::log(item_ns);
  return o;
}

}  // namespace

TEST_CASE("widths are in ascending order, each once, whatever order they come in") {
  measured_widths all;
  for (const int n : {8, 1, 4, 2, 4}) all.add({n, 0, 1.0 * n, 0.1, 1});
  std::vector<int> order;
  for (const measured_width& width : all.widths()) order.push_back(width.n_jobs);
  CHECK(order == std::vector<int>{1, 2, 4, 8});
  all.add({4, 0, 7, 0.1, 3});
  REQUIRE(all.of(4) != nullptr);
  CHECK(all.of(4)->log_item_ns == 7);
  CHECK(all.of(3) == nullptr);
  CHECK(all.calls() == 6);
}

TEST_CASE("of more widths than there is room for, those that were measured most are kept") {
  measured_widths all;
  for (int n = 1; n <= 40; ++n) all.add({n, 0, 1, 0.1, n == 40 ? 9.0 : 1.0});
  CHECK(all.widths().size() == measured_widths::most);
  CHECK(all.of(40) != nullptr);
  CHECK(all.of(39) == nullptr);
  all.add({50, 0, 1, 0.1, 1});
  CHECK(all.of(50) == nullptr);
}

TEST_CASE("each rung of chunk durations is an outcome of its own") {
  measured_widths all;
  all.add({2, 3, 5, 0.1, 1});
  all.add({2, 0, 6, 0.1, 1});
  all.add({4, 0, 4, 0.1, 1});
  all.add({2, 3, 7, 0.1, 2});
  REQUIRE(all.widths().size() == 3);
  CHECK(all.widths()[0].chunk_rung == 0);
  CHECK(all.widths()[1].chunk_rung == 3);
  CHECK(all.of(2, 3)->log_item_ns == 7);
  CHECK(all.of(2)->log_item_ns == 6);
  CHECK(all.of(4, 3) == nullptr);
}

TEST_CASE("of a record, the batch outcomes on the ladder of chunks count") {
  sized_record known;
  known.outcomes = {took(1, 100), took(2, 60), took(2, 50), took(4, 30), took(8, 20, 0)};
  known.outcomes[1].by.chunk_rung = 3;
  known.outcomes[2].by.chunk_rung = 64;
  known.outcomes[3].by.buffer_size = 64;
  const measured_widths all(known, 0);
  REQUIRE(all.widths().size() == 2);
  CHECK(all.of(1)->log_item_ns == doctest::Approx(std::log(100)));
  CHECK(all.of(2, 3)->log_item_ns == doctest::Approx(std::log(60)));
  CHECK(all.similarity == 1);
}

TEST_CASE("the farther the size that was measured, the less is it believed") {
  sized_record known;
  known.outcomes = {took(2, 60)};
  const auto error = [&known](int distance) {
    return measured_widths(known, distance).of(2)->log_error;
  };
  const double here = error(0);
  const double near = error(1);
  const double far = error(2);
  CHECK(here > 0);
  CHECK(near > here);
  CHECK(far > near);
}

TEST_CASE("what all took less than items can take now is forgotten, and nothing else is") {
  measured_widths all;
  for (const int n : {1, 2, 4}) all.add({n, 0, std::log(400.0 / n), 0.1, 3});
  all.drop_faster_than(350);
  CHECK(all.widths().size() == 3);
  all.drop_faster_than(401);
  CHECK(all.empty());
}
