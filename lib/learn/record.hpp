/// What is remembered of work: outcomes of configurations, never only decisions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "learn/trust.hpp"
#include "workload/features.hpp"

namespace amorsize::detail {

/// What can be chosen for a call.
struct configuration {
  int n_jobs = 1;
  int chunk_rung = 0;           ///< of the ladder of chunk durations; zero: the adaptive rule's
  std::size_t buffer_size = 0;  ///< of a stream; zero: a batch
  bool use_ordered = true;

  bool operator==(const configuration&) const = default;
};

/// What calls of one configuration took: the logarithms of their wall times per item, in
/// nanoseconds. Sufficient statistics, so that two can be added up.
struct outcome {
  configuration by;
  double count = 0;            ///< calls measured
  double mean = 0;             ///< of ln(wall time / items)
  double squares = 0;          ///< sum of the squared distances from the mean
  std::int64_t last_seen = 0;  ///< seconds since 1970; zero: not known
};

/// One workload at sizes of one power of two.
struct sized_record {
  int size_class = 0;  ///< bit width of the number of items
  double calls = 0;    ///< measured; what follows is a mean over these, or a sum where it says so
  double items = 0;    ///< of all calls together
  double item_ns = 0;  ///< time of one item on one thread; zero: not known
  double coefficient_of_variation = 0;
  double item_bytes = 0;
  double result_bytes = 0;
  double wall_ns = 0;      ///< of all calls together
  double explored_ns = 0;  ///< lost, of it, to configurations that were tried to learn
  bool waits = false;      ///< the items wait more than they compute
  features place{};        ///< with the machine that measured it
  std::vector<outcome> outcomes;
};

/// Which process measured something, and how often it had said so before. Of two with the same host
/// and epoch, that with the higher sequence holds all that the other does.
struct origin {
  std::string host;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;

  bool operator==(const origin&) const = default;
};

struct workload_record {
  std::uint64_t hash = 0;         ///< of `identity`
  std::string identity;           ///< name, or program, place and types
  std::uint64_t fingerprint = 0;  ///< of the machine; zero: not known
  bool is_streaming = false;
  origin from;
  std::vector<origin> absorbed;  ///< what this record already holds of others
  std::vector<sized_record> sizes;
};

/// What was measured about a machine.
struct machine_record {
  std::uint64_t fingerprint = 0;
  double bandwidth = 0;  ///< bytes per second; zero: not measured
  // Of the cost model, nanoseconds; zero: not measured.
  double start_awake = 0;
  double arrive_awake = 0;
  double start_asleep = 0;
  double arrive_asleep = 0;
  double join = 0;
  double claim = 0;
  reliability_table trust{};  ///< what came of predictions from similar work
};

}  // namespace amorsize::detail
