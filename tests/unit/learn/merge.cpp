#include "learn/merge.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "learn/outcome.hpp"

using namespace amorsize::detail;

namespace {

outcome outcome_of(int n_jobs, double count, double mean, std::int64_t last_seen = 0) {
  outcome o;
  o.by.n_jobs = n_jobs;
  o.count = count;
  o.mean = mean;
  o.last_seen = last_seen;
  return o;
}

/// The part of one process: calls of one size, by one number of threads.
workload_record part_of(const std::string& host, std::uint64_t sequence, double calls,
                        int n_jobs = 1, int size_class = 10) {
  workload_record part;
  part.hash = 7;
  part.identity = "work";
  part.fingerprint = 3;
  part.from = {host, 1, sequence};
  sized_record size;
  size.size_class = size_class;
  size.calls = calls;
  size.items = 1'000 * calls;
  size.item_ns = 100 + calls;
  size.wall_ns = 0.1 * calls;
  size.outcomes = {outcome_of(n_jobs, calls, 4 + 0.1 * calls)};
  part.sizes = {size};
  return part;
}

double calls_of(const workload_record& record) {
  double sum = 0;
  for (const sized_record& size : record.sizes) sum += size.calls;
  return sum;
}

bool are_same(const sized_record& a, const sized_record& b) {
  const auto is_same = [](const outcome& x, const outcome& y) {
    return x.by == y.by && x.count == y.count && x.mean == y.mean && x.squares == y.squares &&
           x.last_seen == y.last_seen;
  };
  return a.size_class == b.size_class && a.calls == b.calls && a.items == b.items &&
         a.item_ns == b.item_ns && a.wall_ns == b.wall_ns && a.place == b.place &&
         std::equal(a.outcomes.begin(), a.outcomes.end(), b.outcomes.begin(), b.outcomes.end(),
                    is_same);
}

bool are_same(const workload_record& a, const workload_record& b) {
  return a.hash == b.hash && a.identity == b.identity && a.from == b.from &&
         a.absorbed == b.absorbed &&
         std::equal(a.sizes.begin(), a.sizes.end(), b.sizes.begin(), b.sizes.end(),
                    [](const sized_record& x, const sized_record& y) { return are_same(x, y); });
}

workload_record merged_of(const std::vector<workload_record>& parts) { return merged(parts); }

}  // namespace

TEST_CASE("parts in any order, and duplicated, have exactly the same sum") {
  std::vector<workload_record> parts;
  for (int i = 1; i <= 7; ++i) {
    parts.push_back(part_of("host " + std::to_string(i % 3), 1, 0.1 * i, 1 + i % 2, 10 + i % 2));
    parts.back().from.epoch = static_cast<std::uint64_t>(i);
    parts.back().sizes[0].place.fill(0.1F * static_cast<float>(i));
  }
  parts[3].absorbed = {parts[5].from, {"elsewhere", 9, 4}};
  const workload_record sum = merged(parts);
  std::mt19937 random(1);
  for (int trial = 0; trial < 50; ++trial) {
    std::shuffle(parts.begin(), parts.end(), random);
    std::vector<workload_record> more = parts;
    more.push_back(parts[random() % parts.size()]);
    REQUIRE(are_same(merged(parts), sum));
    REQUIRE(are_same(merged(more), sum));
  }
}

TEST_CASE("of one process the last part counts, and no other") {
  const workload_record sum =
      merged_of({part_of("a", 2, 20), part_of("a", 3, 30), part_of("a", 1, 10)});
  CHECK(calls_of(sum) == 30);
  workload_record later_process = part_of("a", 1, 5);
  later_process.from.epoch = 2;
  CHECK(calls_of(merged_of({part_of("a", 3, 30), later_process, part_of("b", 1, 1)})) == 36);
}

