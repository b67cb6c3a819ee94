#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "plan/chunking.hpp"
#include "plan/sampling.hpp"
#include "run/claims.hpp"

using namespace amorsize::detail;

namespace {

/// What N workers on a virtual clock made of a job.
struct outcome {
  double ideal = 0;    ///< all items and nothing else, shared perfectly
  double dearest = 0;  ///< one item, for whose end all others may have to wait
  double span = 0;     ///< until the last worker ended, claims included
  double waiting = 0;  ///< of the worker that ended first, for the last
  std::size_t claims = 0;
};

outcome simulate(const std::vector<double>& items, int workers) {
  constexpr double claim = 100;
  const chunk_rule rule{.claim = claim};
  claims places;
  const sample_layout sample = spread_sample(items.size());
  places.reset(items.size(), sample.blocks());

  struct worker {
    double now = 0;
    std::size_t chunk = 1;
  };
  std::vector<worker> all(static_cast<std::size_t>(workers));
  std::vector<double> ended;
  outcome result;
  while (!all.empty()) {
    const auto next =
        std::min_element(all.begin(), all.end(), [](auto& a, auto& b) { return a.now < b.now; });
    const interval taken = places.take(next->chunk);
    if (taken.empty()) {
      ended.push_back(next->now);
      all.erase(next);
      continue;
    }
    double elapsed = 0;
    places.visit(taken, [&](interval i) {
      for (std::size_t at = i.first; at < i.last; ++at) elapsed += items[at];
    });
    next->now += claim + elapsed;
    next->chunk = rule.next(taken.size(), elapsed, places.left(), workers);
    ++result.claims;
  }
  const double total = std::accumulate(items.begin(), items.end(), 0.0);
  result.ideal = total / workers;
  result.dearest = *std::max_element(items.begin(), items.end());
  result.span = *std::max_element(ended.begin(), ended.end());
  result.waiting = result.span - *std::min_element(ended.begin(), ended.end());
  return result;
}

struct shape {
  std::string what;
  std::function<double(std::size_t i, std::size_t n, std::mt19937& random)> item;
};

std::vector<shape> shapes() {
  return {
      {"uniform", [](auto, auto, auto&) { return 1'000.0; }},
      {"front-loaded",
       [](std::size_t i, std::size_t n, auto&) { return i < n / 10 ? 5'000.0 : 500.0; }},
      {"growing", [](std::size_t i, std::size_t n,
                     auto&) { return 2'000.0 * static_cast<double>(i) / static_cast<double>(n); }},
      {"heavy-tailed",
       [](auto, auto, std::mt19937& random) {
         return std::lognormal_distribution<double>(std::log(600.0), 1)(random);
       }},
      {"one in a hundred dearer",
       [](std::size_t i, auto, auto&) { return i % 100 == 50 ? 50'000.0 : 500.0; }},
  };
}

std::vector<double> made(const shape& s, std::size_t n) {
  std::mt19937 random(23);
  std::vector<double> items(n);
  for (std::size_t i = 0; i < n; ++i) items[i] = s.item(i, n, random);
  return items;
}

}  // namespace

TEST_CASE("workers end together and near the ideal, whatever the shape of the work") {
  for (const shape& s : shapes()) {
    for (const int workers : {1, 2, 3, 8}) {
      for (const std::size_t n : {2'000U, 20'000U, 200'000U}) {
        CAPTURE(s.what);
        CAPTURE(workers);
        CAPTURE(n);
        const outcome o = simulate(made(s, n), workers);
        CAPTURE(o.claims);
        CHECK(o.span < 1.08 * o.ideal + o.dearest);
        CHECK(o.waiting < 0.06 * o.span + o.dearest);
      }
    }
  }
}

TEST_CASE("after a cheap sample, dear items at the front cost a third at most") {
  const shape step{
      "step", [](std::size_t i, std::size_t n, auto&) { return i < n / 10 ? 9'000.0 : 100.0; }};
  for (const int workers : {2, 8}) {
    for (const std::size_t n : {2'000U, 20'000U, 200'000U}) {
      CAPTURE(workers);
      CAPTURE(n);
      const outcome o = simulate(made(step, n), workers);
      CHECK(o.span / o.ideal < 1.34);
    }
  }
}

TEST_CASE("claims grow with the logarithm of the work, not with its items") {
  for (const shape& s : shapes()) {
    for (const int workers : {1, 2, 8}) {
      CAPTURE(s.what);
      CAPTURE(workers);
      const std::size_t some = simulate(made(s, 20'000), workers).claims;
      const std::size_t more = simulate(made(s, 200'000), workers).claims;
      CHECK(some < 20'000 / 20);
      CHECK(more < 5 * some);
    }
  }
}
