/// What does a new process pay for its first prediction, beyond hwloc, as the store grows?
#include <hwloc.h>

#include <amorsize/amorsize.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "learn/record.hpp"
#include "machine/fingerprint.hpp"
#include "machine/system_files.hpp"
#include "plan/measured_costs.hpp"
#include "store/files.hpp"
#include "store/folder.hpp"
#include "store/index.hpp"
#include "store/record_json.hpp"
#include "support/arguments.hpp"
#include "support/child.hpp"
#include "support/results.hpp"
#include "support/temporary_folder.hpp"
#include "support/timing.hpp"
#include "workload/identity.hpp"
#include "workload/site_key.hpp"

namespace {

using namespace amorsize::detail;

// Processor time is what a loaded machine does not change.
constexpr const char* parts[] = {"beyond hwloc", "runtime", "machine", "prediction",
                                 "beyond hwloc, processor"};
constexpr std::size_t items = 1'000;

std::string name_of(std::size_t number) { return "workload " + std::to_string(number); }

double item_ns_of(std::size_t number) { return 1e4 + static_cast<double>(number); }

workload_record record_of(std::size_t number, std::uint64_t fingerprint) {
  workload_record record;
  record.identity = identity_of(name_of(number), {}, nullptr);
  record.hash = stable_hash(record.identity);
  record.fingerprint = fingerprint;
  record.from = {"bench", number + 1, 1};
  for (const std::size_t n : {items / 4, items, items * 4}) {
    sized_record size;
    size.size_class = site_key::size_class(n);
    size.calls = 40;
    size.items = 40 * static_cast<double>(n);
    size.item_ns = item_ns_of(number);
    size.wall_ns = size.items * size.item_ns;
    for (const int width : {1, 2}) {
      size.outcomes.push_back({{width, 0, 0, true}, 20, std::log(size.item_ns / width), 0.01, 1});
    }
    record.sizes.push_back(std::move(size));
  }
  return record;
}

/// With what was measured of this machine, so that no reader has a reason to write it.
machine_record typical_machine(std::uint64_t fingerprint) {
  const measured_costs costs;
  const sharing_costs awake = costs.now(true);
  const sharing_costs asleep = costs.now(false);
  return {fingerprint,  1e10,          awake.start, awake.arrive,
          asleep.start, asleep.arrive, awake.join,  awake.claim};
}

/// A store of so many workloads, written by the store's own code.
class full_store {
 public:
  full_store(std::size_t workloads, std::uint64_t fingerprint) : fingerprint_(fingerprint) {
    is_written_ = files_.make() && files_.replace(machine_name(fingerprint),
                                                  to_text(typical_machine(fingerprint)), quick);
    for (std::size_t i = 0; i < workloads; ++i) add(i);
    const auto held = files_.lock();
    files_.tidy();
  }

  void add(std::size_t number) {
    const workload_record record = record_of(number, fingerprint_);
    training_name name{record.hash, 1'700'000'000'000, false};
    is_written_ = files_.add(name, to_text(record), quick) && is_written_;
  }

  bool is_written() const { return is_written_; }
  const std::string& path() const { return folder_.path(); }

  bool has_fresh_index() const {
    const auto text = read_whole(real_files(), path() + "/index/training.idx", most_index_bytes);
    const auto state = real_files().look(path() + "/.");
    return text && state && decode_index(*text, state->modified_ns);
  }

 private:
  static constexpr durability quick = durability::quick;

  bench::temporary_folder folder_;
  std::uint64_t fingerprint_;
  folder files_{folder_.path(), real_files(), {}};
  bool is_written_ = false;
};

void load_topology() {
  hwloc_topology_t topology = nullptr;
  if (hwloc_topology_init(&topology) != 0) std::abort();
  if (hwloc_topology_load(topology) != 0) std::abort();
  hwloc_topology_destroy(topology);
}

/// What the clock tells, and what this process used of processors, in nanoseconds.
struct instant {
  double wall = bench::now_ns();
  double used = 1e9 / CLOCKS_PER_SEC * static_cast<double>(std::clock());
};

/// Microseconds of one of the parts. The process ends without what is done at exit: saving would
/// change the store that the next one reads.
[[noreturn]] void run_child(const std::string& what) {
  std::istringstream words(what);
  std::size_t part = 0;
  std::size_t number = 0;
  std::string folder;
  words >> part >> number >> folder;
  const std::string name = name_of(number);

  // The second one: the first also pays for hwloc's own code and memory, which ours then finds.
  load_topology();
  const instant before;
  load_topology();
  const instant start;
  amorsize::runtime here({.store = folder});
  const instant made;
  here.machine();
  const instant read;
  const auto plan = amorsize::predict_parameters({.name = name, .items = items}, here);
  const instant end;

  const double hwloc = start.wall - before.wall;
  const double times[] = {end.wall - start.wall - hwloc, made.wall - start.wall,
                          read.wall - made.wall - hwloc, end.wall - read.wall,
                          end.used - start.used - (start.used - before.used)};
  const bool is_right = plan && plan->source == amorsize::plan_source::predicted &&
                        plan->measurements == 40 &&
                        std::abs(plan->estimated_item_time.count() / item_ns_of(number) - 1) < 1e-4;
  const int status = bench::answer(times[part] / 1e3, is_right);
  std::fflush(stdout);
  std::_Exit(status);
}

void measure(bench::results& out, int rounds, const full_store& store, std::size_t workloads,
             const std::string& row) {
  std::vector<std::vector<double>> readings(std::size(parts));
  for (int round = 0; round < rounds; ++round) {
    const std::size_t number = (static_cast<std::size_t>(round) * 7919 + 17) % workloads;
    for (std::size_t part = 0; part < std::size(parts); ++part) {
      const auto told = bench::ask_child(std::to_string(part) + ' ' + std::to_string(number) + ' ' +
                                         store.path());
      if (!told) out.wrong(row + ", " + parts[part]);
      readings[part].push_back(told.value_or(0));
    }
  }
  for (std::size_t part = 0; part < std::size(parts); ++part) {
    out.add(row, parts[part], std::move(readings[part]));
  }
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  if (!given.child.empty()) run_child(given.child);
  bench::results out("store_start", given);
  const std::uint64_t here =
      fingerprint_of(amorsize::runtime::shared().machine(), processor_model(system_files{}));
  for (const std::size_t workloads : {1'000U, 10'000U}) {
    if (given.quick && workloads > 1'000) break;
    const std::string row = std::to_string(workloads) + " workloads";
    full_store store(workloads, here);
    if (!store.is_written() || !store.has_fresh_index()) out.wrong(row + ", writing them");
    measure(out, given.rounds(41), store, workloads, row);
    if (!store.has_fresh_index()) out.wrong(row + ", a reader made the index stale");
    store.add(workloads);
    if (store.has_fresh_index()) out.wrong(row + ", a change left the index fresh");
    measure(out, given.rounds(41), store, workloads, row + ", index stale");
  }
  return out.finish("first prediction of a process, us");
}
