/// Real work: how near do automatic calls come to the best plan there is?
///
/// With `--processes`, a learner's runs are those of a new process after every five. With `--rule`,
/// it asks whether fixed durations of chunks beat the adaptive rule. `--only NAME`: of one work.
#include <memory>
#include <string>
#include <string_view>

#include "real_workloads/modes.hpp"
#include "real_workloads/real_work.hpp"
#include "support/arguments.hpp"
#include "support/results.hpp"

namespace {

struct wishes {
  bool rule = false;
  bool processes = false;
  std::string only;  ///< empty: all

  wishes(int count, char** texts) {
    for (int i = 1; i < count; ++i) {
      const std::string_view text = texts[i];
      if (text == "--rule") rule = true;
      if (text == "--processes") processes = true;
      if (text == "--only" && i + 1 < count) only = texts[++i];
    }
  }
};

/// One group after the other, so that not all of their data is there at once.
template <class Visit>
void for_each_work(const Visit& visit) {
  for (auto* const add : {bench::add_texts, bench::add_hashes, bench::add_numbers,
                          bench::add_arrays, bench::add_streams, bench::add_contended}) {
    bench::real_works works;
    add(works);
    for (const auto& work : works) visit(*work);
  }
}

bench::trial_rules rules_of(const bench::arguments& given, const wishes& wanted) {
  bench::trial_rules rules;
  if (given.quick) rules = {.quick = true, .learners = 1, .runs = 6, .rounds = 1};
  if (wanted.processes) rules.runs_a_process = 5;
  return rules;
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  const wishes wanted(count, texts);
  bench::results out("real_workloads", given);
  const bench::trial_rules rules = rules_of(given, wanted);
  std::unique_ptr<bench::mode> mode = std::make_unique<bench::oracle_contest>(out, rules);
  if (wanted.rule) mode = std::make_unique<bench::chunk_contest>(out, rules);

  int held = 0;
  for_each_work([&](bench::real_work& work) {
    if (!wanted.only.empty() && work.name() != wanted.only) return;
    mode->hold(work);
    ++held;
  });
  if (held == 0) out.wrong("there is no work " + wanted.only);
  mode->sum_up();
  return out.finish(wanted.rule ? "chunks of fixed durations, time over the adaptive rule's"
                                : "automatic calls and the best fixed plan");
}
