/// Exceptions and stops of source, function and consumer at every position, in both forms and
/// orders: nothing leaks, and nothing is called once the stream is over.
#include <amorsize/amorsize.hpp>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <latch>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "counted.hpp"
#include "doctest/doctest.h"
#include "message_of.hpp"
#include "random.hpp"
#include "ranges.hpp"
#include "streams.hpp"

using amorsize::result_order;
using support::counted;
using support::form;

namespace {

constexpr int items = 14;

struct failure : std::runtime_error {
  explicit failure(int at) : std::runtime_error(std::to_string(at)) {}
};

class opens_when_gone {
 public:
  explicit opens_when_gone(support::door& d) : door_(d) {}
  ~opens_when_gone() { door_.open(); }
  opens_when_gone(const opens_when_gone&) = delete;
  opens_when_gone& operator=(const opens_when_gone&) = delete;

 private:
  support::door& door_;
};

/// A stream's calls of the user's functions, as they see it; each function throws at one position.
struct trace {
  int source_fails = -1;
  int item_fails = -1;
  int sink_fails = -1;
  int stops_source = -1;
  int stops_item = -1;
  int stops_sink = -1;
  std::stop_source stop;
  std::atomic<int> inside{0};  // source, items and sink
  std::atomic<int> reads{0};
  std::vector<std::atomic<int>> runs = std::vector<std::atomic<int>>(items);
  std::vector<int> results;

  auto source() {
    return [this, next = 0]() mutable -> std::optional<counted> {
      const support::presence here(inside);
      const int now = next++;
      if (now == stops_source) stop.request_stop();
      if (now == source_fails) throw failure(now);
      if (now >= items) return std::nullopt;
      ++reads;
      return counted(now);
    };
  }
  auto function() {
    return [this](counted x) {
      const support::presence here(inside);
      ++runs[support::count(x.value)];
      if (x.value == stops_item) stop.request_stop();
      if (x.value == item_fails) throw failure(x.value);
      return x;
    };
  }
  auto sink() {
    return [this](counted x) {
      const int at = static_cast<int>(results.size());
      results.push_back(x.value);
      if (at == stops_sink) stop.request_stop();
      if (at == sink_fails) throw failure(at);
    };
  }

  template <class Error>
  std::string run(form how, amorsize::stream_options options) {
    options.stop = stop.get_token();
    return support::message_of<Error>(
        [&] { support::consume(how, source(), function(), sink(), options); });
  }

  void check_over(result_order order) const {
    CHECK(inside == 0);
    CHECK(counted::alive == 0);
    std::vector<int> times(items);
    bool are_right = true;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (order == result_order::input) are_right = are_right && results[i] == static_cast<int>(i);
      are_right = are_right && ++times[support::count(results[i])] == 1;
    }
    for (const auto& run : runs) are_right = are_right && run <= 1;
    CHECK(are_right);
  }
};

template <class Change>
void at_every_position(int positions, const Change& change) {
  support::in_all_ways([&](form how, const amorsize::stream_options& options) {
    for (int at = 0; at < positions; ++at) {
      CAPTURE(at);
      CAPTURE(options.n_jobs);
      trace t;
      change(t, at, how, options);
      t.check_over(options.order);
    }
  });
}

}  // namespace

TEST_CASE("an item that throws ends the stream at every position, in both forms and orders") {
  at_every_position(items, [](trace& t, int at, form how, const amorsize::stream_options& options) {
    t.item_fails = at;
    CHECK(t.run<failure>(how, options) == std::to_string(at));
    for (int i = 0; i <= at; ++i) CHECK(t.runs[support::count(i)] == 1);
    if (options.order == result_order::input) CHECK(t.results.size() == support::count(at));
  });
}

TEST_CASE("a source that throws ends the stream after all it gave, at every position") {
  at_every_position(items + 1,
                    [](trace& t, int at, form how, const amorsize::stream_options& options) {
                      t.source_fails = at;
                      CHECK(t.run<failure>(how, options) == std::to_string(at));
                      CHECK(t.results.size() == support::count(at));
                    });
}

TEST_CASE("a consumer that throws ends the stream at every position, in both forms and orders") {
  at_every_position(items, [](trace& t, int at, form how, const amorsize::stream_options& options) {
    t.sink_fails = at;
    CHECK(t.run<failure>(how, options) == std::to_string(at));
    CHECK(t.results.size() == support::count(at) + 1);
    CHECK(t.reads <= at + 1 + static_cast<int>(options.buffer_size));
  });
}

TEST_CASE("a failing source hides no failing item before it, in input order") {
  at_every_position(items, [](trace& t, int at, form how, const amorsize::stream_options& options) {
    t.item_fails = at;
    t.source_fails = at + 2;
    const std::string said = t.run<failure>(how, options);
    if (options.order == result_order::input) CHECK(said == std::to_string(at));
  });
}