TEST_CASE("what another part has absorbed does not count again, what came after it does") {
  workload_record old = part_of("old", 1, 100);
  old.absorbed = {{"a", 1, 2}};
  CHECK(calls_of(merged_of({old, part_of("a", 1, 10)})) == 100);
  CHECK(calls_of(merged_of({old, part_of("a", 2, 20)})) == 100);
  CHECK(calls_of(merged_of({old, part_of("a", 3, 30)})) == 130);
  workload_record other = part_of("a", 1, 10);
  other.from.epoch = 2;
  CHECK(calls_of(merged_of({old, other})) == 110);
}

TEST_CASE("of two parts that claim to hold each other one counts") {
  workload_record a = part_of("a", 1, 10);
  workload_record b = part_of("b", 1, 10);
  a.absorbed = {b.from};
  b.absorbed = {a.from};
  CHECK(calls_of(merged_of({a, b})) == 10);
  CHECK(calls_of(merged_of({b, a})) == 10);
}

TEST_CASE("a sum has absorbed its parts and all that they had: added to them it adds nothing") {
  workload_record a = part_of("a", 1, 10);
  a.absorbed = {{"c", 5, 1}, {"b", 1, 1}};
  workload_record sum = merged_of({a, part_of("b", 3, 20)});
  CHECK(sum.from == origin{});
  CHECK(sum.absorbed == std::vector<origin>{{"a", 1, 1}, {"b", 1, 3}, {"c", 5, 1}});
  sum.from = {"compactor", 1, 1};
  const workload_record again = merged_of({sum, a, part_of("b", 3, 20), part_of("b", 2, 10)});
  CHECK(calls_of(again) == calls_of(sum));
  CHECK(are_same(again.sizes[0], sum.sizes[0]));
}

TEST_CASE("sums of sums are sums of all, within rounding") {
  const std::vector<workload_record> p = {part_of("a", 1, 1), part_of("b", 1, 2),
                                          part_of("c", 1, 3), part_of("d", 1, 4)};
  const workload_record all = merged(p);
  const workload_record halves = merged_of({merged_of({p[0], p[3]}), merged_of({p[1], p[2]})});
  CHECK(calls_of(halves) == calls_of(all));
  CHECK(halves.absorbed == all.absorbed);
  const outcome& a = all.sizes[0].outcomes[0];
  const outcome& b = halves.sizes[0].outcomes[0];
  CHECK(b.count == a.count);
  CHECK(b.mean == doctest::Approx(a.mean));
  CHECK(b.squares == doctest::Approx(a.squares));
  CHECK(halves.sizes[0].item_ns == doctest::Approx(all.sizes[0].item_ns));
}

TEST_CASE("parts of nobody all count") {
  CHECK(calls_of(merged_of({part_of("", 1, 1), part_of("", 1, 2), part_of("a", 1, 4)})) == 7);
}

TEST_CASE("no parts are an empty record") {
  const workload_record none = merged({});
  CHECK(none.hash == 0);
  CHECK(none.sizes.empty());
  CHECK(none.absorbed.empty());
}

TEST_CASE("one part is itself, absorbed") {
  const workload_record part = part_of("a", 1, 10);
  const workload_record sum = merged_of({part});
  CHECK(sum.fingerprint == part.fingerprint);
  CHECK(are_same(sum.sizes[0], part.sizes[0]));
  CHECK(sum.absorbed == std::vector<origin>{part.from});
}

