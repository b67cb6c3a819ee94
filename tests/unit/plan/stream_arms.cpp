#include "plan/stream_arms.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>

using namespace amorsize;
using namespace amorsize::detail;

namespace {

/// Streams of 1,000 items of 10 us, on two workers.
stream_input two_workers() {
  stream_input in;
  in.facts.item_ns = 10'000;
  in.facts.coefficient_of_variation = 0.5;
  in.facts.buffered_bytes = 8;
  in.facts.workers = 2;
  in.items = 1'000;
  in.machine = {2, 2, 2};
  return in;
}

void measure(stream_input& in, const configuration& by, double item_ns, double count = 4) {
  in.known.outcomes.push_back({by, count, std::log(item_ns), 0.001, 0});
  in.known.calls += count;
  in.known.wall_ns += count * item_ns * in.items;
}

configuration best(const stream_input& in) { return propose_stream(in, {}).by; }

}  // namespace

TEST_CASE("where nothing is known, all workers run, in the order that was asked for") {
  stream_input in = two_workers();
  in.facts.item_ns = 0;
  CHECK(best(in).n_jobs == 2);
  CHECK(best(in).use_ordered);
  in.order = result_order::completion;
  CHECK_FALSE(best(in).use_ordered);
  in.order = result_order::any;
  CHECK_FALSE(best(in).use_ordered);
  CHECK(best(in).buffer_size >= 2);
}

TEST_CASE("the buffer and order that were measured faster are chosen, and swapped swap") {
  for (const bool is_swapped : {false, true}) {
    stream_input in = two_workers();
    in.order = result_order::any;
    const configuration large{.n_jobs = 2, .buffer_size = 1'000, .use_ordered = false};
    const configuration small{.n_jobs = 2, .buffer_size = 10, .use_ordered = true};
    measure(in, is_swapped ? small : large, 5'100);
    measure(in, is_swapped ? large : small, 9'000);
    CHECK(best(in) == (is_swapped ? small : large));
    CHECK(propose_stream(in, {}).confidence > 0.5);
  }
}

TEST_CASE("one thread's outcomes have no order: the one that was asked for is kept") {
  for (const bool is_ordered : {false, true}) {
    stream_input in = two_workers();
    in.order = is_ordered ? result_order::input : result_order::completion;
    measure(in, {.n_jobs = 1, .buffer_size = 1, .use_ordered = !is_ordered}, 2'000);
    measure(in, {.n_jobs = 2, .buffer_size = 16, .use_ordered = is_ordered}, 4'000);
    CHECK(best(in).n_jobs == 1);
    CHECK(best(in).use_ordered == is_ordered);
    CHECK(plan_for(in, propose_stream(in, {})).use_ordered == is_ordered);
  }
}

TEST_CASE("an order that was not asked for is never chosen, however fast it was") {
  stream_input in = two_workers();
  measure(in, {.n_jobs = 2, .buffer_size = 1'000, .use_ordered = false}, 1'000);
  measure(in, {.n_jobs = 2, .buffer_size = 64, .use_ordered = true}, 5'000);
  CHECK(best(in) == configuration{.n_jobs = 2, .buffer_size = 64, .use_ordered = true});
  in.order = result_order::completion;
  CHECK(best(in) == configuration{.n_jobs = 2, .buffer_size = 1'000, .use_ordered = false});
}

TEST_CASE("what the user pinned is kept, whatever was measured") {
  stream_input in = two_workers();
  measure(in, {.n_jobs = 2, .buffer_size = 64}, 1'000);
  in.pins.buffer_size = 7;
  CHECK(best(in).buffer_size == 7);
  in.pins.buffer_size = 0;
  measure(in, {.n_jobs = 1, .buffer_size = 1}, 2'000);
  CHECK(best(in).n_jobs == 2);
  in.n_jobs = 1;
  CHECK(best(in).n_jobs == 1);
  measure(in, {.n_jobs = 1, .buffer_size = 1}, 100);
  in.n_jobs = 2;
  CHECK(best(in).n_jobs == 2);
}

TEST_CASE("one worker is chosen where sharing was measured to be slower, and has no buffer") {
  stream_input in = two_workers();
  in.facts.item_ns = 30;
  measure(in, {.n_jobs = 1, .buffer_size = 1}, 32);
  measure(in, {.n_jobs = 2, .buffer_size = 512}, 60);
  CHECK(best(in) == configuration{.n_jobs = 1, .buffer_size = 1});
}

TEST_CASE("a source that takes longer than its items does not make one worker look better") {
  stream_input in = two_workers();
  in.facts.item_ns = 2'000;
  // The source takes 3 us an item: what one worker would add to that, another hides.
  measure(in, {.n_jobs = 2, .buffer_size = buffer_rung(64)}, 3'000);
  CHECK(best(in).n_jobs == 2);
}

TEST_CASE("no more workers are chosen than there may be now") {
  stream_input in = two_workers();
  measure(in, {.n_jobs = 8, .buffer_size = 64}, 100);
  CHECK(best(in).n_jobs <= 2);
  CHECK_FALSE(has_evidence(in));
}

TEST_CASE("buffers that do not fit the memory limit are not chosen") {
  stream_input in = two_workers();
  in.facts.buffered_bytes = 1 << 20;
  in.facts.memory_limit = 16 << 20;
  measure(in, {.n_jobs = 2, .buffer_size = 1'000}, 100);
  const stream_plan plan = plan_for(in, propose_stream(in, {}));
  CHECK(plan.buffer_size <= 16);
}

TEST_CASE("another buffer is tried only while the budget pays for it") {
  stream_input in = two_workers();
  measure(in, {.n_jobs = 2, .buffer_size = buffer_rung(80)}, 9'000, 20);
  const learning_budget rich{duration(1e9), 20};
  const learning_budget none{duration(-1), 20};
  bool tried = false;
  for (double calls = 1; calls < 40; ++calls) {
    tried = tried || propose_stream(in, {rich.purse, calls}).is_trial;
  }
  CHECK(tried);
  CHECK_FALSE(propose_stream(in, none).is_trial);
}

TEST_CASE("a plan says what it rests on and what it expects") {
  stream_input in = two_workers();
  measure(in, {.n_jobs = 2, .buffer_size = 64}, 5'000, 3);
  measure(in, {.n_jobs = 1, .buffer_size = 1}, 10'000, 2);
  const stream_plan plan = plan_for(in, propose_stream(in, {}));
  CHECK(plan.source == plan_source::predicted);
  CHECK(plan.measurements == 5);
  CHECK(plan.buffer_size == 64);
  CHECK(plan.expected_serial.count() == doctest::Approx(1e7).epsilon(0.05));
  CHECK(plan.expected_parallel.count() == doctest::Approx(5e6).epsilon(0.05));
}

TEST_CASE("buffers that differ by less than a factor of two are one to the learner") {
  CHECK(buffer_rung(0) == 1);
  CHECK(buffer_rung(1) == 1);
  CHECK(buffer_rung(64) == 64);
  CHECK(buffer_rung(80) == 64);
  CHECK(buffer_rung(90) == 128);
  CHECK(buffer_rung(47) == buffer_rung(60));
}
