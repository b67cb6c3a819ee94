/// How does uniform work do, called again and again, from work too small to share to large work?
#include <algorithm>
#include <cstddef>
#include <initializer_list>

#include "support/contest.hpp"

namespace {

void run_all(bench::contest& contest, const bench::arguments& given) {
  for (const double total : {1e3, 1e4, 1e5, 1e6, 1e7}) {
    for (const double item : {2.0, 20.0, 200.0, 2e3, 2e4}) {
      if (total < 4 * item) continue;
      if (given.quick && total > 1e6) continue;
      bench::workload work(static_cast<std::size_t>(total / item), item);
      bench::contest_rules rules;
      rules.rounds = given.rounds(9);
      rules.calls = std::clamp(static_cast<int>(2e5 / total), 1, 200);
      rules.awake_ns = 3e5;
      contest.hold(bench::time_text(total) + " of " + bench::time_text(item), work, total, rules);
    }
  }
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  bench::results out("hot_uniform", given);
  for (const bench::placement where : {bench::placement::as_shipped, bench::placement::apart}) {
    if (where == bench::placement::apart && !bench::processors::of_process().are_two()) continue;
    bench::contest contest(out, where);
    run_all(contest, given);
  }
  return out.finish("time over a plain loop's");
}
