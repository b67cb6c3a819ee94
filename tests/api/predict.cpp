/// Prediction by hand: what was told of work decides what is predicted for it.
#include <doctest/doctest.h>

#include <atomic>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "message_of.hpp"
#include "store_folder.hpp"
#include "widths.hpp"

namespace {

using amorsize::batch_plan;
using amorsize::duration;
using amorsize::learning;
using amorsize::plan_source;
using amorsize::predict_parameters;
using amorsize::run_report;
using amorsize::runtime;
using amorsize::runtime_options;
using amorsize::workload;
using support::contains;
using support::message_of;

constexpr double ms = 1e6;

/// Numbers of threads, and the milliseconds that 1,000 items took on them.
using outcomes = std::vector<std::pair<int, double>>;

workload thousand_of(std::string_view name, double item_ns = 80'000) {
  return {.name = name, .items = 1'000, .estimated_item_time = duration(item_ns)};
}

run_report report_of(int n_jobs, double wall_ms) {
  run_report report;
  report.plan.n_jobs = n_jobs;
  report.items = 1'000;
  report.wall = duration(wall_ms * ms);
  return report;
}

void tell(runtime& on, const workload& work, const outcomes& all, int times = 3) {
  for (int i = 0; i < times; ++i) {
    for (const auto& [n_jobs, wall_ms] : all) {
      amorsize::update_model_from_execution(work, report_of(n_jobs, wall_ms), on);
    }
  }
}

/// The prediction of a runtime that knows only this.
batch_plan predicted_from(const outcomes& all, int times = 3, int max_n_jobs = 8) {
  runtime on(runtime_options{.max_n_jobs = max_n_jobs});
  tell(on, thousand_of("work"), all, times);
  const auto plan = predict_parameters(thousand_of("work"), on);
  REQUIRE(plan);
  return *plan;
}

TEST_CASE("work that nobody measured is not predicted, with a store and without") {
  const support::store_folder folder;
  for (const std::string& store : {folder.path(), std::string("off")}) {
    CAPTURE(store);
    runtime on(runtime_options{.store = store, .max_n_jobs = 8});
    CHECK_FALSE(predict_parameters({.name = "unknown", .items = 1'000}, on));
    CHECK_FALSE(predict_parameters(thousand_of("unknown"), on));
    CHECK_FALSE(predict_parameters({.name = "", .items = 1'000}, on));
    CHECK_FALSE(predict_parameters({}, on));
    tell(on, thousand_of("known"), {{1, 80}, {2, 42}});
    CHECK_FALSE(predict_parameters({.name = "unknown", .items = 1'000}, on));
    CHECK_FALSE(predict_parameters({.name = "", .items = 1'000}, on));
  }
}

TEST_CASE("of the numbers of threads that were measured, the fastest is predicted") {
  CHECK(predicted_from({{1, 80}, {2, 42}, {8, 12}}).n_jobs == 8);
  CHECK(predicted_from({{1, 80}, {2, 30}, {8, 50}}).n_jobs == 2);
  CHECK(predicted_from({{1, 42}, {2, 80}, {8, 90}}).n_jobs == 1);
  CHECK(predicted_from({{1, 80}, {2, 42}}, 3, 2).n_jobs == 2);
  CHECK(predicted_from({{1, 42}, {2, 80}}, 3, 2).n_jobs == 1);
}

TEST_CASE("a number of threads between the powers of two is predicted where it was the fastest") {
  CHECK(predicted_from({{1, 80}, {2, 60}, {3, 20}, {4, 60}, {8, 60}}).n_jobs == 3);
}

TEST_CASE("a prediction says what it rests on, and expects what was measured") {
  const batch_plan plan = predicted_from({{1, 80}, {2, 42}, {8, 12}});
  CHECK(plan.source == plan_source::predicted);
  CHECK(plan.measurements == 9);
  CHECK(plan.similarity == 1);
  CHECK(plan.confidence > 0);
  CHECK(plan.confidence <= 1);
  CHECK(plan.chunksize >= 1);
  CHECK(plan.estimated_item_time.count() == doctest::Approx(80'000).epsilon(0.01));
  CHECK(plan.expected_serial.count() == doctest::Approx(80 * ms).epsilon(0.05));
  CHECK(plan.expected_parallel.count() == doctest::Approx(12 * ms).epsilon(0.05));
}

TEST_CASE("what is measured later outweighs what was measured before") {
  runtime on(runtime_options{.max_n_jobs = 2});
  const workload work = thousand_of("changing");
  tell(on, work, {{1, 80}, {2, 42}});
  CHECK(predict_parameters(work, on)->n_jobs == 2);
  tell(on, work, {{1, 42}, {2, 80}}, 40);
  CHECK(predict_parameters(work, on)->n_jobs == 1);
}

TEST_CASE("one slow call among fast ones changes nothing") {
  runtime on(runtime_options{.max_n_jobs = 2});
  const workload work = thousand_of("disturbed");
  tell(on, work, {{1, 80}, {2, 42}}, 10);
  tell(on, work, {{2, 4'200}}, 1);
  CHECK(predict_parameters(work, on)->n_jobs == 2);
}

TEST_CASE("confidence is lower where outcomes are close to each other, or few") {
  // Items so long that they travel alone: there is nothing to choose but the number of threads.
  const workload long_items = thousand_of("long items", 5 * ms);
  const auto confidence = [&](outcomes all, int times) {
    for (auto& [n_jobs, wall_ms] : all) wall_ms *= 5'000 / 80.0;
    runtime on(runtime_options{.max_n_jobs = 2});
    tell(on, long_items, all, times);
    const auto plan = predict_parameters(long_items, on);
    REQUIRE(plan);
    return plan->confidence;
  };
  CHECK(confidence({{1, 80}, {2, 20}}, 10) > confidence({{1, 22}, {2, 20}}, 10));
  CHECK(confidence({{1, 24}, {2, 20}}, 20) > confidence({{1, 24}, {2, 20}}, 1));
  CHECK(confidence({{1, 80}, {2, 20}}, 20) > 0.9);
}

TEST_CASE("a prediction is clamped to the runtime's maximum") {
  const support::store_folder folder;
  {
    runtime wide(runtime_options{.store = folder.path(), .max_n_jobs = 8});
    tell(wide, thousand_of("wide"), {{1, 80}, {2, 42}, {8, 12}});
    wide.save();
  }
  for (const int max_n_jobs : {1, 2, 8}) {
    runtime on(runtime_options{.store = folder.path(), .max_n_jobs = max_n_jobs});
    const auto plan = predict_parameters(thousand_of("wide"), on);
    REQUIRE(plan);
    CHECK(plan->n_jobs == max_n_jobs);
  }
}

TEST_CASE("a prediction has no more threads than there are items") {
  runtime on(runtime_options{.max_n_jobs = 8});
  run_report report = report_of(8, 12);
  report.items = 8;
  const workload work{.name = "few", .items = 8, .estimated_item_time = duration(10 * ms)};
  for (int i = 0; i < 3; ++i) amorsize::update_model_from_execution(work, report, on);
  const auto plan = predict_parameters({.name = "few", .items = 3}, on);
  REQUIRE(plan);
  CHECK(plan->n_jobs <= 3);
}

TEST_CASE("items that are not told are those that were measured") {
  runtime on(runtime_options{.max_n_jobs = 8});
  tell(on, thousand_of("untold"), {{1, 80}, {2, 42}, {8, 12}}, 5);
  const auto plan = predict_parameters({.name = "untold"}, on);
  REQUIRE(plan);
  CHECK(plan->source == plan_source::predicted);
  CHECK(plan->n_jobs == 8);
  CHECK(plan->measurements == 15);
  CHECK(plan->expected_serial.count() == doctest::Approx(80 * ms).epsilon(0.05));
  CHECK(plan->expected_parallel.count() == doctest::Approx(12 * ms).epsilon(0.05));
}

TEST_CASE("a size is predicted from those up to four times as small or large, and no others") {
  runtime on(runtime_options{.max_n_jobs = 8});
  tell(on, thousand_of("sized"), {{1, 80}, {2, 42}, {8, 12}});
  for (const std::size_t items : {260U, 500U, 999U, 2'000U, 3'900U}) {
    CAPTURE(items);
    const auto plan = predict_parameters({.name = "sized", .items = items}, on);
    REQUIRE(plan);
    CHECK(plan->n_jobs == 8);
    const double share = static_cast<double>(items) / 1'000;
    CHECK(plan->expected_serial.count() == doctest::Approx(80 * ms * share).epsilon(0.1));
  }
  for (const std::size_t items : {1U, 60U, 9'000U, 1'000'000U}) {
    CAPTURE(items);
    CHECK_FALSE(predict_parameters({.name = "sized", .items = items}, on));
  }
}

TEST_CASE("an item time that is not told follows from the serial estimate or the serial wall") {
  runtime on(runtime_options{.max_n_jobs = 2});
  run_report shared = report_of(2, 42);
  shared.serial_estimate = duration(80 * ms);
  amorsize::update_model_from_execution({.name = "estimated"}, shared, on);
  const auto estimated = predict_parameters({.name = "estimated", .items = 1'000}, on);
  REQUIRE(estimated);
  CHECK(estimated->estimated_item_time.count() == doctest::Approx(80'000).epsilon(0.01));

  amorsize::update_model_from_execution({.name = "serial"}, report_of(1, 80), on);
  const auto serial = predict_parameters({.name = "serial", .items = 1'000}, on);
  if (serial) {
    CHECK(serial->source == plan_source::predicted);
    CHECK(serial->estimated_item_time.count() == doctest::Approx(80'000).epsilon(0.01));
  }
}

TEST_CASE("a prediction never has the source of a guess") {
  runtime on(runtime_options{.max_n_jobs = 2});
  amorsize::update_model_from_execution({.name = "bare"}, report_of(2, 42), on);
  const auto plan = predict_parameters({.name = "bare", .items = 1'000}, on);
  CHECK((!plan || plan->source == plan_source::predicted));
}

/// Four workloads of about 80 us an item, and a fresh runtime that finds them in the store.
std::optional<batch_plan> among_others(const outcomes& all, int others, const workload& asked) {
  const support::store_folder folder;
  {
    runtime teacher(runtime_options{.store = folder.path(), .max_n_jobs = 8});
    for (int i = 0; i < others; ++i) {
      tell(teacher, thousand_of("other " + std::to_string(i), 78'000 + 1'000 * i), all);
    }
    teacher.save();
  }
  runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 8});
  return predict_parameters(asked, on);
}

TEST_CASE("work with an item time is predicted from other work that is like it") {
  const workload asked = thousand_of("new");
  const auto wide = among_others({{1, 80}, {2, 42}, {8, 12}}, 4, asked);
  REQUIRE(wide);
  CHECK(wide->source == plan_source::predicted);
  CHECK(wide->n_jobs == 8);
  CHECK(wide->similarity > 0.5);
  CHECK(wide->similarity < 1);
  CHECK(wide->measurements >= 9);
  CHECK(wide->confidence > 0);
  CHECK(wide->confidence < 1);
  const auto narrow = among_others({{1, 42}, {2, 80}, {8, 90}}, 4, asked);
  REQUIRE(narrow);
  CHECK(narrow->n_jobs == 1);
}

TEST_CASE("work of which no item time is told is not predicted from others") {
  const outcomes all{{1, 80}, {2, 42}, {8, 12}};
  CHECK_FALSE(among_others(all, 4, {.name = "new", .items = 1'000}));
  CHECK_FALSE(among_others(all, 4, {.name = "", .items = 1'000}));
  CHECK(
      among_others(all, 4, {.name = "", .items = 1'000, .estimated_item_time = duration(80'000)}));
}

TEST_CASE("work that is far from all others is not predicted from them") {
  const outcomes all{{1, 80}, {2, 42}, {8, 12}};
  CHECK_FALSE(among_others(
      all, 4,
      {.name = "", .items = 2, .estimated_item_time = duration(1e9), .item_bytes = 1'000'000}));
}

TEST_CASE("explain says from how many measured calls a prediction is, and of which work") {
  const std::string own = explain(predicted_from({{1, 80}, {2, 42}, {8, 12}}));
  INFO(own);
  CHECK(contains(own, "8 threads"));
  CHECK(contains(own, "9 measured calls of this work"));
  const auto plan = among_others({{1, 80}, {2, 42}, {8, 12}}, 4, thousand_of("new"));
  REQUIRE(plan);
  const std::string others = explain(*plan);
  INFO(others);
  CHECK(contains(others, std::to_string(plan->measurements) + " measured calls of work that is"));
  CHECK(contains(others, "% alike"));
}

TEST_CASE("a call follows what was told of its work") {
  runtime on(runtime_options{.max_n_jobs = 8});
  tell(on, thousand_of("followed"), {{1, 12}, {2, 42}, {8, 80}});
  run_report report;
  amorsize::parallel_for_each(std::vector<int>(1'000), [](int) {},
                              {.name = "followed", .report = &report, .on = &on});
  CHECK(report.plan.source == plan_source::predicted);
  CHECK(report.plan.n_jobs == 1);
  CHECK(report.plan.measurements == 9);
}

TEST_CASE("work is predicted, and what is told of it counts, whatever other threads are at") {
  runtime on(runtime_options{.max_n_jobs = 2});
  const workload work = thousand_of("crowded");
  tell(on, work, {{1, 80}, {2, 42}}, 1);
  std::atomic<bool> ends{false};
  std::vector<std::thread> others;
  for (int t = 0; t < 3; ++t) {
    others.emplace_back([&on, &work, &ends, t] {
      const std::string own = "own " + std::to_string(t);
      while (!ends) {
        predict_parameters(work, on);
        tell(on, work, {{2, 42}}, 1);
        predict_parameters(thousand_of(own), on);
        tell(on, thousand_of(own), {{1, 80}}, 1);
      }
    });
  }
  int predicted = 0;
  int told = 0;
  for (int i = 0; i < 4'000; ++i) {
    predicted += predict_parameters(work, on) ? 1 : 0;
    const std::string once = "once " + std::to_string(i);
    tell(on, thousand_of(once), {{1, 80}}, 1);
    told += predict_parameters(thousand_of(once), on) ? 1 : 0;
  }
  ends = true;
  for (std::thread& t : others) t.join();
  CHECK(predicted == 4'000);
  CHECK(told == 4'000);
}

TEST_CASE("learning frozen predicts and takes nothing in, off does neither") {
  const support::store_folder folder;
  {
    runtime on(runtime_options{.store = folder.path(), .max_n_jobs = 2});
    tell(on, thousand_of("strict"), {{1, 80}, {2, 42}});
    on.save();
  }
  runtime frozen(
      runtime_options{.store = folder.path(), .learn = learning::frozen, .max_n_jobs = 2});
  runtime off(runtime_options{.store = folder.path(), .learn = learning::off, .max_n_jobs = 2});
  for (runtime* const on : {&frozen, &off}) {
    tell(*on, thousand_of("strict"), {{1, 42}, {2, 80}}, 40);
    tell(*on, thousand_of("new"), {{1, 42}, {2, 80}});
    CHECK_FALSE(predict_parameters({.name = "new", .items = 1'000}, *on));
  }
  CHECK(predict_parameters(thousand_of("strict"), frozen)->n_jobs == 2);
  CHECK(predict_parameters(thousand_of("strict"), frozen)->measurements == 6);
  CHECK_FALSE(predict_parameters(thousand_of("strict"), off));
}

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr auto minus_one = static_cast<std::size_t>(-1);

TEST_CASE("a workload that breaks a rule is refused, by field, value and rule") {
  runtime on(runtime_options{.max_n_jobs = 2});
  const auto refusal = [&on](const workload& work) {
    const std::string why = message_of([&] { predict_parameters(work, on); });
    workload named = work;
    named.name = "named";
    CHECK(message_of([&] { update_model_from_execution(named, report_of(1, 80), on); }) == why);
    CHECK_FALSE(predict_parameters({.name = "named", .items = 1'000}, on));
    return why;
  };
  CHECK(refusal({.name = "", .items = minus_one}) ==
        "workload.items is 18446744073709551615, must be 0 to 9223372036854775807");
  CHECK(refusal({.name = "", .item_bytes = minus_one}) ==
        "workload.item_bytes is 18446744073709551615, must be 0 to 9223372036854775807");
  CHECK(refusal({.name = "", .result_bytes = minus_one}) ==
        "workload.result_bytes is 18446744073709551615, must be 0 to 9223372036854775807");
  for (const double bad : {-1.0, nan, infinite, -infinite}) {
    CAPTURE(bad);
    const std::string time = refusal({.name = "", .estimated_item_time = duration(bad)});
    CHECK(contains(time, "workload.estimated_item_time is "));
    CHECK(contains(time, ", must be 0 or more"));
    const std::string variation = refusal({.name = "", .coefficient_of_variation = bad});
    CHECK(contains(variation, "workload.coefficient_of_variation is "));
    CHECK(contains(variation, ", must be 0 or more"));
  }
}

TEST_CASE("a report that breaks a rule is refused, by field, value and rule, and not learned") {
  runtime on(runtime_options{.max_n_jobs = 2});
  const auto refusal = [&on](const auto& spoil, std::string_view name = "reported") {
    run_report report = report_of(2, 42);
    spoil(report);
    const std::string why =
        message_of([&] { update_model_from_execution(thousand_of(name), report, on); });
    CHECK_FALSE(predict_parameters(thousand_of("reported"), on));
    return why;
  };
  CHECK(refusal([](run_report&) {}, "") ==
        "workload.name is empty, must name the work that was measured");
  CHECK(refusal([](run_report& r) { r.plan.n_jobs = 0; }) ==
        "report.plan.n_jobs is 0, must be 1 or more");
  CHECK(refusal([](run_report& r) { r.plan.n_jobs = -2; }) ==
        "report.plan.n_jobs is -2, must be 1 or more");
  CHECK(refusal([](run_report& r) { r.plan.n_jobs = 5'000; }) ==
        "report.plan.n_jobs is 5000, must be 1 to 4096");
  CHECK(refusal([](run_report& r) { r.items = 0; }) ==
        "report.items is 0, must be 1 to 9223372036854775807");
  CHECK(refusal([](run_report& r) { r.items = minus_one; }) ==
        "report.items is 18446744073709551615, must be 1 to 9223372036854775807");
  CHECK(refusal([](run_report& r) { r.wall = {}; }) ==
        "report.wall is 0, must be a time that was measured");
  for (const double bad : {-1.0, nan, infinite, -infinite}) {
    CAPTURE(bad);
    CHECK(contains(refusal([bad](run_report& r) { r.wall = duration(bad); }), "report.wall is "));
    CHECK(contains(refusal([bad](run_report& r) { r.serial_estimate = duration(bad); }),
                   "report.serial_estimate is "));
  }
}

}  // namespace
