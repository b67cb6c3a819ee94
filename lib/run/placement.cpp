#include "run/placement.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/immortal.hpp"

namespace amorsize::detail {

placement& placement::of_process() noexcept { return immortal<placement>(); }

placement::registration& placement::of_this_thread() noexcept {
  thread_local registration mine;
  return mine;
}

placement::registration::~registration() {
  if (index == nowhere) return;
  of_process().helpers_.with([this](helpers& known) { known.all[index] = {}; });
}

void placement::restore(helper& h) noexcept {
  h.is_kept_off = false;
  cpu_set_t now{};
  if (sched_getaffinity(h.thread, sizeof now, &now) != 0) return;
  if (CPU_EQUAL(&now, &h.since)) sched_setaffinity(h.thread, sizeof h.before, &h.before);
}

void placement::entered() noexcept {
  registration& mine = of_this_thread();
  helpers_.with([&mine](helpers& known) {
    for (std::size_t i = 0; mine.index == nowhere && i < most_threads; ++i) {
      if (known.all[i].thread != 0) continue;
      mine.index = i;
      known.all[i].thread = gettid();
      known.used = std::max(known.used, i + 1);
    }
    if (mine.index == nowhere) return;
    helper& self = known.all[mine.index];
    self.is_inside = true;
    // It is awake, and elsewhere: before it runs anything, it may go where it could before.
    if (self.is_kept_off) restore(self);
  });
}

void placement::left() noexcept {
  const std::size_t mine = of_this_thread().index;
  helpers_.with([mine](helpers& known) {
    if (mine != nowhere) known.all[mine].is_inside = false;
    // Also those that were meant to come in, but found something else to do.
    for (helper& h : known) {
      if (h.is_kept_off && !h.is_inside) restore(h);
    }
  });
}

void placement::restore_all() noexcept {
  helpers_.with([](helpers& known) {
    for (helper& h : known) {
      if (h.is_kept_off) restore(h);
    }
  });
}

void placement::keep_off_this_processor(int count) noexcept {
  const int processor = sched_getcpu();
  if (processor < 0 || processor >= CPU_SETSIZE) return;
  helpers_.try_with([count, processor](helpers& known) {
    int left = count;
    for (helper& h : known) {
      if (left == 0) return;
      if (h.thread == 0 || h.is_inside) continue;
      --left;
      if (h.is_kept_off) restore(h);
      if (sched_getaffinity(h.thread, sizeof h.before, &h.before) != 0) continue;
      h.since = h.before;
      CPU_CLR(static_cast<unsigned>(processor), &h.since);
      if (CPU_COUNT(&h.since) == 0 || CPU_EQUAL(&h.since, &h.before)) continue;
      h.is_kept_off = sched_setaffinity(h.thread, sizeof h.since, &h.since) == 0;
    }
  });
}

}  // namespace amorsize::detail
