/// What does a call cost that is answered inline, on a known site?
#include <tbb/parallel_for.h>

#include <amorsize/amorsize.hpp>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "support/arguments.hpp"
#include "support/indices.hpp"
#include "support/results.hpp"
#include "support/timing.hpp"
#include "support/workload.hpp"

namespace {

volatile std::size_t sum = 0;

/// An item that does next to nothing, which no compiler may leave out.
struct count_it {
  void operator()(std::size_t i) const { sum = sum + i; }
};

void plain(std::size_t items) {
  __asm__ volatile("" : "+r"(items));
  for (std::size_t i = 0; i < items; ++i) count_it{}(i);
}

void by_place(std::size_t items) { amorsize::parallel_for_each(bench::indices(items), count_it{}); }

void by_name(std::size_t items) {
  amorsize::parallel_for_each(bench::indices(items), count_it{}, {.name = "count items"});
}

void by_tbb(std::size_t items) { tbb::parallel_for(std::size_t{0}, items, count_it{}); }

/// Nanoseconds a call beyond the plain loop's just before and just after it.
void measure_empty(bench::results& out, const bench::arguments& given) {
  const int calls = given.quick ? 500 : 20'000;
  constexpr std::pair<const char*, void (*)(std::size_t)> ways[] = {
      {"by place", by_place}, {"by name", by_name}, {"tbb auto", by_tbb}};
  for (std::size_t items = 1; items <= 64; items *= 2) {
    const std::string row = std::to_string(items) + " empty items, ns";
    std::vector<std::vector<double>> extra(std::size(ways));
    for (int i = 0; i < 100; ++i) {
      for (const auto& way : ways) way.second(items);
    }
    for (int round = 0; round < given.rounds(41); ++round) {
      for (std::size_t k = 0; k < std::size(ways); ++k) {
        const std::size_t turn = (k + static_cast<std::size_t>(round)) % std::size(ways);
        const bool is_tbb = ways[turn].second == by_tbb;
        const int here = is_tbb ? calls / 20 : calls;
        sum = 0;
        const double before = bench::time_of(calls, [items] { plain(items); });
        const std::size_t expected = sum;
        sum = 0;
        const double with = bench::time_of(here, [&] { ways[turn].second(items); });
        // tbb's threads race for `sum`: theirs is not checked.
        if (!is_tbb && sum != expected) out.wrong(row + ", " + ways[turn].first);
        const double after = bench::time_of(calls, [items] { plain(items); });
        extra[turn].push_back(with - (before + after) / 2);
        if (is_tbb) bench::rest(1e6);
      }
    }
    for (std::size_t k = 0; k < std::size(ways); ++k) out.add(row, ways[k].first, extra[k]);
  }
}

/// Inline work of some microseconds over the plain loop.
void measure_work(bench::results& out, const bench::arguments& given) {
  amorsize::runtime_options one_thread;
  one_thread.max_n_jobs = 1;
  amorsize::runtime alone(one_thread);
  for (const double total : {5e3, 1e4, 2e4}) {
    for (const double item : {2.0, 20.0, 200.0}) {
      bench::workload work(static_cast<std::size_t>(total / item), item);
      const std::string row = std::to_string(static_cast<int>(total / 1e3)) + " us of " +
                              std::to_string(static_cast<int>(item)) + " ns, ratio";
      const auto share = [&](amorsize::runtime* on) {
        amorsize::parallel_for_each(bench::indices(work.items()),
                                    [&work](std::size_t i) { work.run_item(i); },
                                    {.name = row, .on = on});
      };
      const auto loop = [&work] { work.run(0, work.items()); };
      const int calls = given.quick ? 3 : 20;
      std::vector<double> inline_only;
      std::vector<double> asleep;
      for (int i = 0; i < 5; ++i) share(&alone);
      for (int i = 0; i < 5; ++i) share(nullptr);
      for (int round = 0; round < given.rounds(61); ++round) {
        loop();
        work.clear();
        const double before = bench::time_of(calls, loop);
        work.clear();
        const double with = bench::time_of(calls, [&] { share(&alone); });
        if (!work.is_right()) out.wrong(row + ", one thread");
        const double after = bench::time_of(calls, loop);
        inline_only.push_back(2 * with / (before + after));

        // Calls that are not worth waking a helper for; the first ones after a rest find cold
        // caches.
        bench::rest(8e6);
        loop();
        share(nullptr);
        const double asleep_before = bench::time_of(3, loop);
        work.clear();
        const double shared = bench::time_of(3, [&] { share(nullptr); });
        if (!work.is_right()) out.wrong(row + ", helpers asleep");
        asleep.push_back(2 * shared / (asleep_before + bench::time_of(3, loop)));
      }
      out.add(row, "one thread", inline_only);
      out.add(row, "helpers asleep", asleep);
    }
  }
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  bench::results out("inline_cost", given);
  measure_empty(out, given);
  measure_work(out, given);
  return out.finish("cost over the plain loop");
}
