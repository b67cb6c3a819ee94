/// State that each worker has for itself: a parser, a scratch buffer, a random engine.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

namespace amorsize {

/// What `per_worker` returns; pass it to a call as its function.
template <class MakeState, class F>
struct worker_function {
  MakeState make_state;
  F f;
};

/// A function for any call of this library: each worker of the call makes one state with
/// `make_state()` when it gets its first item, and calls `f(state, item)` with it, never two
/// threads at once. The states are destroyed on the calling thread when the call ends. `make_state`
/// and `f` are called as const; states need be neither movable nor default-constructible.
template <class MakeState, class F>
worker_function<std::decay_t<MakeState>, std::decay_t<F>> per_worker(MakeState&& make_state,
                                                                     F&& f) {
  return {std::forward<MakeState>(make_state), std::forward<F>(f)};
}

}  // namespace amorsize
