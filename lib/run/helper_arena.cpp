#include "run/helper_arena.hpp"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "base/immortal.hpp"
#include "run/process.hpp"

namespace amorsize::detail {
namespace {

class watcher : public tbb::task_scheduler_observer {
 public:
  watcher(tbb::task_arena& arena, helper_watch watch)
      : tbb::task_scheduler_observer(arena), watch_(watch) {
    observe(true);
  }
  ~watcher() override { observe(false); }

  void on_scheduler_entry(bool is_worker) override {
    if (is_worker) watch_.entered(watch_.context);
  }
  void on_scheduler_exit(bool is_worker) override {
    if (is_worker) watch_.left(watch_.context);
  }

 private:
  helper_watch watch_;
};

struct watched_arena {
  watched_arena(int width, helper_watch watch) : arena(width, 0), observer(arena, watch) {}
  tbb::task_arena arena;  // no place reserved for callers
  watcher observer;
};

}  // namespace

struct helper_arena::arenas {
  helper_watch watch;
  std::map<int, watched_arena> by_width;
};

helper_arena::helper_arena(helper_watch watch) : arenas_(new arenas{watch, {}}) {}
helper_arena::~helper_arena() = default;

bool helper_arena::start(int width, helper_task task) noexcept {
  try {
    // A wider one does as well, and need not be made while the host may be changing its limit.
    auto here_or_wider = arenas_->by_width.lower_bound(width);
    if (here_or_wider == arenas_->by_width.end()) {
      here_or_wider = arenas_->by_width.try_emplace(width, width, arenas_->watch).first;
    }
    watched_arena& here = here_or_wider->second;
    here.arena.enqueue([task] {
      // Isolated: where the user's code waits in TBB, it may not start other work of ours.
      tbb::this_task_arena::isolate([task] { task.run(task.context); });
    });
    return true;
  } catch (...) {
    process::lose_threads();
    return false;
  }
}

int helper_arena::allowed() noexcept {
  try {
    return static_cast<int>(
        tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism));
  } catch (...) {
    process::lose_threads();
    return 1;
  }
}

namespace {

/// TBB takes the least of all controls; of ours, the largest has to hold.
struct allowances {
  std::mutex mutex;
  std::multiset<int> alive;
  std::optional<tbb::global_control> control;

  void apply() {
    if (alive.empty()) return control.reset();
    const auto most = static_cast<std::size_t>(*alive.rbegin());
    if (control) {
      tbb::global_control wider(tbb::global_control::max_allowed_parallelism, most);
      control.emplace(tbb::global_control::max_allowed_parallelism, most);
    } else {
      control.emplace(tbb::global_control::max_allowed_parallelism, most);
    }
  }
};

allowances& all_allowances() { return immortal<allowances>(); }

}  // namespace

allowance::allowance(int threads) : threads_(threads) {
  allowances& all = all_allowances();
  const std::lock_guard lock(all.mutex);
  const auto mine = all.alive.insert(threads_);
  try {
    all.apply();
  } catch (...) {
    all.alive.erase(mine);
    process::lose_threads();
    throw;
  }
}

allowance::~allowance() {
  allowances& all = all_allowances();
  const std::lock_guard lock(all.mutex);
  all.alive.erase(all.alive.find(threads_));
  const process::inside_tbb tbb;
  if (!tbb) return;
  try {
    all.apply();
  } catch (...) {
    process::lose_threads();
  }
}

}  // namespace amorsize::detail
