/// What does the first call of a site cost, once a site and once a process?
#include <tbb/parallel_for.h>

#include <amorsize/amorsize.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "support/arguments.hpp"
#include "support/child.hpp"
#include "support/indices.hpp"
#include "support/results.hpp"
#include "support/timing.hpp"
#include "support/workload.hpp"

namespace {

void by_ours(const bench::workload& work, const std::string& site) {
  amorsize::parallel_for_each(bench::indices(work.items()),
                              [&work](std::size_t i) { work.run_item(i); }, {.name = site});
}

void by_tbb(const bench::workload& work) {
  tbb::parallel_for(std::size_t{0}, work.items(), [&work](std::size_t i) { work.run_item(i); });
}

std::string fresh_site() {
  static int sites = 0;
  return std::string("site ").append(std::to_string(++sites));
}

/// Over a plain loop just before and just after it: the speed of a shared machine changes.
double over_plain(bench::workload& work, const std::function<void()>& call, double parts = 1) {
  const auto loop = [&work] { work.run(0, work.items()); };
  const double before = bench::time_of(1, loop);
  work.clear();
  const double with = bench::time_of(1, call);
  return 2 * with * parts / (before + bench::time_of(1, loop));
}

/// In a fresh process, which has run nothing in parallel.
int run_child(const std::string& what) {
  const bool is_tbb = what.ends_with("tbb");
  const bool is_tiny = what.starts_with("tiny");
  const double long_ns = what.starts_with("quick") ? 2e7 : 2e8;
  bench::workload work(is_tiny ? 64 : 2, is_tiny ? 2 : long_ns);
  const auto call = [&] { is_tbb ? by_tbb(work) : by_ours(work, "first of all"); };
  if (!is_tiny) {
    // The time of two items is twice that of one.
    const double ratio = over_plain(work, call, 2);
    return bench::answer(ratio, work.is_right());
  }
  const double before = bench::time_of(1, [&work] { work.run(0, work.items()); });
  work.clear();
  const double with = bench::time_of(1, call);
  return bench::answer((with - before) / 1e3, work.is_right());
}

void many_long_items(bench::results& out, const bench::arguments& given) {
  bench::workload work(64, given.quick ? 2e5 : 2e6);
  const char* const row = "64 items of 2 ms, speedup";
  std::vector<double> ours;
  std::vector<double> tbb;
  for (int round = 0; round < given.rounds(11); ++round) {
    bench::rest(8e6);
    for (const bool is_ours : {round % 2 == 0, round % 2 != 0}) {
      const std::string site = fresh_site();
      const double ratio = over_plain(work, [&] { is_ours ? by_ours(work, site) : by_tbb(work); });
      (is_ours ? ours : tbb).push_back(1 / ratio);
      if (!work.is_right()) out.wrong(row);
    }
  }
  out.add(row, "ours", ours);
  out.add(row, "tbb auto", tbb);
}

void in_fresh_processes(bench::results& out, const std::string& row, const std::string& what,
                        int rounds) {
  std::vector<double> ours;
  std::vector<double> tbb;
  for (int round = 0; round < rounds; ++round) {
    for (const bool is_ours : {round % 2 == 0, round % 2 != 0}) {
      const auto told = bench::ask_child(what + (is_ours ? " ours" : " tbb"));
      if (!told) out.wrong(row);
      (is_ours ? ours : tbb).push_back(told.value_or(0));
    }
  }
  out.add(row, "ours", ours);
  out.add(row, "tbb auto", tbb);
}

/// Microseconds that the first call of a tiny site takes beyond the plain loop.
void tiny_sites(bench::results& out, const bench::arguments& given, double rest_ns,
                const std::string& row) {
  bench::workload work(64, 2);
  std::vector<double> extra;
  for (int round = 0; round < given.rounds(101); ++round) {
    // Another first call has just woken the helpers, or they have gone to sleep.
    if (rest_ns > 0) {
      bench::rest(rest_ns);
    } else {
      by_ours(work, fresh_site());
    }
    const std::string fresh = fresh_site();
    const double before = bench::time_of(1, [&work] { work.run(0, work.items()); });
    work.clear();
    const double with = bench::time_of(1, [&] { by_ours(work, fresh); });
    if (!work.is_right()) out.wrong(row);
    extra.push_back((with - before) / 1e3);
  }
  out.add(row, "ours", extra);
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  if (!given.child.empty()) return run_child(given.child);
  bench::results out("first_call", given);
  many_long_items(out, given);
  in_fresh_processes(out, "2 items of 200 ms, over one item", given.quick ? "quick" : "long",
                     given.rounds(5));
  in_fresh_processes(out, "tiny, first of the process, us extra", "tiny", given.rounds(25));
  tiny_sites(out, given, 8e6, "tiny, helpers asleep, us extra");
  tiny_sites(out, given, 0, "tiny, helpers awake, us extra");
  return out.finish("a first call");
}
