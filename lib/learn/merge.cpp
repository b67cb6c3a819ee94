#include "learn/merge.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "learn/outcome.hpp"

namespace amorsize::detail {
namespace {

auto fields(const configuration& c) {
  return std::tie(c.n_jobs, c.chunk_rung, c.buffer_size, c.use_ordered);
}

bool is_before(const origin& a, const origin& b) {
  return std::tie(a.host, a.epoch, a.sequence) < std::tie(b.host, b.epoch, b.sequence);
}

bool is_same_process(const origin& a, const origin& b) {
  return a.host == b.host && a.epoch == b.epoch;
}

/// Weighted by calls; zero: not known.
double mean_of_known(double a, double a_calls, double b, double b_calls) {
  if (a <= 0 || b_calls <= 0) return b > 0 ? b : a;
  if (b <= 0 || a_calls <= 0) return a > 0 ? a : b;
  return (a * a_calls + b * b_calls) / (a_calls + b_calls);
}

/// Whether what was seen later shows that what was known of the same is not so any more.
bool contradicts(const outcome& newer, const outcome& older) {
  if (newer.last_seen <= older.last_seen || !(older.count > 0)) return false;
  if (newer.count == 1) {
    outcome after = older;
    return observe(after, std::exp(newer.mean), newer.last_seen);
  }
  // The later ones are few, maybe: they differ as the others do.
  outcome few = newer;
  few.squares = std::max(few.squares, older.squares * few.count / older.count);
  const double error = std::hypot(log_error_of(older), log_error_of(few));
  return newer.count > 1 &&
         std::abs(newer.mean - older.mean) > std::max(surprise * error, least_surprise);
}

/// As if the readings of the later one had followed those of the other.
outcome followed(const outcome& older, const outcome& newer) {
  outcome sum = older;
  if (newer.count == 1 && older.count > 0) {
    observe(sum, std::exp(newer.mean), newer.last_seen);
    return sum;
  }
  const double room = most_readings - std::min(newer.count, most_readings);
  fade(sum, contradicts(newer, older) ? std::min(stale_readings, room) : room);
  outcome last = newer;
  fade(last, most_readings);
  add(sum, last);
  return sum;
}

outcome sum_of(const outcome& a, const outcome& b) {
  if (a.last_seen < b.last_seen) return followed(a, b);
  if (b.last_seen < a.last_seen) return followed(b, a);
  outcome sum = a;
  add(sum, b);
  fade(sum, most_readings);
  return sum;
}

std::vector<outcome>::iterator find(std::vector<outcome>& among, const outcome& same) {
  return std::find_if(among.begin(), among.end(),
                      [&](const outcome& o) { return o.by == same.by; });
}

/// What others found not to be so any more makes all that was seen before that count for little.
void fade_what_changed(std::vector<outcome>& olders, std::vector<outcome>& newers) {
  for (const outcome& newer : newers) {
    const auto older = find(olders, newer);
    if (older == olders.end() || !contradicts(newer, *older)) continue;
    for (outcome& o : olders) {
      if (!(o.by == newer.by) && o.last_seen < newer.last_seen) make_stale(o);
    }
  }
}

void add_outcomes(std::vector<outcome>& to, std::vector<outcome> delta) {
  fade_what_changed(to, delta);
  fade_what_changed(delta, to);
  for (const outcome& more : delta) {
    const auto same = find(to, more);
    if (same == to.end()) {
      to.push_back(more);
      fade(to.back(), most_readings);
    } else {
      *same = sum_of(*same, more);
    }
  }
  const auto recent_first = [](const outcome& a, const outcome& b) {
    if (a.last_seen != b.last_seen) return a.last_seen > b.last_seen;
    if (a.count != b.count) return a.count > b.count;
    return fields(a.by) < fields(b.by);
  };
  if (to.size() > most_outcomes) {
    std::sort(to.begin(), to.end(), recent_first);
    to.resize(most_outcomes);
  }
  std::sort(to.begin(), to.end(),
            [](const outcome& a, const outcome& b) { return fields(a.by) < fields(b.by); });
}

void keep_most_called(std::vector<sized_record>& sizes) {
  if (sizes.size() > most_sizes) {
    std::sort(sizes.begin(), sizes.end(), [](const sized_record& a, const sized_record& b) {
      return a.calls != b.calls ? a.calls > b.calls : a.size_class < b.size_class;
    });
    sizes.resize(most_sizes);
  }
  std::sort(sizes.begin(), sizes.end(), [](const sized_record& a, const sized_record& b) {
    return a.size_class < b.size_class;
  });
}

/// An order of parts that does not depend on the one they came in; the last of a process first.
bool is_part_before(const workload_record* a, const workload_record* b) {
  if (!is_same_process(a->from, b->from)) return is_before(a->from, b->from);
  if (a->from.sequence != b->from.sequence) return a->from.sequence > b->from.sequence;
  return std::lexicographical_compare(a->absorbed.begin(), a->absorbed.end(), b->absorbed.begin(),
                                      b->absorbed.end(), is_before);
}

bool has_absorbed(const workload_record& part, const origin& other) {
  return std::any_of(part.absorbed.begin(), part.absorbed.end(), [&](const origin& o) {
    return is_same_process(o, other) && o.sequence >= other.sequence;
  });
}

bool is_nobodys(const workload_record* part) { return part->from.host.empty(); }

/// The last part of each process, without those that another one of them holds already.
std::vector<const workload_record*> distinct(std::span<const workload_record> parts) {
  std::vector<const workload_record*> kept;
  for (const workload_record& part : parts) kept.push_back(&part);
  std::sort(kept.begin(), kept.end(), is_part_before);
  const auto is_repeated = [](const workload_record* a, const workload_record* b) {
    return !is_nobodys(a) && is_same_process(a->from, b->from);
  };
  kept.erase(std::unique(kept.begin(), kept.end(), is_repeated), kept.end());
  for (std::size_t i = 0; i < kept.size();) {
    // One by one, so that of two that claim to hold each other one stays.
    const bool is_held = !is_nobodys(kept[i]) &&
                         std::any_of(kept.begin(), kept.end(), [&](const workload_record* other) {
                           return other != kept[i] && has_absorbed(*other, kept[i]->from);
                         });
    if (is_held) {
      kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  return kept;
}

std::int64_t last_seen_of(const workload_record& part) {
  std::int64_t last = 0;
  for (const sized_record& size : part.sizes) {
    for (const outcome& o : size.outcomes) last = std::max(last, o.last_seen);
  }
  return last;
}

/// Of each process the highest sequence.
std::vector<origin> all_origins(std::span<const workload_record> parts) {
  std::vector<origin> all;
  for (const workload_record& part : parts) {
    if (!is_nobodys(&part)) all.push_back(part.from);
    all.insert(all.end(), part.absorbed.begin(), part.absorbed.end());
  }
  std::sort(all.rbegin(), all.rend(), is_before);
  all.erase(std::unique(all.begin(), all.end(), is_same_process), all.end());
  std::reverse(all.begin(), all.end());
  return all;
}

}  // namespace

void add(sized_record& to, const sized_record& delta) {
  const auto mean = [&](double a, double b) { return mean_of_known(a, to.calls, b, delta.calls); };
  if (delta.calls > to.calls) to.waits = delta.waits;
  if (delta.calls == to.calls) to.waits = to.waits || delta.waits;
  to.item_ns = mean(to.item_ns, delta.item_ns);
  to.coefficient_of_variation = mean(to.coefficient_of_variation, delta.coefficient_of_variation);
  to.item_bytes = mean(to.item_bytes, delta.item_bytes);
  to.result_bytes = mean(to.result_bytes, delta.result_bytes);
  for (std::size_t i = 0; i < feature_count; ++i) {
    to.place[i] = static_cast<float>(
        mean(static_cast<double>(to.place[i]), static_cast<double>(delta.place[i])));
  }
  to.calls += delta.calls;
  to.items += delta.items;
  to.wall_ns += delta.wall_ns;
  to.explored_ns += delta.explored_ns;
  add_outcomes(to.outcomes, delta.outcomes);
}

void add(workload_record& to, const workload_record& delta) {
  for (const sized_record& more : delta.sizes) {
    const auto same = std::find_if(to.sizes.begin(), to.sizes.end(), [&](const sized_record& s) {
      return s.size_class == more.size_class;
    });
    if (same == to.sizes.end()) {
      to.sizes.push_back(more);
    } else {
      add(*same, more);
    }
  }
  keep_most_called(to.sizes);
}

workload_record merged(std::span<const workload_record> parts) {
  workload_record sum;
  std::vector<const workload_record*> all = distinct(parts);
  if (all.empty()) return sum;
  sum.hash = all.front()->hash;
  sum.identity = all.front()->identity;
  sum.fingerprint = all.front()->fingerprint;
  sum.is_streaming = all.front()->is_streaming;
  sum.absorbed = all_origins(parts);
  // As they came: one far from those before it is doubted, a second one is not.
  std::stable_sort(all.begin(), all.end(), [](const workload_record* a, const workload_record* b) {
    return last_seen_of(*a) < last_seen_of(*b);
  });
  for (const workload_record* part : all) add(sum, *part);
  return sum;
}

}  // namespace amorsize::detail
