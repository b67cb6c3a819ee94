#include "runtime/check.hpp"

#include <limits>
#include <string>

#include "amorsize/detail/engine.hpp"
#include "amorsize/error.hpp"
#include "runtime/environment.hpp"

namespace amorsize {

error::~error() = default;
invalid_option::~invalid_option() = default;
operation_cancelled::~operation_cancelled() = default;
store_error::~store_error() = default;

namespace detail {
namespace {

void check_jobs(const char* field, int value, int least) {
  if (value >= least) return;
  reject(std::string(field) + " is " + std::to_string(value) + ", must be " +
         (least == 0 ? "0 (automatic) or more" : "1 or more"));
}

void check_items(const char* field, std::size_t value, std::size_t least) {
  // Larger ones were negative before they became unsigned.
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());
  if (value >= least && value <= most) return;
  reject(std::string(field) + " is " + std::to_string(value) + ", must be " +
         std::to_string(least) + " to " + std::to_string(most));
}

void check_number(const char* field, double value, double most) {
  if (value >= 0 && value <= most) return;  // false for what is not a number
  reject(std::string(field) + " is " + std::to_string(value) + ", must be " +
         (most == 1 ? "0 to 1" : "0 or more"));
}

void check_learning(learning learn) {
  if (learn >= learning::on && learn <= learning::off) return;
  reject("learn is " + std::to_string(static_cast<int>(learn)) + ", must be on, frozen or off");
}

void check(const batch_plan& plan) {
  constexpr double any = std::numeric_limits<double>::max();
  if (plan.source < plan_source::fallback || plan.source > plan_source::requested) {
    reject("plan.source is " + std::to_string(static_cast<int>(plan.source)) +
           ", must be fallback, sampled, predicted or requested");
  }
  check_number("plan.confidence", plan.confidence, 1);
  check_number("plan.estimated_item_time", plan.estimated_item_time.count(), any);
  check_number("plan.coefficient_of_variation", plan.coefficient_of_variation, any);
  check_number("plan.expected_serial", plan.expected_serial.count(), any);
  check_number("plan.expected_parallel", plan.expected_parallel.count(), any);
  check_jobs("plan.n_jobs", plan.n_jobs, 1);
  check_items("plan.chunksize", plan.chunksize, 1);
  check_items("plan.min_chunksize", plan.min_chunksize, 0);
  check_items("plan.max_chunksize", plan.max_chunksize, 0);
  if (plan.max_chunksize != 0 && plan.min_chunksize > plan.max_chunksize) {
    reject("plan.min_chunksize is " + std::to_string(plan.min_chunksize) +
           ", must be at most plan.max_chunksize, which is " + std::to_string(plan.max_chunksize));
  }
}

}  // namespace

void check(const batch_options& options) {
  check_jobs("n_jobs", options.n_jobs, 0);
  check_jobs("max_n_jobs", options.max_n_jobs, 0);
  check_items("chunksize", options.chunksize, 0);
  check_learning(options.learn);
  if (options.plan) check(*options.plan);
}

void check(const stream_options& options) {
  check_jobs("n_jobs", options.n_jobs, 0);
  check_jobs("max_n_jobs", options.max_n_jobs, 0);
  check_items("chunksize", options.chunksize, 0);
  check_items("buffer_size", options.buffer_size, 0);
  check_items("memory_limit", options.memory_limit, 0);
  if (options.buffer_size != 0 && options.chunksize > options.buffer_size) {
    reject("chunksize is " + std::to_string(options.chunksize) +
           ", must be at most buffer_size, which is " + std::to_string(options.buffer_size));
  }
  if (options.order < result_order::input || options.order > result_order::any) {
    reject("order is " + std::to_string(static_cast<int>(options.order)) +
           ", must be input, completion or any");
  }
  check_learning(options.learn);
  if (!options.plan) return;
  check(*options.plan);
  check_items("plan.buffer_size", options.plan->buffer_size, 0);
}

void check(const workload& work) {
  constexpr double any = std::numeric_limits<double>::max();
  check_number("workload.estimated_item_time", work.estimated_item_time.count(), any);
  check_number("workload.coefficient_of_variation", work.coefficient_of_variation, any);
  check_items("workload.items", work.items, 0);
  check_items("workload.item_bytes", work.item_bytes, 0);
  check_items("workload.result_bytes", work.result_bytes, 0);
}

void check(const workload& work, const run_report& report) {
  constexpr double any = std::numeric_limits<double>::max();
  if (work.name.empty()) reject("workload.name is empty, must name the work that was measured");
  check_jobs("report.plan.n_jobs", report.plan.n_jobs, 1);
  if (report.plan.n_jobs > most_n_jobs) {
    reject("report.plan.n_jobs is " + std::to_string(report.plan.n_jobs) + ", must be 1 to " +
           std::to_string(most_n_jobs));
  }
  check_items("report.items", report.items, 1);
  check_number("report.wall", report.wall.count(), any);
  check_number("report.serial_estimate", report.serial_estimate.count(), any);
  if (report.wall.count() == 0) reject("report.wall is 0, must be a time that was measured");
}

void check_streaming(const run_report& report) {
  check_items("report.plan.buffer_size", report.plan.buffer_size, 1);
}

void reject(const std::string& why) { throw invalid_option(why); }

void reject_size(long long told, long long found) {
  reject("the range's size() is " + std::to_string(told) + ", but it has " + std::to_string(found) +
         " items: must be the same");
}

}  // namespace detail
}  // namespace amorsize
