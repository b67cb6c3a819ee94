/// The seam to oneTBB: calls helpers into an arena that no caller ever enters.
///
/// Its source is built without ThreadSanitizer, which cannot see the order that TBB keeps: nothing
/// may depend on it. What is shared with helpers is ordered by our own atomics (`job`,
/// `helper_pool`).
#pragma once

#include <memory>

namespace amorsize::detail {

/// What a helper does.
struct helper_task {
  void (*run)(void* context) noexcept = nullptr;
  void* context = nullptr;
};

/// Told by a helper's thread that it comes into the arena, and that it goes.
struct helper_watch {
  void (*entered)(void* context) noexcept = nullptr;
  void (*left)(void* context) noexcept = nullptr;
  void* context = nullptr;
};

/// The arena of a runtime; one more for each other width that the host, by its own limits, makes
/// necessary.
class helper_arena {
 public:
  explicit helper_arena(helper_watch watch);
  ~helper_arena();

  /// Has one more helper run the task, some time, in an arena of this width; not more than TBB
  /// allows. False where TBB has no memory for it. Not from two threads at once.
  bool start(int width, helper_task task) noexcept;

  /// How many threads TBB allows now, the caller included: a host may have lowered it.
  static int allowed() noexcept;

 private:
  struct arenas;
  std::unique_ptr<arenas> arenas_;
};

/// Makes TBB allow this many threads while it lives, unless the host allows fewer. The largest of
/// those alive holds.
class allowance {
 public:
  explicit allowance(int threads);
  ~allowance();
  allowance(const allowance&) = delete;
  allowance& operator=(const allowance&) = delete;

 private:
  int threads_;
};

}  // namespace amorsize::detail
