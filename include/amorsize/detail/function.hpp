/// The user's function as a chunk calls it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "amorsize/detail/engine.hpp"
#include "amorsize/per_worker.hpp"

namespace amorsize::detail {

/// Rejects what can be null and is: function pointers, pointers to members, `std::function`.
template <class F>
void check_callable(const F& f, const char* field) {
  if constexpr (std::is_object_v<F> && requires { f == nullptr; }) {
    if (f == nullptr) reject(std::string(field) + " is null, must be callable");
  }
}

template <class F>
struct copied_function {
  F f;
  template <class Item>
  decltype(auto) operator()(Item&& item) const {
    return std::invoke(f, std::forward<Item>(item));
  }
};

template <class F>
struct referred_function {
  const F& f;
  template <class Item>
  decltype(auto) operator()(Item&& item) const {
    return std::invoke(f, std::forward<Item>(item));
  }
};

template <class F, class State>
struct stateful_function {
  const F& f;
  State& state;
  template <class Item>
  decltype(auto) operator()(Item&& item) const {
    return std::invoke(f, state, std::forward<Item>(item));
  }
};

/// What a call holds of its function. `local(worker)` gives what one chunk calls; without a number,
/// the worker is this thread.
template <class F>
class called_function {
 public:
  template <class Item>
  using result = std::invoke_result<const F&, Item>;
  template <class Item>
  static constexpr bool is_called_with = std::is_invocable_v<const F&, Item>;
  template <class Item>
  static constexpr bool is_called_as_mutable = std::is_invocable_v<F&, Item>;

  template <class Options>
  called_function(const F& f, const Options&) : f_(f) {
    check_callable(f, "f");
  }

  auto local(std::size_t /*worker*/ = 0) const {
    // A copy of what the function captured, where that is free: through a reference, writing a
    // byte-sized result would reload it for every item.
    if constexpr (is_free_to_copy()) {
      return copied_function<F>{f_};
    } else {
      return referred_function<F>{f_};
    }
  }

 private:
  static constexpr bool is_free_to_copy() {
    if constexpr (std::is_trivially_copyable_v<F> && std::is_copy_constructible_v<F>) {
      return sizeof(F) <= 64;
    } else {
      return false;
    }
  }

  const F& f_;
};

template <class MakeState, class F>
class called_function<worker_function<MakeState, F>> {
  using state = std::invoke_result_t<const MakeState&>;
  static_assert(std::is_object_v<state>, "make_state must return a state by value");

 public:
  template <class Item>
  using result = std::invoke_result<const F&, state&, Item>;
  template <class Item>
  static constexpr bool is_called_with = std::is_invocable_v<const F&, state&, Item>;
  template <class Item>
  static constexpr bool is_called_as_mutable = std::is_invocable_v<F&, state&, Item>;

  template <class Options>
  called_function(const worker_function<MakeState, F>& both, const Options& options)
      : make_state_(both.make_state), f_(both.f), states_(worker_limit(options)) {
    check_callable(make_state_, "make_state");
    check_callable(f_, "f");
  }

  auto local(std::size_t worker = worker_index()) {
    std::unique_ptr<state>& mine = states_[worker].value;
    if (!mine) mine.reset(new state(std::invoke(make_state_)));
    return stateful_function<F, state>{f_, *mine};
  }

 private:
  struct alignas(64) padded {  // workers do not write into each other's cache line
    std::unique_ptr<state> value;
  };

  const MakeState& make_state_;
  const F& f_;
  std::vector<padded> states_;
};

}  // namespace amorsize::detail
