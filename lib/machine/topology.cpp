#include "machine/topology.hpp"

#include <hwloc.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

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
  return owned_topology(hwloc_topology_init(&made) == 0 ? made : nullptr);
}

int count(hwloc_topology_t topology, hwloc_obj_type_t type) {
  return std::max(1, hwloc_get_nbobjs_by_type(topology, type));
}

std::size_t cache_bytes(hwloc_topology_t topology, hwloc_obj_type_t type) {
  const hwloc_obj_t cache = hwloc_get_obj_by_type(topology, type, 0);
  return cache == nullptr ? 0 : static_cast<std::size_t>(cache->attr->cache.size);
}

machine describe(hwloc_topology_t topology, hwloc_const_cpuset_t usable) {
  machine m;
  m.processors = count(topology, HWLOC_OBJ_PU);
  m.cores = count(topology, HWLOC_OBJ_CORE);
  m.packages = count(topology, HWLOC_OBJ_PACKAGE);
  m.numa_nodes = count(topology, HWLOC_OBJ_NUMANODE);
  m.l2_bytes = cache_bytes(topology, HWLOC_OBJ_L2CACHE);
  m.l3_bytes = cache_bytes(topology, HWLOC_OBJ_L3CACHE);
  m.usable_processors = std::max(1, hwloc_bitmap_weight(usable));
  m.usable_cores = 0;
  hwloc_obj_t core = nullptr;
  while ((core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != nullptr) {
    if (hwloc_bitmap_intersects(core->cpuset, usable) != 0) ++m.usable_cores;
  }
  m.usable_cores = std::clamp(m.usable_cores, 1, m.usable_processors);
  return m;
}

}  // namespace

machine read_machine() {
  machine m;
  m.usable_processors = m.usable_cores = m.processors = m.cores = usable_processors();
  const owned_topology topology = make_topology();
  if (topology == nullptr || hwloc_topology_load(topology.get()) != 0) return m;

  // hwloc honours cpuset groups, but not the affinity mask.
  const owned_bitmap usable(hwloc_bitmap_alloc());
  if (usable == nullptr) return m;
  // As in `usable_processors`: this thread's and the main thread's.
  const owned_bitmap main_thread(hwloc_bitmap_alloc());
  if (main_thread == nullptr) return m;
  if (hwloc_get_cpubind(topology.get(), usable.get(), HWLOC_CPUBIND_THREAD) == 0 &&
      hwloc_get_proc_cpubind(topology.get(), getpid(), main_thread.get(), HWLOC_CPUBIND_THREAD) ==
          0) {
    hwloc_bitmap_or(usable.get(), usable.get(), main_thread.get());
  } else {
    hwloc_bitmap_copy(usable.get(), hwloc_topology_get_allowed_cpuset(topology.get()));
  }
  return describe(topology.get(), usable.get());
}

std::optional<machine> synthetic_machine(const std::string& description) {
  const owned_topology topology = make_topology();
  if (topology == nullptr) return std::nullopt;
  if (hwloc_topology_set_synthetic(topology.get(), description.c_str()) != 0) return std::nullopt;
  if (hwloc_topology_load(topology.get()) != 0) return std::nullopt;
  return describe(topology.get(), hwloc_topology_get_allowed_cpuset(topology.get()));
}

}  // namespace amorsize::detail
