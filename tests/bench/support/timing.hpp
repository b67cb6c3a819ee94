/// Time as the benchmarks take it, and waiting that burns none.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

namespace bench {

inline double now_ns() {
  using namespace std::chrono;
  return duration<double, std::nano>(steady_clock::now().time_since_epoch()).count();
}

/// Nanoseconds that one call takes, the mean of `calls` in a row.
template <class F>
double time_of(int calls, F&& f) {
  const double start = now_ns();
  for (int i = 0; i < calls; ++i) f();
  return (now_ns() - start) / calls;
}

/// Long enough, and the workers of any contender have gone to sleep.
inline void rest(double ns) {
  std::this_thread::sleep_for(std::chrono::nanoseconds(std::int64_t(ns)));
}

}  // namespace bench
