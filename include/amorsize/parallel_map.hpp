/// Maps a range through a function, on as many threads as pay.
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include "amorsize/detail/loop.hpp"
#include "amorsize/options.hpp"

namespace amorsize {

/// Assigns f(item i) to `*(out + i)` for every item of `range`; these elements must exist.
/// Items, threads and errors are those of `parallel_for_each`. When it throws, an element holds its
/// result or what it held before.
template <class Range, class Iterator, class F>
requires std::ranges::input_range<Range> && std::random_access_iterator<Iterator>
void parallel_map_into(Range&& range, Iterator out, const F& f, const batch_options& options = {}) {
  using range_type = std::remove_reference_t<Range>;
  if constexpr (detail::check_call<range_type, F>()) {
    static_assert(!std::is_void_v<detail::result_of<range_type, F>>,
                  "f returns nothing: use amorsize::parallel_for_each");
    static_assert(!std::is_same_v<std::iter_reference_t<Iterator>, std::vector<bool>::reference>,
                  "elements of std::vector<bool> share bytes, which threads cannot write at once: "
                  "use amorsize::parallel_map, or a range of bytes");
    if (!detail::plainly_valid(options)) detail::check(options);
    using put = detail::assign_to<Iterator>;
    detail::loop<range_type, F, put> loop(range, f, options);
    if constexpr (std::is_pointer_v<Iterator>) {
      if (out == nullptr && loop.size() > 0)
        detail::reject("out is null, must have an element for each item");
    }
    detail::run_batch(loop.describe({out}), options);
  }
}

/// The results f(item) in the order of their items.
///
/// Items, threads and errors are those of `parallel_for_each`. Results may be move-only and need
/// not be default-constructible; `bool` results are safe.
template <class Range, class F>
requires std::ranges::input_range<Range>
auto parallel_map(Range&& range, const F& f, const batch_options& options = {}) {
  using range_type = std::remove_reference_t<Range>;
  if constexpr (detail::check_call<range_type, F>()) {
    using result = detail::result_of<range_type, F>;
    static_assert(!std::is_void_v<result>, "f returns nothing: use amorsize::parallel_for_each");
    static_assert(std::move_constructible<result>, "results must be movable into a std::vector");
    if (!detail::plainly_valid(options)) detail::check(options);
    if constexpr (std::is_same_v<result, bool>) {
      // Bits of one byte cannot be written by two threads: gather bytes, pack them at the end.
      using put = detail::assign_to<unsigned char*>;
      detail::loop<range_type, F, put> loop(range, f, options);
      std::vector<unsigned char> bytes(loop.size());
      detail::run_batch(loop.describe({bytes.data()}), options);
      return std::vector<bool>(bytes.begin(), bytes.end());
    } else if constexpr (std::is_nothrow_default_constructible_v<result> &&
                         std::is_nothrow_move_assignable_v<result>) {
      using put = detail::assign_to<result*>;
      detail::loop<range_type, F, put> loop(range, f, options);
      std::vector<result> results(loop.size());
      detail::run_batch(loop.describe({results.data()}), options);
      return results;
    } else {
      using slot = std::optional<result>;
      using put = detail::emplace_in<slot>;
      detail::loop<range_type, F, put> loop(range, f, options);
      std::vector<slot> slots(loop.size());
      detail::run_batch(loop.describe({slots.data()}), options);
      std::vector<result> results;
      results.reserve(slots.size());
      for (slot& made : slots) results.push_back(std::move(*made));
      return results;
    }
  }
}

}  // namespace amorsize
