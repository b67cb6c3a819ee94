#include "plan/measured_widths.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "learn/similar.hpp"

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
  for (const int n : {8, 1, 4, 2, 4}) all.add({n, 1.0 * n, 0.1, 1});
  std::vector<int> order;
  for (const measured_width& width : all.widths()) order.push_back(width.n_jobs);
  CHECK(order == std::vector<int>{1, 2, 4, 8});
  all.add({4, 7, 0.1, 3});
  REQUIRE(all.of(4) != nullptr);
  CHECK(all.of(4)->log_item_ns == 7);
  CHECK(all.of(3) == nullptr);
  CHECK(all.calls() == 6);
}

TEST_CASE("more widths than there is room for are left out, and nothing else is") {
  measured_widths all;
  for (int n = 1; n <= 40; ++n) all.add({n, 1, 0.1, 1});
  CHECK(all.widths().size() == measured_widths::most);
  CHECK(all.of(1) != nullptr);
  CHECK(all.of(40) == nullptr);
}

TEST_CASE("of a record, the batch outcomes of the adaptive chunk count") {
  sized_record known;
  known.outcomes = {took(1, 100), took(2, 60), took(4, 30), took(8, 20, 0)};
  known.outcomes[1].by.chunk_rung = 3;
  known.outcomes[2].by.buffer_size = 64;
  const measured_widths all(known, 0);
  REQUIRE(all.widths().size() == 1);
  CHECK(all.widths()[0].n_jobs == 1);
  CHECK(all.widths()[0].log_item_ns == doctest::Approx(std::log(100)));
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

TEST_CASE("similar work is scaled to the items of this one") {
  const std::vector<hint> hints{{1, 0, 0.1, 3, 0.8}, {2, std::log(0.5), 0.2, 5, 0.9}};
  const measured_widths all(hints, 1'000);
  REQUIRE(all.widths().size() == 2);
  CHECK(std::exp(all.of(1)->log_item_ns) == doctest::Approx(1'000));
  CHECK(std::exp(all.of(2)->log_item_ns) == doctest::Approx(500));
  CHECK(all.of(2)->log_error == 0.2);
  CHECK(all.calls() == 8);
  CHECK(all.similarity == 0.9);
}

TEST_CASE("what took less than items can take now is forgotten, and nothing else is") {
  measured_widths all;
  for (const int n : {1, 2, 4}) all.add({n, std::log(400.0 / n), 0.1, 3});
  all.drop_faster_than(150);
  CHECK(all.of(1) != nullptr);
  CHECK(all.of(2) != nullptr);
  CHECK(all.of(4) == nullptr);
  CHECK(all.calls() == 6);
  all.drop_faster_than(1'000);
  CHECK(all.empty());
}
