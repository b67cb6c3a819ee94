/// Items and results of every kind, and the states of workers.
#include <amorsize/amorsize.hpp>
#include <atomic>
#include <cstdint>
#include <iterator>
#include <list>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "random.hpp"
#include "streams.hpp"

using amorsize::stream_map;
using support::form;

namespace {

template <std::size_t alignment>
struct alignas(alignment) aligned_number {
  explicit aligned_number(int v) : value(v) {}
  bool is_in_place() const { return reinterpret_cast<std::uintptr_t>(this) % alignment == 0; }
  int value;
};

template <class Item, class Result>
void check_alignment() {
  support::in_all_ways([](form how, const amorsize::stream_options& options) {
    std::atomic<int> misplaced{0};
    long sum = 0;
    const auto source = [next = 0]() mutable -> std::optional<Item> {
      if (next == 60) return std::nullopt;
      return Item(next++);
    };
    const auto f = [&](Item&& x) {
      if (!x.is_in_place()) ++misplaced;
      return Result(x.value);
    };
    support::consume(
        how, source, f,
        [&](Result&& x) {
          if (!x.is_in_place()) ++misplaced;
          sum += x.value;
        },
        options);
    CHECK(misplaced == 0);
    CHECK(sum == 59 * 60 / 2);
  });
}

/// Its iterators have one element, which each step replaces.
struct words_of {
  std::istream& text;
  auto begin() const { return std::istream_iterator<std::string>(text); }
  auto end() const { return std::istream_iterator<std::string>(); }
};

}  // namespace

TEST_CASE("items and results are where their alignment says") {
  check_alignment<aligned_number<4>, aligned_number<64>>();
  check_alignment<aligned_number<64>, aligned_number<4>>();
  check_alignment<aligned_number<256>, aligned_number<4096>>();
}

TEST_CASE("results of bool are whole, in both forms and orders") {
  support::in_all_ways([](form how, const amorsize::stream_options& options) {
    int set = 0;
    int all = 0;
    support::consume(
        how, support::numbers(500), [](int x) { return x % 3 == 0; },
        [&](bool b) {
          set += b ? 1 : 0;
          ++all;
        },
        options);
    CHECK(set == 167);
    CHECK(all == 500);
  });
}

TEST_CASE("elements that stay are given by reference, those of a function as their own") {
  support::in_all_ways([](form how, const amorsize::stream_options& options) {
    std::vector<std::string> texts(40, "a");
    std::set<const std::string*> met;
    support::consume(
        how, texts,
        [](std::string& t) {
          t += 'b';
          return &t;
        },
        [&](const std::string* t) { met.insert(t); }, options);
    CHECK(met.size() == texts.size());
    for (const std::string& t : texts) CHECK(met.count(&t) == 1);
    for (const std::string& t : texts) CHECK(t == "ab");
  });
}

TEST_CASE("a range that is const gives its elements as const") {
  const std::list<int> items{1, 2, 3};
  const auto f = [](auto& x) {
    static_assert(std::is_const_v<std::remove_reference_t<decltype(x)>>);
    return &x;
  };
  auto at = items.begin();
  for (const int* p : stream_map(items, f, support::stream_at_width(2, 2))) CHECK(p == &*at++);
  CHECK(at == items.end());
}

TEST_CASE("a range that is an rvalue is owned by the stream") {
  auto results = stream_map(
      std::vector<std::string>(50, std::string(100, 'x')), [](std::string& t) { return t.size(); },
      support::stream_at_width(3, 5));
  std::size_t sum = 0;
  for (const std::size_t size : results) sum += size;
  CHECK(sum == 5000);
}

TEST_CASE("a range that is read once may reuse its element") {
  std::istringstream words("one two three four five six");
  std::string joined;
  for (const std::string& word : stream_map(
           words_of{words},
           [](const std::string& word) {
             support::work(2000);
             return word;
           },
           support::stream_at_width(3, 4))) {
    joined += word;
  }
  CHECK(joined == "onetwothreefourfivesix");
}

TEST_CASE("functions may return references, and results are their own") {
  const std::vector<std::string> words{"a", "b"};
  std::string joined;
  for (std::string& word : stream_map(
           std::vector<int>{0, 1, 0},
           [&words](int i) -> const std::string& { return words[support::count(i)]; },
           support::stream_at_width(2))) {
    word += '.';
    joined += word;
  }
  CHECK(joined == "a.b.a.");
  CHECK(words[0] == "a");
}

TEST_CASE("a pointer to a member is a function, and one to a function is a source") {
  struct point {
    int x;
  };
  const std::vector<point> points{{3}, {4}};
  int sum = 0;
  stream_map(
      points, &point::x, [&](int x) { sum += x; }, support::stream_at_width(2));
  CHECK(sum == 7);
  static std::atomic<int> next;
  next = 0;
  std::optional<int> (*const source)() = [] {
    const int now = next++;
    return now < 5 ? std::optional<int>(now) : std::nullopt;
  };
  stream_map(
      source, [](int x) { return x; }, [&](int x) { sum += x; }, support::stream_at_width(2));
  CHECK(sum == 17);
}

TEST_CASE("a sink may take results as lvalues, as values, or be move-only") {
  std::vector<std::unique_ptr<int>> kept;
  const auto make = [](int x) { return std::make_unique<int>(x); };
  stream_map(
      support::numbers(5), make,
      [&kept, own = std::make_unique<int>(7)](std::unique_ptr<int> p) {
        *p += *own;
        kept.push_back(std::move(p));
      },
      support::stream_at_width(2));
  stream_map(
      support::numbers(5), make, [&](std::unique_ptr<int>& p) { kept.push_back(std::move(p)); },
      support::stream_at_width(2));
  CHECK(kept.size() == 10);
  CHECK(*kept[4] == 11);
  CHECK(*kept[9] == 4);
}

TEST_CASE("each worker has one state, used by one thread at a time, and gone with the stream") {
  struct state {
    explicit state(std::atomic<int>& a) : alive(a) { ++alive; }
    state(const state&) = delete;  // neither copied nor moved
    state& operator=(const state&) = delete;
    ~state() { --alive; }
    std::atomic<int>& alive;
    std::atomic<int> users{0};
    long used = 0;  // no atomic: a race detector sees one that is shared
  };
  support::in_all_ways([](form how, const amorsize::stream_options& options) {
    std::atomic<int> made{0};
    std::atomic<int> alive{0};
    std::atomic<int> clashes{0};
    const auto f = amorsize::per_worker(
        [&] {
          ++made;
          return state(alive);
        },
        [&](state& mine, int x) {
          if (mine.users++ != 0) ++clashes;
          ++mine.used;
          support::work(100);
          --mine.users;
          return x;
        });
    long sum = 0;
    support::consume(
        how, support::numbers(200), f, [&](int x) { sum += x; }, options);
    CHECK(sum == 199 * 100);
    CHECK(clashes == 0);
    CHECK(made >= 1);
    CHECK(made <= options.n_jobs);
    CHECK(alive == 0);
  });
}
