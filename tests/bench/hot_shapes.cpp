/// How does work do whose items are not alike, called again and again?
#include <cstddef>
#include <initializer_list>

#include "support/contest.hpp"

namespace {

constexpr double item_ns = 1e3;

void run_all(bench::contest& contest, const bench::arguments& given) {
  for (const double total : {1e6, 3e6, 1e7}) {
    if (given.quick && total > 1e6) continue;
    for (const char* name : {"uniform", "heavy-tailed", "front-loaded", "growing", "1 % x 100"}) {
      bench::workload work(bench::shape(name, static_cast<std::size_t>(total / item_ns)), total);
      bench::contest_rules rules;
      rules.rounds = given.rounds(15);
      rules.awake_ns = 3e5;
      contest.hold(bench::time_text(total) + " " + name, work, total, rules);
    }
  }
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  bench::results out("hot_shapes", given);
  for (const bench::placement where : {bench::placement::as_shipped, bench::placement::apart}) {
    if (where == bench::placement::apart && !bench::processors::of_process().are_two()) continue;
    bench::contest contest(out, where);
    run_all(contest, given);
  }
  return out.finish("time over a plain loop's");
}
