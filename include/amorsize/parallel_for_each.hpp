/// Calls a function for every item of a range, on as many threads as pay.
#pragma once

#include <ranges>
#include <type_traits>
#include <vector>

#include "amorsize/detail/loop.hpp"
#include "amorsize/options.hpp"

namespace amorsize {

/// Calls `f(item)` exactly once for every item of `range`; returns when all calls have.
///
/// `f` is called as const, on this thread and on others at the same time, in no promised order.
/// `range` is any range with an end. A range that can be read only once is read first, and its
/// items are held until the call ends.
///
/// Where calls of `f` throw, the exception of the lowest item is thrown here, whichever came first:
/// every item below it was still run, chunks above it that had not started were not, and nothing is
/// running any more. Throws `operation_cancelled` where `options.stop` was triggered, and
/// `invalid_option` before any call of `f`.
template <class Range, class F>
requires std::ranges::input_range<Range>
void parallel_for_each(Range&& range, const F& f, const batch_options& options = {}) {
  using range_type = std::remove_reference_t<Range>;
  if constexpr (detail::check_call<range_type, F>()) {
    static_assert(
        !std::is_same_v<std::ranges::range_reference_t<Range>, std::vector<bool>::reference>,
        "elements of std::vector<bool> share bytes, which threads cannot write at once: "
        "use a range of bytes, or a const std::vector<bool> to read");
    if (!detail::plainly_valid(options)) detail::check(options);
    detail::loop<range_type, F, detail::discard> loop(range, f, options);
    detail::run_batch(loop.describe({}), options);
  }
}

}  // namespace amorsize
