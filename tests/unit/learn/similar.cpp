#include "learn/similar.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <utility>
#include <vector>

using namespace amorsize::detail;

namespace {

/// Ten thousand items of 1 us on 8 cores; the other features are not known.
features usual_place() {
  amorsize::workload work;
  work.items = 10'000;
  work.estimated_item_time = amorsize::duration(1'000);
  amorsize::machine here;
  here.usable_cores = 8;
  return normalised(work, here, {});
}

/// That, with results of other sizes: 0.1 is not far, 0.2 is.
features at(float value) {
  features place = usual_place();
  at(place, feature::result_bytes) = value;
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

float distance(const features& one, const features& other) {
  const features a = compared(one);
  const features b = compared(other);
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
    far[i] = 0.9F;
    index.insert(record_at(far), 1);
    index.insert(record_at({}), 2);
    const neighbours found = index.nearest({});
    REQUIRE(found.count == 2);
    CHECK(index.fingerprint(found.all[0].row) == 2);
    CHECK(found.all[0].distance == 0);
    CHECK(found.all[1].distance > 0.4F);
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

TEST_CASE("of a row every configuration is kept, of more than there is room for the best known") {
  similar_work index;
  sized_record record = record_at({});
  record.outcomes = {outcome_of(2, 60), outcome_of(2, 50), outcome_of(2, 70)};
  for (int i = 0; i < 3; ++i) record.outcomes[static_cast<std::size_t>(i)].by.chunk_rung = i;
  record.outcomes.push_back(outcome_of(2, 30, 0.5));
  record.outcomes.back().by.buffer_size = 8;  // differs from the first in that alone
  index.insert(record, 1);
  REQUIRE(index.outcomes(0).size() == 3);
  CHECK(index.outcomes(0)[1].chunk_rung == 1);
  CHECK(std::exp(index.outcomes(0)[1].log_ratio) == doctest::Approx(0.5));

  record.outcomes.clear();
  for (int n = 1; n <= 20; ++n) record.outcomes.push_back(outcome_of(n, 100.0 / n, n));
  index.insert(record, 1);
  REQUIRE(index.outcomes(1).size() == 16);
  for (const tried& t : index.outcomes(1)) {
    CHECK(t.n_jobs > 4);
    CHECK(t.count == static_cast<float>(t.n_jobs));
    CHECK(std::exp(t.log_ratio) == doctest::Approx(1.0 / t.n_jobs));
  }
  CHECK(index.outcomes(0).size() == 3);
}

TEST_CASE("similarity is 1 in the same place, falls with distance and is soon nothing") {
  CHECK(similarity(0) == 1);
  for (double d = 0; d < 2; d += 0.1) CHECK(similarity(d + 0.1) < similarity(d));
  CHECK(similarity(0.5) < 0.5);
  CHECK(similarity(2) < 1e-3);
}

TEST_CASE("one record is enough, and what is far says nothing") {
  similar_work index;
  index.insert(record_at(at(0.5F)), 1);
  CHECK(index.hints_for(at(0.5F)).size() == 2);
  CHECK(index.hints_for(at(0.4F)).size() == 2);
  CHECK(index.hints_for(at(0.2F)).empty());
}

TEST_CASE("in the same place similar work says what it took, relative to its item time") {
  similar_work index;
  for (const double item_ns : {900.0, 1'000.0, 1'100.0}) {
    sized_record record = record_at(at(0));
    record.item_ns = item_ns;
    record.outcomes = {outcome_of(4, item_ns / 3, 2), outcome_of(1, item_ns, 5)};
    index.insert(record, 1);
  }
  const std::vector<hint> said = index.hints_for(at(0));
  REQUIRE(said.size() == 2);
  CHECK(said[0].n_jobs == 1);
  CHECK(said[0].log_ratio == doctest::Approx(0));
  CHECK(said[0].count == 15);
  CHECK(said[1].n_jobs == 4);
  CHECK(std::exp(said[1].log_ratio) == doctest::Approx(1.0 / 3));
  CHECK(said[1].count == 6);
  CHECK(said[1].similarity == doctest::Approx(1));
}

TEST_CASE("the nearer counts for more, and distance makes all less similar and less certain") {
  similar_work index;
  index.insert(record_at(at(0.5F), 1.0), 1);
  index.insert(record_at(at(0.4F), 2.0), 1);
  index.insert(record_at(at(0.6F), 2.0), 1);
  const auto of_two = [&](float place) { return index.hints_for(at(place))[1]; };
  CHECK(std::exp(-of_two(0.5F).log_ratio) < 1.5);
  CHECK(std::exp(-of_two(0.4F).log_ratio) > 1.5);
  CHECK(of_two(0.5F).similarity > of_two(0.7F).similarity);
  CHECK(of_two(0.7F).width_error > 1.2 * of_two(0.6F).width_error);
}

TEST_CASE("work that disagrees in how fast threads are makes serial against threads less certain") {
  const auto error = [](std::initializer_list<double> speedups) {
    similar_work index;
    for (const double s : speedups) index.insert(record_at(at(0), s), 1);
    const hint serial = index.hints_for(at(0))[0];
    REQUIRE(serial.n_jobs == 1);
    return serial.width_error;
  };
  CHECK(error({1, 1.5, 2}) > 2 * error({2, 2, 2}));
  CHECK(error({2, 2, 2}) < error({2}));
  CHECK(error({2, 2, 2, 2, 2}) > 0.05);
}

TEST_CASE("the same work is more certain than other work, the same machine than another one") {
  similar_work index;
  index.insert(record_at(at(0)), 7, 9);
  const auto error = [&](std::uint64_t fingerprint, std::uint64_t work) {
    const std::vector<hint> said = index.hints_for(at(0), fingerprint, work);
    CHECK(said.size() == 2);
    return said[0].width_error + said[1].width_error + said[1].log_error;
  };
  CHECK(error(7, 9) < error(8, 9));
  CHECK(error(7, 9) < error(7, 8));
  CHECK(error(8, 8) > error(8, 9));
  CHECK(error(8, 8) > error(7, 8));
  CHECK(error(0, 0) == error(8, 8));
}

TEST_CASE("the same work on another machine goes before other work as near") {
  const auto speedup = [](std::uint64_t asked) {
    similar_work index;
    index.insert(record_at(at(0), 1.0), 7, 1);
    index.insert(record_at(at(0), 2.0), 7, 2);
    return std::exp(-index.hints_for(at(0), 8, asked)[1].log_ratio);
  };
  CHECK(speedup(1) < speedup(3));
  CHECK(speedup(2) > speedup(3));
}

TEST_CASE("what was measured on twice the cores is said of as large a part of these") {
  similar_work index;
  sized_record record = record_at(usual_place());
  record.outcomes = {outcome_of(1, 100), outcome_of(4, 40), outcome_of(8, 25)};
  index.insert(record, 1);
  features halved = usual_place();
  at(halved, feature::cores) = at(usual_place(), feature::cores) / 3 * 2;  // 4 of 1, 2, 4, 8
  const std::vector<hint> said = index.hints_for(halved);
  REQUIRE(said.size() == 3);
  CHECK(said[0].n_jobs == 1);
  CHECK(said[1].n_jobs == 2);
  CHECK(said[2].n_jobs == 4);
  // As far off from all that so many threads can do.
  CHECK(std::exp(said[1].log_ratio) == doctest::Approx(0.8).epsilon(0.01));
  CHECK(std::exp(said[2].log_ratio) == doctest::Approx(0.5).epsilon(0.01));
  CHECK(said[2].width_error > index.hints_for(usual_place())[2].width_error);
}

TEST_CASE("2 and 16 cores say nothing of each other") {
  const auto on = [](float cores) {
    features place = usual_place();
    at(place, feature::cores) = cores / 8;  // a logarithm to base 2
    return place;
  };
  similar_work index;
  index.insert(record_at(on(1)), 1, 9);
  CHECK(index.hints_for(on(4), 2, 9).empty());
  CHECK(index.hints_for(on(1), 2, 9).size() == 2);
}

TEST_CASE("what cannot have been measured moves nothing by more than it may") {
  similar_work index;
  sized_record record = record_at(usual_place());
  record.outcomes = {outcome_of(8, 1e-6), outcome_of(4, 1e9)};
  index.insert(record, 1);
  const std::vector<hint> said = index.hints_for(usual_place());
  REQUIRE(said.size() == 2);
  CHECK(std::exp(-said[1].log_ratio) < 10);
  CHECK(std::exp(-said[1].log_ratio) > 8);
  CHECK(std::exp(said[0].log_ratio) < 4);
}

TEST_CASE("few items for many threads are less certain") {
  features few = usual_place();
  at(few, feature::items) = 0.1F;  // 8
  similar_work index;
  index.insert(record_at(few), 1);
  index.insert(record_at(usual_place()), 1);
  CHECK(index.hints_for(few)[1].width_error > index.hints_for(usual_place())[1].width_error + 0.02);
}

TEST_CASE("what was measured on other cores is less certain than what else is as far") {
  features fewer = usual_place();
  at(fewer, feature::cores) = at(usual_place(), feature::cores) / 3 * 2;
  float value = 0;
  while (distance(usual_place(), at(value)) < distance(usual_place(), fewer)) value += 0.001F;
  similar_work index;
  index.insert(record_at(usual_place()), 1);
  CHECK(index.hints_for(fewer)[1].width_error > index.hints_for(at(value))[1].width_error + 0.005);
}
