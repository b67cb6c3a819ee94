#include "amorsize/explain.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace amorsize;

namespace {

batch_plan shared_plan() {
  batch_plan plan;
  plan.n_jobs = 4;
  plan.chunksize = 250;
  plan.source = plan_source::sampled;
  plan.confidence = 0.915;
  plan.estimated_item_time = duration(1'230);
  plan.coefficient_of_variation = 0.5;
  plan.expected_serial = duration(12'300'000);
  plan.expected_parallel = duration(3'200'000);
  return plan;
}

}  // namespace

TEST_CASE("a shared plan is told with its threads, chunk, reason, times and chance") {
  CHECK(explain(shared_plan()) ==
        "4 threads, chunks of about 250 items, from a sample of its items. An item takes 1.23 us "
        "(coefficient of variation 0.5). It is expected to take 3.2 ms, a plain loop 12.3 ms. "
        "The chance that no plan is over 10 % better is 91.5 %.");
}

TEST_CASE("a serial plan is told as a plain loop, and why") {
  batch_plan plan;
  plan.source = plan_source::predicted;
  plan.confidence = 1;
  plan.estimated_item_time = duration(12.5);
  plan.expected_serial = plan.expected_parallel = duration(1'250);
  CHECK(explain(plan) ==
        "1 thread, in a plain loop, from what earlier calls measured. An item takes 12.5 ns. "
        "A plain loop is expected to take 1.25 us; sharing would not shorten it. "
        "The chance that no plan is over 10 % better is 100 %.");
}

TEST_CASE("a predicted plan tells how many calls it rests on, and how much alike these were") {
  batch_plan plan = shared_plan();
  plan.source = plan_source::predicted;
  plan.measurements = 1;
  plan.similarity = 1;
  const std::string one = explain(plan);
  CHECK(one.find("items, predicted from 1 measured call of this work. An item") != one.npos);
  plan.measurements = 40;
  plan.similarity = 0.934;
  const std::string others = explain(plan);
  CHECK(others.find("predicted from 40 measured calls of work that is 93.4 % alike. An item") !=
        others.npos);
}

TEST_CASE("a plain loop that is run to measure it claims neither a chance nor to be the best") {
  batch_plan plan;
  plan.source = plan_source::predicted;
  plan.measurements = 3;
  plan.similarity = 1;
  plan.estimated_item_time = duration(1'000);
  plan.expected_serial = plan.expected_parallel = duration(1e6);
  CHECK(explain(plan) ==
        "1 thread, in a plain loop, predicted from 3 measured calls of this work. An item takes "
        "1 us. A plain loop is expected to take 1 ms; this time it is run, to measure that.");
}

TEST_CASE("a requested plan claims no chance, one that knows nothing tells no times") {
  batch_plan plan = shared_plan();
  plan.source = plan_source::requested;
  plan.adaptive_chunking = false;
  plan.chunksize = 1;
  CHECK(explain(plan) ==
        "4 threads, chunks of 1 item, as requested. An item takes 1.23 us "
        "(coefficient of variation 0.5). It is expected to take 3.2 ms, a plain loop 12.3 ms.");
  batch_plan unknown;
  unknown.n_jobs = 2;
  CHECK(explain(unknown) ==
        "2 threads, chunks of about 1 item, because nothing is known of the work.");
}

TEST_CASE("one thread that the user asked for is not said to have too little to share") {
  batch_plan plan = shared_plan();
  plan.n_jobs = 1;
  plan.source = plan_source::requested;
  CHECK(explain(plan).find("too little to share") == std::string::npos);
}

TEST_CASE("a report is told with its plan, what was measured, and what the speedup rests on") {
  run_report report;
  static_cast<batch_plan&>(report.plan) = shared_plan();
  report.items = 10'000;
  report.wall = duration(3'500'000);
  report.planning = duration(2'000);
  report.serial_estimate = duration(12'600'000);
  report.speedup = 3.6;
  report.basis = speedup_basis::busy_time;
  const std::string text = explain(report);
  CHECK(text.find(explain(report.plan)) == 0);
  CHECK(text.find(" Measured: 10000 items in 3.5 ms, of which planning 2 us; a plain loop: 12.6 ms "
                  "(estimated from the time inside items); speedup 3.6.") != std::string::npos);
  report.basis = speedup_basis::measured_serial;
  CHECK(explain(report).find("(measured)") != std::string::npos);
  report.basis = speedup_basis::sampled;
  CHECK(explain(report).find("(estimated from a sample)") != std::string::npos);
}

TEST_CASE("a stream's report tells a speedup only where items take most, not source and consumer") {
  run_report report;
  report.plan.buffer_size = 64;
  report.streaming = true;
  report.items = 100;
  report.wall = duration(1'000'000);
  report.serial_estimate = duration(1'900'000);
  report.speedup = 1.9;
  CHECK(explain(report).find("; the items alone, on one thread: 1.9 ms (measured); speedup 1.9.") !=
        std::string::npos);
  report.serial_estimate = duration(400'000);
  report.speedup = 0.4;
  CHECK(explain(report).find("400 us (measured); source and consumer the rest.") !=
        std::string::npos);
  CHECK(explain(report).find("speedup") == std::string::npos);
}

TEST_CASE("a report of no items claims no speedup") {
  run_report report;
  CHECK(explain(report).find("There were no items.") != std::string::npos);
  CHECK(explain(report).find("speedup") == std::string::npos);
}
