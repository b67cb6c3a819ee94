#include "amorsize/explain.hpp"

#include "runtime/text.hpp"

namespace amorsize {
namespace {

using detail::number;
using detail::to_text;

std::string count(std::size_t n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string shape(const batch_plan& plan) {
  const auto jobs = static_cast<std::size_t>(plan.n_jobs);
  if (plan.n_jobs == 1) return "1 thread, in a plain loop";
  return count(jobs, "thread") + (plan.adaptive_chunking ? ", chunks of about " : ", chunks of ") +
         count(plan.chunksize, "item");
}

std::string prediction(const batch_plan& plan) {
  if (plan.measurements == 0) return "from what earlier calls measured";
  const std::string calls = count(plan.measurements, "measured call");
  if (plan.similarity >= 1) return "predicted from " + calls + " of this work";
  return "predicted from " + calls + " of work that is " + number(100 * plan.similarity) +
         " % alike";
}

std::string source(const batch_plan& plan) {
  switch (plan.source) {
    case plan_source::fallback:
      return "because nothing is known of the work";
    case plan_source::sampled:
      return "from a sample of its items";
    case plan_source::predicted:
      return prediction(plan);
    case plan_source::requested:
      return "as requested";
  }
  return "";
}

std::string items(const batch_plan& plan) {
  if (plan.estimated_item_time.count() <= 0) return "";
  std::string text = " An item takes " + to_text(plan.estimated_item_time);
  if (plan.coefficient_of_variation > 0) {
    text += " (coefficient of variation " + number(plan.coefficient_of_variation) + ")";
  }
  return text + ".";
}

/// Not because it is best, but to know what it takes.
bool is_probe(const batch_plan& plan) {
  return plan.source == plan_source::predicted && plan.confidence == 0 && plan.measurements != 0;
}

std::string expectation(const batch_plan& plan) {
  if (plan.expected_serial.count() <= 0) return "";
  if (plan.n_jobs == 1) {
    const std::string time = " A plain loop is expected to take " + to_text(plan.expected_serial);
    if (plan.source == plan_source::requested) return time + ".";
    return time + (is_probe(plan) ? "; this time it is run, to measure that."
                                  : "; sharing would not shorten it.");
  }
  return " It is expected to take " + to_text(plan.expected_parallel) + ", a plain loop " +
         to_text(plan.expected_serial) +
         (is_probe(plan) ? "; this time it is run, to measure that." : ".");
}

const char* basis(speedup_basis basis) {
  switch (basis) {
    case speedup_basis::measured_serial:
      return "measured";
    case speedup_basis::sampled:
      return "estimated from a sample";
    case speedup_basis::busy_time:
      return "estimated from the time inside items";
  }
  return "";
}

}  // namespace

std::string explain(const batch_plan& plan) {
  std::string text = shape(plan) + ", " + source(plan) + "." + items(plan) + expectation(plan);
  const bool is_chosen = plan.source != plan_source::requested && !is_probe(plan);
  if (is_chosen && plan.expected_serial.count() > 0) {
    text +=
        " The chance that no plan is over 10 % better is " + number(100 * plan.confidence) + " %.";
  }
  return text;
}

std::string explain(const stream_plan& plan) {
  if (plan.buffer_size == 0) return explain(static_cast<const batch_plan&>(plan));
  const std::string order = plan.use_ordered ? "in input order" : "as they are finished";
  return shape(plan) + ", at most " + count(plan.buffer_size, "item") +
         " read and not delivered, results " + order + ", " + source(plan) + "." + items(plan);
}

std::string explain(const run_report& report) {
  const std::string plan = report.streaming ? explain(report.plan)
                                            : explain(static_cast<const batch_plan&>(report.plan));
  if (report.items == 0) return plan + " There were no items.";
  // A plain loop would wait for source and consumer, too: it is not what their stream is told by.
  const bool waits = report.streaming && report.serial_estimate < report.wall / 2;
  return plan + " Measured: " + count(report.items, "item") + " in " + to_text(report.wall) +
         ", of which planning " + to_text(report.planning) +
         (report.streaming ? "; the items alone, on one thread: " : "; a plain loop: ") +
         to_text(report.serial_estimate) + " (" + basis(report.basis) + "); " +
         (waits ? "source and consumer the rest." : "speedup " + number(report.speedup) + ".");
}

}  // namespace amorsize
