/// What a thread does between two looks at a value that another one is about to change.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace amorsize::detail {

inline void pause() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("isb" ::: "memory");
#endif
}

}  // namespace amorsize::detail
