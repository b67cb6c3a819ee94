/// Identity: what one call measured is known to the next call of the same work, and to no other.
#include <doctest/doctest.h>

#include "random.hpp"
#include "widths.hpp"

namespace {

using amorsize::learning;
using amorsize::plan_source;

/// A runtime that knows nothing yet.
struct fresh {
  amorsize::runtime on{amorsize::runtime_options{.max_n_jobs = 8}};
  amorsize::run_report report;

  amorsize::batch_options named(std::string_view name, learning learn = learning::on) {
    return {.name = name, .learn = learn, .report = &report, .on = &on};
  }
};

const std::vector<int> items(1'000);
constexpr auto f = [](int i) { return support::work(static_cast<std::uint64_t>(i) + 50); };

plan_source mapped(const amorsize::batch_options& options) {
  amorsize::parallel_map(items, f, options);
  return options.report->plan.source;
}

TEST_CASE("the second call of a place is predicted from the first") {
  fresh rt;
  for (int call = 0; call < 4; ++call) {
    amorsize::parallel_map(items, f, {.report = &rt.report, .on = &rt.on});
    CHECK(rt.report.plan.source == (call == 0 ? plan_source::sampled : plan_source::predicted));
    CHECK(rt.report.plan.estimated_item_time.count() > 0);
  }
}

TEST_CASE("another place with the same types is other work") {
  fresh rt;
  amorsize::parallel_map(items, f, {.report = &rt.report, .on = &rt.on});
  amorsize::parallel_map(items, f, {.report = &rt.report, .on = &rt.on});
  CHECK(rt.report.plan.source == plan_source::sampled);
}

TEST_CASE("the same place with another function is other work") {
  fresh rt;
  const auto run = [&rt](const auto& function) {
    amorsize::parallel_map(items, function, {.report = &rt.report, .on = &rt.on});
    return rt.report.plan.source;
  };
  CHECK(run(f) == plan_source::sampled);
  CHECK(run([](int i) { return support::work(60) + static_cast<std::uint64_t>(i); }) ==
        plan_source::sampled);
  CHECK(run(f) == plan_source::predicted);
}

amorsize::call_site place_of(const amorsize::batch_options& options = {}) { return options.where; }

TEST_CASE("the place of a call is where it is written, also with no options given") {
  CHECK(place_of().line == __LINE__);
  CHECK(place_of({}).line == __LINE__);
  CHECK(place_of({.n_jobs = 2}).line == __LINE__);
  CHECK(std::string_view(place_of().file) == __FILE__);
}

TEST_CASE("a wrapper that forwards its caller's place gives each caller its own identity") {
  fresh rt;
  const auto wrapper = [&rt](amorsize::call_site where = amorsize::call_site::here()) {
    return mapped({.report = &rt.report, .on = &rt.on, .where = where});
  };
  CHECK(wrapper() == plan_source::sampled);
  CHECK(wrapper() == plan_source::sampled);
  for (int call = 0; call < 2; ++call) {
    CHECK(wrapper() == (call == 0 ? plan_source::sampled : plan_source::predicted));
  }
}

TEST_CASE("a name is shared by all places and types that give it") {
  fresh rt;
  CHECK(mapped(rt.named("shared")) == plan_source::sampled);
  CHECK(mapped(rt.named("shared")) == plan_source::predicted);
  amorsize::parallel_for_each(
      items, [](int) { support::work(50); }, rt.named("shared"));
  CHECK(rt.report.plan.source == plan_source::predicted);
  CHECK(mapped(rt.named("another")) == plan_source::sampled);
  CHECK(mapped(rt.named("share")) == plan_source::sampled);
}

TEST_CASE("a name is its text, not the memory that holds it") {
  fresh rt;
  std::string name = "a name that is longer than eight letters";
  CHECK(mapped(rt.named(name)) == plan_source::sampled);
  const std::string copy = name;
  name.assign(name.size(), 'x');
  CHECK(mapped(rt.named(copy)) == plan_source::predicted);
  CHECK(mapped(rt.named(name)) == plan_source::sampled);
}

TEST_CASE("what one runtime has learned is not known to another") {
  fresh one;
  fresh other;
  CHECK(mapped(one.named("work")) == plan_source::sampled);
  CHECK(mapped(other.named("work")) == plan_source::sampled);
}

TEST_CASE("learning off neither knows nor remembers") {
  fresh rt;
  CHECK(mapped(rt.named("off", learning::off)) == plan_source::sampled);
  CHECK(mapped(rt.named("off")) == plan_source::sampled);
  CHECK(mapped(rt.named("off", learning::off)) == plan_source::sampled);
  CHECK(mapped(rt.named("off")) == plan_source::predicted);
}

TEST_CASE("learning frozen knows, but remembers nothing new") {
  fresh rt;
  CHECK(mapped(rt.named("frozen", learning::frozen)) == plan_source::sampled);
  CHECK(mapped(rt.named("frozen")) == plan_source::sampled);
  CHECK(mapped(rt.named("frozen", learning::frozen)) == plan_source::predicted);
}

TEST_CASE("of the call's and the runtime's learning, the stricter holds") {
  for (const learning strict : {learning::frozen, learning::off}) {
    amorsize::runtime on(amorsize::runtime_options{.learn = strict, .max_n_jobs = 8});
    amorsize::run_report report;
    const amorsize::batch_options options{.name = "work", .report = &report, .on = &on};
    CHECK(mapped(options) == plan_source::sampled);
    CHECK(mapped(options) == plan_source::sampled);
  }
}

TEST_CASE("a failed call teaches nothing") {
  fresh rt;
  const auto fail = [](int) -> std::uint64_t { throw 1; };
  CHECK_THROWS_AS(amorsize::parallel_map(items, fail, rt.named("failing")), int);
  CHECK(mapped(rt.named("failing")) == plan_source::sampled);
}

}  // namespace
