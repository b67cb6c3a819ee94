/// Do eight callers on two processors get the work of one done in its time, and none of them late?
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <cstddef>
#include <initializer_list>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/arguments.hpp"
#include "support/indices.hpp"
#include "support/results.hpp"
#include "support/timing.hpp"
#include "support/workload.hpp"

namespace {

constexpr int callers = 8;

using way = void (*)(const bench::workload& work, const std::string& site);

void by_ours(const bench::workload& work, const std::string& site) {
  amorsize::parallel_for_each(bench::indices(work.items()),
                              [&work](std::size_t i) { work.run_item(i); }, {.name = site});
}

void by_tbb(const bench::workload& work, const std::string&) {
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, work.items()),
      [&work](const tbb::blocked_range<std::size_t>& part) { work.run(part.begin(), part.end()); });
}

void by_loop(const bench::workload& work, const std::string&) { work.run(0, work.items()); }

struct run_time {
  double total = 0;    ///< ns, until the last caller has returned
  double slowest = 0;  ///< ns, of the longest call of all
};

/// `threads` callers that make all `calls` together; each has a workload of its own.
run_time run(way how, const std::string& site, const std::vector<bench::workload*>& works,
             int threads, int calls) {
  std::vector<double> longest(static_cast<std::size_t>(threads));
  std::latch ready(threads + 1);
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, mine = static_cast<std::size_t>(t)] {
      ready.arrive_and_wait();
      for (int c = 0; c < calls / threads; ++c) {
        const double took = bench::time_of(1, [&] { how(*works[mine], site); });
        longest[mine] = std::max(longest[mine], took);
      }
    });
  }
  ready.arrive_and_wait();
  const double start = bench::now_ns();
  for (std::thread& caller : all) caller.join();
  return {bench::now_ns() - start, *std::max_element(longest.begin(), longest.end())};
}

void measure(bench::results& out, const bench::arguments& given, double call_ns) {
  struct contender {
    const char* name;
    way how;
  };
  constexpr contender contenders[] = {{"ours", by_ours}, {"tbb auto", by_tbb}, {"serial", by_loop}};
  const std::string call = std::to_string(static_cast<int>(call_ns / 1e3)) + " us a call";
  const int calls =
      callers * std::max(1, static_cast<int>((given.quick ? 2e6 : 4e7) / call_ns / 8));

  std::vector<std::unique_ptr<bench::workload>> owned;
  std::vector<bench::workload*> works;
  for (int i = 0; i < callers; ++i) {
    owned.push_back(
        std::make_unique<bench::workload>(static_cast<std::size_t>(call_ns / 500), 500));
    works.push_back(owned.back().get());
  }
  std::vector<std::vector<double>> total(std::size(contenders));
  std::vector<std::vector<double>> last(std::size(contenders));
  std::vector<std::vector<double>> longest(std::size(contenders));
  for (int round = 0; round < given.rounds(25); ++round) {
    for (std::size_t k = 0; k < std::size(contenders); ++k) {
      const std::size_t turn = (k + static_cast<std::size_t>(round)) % std::size(contenders);
      const contender& c = contenders[turn];
      for (bench::workload* work : works) work->clear();
      bench::rest(5e6);
      const run_time one = run(c.how, call, works, 1, calls);
      bench::rest(5e6);
      const run_time many = run(c.how, call, works, callers, calls);
      for (bench::workload* work : works) {
        if (!work->is_right()) out.wrong(call + ", " + c.name);
      }
      total[turn].push_back(many.total / one.total);
      last[turn].push_back(many.total);
      longest[turn].push_back(many.slowest);
    }
  }
  for (std::size_t k = 0; k < std::size(contenders); ++k) {
    out.add(call + ", 8 callers over 1", contenders[k].name, total[k]);
    if (k == 1) continue;
    out.add(call + ", last caller over tbb's", contenders[k].name, bench::ratios(last[k], last[1]));
    out.add(call + ", longest call over tbb's", contenders[k].name,
            bench::ratios(longest[k], longest[1]));
  }
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  bench::results out("many_callers", given);
  for (const double call_ns : {1e5, 1e6, 5e6}) measure(out, given, call_ns);
  return out.finish("time ratios");
}
