/// A report: what a call did and what it took.
#pragma once

#include <cstddef>

#include "amorsize/plan.hpp"

namespace amorsize {

/// What `run_report::serial_estimate` rests on, best first.
enum class speedup_basis {
  measured_serial,  ///< one thread ran all items, and was timed
  sampled,          ///< the mean of items timed while no other worker was at work
  busy_time,  ///< the workers' time inside items, added up: too high where they slow each other
};

struct run_report {
  stream_plan plan;            ///< as executed; of a call that changed plans, the last one
  std::size_t items = 0;       ///< items finished
  duration planning{};         ///< spent on choosing, not on items, by the calling thread
  duration wall{};             ///< of the whole call
  duration busy{};             ///< inside items, all workers added up
  duration serial_estimate{};  ///< of a plain loop over the same items; without source and consumer
  double speedup = 0.0;        ///< serial_estimate / wall
  speedup_basis basis = speedup_basis::measured_serial;
  std::size_t peak_buffered = 0;  ///< most items read but not delivered; zero in a batch
  bool streaming = false;
};

}  // namespace amorsize
