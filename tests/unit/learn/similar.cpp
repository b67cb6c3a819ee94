#include "learn/similar.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <random>
#include <utility>
#include <vector>

using namespace amorsize::detail;

namespace {

features at(float value) {
  features place{};
  place[0] = value;
  return place;
}

outcome outcome_of(int n_jobs, double wall_ns_per_item, double count = 4) {
  outcome o;
  o.by.n_jobs = n_jobs;
  o.count = count;
  o.mean = std::log(wall_ns_per_item);
  return o;
}

/// Items of 100 ns, which two threads make `speedup` times as fast.
sized_record record_at(const features& place, double speedup = 2) {
  sized_record record;
  record.item_ns = 100;
  record.place = place;
  record.outcomes = {outcome_of(1, 100), outcome_of(2, 100 / speedup)};
  return record;
}

float distance(const features& a, const features& b) {
  float square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) square += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(square);
}

}  // namespace

TEST_CASE("the nearest are those that a sort of all finds, for any number of records") {
  std::mt19937 random(2);
  std::uniform_real_distribution<float> part(0, 1);
  const auto draw = [&] {
    features place;
    for (float& value : place) value = part(random);
    return place;
  };
  for (const std::size_t records :
       {0U, 1U, 4U, 5U, 6U, 15U, 16U, 17U, 100U, 1'024U, 1'025U, 3'000U}) {
    CAPTURE(records);
    similar_work index;
    std::vector<features> places;
    for (std::size_t i = 0; i < records; ++i) {
      places.push_back(draw());
      index.insert(record_at(places.back()), i);
    }
    CHECK(index.size() == records);
    for (int trial = 0; trial < 20; ++trial) {
      const features query = trial == 0 && records > 0 ? places.back() : draw();
      std::vector<std::pair<float, std::size_t>> all;
      for (std::size_t i = 0; i < records; ++i) all.emplace_back(distance(places[i], query), i);
      std::sort(all.begin(), all.end());
      const neighbours found = index.nearest(query);
      REQUIRE(found.count == std::min<std::size_t>(records, 5));
      for (std::size_t i = 0; i < found.count; ++i) {
        REQUIRE(found.all[i].row == all[i].second);
        REQUIRE(found.all[i].distance == doctest::Approx(all[i].first).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("each of the 12 features tells records apart") {
  for (std::size_t i = 0; i < feature_count; ++i) {
    similar_work index;
    features far{};
    far[i] = 0.5F;
    index.insert(record_at(far), 1);
    index.insert(record_at({}), 2);
    const neighbours found = index.nearest({});
    REQUIRE(found.count == 2);
    CHECK(index.fingerprint(found.all[0].row) == 2);
    CHECK(found.all[1].distance == doctest::Approx(0.5));
  }
}

TEST_CASE("of records in the same place the earlier ones come first") {
  similar_work index;
  for (std::size_t i = 0; i < 40; ++i) index.insert(record_at(at(0.5F)), i);
  const neighbours found = index.nearest(at(0.5F));
  for (std::size_t i = 0; i < 5; ++i) CHECK(found.all[i].row == i);
}

TEST_CASE("a record without item time or outcomes is not inserted") {
  similar_work index;
  sized_record record = record_at({});
  record.item_ns = 0;
  index.insert(record, 1);
  record = record_at({});
  record.outcomes.clear();
  index.insert(record, 1);
  CHECK(index.size() == 0);
  CHECK(index.nearest({}).count == 0);
  CHECK(index.hints_for({}).empty());
}

TEST_CASE(
    "of a row the fastest outcome of each number of threads is kept, of many the best known") {
  similar_work index;
  sized_record record = record_at({});
  record.outcomes = {outcome_of(2, 60), outcome_of(2, 50), outcome_of(2, 70)};
  for (int i = 0; i < 3; ++i) record.outcomes[static_cast<std::size_t>(i)].by.chunk_rung = i;
  index.insert(record, 1);
  REQUIRE(index.outcomes(0).size() == 1);
  CHECK(std::exp(index.outcomes(0)[0].log_ratio) == doctest::Approx(0.5));

  record.outcomes.clear();
  for (int n = 1; n <= 20; ++n) record.outcomes.push_back(outcome_of(n, 100.0 / n, n));
  index.insert(record, 1);
  REQUIRE(index.outcomes(1).size() == 8);
  for (const tried& t : index.outcomes(1)) {
    CHECK(t.n_jobs > 12);
    CHECK(t.count == static_cast<float>(t.n_jobs));
    CHECK(std::exp(t.log_ratio) == doctest::Approx(1.0 / t.n_jobs));
  }
  CHECK(index.outcomes(0).size() == 1);
}

TEST_CASE("similarity is 1 in the same place, falls with distance and is nothing half way across") {
  CHECK(similarity(0) == 1);
  for (double d = 0; d < 3.4; d += 0.1) CHECK(similarity(d + 0.1) < similarity(d));
  CHECK(similarity(0.3) == doctest::Approx(0.57).epsilon(0.01));
  CHECK(similarity(std::sqrt(12.0) / 2) < 1e-3);
}

TEST_CASE("fewer than three records near enough say nothing") {
  similar_work index;
  for (const float place : {0.0F, 0.1F, 0.9F, 1.0F}) index.insert(record_at(at(place)), 1);
  CHECK(index.hints_for(at(0)).empty());
  index.insert(record_at(at(0.2F)), 1);
  CHECK(index.hints_for(at(0)).size() == 2);
}

TEST_CASE("what similar work took is relative to its item time, in ascending order of threads") {
  similar_work index;
  for (const double item_ns : {10.0, 100.0, 1'000.0}) {
    sized_record record = record_at({});
    record.item_ns = item_ns;
    record.outcomes = {outcome_of(4, item_ns / 3, 2), outcome_of(1, item_ns, 5)};
    index.insert(record, 1);
  }
  const std::vector<hint> said = index.hints_for({});
  REQUIRE(said.size() == 2);
  CHECK(said[0].n_jobs == 1);
  CHECK(said[0].log_ratio == doctest::Approx(0));
  CHECK(said[0].count == 15);
  CHECK(said[1].n_jobs == 4);
  CHECK(std::exp(said[1].log_ratio) == doctest::Approx(1.0 / 3));
  CHECK(said[1].count == 6);
  CHECK(said[1].similarity == doctest::Approx(1));
}

TEST_CASE("the nearer counts for more, and distance makes all less similar") {
  similar_work index;
  index.insert(record_at(at(0.5F), 1.0), 1);
  index.insert(record_at(at(0.3F), 2.0), 1);
  index.insert(record_at(at(0.7F), 2.0), 1);
  const auto speedup = [&](float place) {
    return std::exp(-index.hints_for(at(place))[1].log_ratio);
  };
  CHECK(speedup(0.5F) < 1.2);
  CHECK(speedup(0.3F) > 1.7);
  CHECK(index.hints_for(at(0.5F))[1].similarity > index.hints_for(at(0.75F))[1].similarity);
}

TEST_CASE("similar work that disagrees, or of which little is known, is less certain") {
  const auto error = [](std::initializer_list<double> speedups) {
    similar_work index;
    for (const double s : speedups) index.insert(record_at({}, s), 1);
    return index.hints_for({})[1].log_error;
  };
  CHECK(error({1, 2, 4}) > 2 * error({2, 2, 2}));
  CHECK(error({1, 2, 4}) > 0.5);
  CHECK(error({2, 2, 2}) > error({2, 2, 2, 2, 2}));
  CHECK(error({2, 2, 2, 2, 2}) > 0.1);
}