TEST_CASE("means are weighted by calls, where they are known; sums are sums") {
  sized_record a = part_of("a", 1, 1).sizes[0];
  sized_record b = part_of("b", 1, 3).sizes[0];
  a.item_ns = 100;
  b.item_ns = 200;
  a.item_bytes = 8;
  a.explored_ns = 1;
  b.explored_ns = 2;
  b.result_bytes = 16;
  a.place[0] = 0.2F;
  b.place[0] = 0.6F;
  b.waits = true;
  for (const auto& [first, second] : {std::pair(a, b), std::pair(b, a)}) {
    sized_record sum = first;
    add(sum, second);
    CHECK(sum.calls == 4);
    CHECK(sum.items == 4'000);
    CHECK(sum.item_ns == doctest::Approx(175));
    CHECK(sum.item_bytes == 8);
    CHECK(sum.result_bytes == 16);
    CHECK(sum.explored_ns == 3);
    CHECK(sum.wall_ns == doctest::Approx(0.4));
    CHECK(sum.place[0] == doctest::Approx(0.5));
    CHECK(sum.waits);  // as the three calls of four did
  }
}

TEST_CASE("outcomes are added by configuration, sizes by class, both in order") {
  workload_record sum = part_of("a", 1, 1, 4, 20);
  add(sum, part_of("b", 1, 2, 1, 20));
  add(sum, part_of("c", 1, 3, 4, 20));
  add(sum, part_of("d", 1, 4, 4, 10));
  REQUIRE(sum.sizes.size() == 2);
  CHECK(sum.sizes[0].size_class == 10);
  const std::vector<outcome>& large = sum.sizes[1].outcomes;
  REQUIRE(large.size() == 2);
  CHECK(large[0].by.n_jobs == 1);
  CHECK(large[0].count == 2);
  CHECK(large[1].by.n_jobs == 4);
  CHECK(large[1].count == 4);
}

TEST_CASE("of many configurations those seen last are kept, of many sizes those called most") {
  sized_record size;
  for (int n = 1; n <= 100; ++n) {
    sized_record more;
    more.outcomes = {outcome_of(n, 1, 1, n % 2 == 0 ? 1'000 + n : n)};
    add(size, more);
  }
  REQUIRE(size.outcomes.size() == most_outcomes);
  for (int n = 2; n <= 100; n += 2) {
    CHECK(std::any_of(size.outcomes.begin(), size.outcomes.end(),
                      [n](const outcome& o) { return o.by.n_jobs == n; }));
  }
  workload_record record;
  for (int c = 0; c < 80; ++c) add(record, part_of("a", 1, c % 2 == 0 ? 100 : 1, 1, c));
  REQUIRE(record.sizes.size() == most_sizes);
  for (int c = 0; c < 80; c += 2) {
    CHECK(std::any_of(record.sizes.begin(), record.sizes.end(),
                      [c](const sized_record& s) { return s.size_class == c; }));
  }
}

namespace {

sized_record size_with(const outcome& o) {
  sized_record size;
  size.calls = o.count;
  size.outcomes = {o};
  return size;
}

outcome sum_of(const outcome& a, const outcome& b) {
  sized_record sum = size_with(a);
  add(sum, size_with(b));
  REQUIRE(sum.calls == a.count + b.count);
  REQUIRE(sum.outcomes.size() == 1);
  return sum.outcomes[0];
}

/// Readings that differ as those of a quiet machine do.
outcome steady(double count, double mean, std::int64_t last_seen) {
  outcome o = outcome_of(1, count, mean, last_seen);
  o.squares = 0.003 * count;
  return o;
}

}  // namespace

TEST_CASE("behind thousands of calls the last 64 count, and the sums of all stay exact") {
  const outcome old = steady(5'000, 4, 10);
  const outcome sum = sum_of(old, steady(1, 4.06, 20));
  CHECK(sum.count == 64);
  CHECK(sum.mean == doctest::Approx(4 + 0.06 / 64));
  CHECK(sum.last_seen == 20);
  CHECK(sum_of(old, steady(32, 4.06, 20)).mean == doctest::Approx(4.03));
  CHECK(sum_of(old, steady(100, 4.06, 20)).mean == doctest::Approx(4.06));
  CHECK(sum_of(old, steady(100, 4.06, 20)).count == 64);
  CHECK(sum_of(old, steady(5'000, 4.06, 10)).count == 64);
  CHECK(sum_of(old, outcome_of(1, 0, 0, 20)).count == 64);
  sized_record other = size_with(old);
  other.outcomes[0].by.n_jobs = 2;
  sized_record both = size_with(old);
  add(both, other);
  CHECK(both.outcomes[1].count == 64);
}

TEST_CASE("the later part is the later one, whichever is added to the other") {
  for (const double few : {1.0, 3.0, 40.0}) {
    CAPTURE(few);
    const outcome old = steady(50, 4, 10);
    const outcome fresh = steady(few, 4.05, 20);
    const outcome one = sum_of(old, fresh);
    const outcome other = sum_of(fresh, old);
    CHECK(one.count == other.count);
    CHECK(one.mean == other.mean);
    CHECK(one.squares == other.squares);
    CHECK(one.last_seen == 20);
    CHECK(other.last_seen == 20);
  }
  CHECK(sum_of(steady(60, 4, 10), steady(60, 4.1, 20)).mean > 4.09);
  CHECK(sum_of(steady(60, 4, 20), steady(60, 4.1, 10)).mean < 4.01);
  CHECK(sum_of(steady(60, 4, 10), steady(60, 4.1, 10)).mean == doctest::Approx(4.05));
}

TEST_CASE("one process that makes one call moves the store as that call moves a process") {
  outcome observed = steady(64, 4, 10);
  const outcome merged = sum_of(observed, outcome_of(1, 1, 4.05, 20));
  observe(observed, std::exp(4.05), 20);
  CHECK(merged.count == observed.count);
  CHECK(merged.mean == doctest::Approx(observed.mean));
  CHECK(merged.squares == doctest::Approx(observed.squares));
}

TEST_CASE("one call far from all others is doubted, a second one from another process is not") {
  const outcome first = sum_of(steady(500, 4, 10), outcome_of(1, 1, 5, 20));
  CHECK(first.mean < 4.4);
  CHECK(log_error_of(first) > 0.1);
  const outcome second = sum_of(first, outcome_of(1, 1, 5, 30));
  CHECK(second.mean == doctest::Approx(5));
}

TEST_CASE("later calls that contradict replace what was known, earlier ones do not") {
  CHECK(sum_of(steady(60, 4, 10), steady(5, 4.5, 20)).mean > 4.45);
  CHECK(sum_of(steady(60, 4, 20), steady(5, 4.5, 10)).mean < 4.05);
  CHECK(sum_of(steady(60, 4, 10), steady(5, 3.5, 20)).mean < 3.55);
  // Within what readings differ by, they are only added.
  outcome wide = steady(60, 4, 10);
  wide.squares = 60 * 0.25;
  const outcome sum = sum_of(wide, steady(5, 4.3, 20));
  CHECK(sum.mean < 4.1);
  CHECK(sum.count == 64);
}

TEST_CASE("where a configuration changed, what was known of others before counts for little") {
  sized_record old = size_with(steady(60, 4, 10));
  old.outcomes.push_back(steady(60, 3, 10));
  old.outcomes[1].by.n_jobs = 2;
  old.outcomes.push_back(steady(60, 2, 30));
  old.outcomes[2].by.n_jobs = 4;
  for (const bool is_old_first : {true, false}) {
    CAPTURE(is_old_first);
    const sized_record fresh = size_with(steady(5, 5, 20));
    sized_record sum = is_old_first ? old : fresh;
    add(sum, is_old_first ? fresh : old);
    REQUIRE(sum.outcomes.size() == 3);
    CHECK(sum.outcomes[0].mean > 4.9);
    CHECK(sum.outcomes[1].count < 1);
    CHECK(sum.outcomes[1].mean == 3);
    CHECK(sum.outcomes[2].count == 60);  // seen since
  }
}

TEST_CASE("a change is seen whatever the names of the processes that saw it") {
  for (const bool is_reversed : {false, true}) {
    CAPTURE(is_reversed);
    std::vector<workload_record> parts;
    const auto part_seen = [&](const char* host, const outcome& o) {
      parts.push_back(part_of(host, 1, o.count));
      parts.back().sizes[0].outcomes = {o};
    };
    part_seen(is_reversed ? "c" : "a", steady(60, 4, 10));
    part_seen("b", outcome_of(1, 1, 5, 20));
    part_seen(is_reversed ? "a" : "c", outcome_of(1, 1, 5, 30));
    const workload_record sum = merged_of(parts);
    CHECK(sum.sizes[0].outcomes[0].mean == doctest::Approx(5));
    CHECK(calls_of(sum) == 62);
  }
}
