/// The order that TBB keeps, told to ThreadSanitizer, which cannot see into it. Nothing elsewhere.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define AMORSIZE_WATCHED_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define AMORSIZE_WATCHED_THREADS 1
#endif
#endif

#if defined(AMORSIZE_WATCHED_THREADS)
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#endif

namespace amorsize::detail {

/// Before TBB is given what another thread will get from it: all that was written is for that
/// thread.
inline void hand_over([[maybe_unused]] void* to_others) noexcept {
#if defined(AMORSIZE_WATCHED_THREADS)
  __tsan_release(to_others);
#endif
}

/// By that thread, first.
inline void take_over([[maybe_unused]] void* from_others) noexcept {
#if defined(AMORSIZE_WATCHED_THREADS)
  __tsan_acquire(from_others);
#endif
}

}  // namespace amorsize::detail