TEST_CASE("of two items that fail the lower wins, whichever failed first") {
  for (int round = 0; round < 40; ++round) {
    std::latch both_are_here(2);
    support::door has_failed;
    const int first = round % 2;
    const auto f = [&](int x) -> int {
      both_are_here.arrive_and_wait();
      if (x != first) {
        has_failed.pass();
        support::work(20'000);  // until the other one's failure is known, as far as one can see
        throw failure(x);
      }
      const opens_when_gone later(has_failed);
      throw failure(x);
    };
    const auto run = [&] {
      support::consume(
          support::forms[support::count(round / 2 % 2)], support::numbers(2), f, [](int) {},
          support::stream_at_width(2));
    };
    CHECK(support::message_of<failure>(run) == "0");
  }
}

TEST_CASE("a stop by the consumer ends the stream at every position, the last one included") {
  at_every_position(items, [](trace& t, int at, form how, const amorsize::stream_options& options) {
    t.stops_sink = at;
    CHECK(support::contains(t.run<amorsize::operation_cancelled>(how, options), "stopped"));
    CHECK(t.results.size() == support::count(at) + 1);
  });
}

TEST_CASE("a stop out of an item ends the stream at every position") {
  at_every_position(items, [](trace& t, int at, form how, const amorsize::stream_options& options) {
    t.stops_item = at;
    CHECK(support::contains(t.run<amorsize::operation_cancelled>(how, options), "stopped"));
    CHECK(t.results.size() <= items);
  });
}

TEST_CASE("a stop out of the source ends the stream at every position, its end included") {
  at_every_position(
      items + 1, [](trace& t, int at, form how, const amorsize::stream_options& options) {
        t.stops_source = at;
        CHECK(support::contains(t.run<amorsize::operation_cancelled>(how, options), "stopped"));
      });
}

TEST_CASE("an infinite source is left at every position, in both orders, and told so") {
  for (const int n_jobs : support::widths) {
    for (const auto order : support::orders) {
      for (int at = 0; at < 40; ++at) {
        std::atomic<int> inside{0};
        std::atomic<int> reads{0};
        std::stop_token told;
        {
          amorsize::stream_options options = support::stream_at_width(n_jobs, 6);
          options.order = order;
          auto results = amorsize::stream_map(
              [&](std::stop_token token) -> std::optional<counted> {
                const support::presence here(inside);
                if (reads == 0) told = std::move(token);
                return counted(reads++);
              },
              [&](counted x) {
                const support::presence here(inside);
                return x;
              },
              options);
          int taken = 0;
          for ([[maybe_unused]] const counted& x : results) {
            if (taken++ == at) break;
          }
          CHECK_FALSE(told.stop_requested());
        }
        CHECK(told.stop_requested());
        CHECK(inside == 0);
        CHECK(counted::alive == 0);
        CHECK(reads <= at + 1 + 6);
      }
    }
  }
}

TEST_CASE("an iterator that fails to read or to step ends the stream in its place") {
  using range = support::failing_range<std::forward_iterator_tag>;
  support::in_all_ways([](form how, const amorsize::stream_options& options) {
    for (int at = 0; at < 10; ++at) {
      for (const auto what : {range::iterator::at::read, range::iterator::at::step}) {
        int taken = 0;
        const auto run = [&] {
          support::consume(
              how, range{10, what, at}, [](int x) { return counted(x); },
              [&](const counted&) { ++taken; }, options);
        };
        CHECK(support::message_of<std::out_of_range>(run) == "the iterator fails");
        CHECK(taken == at + (what == range::iterator::at::step ? 1 : 0));
        CHECK(counted::alive == 0);
      }
    }
  });
}

TEST_CASE("a worker's state that cannot be made ends the stream") {
  support::in_all_ways([](form how, const amorsize::stream_options& options) {
    trace t;
    const auto f =
        amorsize::per_worker([]() -> int { throw failure(0); }, [](int&, counted x) { return x; });
    const auto run = [&] { support::consume(how, t.source(), f, t.sink(), options); };
    CHECK(support::message_of<failure>(run) == "0");
    CHECK(t.results.empty());
    t.check_over(options.order);
  });
}

TEST_CASE("items and results whose moves throw end the stream, and none is lost") {
  struct fragile : counted {
    using counted::counted;
    fragile(fragile&& other) : counted(other.value) {
      if (value == 9 && other.is_armed) throw failure(9);
      is_armed = other.is_armed;
    }
    bool is_armed = false;  // between two moves only
  };
  for (const bool in_source : {true, false}) {
    support::in_all_ways([&](form how, const amorsize::stream_options& options) {
      int taken = 0;
      const auto source = [&, next = 0]() mutable -> std::optional<fragile> {
        if (next == 20) return std::nullopt;
        std::optional<fragile> made(std::in_place, next++);
        made->is_armed = in_source;
        return made;
      };
      const auto f = [&](fragile&& x) {
        x.is_armed = !in_source;
        return fragile(std::move(x));
      };
      const auto run = [&] {
        support::consume(
            how, source, f, [&](const fragile&) { ++taken; }, options);
      };
      CHECK(support::message_of<failure>(run) == "9");
      if (options.order == result_order::input) CHECK(taken == 9);
      CHECK(counted::alive == 0);
    });
  }
}

TEST_CASE("progress that throws ends the stream") {
  support::in_all_ways([](form how, const amorsize::stream_options& options) {
    trace t;
    amorsize::stream_options told = options;
    told.on_progress = [](amorsize::progress) { throw failure(0); };
    CHECK(t.run<failure>(how, told) == "0");
    CHECK(t.results.size() <= items);
    t.check_over(options.order);
  });
}
