#include "machine/topology.hpp"

#include <hwloc.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <memory>

#include "machine/memory.hpp"
#include "machine/processors.hpp"

namespace amorsize::detail {
namespace {

struct destroy_topology {
  void operator()(hwloc_topology_t topology) const { hwloc_topology_destroy(topology); }
};
struct free_bitmap {
  void operator()(hwloc_bitmap_t bitmap) const { hwloc_bitmap_free(bitmap); }
};
using owned_bitmap = std::unique_ptr<hwloc_bitmap_s, free_bitmap>;
using owned_topology = std::unique_ptr<hwloc_topology, destroy_topology>;

owned_topology make_topology() {
  hwloc_topology_t made = nullptr;
  if (hwloc_topology_init(&made) != 0) return nullptr;
  // The whole machine is to be counted also within a cpuset group.
  hwloc_topology_set_flags(made, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  return owned_topology(made);
}

int count(hwloc_topology_t topology, hwloc_obj_type_t type) {
  return std::max(1, hwloc_get_nbobjs_by_type(topology, type));
}

std::size_t cache_bytes(hwloc_topology_t topology, hwloc_obj_type_t type) {
  const hwloc_obj_t cache = hwloc_get_obj_by_type(topology, type, 0);
  return cache == nullptr ? 0 : static_cast<std::size_t>(cache->attr->cache.size);
}

int cores_within(hwloc_topology_t topology, hwloc_const_cpuset_t processors) {
  int cores = 0;
  hwloc_obj_t core = nullptr;
  while ((core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != nullptr) {
    if (hwloc_bitmap_intersects(core->cpuset, processors) != 0) ++cores;
  }
  return cores;
}

#if HWLOC_API_VERSION >= 0x00020400
/// Kinds come in order of speed, the fastest last, unless hwloc cannot tell.
void describe_kinds(hwloc_topology_t topology, hwloc_const_cpuset_t usable, machine& m) {
  m.core_kinds = std::max(1, hwloc_cpukinds_get_nr(topology, 0));
  const owned_bitmap fast(hwloc_bitmap_alloc());
  if (fast == nullptr) return;
  for (int kind = m.core_kinds - 1; kind >= 0; --kind) {
    int speed = -1;
    const auto which = static_cast<unsigned>(kind);
    if (hwloc_cpukinds_get_info(topology, which, fast.get(), &speed, nullptr, nullptr, 0) != 0 ||
        speed < 0) {
      return;
    }
    hwloc_bitmap_and(fast.get(), fast.get(), usable);
    if (const int cores = cores_within(topology, fast.get()); cores > 0) {
      m.usable_fast_cores = std::min(cores, m.usable_cores);
      return;
    }
  }
}
#else
void describe_kinds(hwloc_topology_t, hwloc_const_cpuset_t, machine&) {}
#endif

machine describe(hwloc_topology_t topology, hwloc_const_cpuset_t usable) {
  machine m;
  m.processors = count(topology, HWLOC_OBJ_PU);
  m.cores = count(topology, HWLOC_OBJ_CORE);
  m.packages = count(topology, HWLOC_OBJ_PACKAGE);
  m.numa_nodes = count(topology, HWLOC_OBJ_NUMANODE);
  m.l2_bytes = cache_bytes(topology, HWLOC_OBJ_L2CACHE);
  m.l3_bytes = cache_bytes(topology, HWLOC_OBJ_L3CACHE);
  m.usable_processors = std::max(1, hwloc_bitmap_weight(usable));
  m.usable_cores = std::clamp(cores_within(topology, usable), 1, m.usable_processors);
  m.usable_fast_cores = m.usable_cores;
  describe_kinds(topology, usable, m);
  return m;
}

/// A machine that is not this one; what it allows is usable.
std::optional<machine> describe_other(hwloc_topology_t topology) {
  if (hwloc_topology_load(topology) != 0) return std::nullopt;
  return describe(topology, hwloc_topology_get_allowed_cpuset(topology));
}

/// Empty where hwloc fails.
std::optional<machine> describe_this() {
  const owned_topology topology = make_topology();
  if (topology == nullptr || hwloc_topology_load(topology.get()) != 0) return std::nullopt;

  // hwloc honours cpuset groups, but not the affinity mask.
  const owned_bitmap usable(hwloc_bitmap_alloc());
  // As in `usable_processors`: this thread's and the main thread's.
  const owned_bitmap main_thread(hwloc_bitmap_alloc());
  if (usable == nullptr || main_thread == nullptr) return std::nullopt;
  if (hwloc_get_cpubind(topology.get(), usable.get(), HWLOC_CPUBIND_THREAD) == 0 &&
      hwloc_get_proc_cpubind(topology.get(), getpid(), main_thread.get(), HWLOC_CPUBIND_THREAD) ==
          0) {
    hwloc_bitmap_or(usable.get(), usable.get(), main_thread.get());
  } else {
    hwloc_bitmap_copy(usable.get(), hwloc_topology_get_allowed_cpuset(topology.get()));
  }
  return describe(topology.get(), usable.get());
}

/// What the affinity mask tells.
machine describe_roughly() {
  machine m;
  m.processors = usable_processors();
  m.usable_processors = m.usable_cores = m.usable_fast_cores = m.cores = m.processors;
  return m;
}

}  // namespace

machine read_machine(const system_files& files) {
  const auto described = describe_this();
  machine m = described ? *described : describe_roughly();
  m.memory_bytes = total_memory(files);
  return m;
}

std::optional<machine> synthetic_machine(const std::string& description) {
  const owned_topology topology = make_topology();
  if (topology == nullptr) return std::nullopt;
  if (hwloc_topology_set_synthetic(topology.get(), description.c_str()) != 0) return std::nullopt;
  return describe_other(topology.get());
}

std::optional<machine> machine_from_xml(const std::string& xml) {
  const owned_topology topology = make_topology();
  if (topology == nullptr || xml.size() >= INT_MAX) return std::nullopt;
  const int size = static_cast<int>(xml.size()) + 1;  // with the zero at its end
  if (hwloc_topology_set_xmlbuffer(topology.get(), xml.c_str(), size) != 0) return std::nullopt;
  return describe_other(topology.get());
}

}  // namespace amorsize::detail
