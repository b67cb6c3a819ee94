/// Learning by streams: each records itself, and what was measured decides the next.
#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "message_of.hpp"
#include "store_folder.hpp"
#include "widths.hpp"

namespace {

using amorsize::duration;
using amorsize::learning;
using amorsize::plan_source;
using amorsize::result_order;
using amorsize::run_report;
using amorsize::runtime;
using amorsize::runtime_options;
using amorsize::stream_options;
using amorsize::stream_plan;
using amorsize::workload;
using support::store_folder;

/// Items that wait, so that two threads take half as long however busy the processors are.
int wait_some(int item) {
  std::this_thread::sleep_for(std::chrono::microseconds(200));
  return item;
}

std::vector<int> numbers(int count) {
  std::vector<int> all;
  for (int i = 0; i < count; ++i) all.push_back(i);
  return all;
}

struct fresh {
  store_folder folder;
  std::optional<runtime> on;
  run_report report;

  fresh() { again(); }

  void again(learning learn = learning::on) {
    on.reset();
    on.emplace(runtime_options{.store = folder.path(), .learn = learn, .max_n_jobs = 2});
  }
  stream_options named(std::string_view name) {
    return {.name = name, .report = &report, .on = &*on};
  }
  void stream(std::string_view name, int items = 40) {
    int sum = 0;
    amorsize::stream_map(
        numbers(items), wait_some, [&sum](int item) { sum += item; }, named(name));
    REQUIRE(sum == items * (items - 1) / 2);
  }
  /// A stream that ran elsewhere.
  void tell(const workload& work, const stream_plan& plan, double wall_ns) {
    run_report told;
    told.plan = plan;
    told.items = work.items;
    told.wall = duration(wall_ns);
    amorsize::update_model_from_streaming_execution(work, told, *on);
  }
};

stream_plan plan_of(int n_jobs, std::size_t buffer_size, bool use_ordered) {
  stream_plan plan;
  plan.n_jobs = n_jobs;
  plan.buffer_size = buffer_size;
  plan.use_ordered = use_ordered;
  return plan;
}

workload elsewhere(std::string_view name) {
  return {.name = name, .items = 1'000, .estimated_item_time = std::chrono::microseconds(100)};
}

constexpr double second = 1e9;

}  // namespace

TEST_CASE("streams record themselves, each once, in files of their own") {
  fresh rt;
  for (int i = 0; i < 5; ++i) rt.stream("recorded stream");
  rt.on->save();
  CHECK(rt.folder.calls_of("recorded stream") == 5);
  CHECK(rt.folder.files("ml_training_streaming_").size() == 1);
  CHECK(rt.folder.files().size() == 1);
  const std::string text = rt.folder.of_work("recorded stream");
  CHECK(support::contains(text, "\"is_streaming\":true"));
  CHECK(support::contains(text, "\"buffer_size\":"));
  CHECK(support::contains(text, "\"use_ordered\":true"));
}

TEST_CASE("a batch and a stream of one name are two workloads, and neither plans the other") {
  fresh rt;
  const workload work = elsewhere("both kinds");
  rt.tell(work, plan_of(2, 100, true), 0.05 * second);
  CHECK_FALSE(amorsize::predict_parameters(work, *rt.on));
  run_report batch;
  batch.plan.n_jobs = 1;
  batch.items = 1'000;
  batch.wall = duration(0.1 * second);
  amorsize::update_model_from_execution(work, batch, *rt.on);
  rt.on->save();
  CHECK(rt.folder.files("ml_training_streaming_").size() == 1);
  CHECK(rt.folder.files().size() == 2);
  rt.again();
  const auto streamed = amorsize::predict_streaming_parameters(work, *rt.on);
  REQUIRE(streamed);
  CHECK(streamed->n_jobs == 2);
  CHECK(streamed->buffer_size == 100);
  CHECK(amorsize::predict_parameters(work, *rt.on));
}

TEST_CASE(
    "the buffer and order that were measured faster are predicted; swapped outcomes swap it") {
  for (const bool is_swapped : {false, true}) {
    fresh rt;
    const workload work = elsewhere("measured");
    const stream_plan large = plan_of(2, 1'000, false);
    const stream_plan small = plan_of(2, 10, true);
    for (int i = 0; i < 3; ++i) {
      rt.tell(work, is_swapped ? small : large, 0.05 * second);
      rt.tell(work, is_swapped ? large : small, 0.09 * second);
    }
    const auto check = [&] {
      const auto plan = amorsize::predict_streaming_parameters(work, *rt.on);
      REQUIRE(plan);
      CHECK(plan->source == plan_source::predicted);
      CHECK(plan->buffer_size == (is_swapped ? 10 : 1'000));
      CHECK(plan->use_ordered == is_swapped);
      CHECK(plan->confidence > 0);
      CHECK(plan->measurements == 6);
    };
    check();
    rt.on->save();
    rt.again();  // and from the store
    check();
  }
}

TEST_CASE("a stream is run by what was measured for it: buffer, order and number of threads") {
  fresh rt;
  const workload work{.name = "followed", .items = 40, .estimated_item_time = duration(2e5)};
  rt.tell(work, plan_of(2, 13, false), 40 * 1e5);
  rt.tell(work, plan_of(2, 128, true), 40 * 3e5);
  rt.tell(work, plan_of(1, 1, true), 40 * 2.5e5);
  stream_options options = rt.named("followed");
  options.order = result_order::any;
  options.learn = learning::frozen;
  std::size_t results = 0;
  amorsize::stream_map(
      numbers(40), wait_some, [&results](int) { ++results; }, options);
  CHECK(results == 40);
  CHECK(rt.report.plan.source == plan_source::predicted);
  CHECK(rt.report.plan.n_jobs == 2);
  CHECK(rt.report.plan.buffer_size == 13);
  CHECK_FALSE(rt.report.plan.use_ordered);
  CHECK(rt.report.peak_buffered <= 13);
}

TEST_CASE("where one thread was measured to be faster, a stream runs on its consumer's thread") {
  fresh rt;
  const workload work{.name = "alone", .items = 100'000, .estimated_item_time = duration(50)};
  for (int i = 0; i < 3; ++i) {
    rt.tell(work, plan_of(1, 1, true), 100'000 * 55);
    rt.tell(work, plan_of(2, 512, true), 100'000 * 120);
  }
  stream_options options = rt.named("alone");
  options.learn = learning::frozen;
  const auto consumer = std::this_thread::get_id();
  bool is_here = true;
  const auto where = [consumer](int item) {
    return std::pair{item, std::this_thread::get_id() == consumer};
  };
  amorsize::stream_map(
      numbers(100'000), where, [&](std::pair<int, bool> made) { is_here = is_here && made.second; },
      options);
  CHECK(is_here);
  CHECK(rt.report.plan.n_jobs == 1);
}

TEST_CASE(
    "results keep the order asked for, where one thread in any order was measured to be best") {
  fresh rt;
  const workload work{.name = "order", .items = 4'000, .estimated_item_time = duration(1e5)};
  for (int i = 0; i < 3; ++i) {
    rt.tell(work, plan_of(1, 1, false), 4'000 * 5e4);
    rt.tell(work, plan_of(2, 64, true), 4'000 * 9e4);
  }
  // Items that wait: sharing is found to be faster as the stream goes on.
  const auto uneven = [](int item) {
    if (item % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
    return item;
  };
  stream_options options = rt.named("order");
  options.learn = learning::frozen;  // by what is best, not to learn
  int next = 0;
  bool is_in_order = true;
  amorsize::stream_map(
      numbers(4'000), uneven, [&](int item) { is_in_order = is_in_order && item == next++; },
      options);
  CHECK(rt.report.plan.use_ordered);
  CHECK(is_in_order);
  CHECK(next == 4'000);
}

TEST_CASE("what is not recorded is not tried: a stream of a pinned chunk runs by what is best") {
  fresh rt;
  const workload work{.name = "fixed chunk", .items = 20, .estimated_item_time = duration(2e5)};
  for (int i = 0; i < 200; ++i) rt.tell(work, plan_of(2, 16, true), 20 * 1.1e5);
  rt.tell(work, plan_of(1, 1, true), 20 * 2.1e5);
  stream_options options = rt.named("fixed chunk");
  options.chunksize = 1;
  for (int i = 0; i < 100; ++i) {
    amorsize::stream_map(
        numbers(20), [](int item) { return item; }, [](int) {}, options);
    REQUIRE(rt.report.plan.n_jobs == 2);
    REQUIRE(rt.report.plan.buffer_size == 16);
  }
}

TEST_CASE("what the user pins is run, and is recorded as it was") {
  fresh rt;
  stream_options options = rt.named("pinned");
  options.buffer_size = 6;
  options.n_jobs = 2;
  options.order = result_order::completion;
  for (int i = 0; i < 2; ++i) {
    amorsize::stream_map(
        numbers(40), wait_some, [](int) {}, options);
    CHECK(rt.report.plan.buffer_size == 6);
  }
  const auto plan = amorsize::predict_streaming_parameters({.name = "pinned"}, *rt.on);
  REQUIRE(plan);
  CHECK(plan->measurements == 2);
  rt.on->save();
  const std::string text = rt.folder.of_work("pinned");
  CHECK(support::contains(text, "\"buffer_size\":6"));
  CHECK(support::contains(text, "\"use_ordered\":false"));
  CHECK(support::contains(text, "\"n_jobs\":2"));
}

TEST_CASE("a stream without a name is recorded by its place and types") {
  fresh rt;
  for (int i = 0; i < 3; ++i) {
    amorsize::stream_map(numbers(40), wait_some, [](int) {}, {.on = &*rt.on});
  }
  rt.on->save();
  REQUIRE(rt.folder.files("ml_training_streaming_").size() == 1);
  CHECK(support::contains(store_folder::text_of(rt.folder.files().front()), "\"calls\":3"));
}

TEST_CASE("streams that end early, or have no items, are not recorded") {
  fresh rt;
  for (int item : amorsize::stream_map(numbers(100), wait_some, rt.named("left"))) {
    if (item == 10) break;
  }
  amorsize::stream_map(
      std::vector<int>(), wait_some, [](int) {}, rt.named("left"));
  const auto failing = [](int item) {
    wait_some(item);
    return item < 50 ? item : throw std::runtime_error("fifty");
  };
  CHECK_THROWS(amorsize::stream_map(
      numbers(100), failing, [](int) {}, rt.named("left")));
  rt.on->save();
  CHECK(rt.folder.calls_of("left") == 0);
}

TEST_CASE("learning off: a stream neither reads nor writes; frozen, it only reads") {
  fresh rt;
  rt.tell(elsewhere("kept"), plan_of(2, 20, true), 0.05 * second);
  rt.on->save();
  const auto before = rt.folder.contents();
  for (const learning learn : {learning::off, learning::frozen}) {
    rt.again(learn);
    rt.stream("kept");
    CHECK((rt.report.plan.source == plan_source::predicted) == (learn == learning::frozen));
    CHECK((rt.report.plan.buffer_size == 20) == (learn == learning::frozen));
    CHECK(amorsize::predict_streaming_parameters({.name = "kept"}, *rt.on).has_value() ==
          (learn == learning::frozen));
    rt.tell(elsewhere("kept"), plan_of(2, 99, true), 0.01 * second);
    rt.on->save();
    CHECK(rt.folder.contents() == before);
  }
}

TEST_CASE("frozen, the same store gives the same plan, every time") {
  fresh rt;
  for (int i = 0; i < 4; ++i) rt.stream("same");
  rt.on->save();
  std::optional<stream_plan> first;
  for (int process = 0; process < 3; ++process) {
    rt.again(learning::frozen);
    for (int i = 0; i < 3; ++i) {
      rt.stream("same");
      if (!first) first = rt.report.plan;
      CHECK(rt.report.plan.n_jobs == first->n_jobs);
      CHECK(rt.report.plan.buffer_size == first->buffer_size);
    }
  }
}

TEST_CASE("a prediction without any knowledge is none") {
  fresh rt;
  CHECK_FALSE(amorsize::predict_streaming_parameters({.name = "unknown"}, *rt.on));
  CHECK_FALSE(amorsize::predict_streaming_parameters(elsewhere("unknown"), *rt.on));
}

TEST_CASE("optimize_streaming goes by what was measured, and calls the function no more") {
  fresh rt;
  rt.tell(elsewhere("planned"), plan_of(2, 24, true), 0.05 * second);
  int calls = 0;
  const auto counting = [&calls](int item) {
    ++calls;
    return item;
  };
  const stream_plan plan =
      amorsize::optimize_streaming(numbers(100), counting, rt.named("planned"));
  CHECK(calls == 0);
  CHECK(plan.source == plan_source::predicted);
  CHECK(plan.buffer_size == 24);
  CHECK(plan.measurements == 1);
  CHECK(support::contains(amorsize::explain(plan), "24 items read and not delivered"));
}

TEST_CASE("a later process plans by what an earlier one measured") {
  fresh rt;
  for (int i = 0; i < 3; ++i) rt.stream("earlier");
  rt.on->save();
  rt.again();
  const auto plan = amorsize::predict_streaming_parameters({.name = "earlier"}, *rt.on);
  REQUIRE(plan);
  CHECK(plan->measurements == 3);
  CHECK(plan->estimated_item_time > std::chrono::microseconds(190));
  CHECK(plan->n_jobs == 2);
}

TEST_CASE("streams get better: of two buffers, the one that waits less is kept") {
  fresh rt;
  // One item of 16 takes as long as all others together: a buffer of 2 cannot hide that.
  const workload work{.name = "better", .items = 64, .estimated_item_time = duration(4e5)};
  rt.tell(work, plan_of(2, 2, true), 64 * 3.6e5);
  const auto uneven = [](int item) {
    const int many = item % 16 == 0 ? 16 : 1;
    std::this_thread::sleep_for(std::chrono::microseconds(200 * many));
    return item;
  };
  for (int i = 0; i < 8; ++i) {
    amorsize::stream_map(
        numbers(64), uneven, [](int) {}, rt.named("better"));
  }
  const auto plan = amorsize::predict_streaming_parameters(work, *rt.on);
  REQUIRE(plan);
  CHECK(plan->buffer_size > 2);
}

TEST_CASE("what is told has to make sense, and the error names field, value and rule") {
  fresh rt;
  const auto message = [&](const workload& work, const stream_plan& plan, double wall_ns) {
    return support::message_of<amorsize::invalid_option>([&] { rt.tell(work, plan, wall_ns); });
  };
  CHECK(message(elsewhere("told"), plan_of(2, 0, true), second) ==
        "report.plan.buffer_size is 0, must be 1 to 9223372036854775807");
  CHECK(support::contains(message(elsewhere(""), plan_of(2, 1, true), second), "workload.name"));
  CHECK(support::contains(message(elsewhere("told"), plan_of(0, 1, true), second), "plan.n_jobs"));
  CHECK(support::contains(message(elsewhere("told"), plan_of(2, 1, true), 0), "report.wall is 0"));
}

TEST_CASE("streams inside other calls, and those that others crowd, teach nothing of plans") {
  fresh rt;
  const std::vector<int> two(2);
  amorsize::parallel_for_each(two,
                              [&](int) {
                                amorsize::stream_map(numbers(20), wait_some, [](int) {},
                                                     {.name = "nested", .on = &*rt.on});
                              },
                              {.name = "outer", .on = &*rt.on});
  rt.on->save();
  CHECK(rt.folder.calls_of("nested") == 0);
}

TEST_CASE("a sample is run, though nobody looks at its results, also of an infinite range") {
  // A function of its item alone, all of which an optimiser can see.
  const auto steps = [](unsigned count) {
    return [count](unsigned x) {
      for (unsigned i = 0; i < count; ++i) x = x * 1664525U + 1013904223U;
      return x;
    };
  };
  const auto item_ns = [](const auto& range, const auto& f) {
    return amorsize::optimize_streaming(range, f, {.learn = learning::off})
        .estimated_item_time.count();
  };
  const std::vector<unsigned> finite(3'000, 7);
  CHECK(item_ns(finite, steps(20'000)) > 20 * item_ns(finite, steps(100)));
#if !defined(__clang__) || __clang_major__ >= 16  // earlier, libstdc++'s views do not compile
  CHECK(item_ns(std::views::iota(0U), steps(20'000)) > 20 * item_ns(finite, steps(100)));
#endif
}
