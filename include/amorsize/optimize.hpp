/// Plans a call without running it.
#pragma once

#include <ranges>
#include <type_traits>
#include <utility>

#include "amorsize/detail/loop.hpp"
#include "amorsize/detail/stream_engine.hpp"
#include "amorsize/detail/stream_loop.hpp"
#include "amorsize/options.hpp"
#include "amorsize/plan.hpp"

namespace amorsize {

/// The plan that a `parallel_map` of the same arguments would follow, for `options.plan` or to
/// read.
///
/// Where nothing is known of the work, `f` is called on a sample of the items, on this thread, for
/// a few milliseconds at most (or one item), and the results are dropped; what it throws passes.
/// Items have to be there a second time: a range that can be read only once is not taken.
template <class Range, class F>
requires std::ranges::forward_range<Range> batch_plan optimize(Range&& range, const F& f,
                                                               const batch_options& options = {}) {
  using range_type = std::remove_reference_t<Range>;
  if constexpr (detail::check_call<range_type, F>()) {
    if (!detail::plainly_valid(options)) detail::check(options);
    detail::loop<range_type, F, detail::discard> loop(range, f, options);
    return detail::plan_batch(loop.describe({}), options);
  }
}

/// The plan that a `stream_map` of the same arguments would follow, for `options.plan` or to read.
///
/// `f` is called on items from the beginning of the range, on this thread, for a few milliseconds
/// at most (or one item), and the results are dropped; what it throws passes. Items have to be
/// there a second time: a range that can be read only once is not taken. The range may be
/// infinite.
template <class Range, class F>
requires std::ranges::forward_range<Range> stream_plan
optimize_streaming(Range&& range, const F& f, const stream_options& options = {}) {
  using item = typename detail::source_of<Range>::reference;
  using result = typename detail::called_function<F>::template result<item>::type;
  static_assert(!std::is_void_v<result>, "f returns nothing: a stream is of results");
  detail::stream_sample<Range, F> sample(std::forward<Range>(range), f, options);
  return detail::plan_stream(sample.describe(), options);
}

}  // namespace amorsize
