#include "learn/importance.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

using namespace amorsize::detail;

namespace {

/// Records at places drawn by chance, whose best speedup follows from where they are.
std::vector<sized_record> records_of(std::size_t count,
                                     const std::function<double(const features&)>& log_speedup) {
  std::mt19937 random(5);
  std::vector<sized_record> all(count);
  for (sized_record& record : all) {
    for (float& f : record.place) f = static_cast<float>(random() % 1'000) / 1'000;
    record.item_ns = 100;
    const double best = std::log(100.0) - log_speedup(record.place);
    record.outcomes = {{.by = {.n_jobs = 8}, .count = 3, .mean = best},
                       {.by = {.n_jobs = 1}, .count = 3, .mean = std::log(100.0) + 3}};
  }
  return all;
}

const feature_weight& of(const importance& all, feature which) {
  return all.of[static_cast<std::size_t>(which)];
}

double part(const features& place, feature which) { return static_cast<double>(at(place, which)); }

}  // namespace

TEST_CASE("the feature that decides is found by outcome, and those that do not are nothing to it") {
  for (const feature decides : {feature::cores, feature::item_time, feature::item_bytes}) {
    CAPTURE(feature_names[static_cast<std::size_t>(decides)]);
    auto records = records_of(300, [&](const features& place) { return 3 * part(place, decides); });
    // Few differ in much, as in real stores: else all is far from all.
    for (sized_record& r : records) {
      for (std::size_t f = 0; f < feature_count; ++f) {
        if (f != static_cast<std::size_t>(decides)) r.place[f] = 0.5F + 0.1F * (r.place[f] - 0.5F);
      }
    }
    const importance found = importance_of(records);
    CHECK(found.error < 0.5 * found.error_of_mean);
    CHECK(of(found, decides).by_outcome > 1);
    for (std::size_t f = 0; f < feature_count; ++f) {
      if (f == static_cast<std::size_t>(decides)) continue;
      CHECK(found.of[f].by_outcome < 0.25 * of(found, decides).by_outcome);
    }
  }
}

TEST_CASE("what differs most matters by variance, also where no outcome depends on it") {
  auto records =
      records_of(100, [](const features& place) { return 3 * part(place, feature::items); });
  for (sized_record& r : records) {
    for (std::size_t f = 0; f < feature_count; ++f) r.place[f] *= 0.1F;
    at(r.place, feature::available_memory) *= 10;
    at(r.place, feature::wake) = 0.3F;
  }
  const importance found = importance_of(records);
  double sum = 0;
  for (const feature_weight& w : found.of) sum += w.by_variance;
  CHECK(sum == doctest::Approx(1));
  CHECK(of(found, feature::available_memory).by_variance > 0.8);
  CHECK(of(found, feature::available_memory).by_outcome < of(found, feature::items).by_outcome);
  CHECK(of(found, feature::wake).by_variance == doctest::Approx(0).epsilon(1e-6));
  CHECK(of(found, feature::wake).by_outcome == 0);
}

TEST_CASE("where outcomes are chance, no feature is said to decide") {
  std::mt19937 random(9);
  const auto records =
      records_of(300, [&](const features&) { return static_cast<double>(random() % 1'000) / 300; });
  const importance found = importance_of(records);
  CHECK(found.error > 0.8 * found.error_of_mean);
  for (const feature_weight& w : found.of) CHECK(w.by_outcome < 0.1);
}

TEST_CASE("the speedup of a record is that of its fastest configuration") {
  auto records = records_of(50, [](const features&) { return 2.0; });
  CHECK(importance_of(records).error == doctest::Approx(0));
  CHECK(importance_of(records).error_of_mean == doctest::Approx(0));
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].outcomes[1].mean = static_cast<double>(i) + 5;  // slow, each in its way
  }
  CHECK(importance_of(records).error_of_mean == doctest::Approx(0));
}

TEST_CASE("records without an item time or outcomes do not count, and few say nothing") {
  auto records = records_of(30, [](const features& place) { return part(place, feature::items); });
  records[0].item_ns = 0;
  records[1].outcomes.clear();
  records[2].outcomes = {{.by = {}, .count = 0, .mean = 1}};
  records[3].outcomes = {{.by = {}, .count = 1, .mean = std::numeric_limits<double>::quiet_NaN()}};
  CHECK(importance_of(records).records == 26);
  records.resize(4 + least_records - 1);
  const importance few = importance_of(records);
  CHECK(few.records == least_records - 1);
  CHECK(std::all_of(few.of.begin(), few.of.end(), [](const feature_weight& w) {
    return w.by_variance == 0 && w.by_outcome == 0;
  }));
  CHECK(importance_of({}).records == 0);
}

TEST_CASE("the same records give the same, and thousands are not all looked at") {
  const auto records =
      records_of(2'000, [](const features& place) { return part(place, feature::items); });
  const importance one = importance_of(records);
  const importance other = importance_of(records);
  CHECK(one.records < 500);
  CHECK(one.error == other.error);
  for (std::size_t f = 0; f < feature_count; ++f) {
    CHECK(one.of[f].by_outcome == other.of[f].by_outcome);
    CHECK(one.of[f].by_variance == doctest::Approx(1.0 / 12).epsilon(0.15));
  }
}

TEST_CASE("predictions are held against the mean of the others, which does not know the record") {
  int made = 0;
  const auto records = records_of(20, [&](const features&) { return made++ % 2 == 0 ? 0.0 : 1.0; });
  CHECK(importance_of(records).error_of_mean == doctest::Approx(10.0 / 19));
}
