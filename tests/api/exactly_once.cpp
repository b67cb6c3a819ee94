/// Exactly once: every item, whatever the schedule does.
#include <doctest/doctest.h>

#include <atomic>
#include <forward_list>
#include <list>
#include <memory>
#include <numeric>
#include <stdexcept>

#include "random.hpp"
#include "ranges.hpp"
#include "widths.hpp"

namespace {

struct item_failed : std::runtime_error {
  explicit item_failed(int i) : std::runtime_error("item failed"), item(i) {}
  int item;
};

/// What is to happen, and what has happened, to each item.
struct schedule {
  std::vector<std::uint64_t> steps;
  std::vector<bool> fails;
  int lowest_failure = -1;
  std::unique_ptr<std::atomic<int>[]> runs;
  amorsize::batch_options options;

  int size() const { return static_cast<int>(steps.size()); }
  int operator()(int i) const {
    const std::size_t at = support::count(i);
    ++runs[at];
    support::work(steps[at]);
    if (fails[at]) throw item_failed(i);
    return 7 * i;
  }
};

schedule any_schedule(support::random& dice) {
  schedule s;
  const auto items =
      support::count(dice.chance(0.2) ? dice.between(0, 20) : dice.between(20, 2'000));
  const double share_failing = dice.chance(0.5) ? 0 : dice.chance(0.5) ? 0.002 : 0.1;
  const double share_dear = dice.chance(0.5) ? 0.01 : 0.3;
  for (std::size_t i = 0; i < items; ++i) {
    s.steps.push_back(dice.chance(share_dear) ? dice.between<std::uint64_t>(100, 5'000) : 5);
    s.fails.push_back(dice.chance(share_failing));
    if (s.fails.back() && s.lowest_failure < 0) s.lowest_failure = static_cast<int>(i);
  }
  s.runs = std::make_unique<std::atomic<int>[]>(items);
  s.options.on = &support::wide();
  if (dice.chance(0.3)) s.options.name = dice.chance(0.5) ? "exactly once a" : "exactly once b";
  if (dice.chance(0.6)) s.options.n_jobs = dice.between(1, 8);
  if (dice.chance(0.3)) s.options.max_n_jobs = dice.between(1, 8);
  if (dice.chance(0.4)) {
    const std::size_t most = dice.chance(0.5) ? 10 : 3'000;
    s.options.chunksize = dice.between<std::size_t>(1, most);
  }
  if (dice.chance(0.2)) {
    amorsize::batch_plan plan;
    plan.n_jobs = dice.between(1, 8);
    plan.chunksize = dice.between<std::size_t>(1, 200);
    plan.adaptive_chunking = dice.chance(0.5);
    if (dice.chance(0.5)) plan.max_chunksize = plan.chunksize + 5;
    s.options.plan = plan;
  }
  if (dice.chance(0.3)) s.options.learn = amorsize::learning::off;
  if (dice.chance(0.3)) s.options.on_progress = [](amorsize::progress) {};
  return s;
}

template <class Range>
void run(const schedule& s, Range&& range) {
  std::vector<int> results;
  int failed = -1;
  try {
    results = amorsize::parallel_map(range, s, s.options);
  } catch (const item_failed& e) {
    failed = e.item;
  }
  CHECK(failed == s.lowest_failure);
  const int must_run = failed < 0 ? s.size() : failed + 1;
  int wrong = 0;
  for (int i = 0; i < s.size(); ++i) {
    const int runs = s.runs[support::count(i)].exchange(0);
    if (i < must_run ? runs != 1 : runs > 1) ++wrong;
  }
  CHECK(wrong == 0);
  if (failed >= 0) return;
  CHECK(results.size() == s.steps.size());
  wrong = 0;
  for (int i = 0; i < s.size(); ++i) wrong += results[support::count(i)] != 7 * i ? 1 : 0;
  CHECK(wrong == 0);
}

TEST_CASE("every item is run exactly once, or up to the lowest failure, under random schedules") {
  for (int round = 0; round < support::rounds(400); ++round) {
    support::random dice(static_cast<std::uint64_t>(round));
    CAPTURE(support::base_seed());
    CAPTURE(round);
    const schedule s = any_schedule(dice);
    std::vector<int> items(s.steps.size());
    std::iota(items.begin(), items.end(), 0);
    switch (dice.between(0, 3)) {
      case 0:
        run(s, std::list<int>(items.begin(), items.end()));
        break;
      case 1:
        run(s, std::forward_list<int>(items.begin(), items.end()));
        break;
      case 2:
        run(s, support::generator<int>(s.size(), [](int i) { return i; }));
        break;
      default:
        run(s, items);
    }
  }
}

TEST_CASE("items that grow dear, shrink, or are front-loaded are run exactly once") {
  const auto shapes = {+[](int i) { return i; }, +[](int i) { return 2'000 - i; },
                       +[](int i) { return i < 20 ? 50'000 : 1; },
                       +[](int i) { return i % 100 == 0 ? 10'000 : 10; }};
  for (const int width : {0, 1, 2, 3, 8}) {
    for (const auto steps : shapes) {
      CAPTURE(width);
      std::vector<std::atomic<int>> runs(2'000);
      std::vector<int> items(2'000);
      std::iota(items.begin(), items.end(), 0);
      for (int repetition = 0; repetition < 3; ++repetition) {
        amorsize::parallel_for_each(
            items,
            [&](int i) {
              ++runs[support::count(i)];
              support::work(static_cast<std::uint64_t>(steps(i)));
            },
            support::at_width(width));
      }
      int wrong = 0;
      for (const auto& n : runs) wrong += n != 3 ? 1 : 0;
      CHECK(wrong == 0);
    }
  }
}

}  // namespace
