/// What does one call do while all workers sleep?
#include <cstddef>
#include <initializer_list>

#include "support/contest.hpp"

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  bench::results out("cold", given);
  bench::contest contest(out, bench::placement::as_shipped);
  for (const double total : {3e4, 1e5, 3e5, 1e6, 3e6}) {
    bench::workload work(static_cast<std::size_t>(total / 500), 500);
    bench::contest_rules rules;
    rules.rounds = given.rounds(81);
    rules.least_rest_ns = 5e6;
    rules.most_rest_ns = 20e6;
    contest.hold(bench::time_text(total), work, total, rules);
  }
  return out.finish("time over a plain loop's");
}
