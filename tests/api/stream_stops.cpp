/// What a stop, or an end before the source's, cancels: at once, whoever asks for it and from
/// where.
#include <amorsize/amorsize.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "doctest/doctest.h"
#include "message_of.hpp"
#include "random.hpp"
#include "streams.hpp"

using amorsize::stream_map;
using std::chrono::milliseconds;

namespace {

int wait_some(int x) {
  std::this_thread::sleep_for(milliseconds(1));
  return x;
}

}  // namespace

TEST_CASE("once stopped, no more is read or run, though the consumer is still at a result") {
  for (const bool is_slow : {false, true}) {
    for (const auto order : support::orders) {
      std::stop_source stop;
      amorsize::stream_options options = support::stream_at_width(2, 1'000);
      options.stop = stop.get_token();
      options.order = order;
      std::atomic<int> reads{0};
      std::atomic<int> runs{0};
      int reads_then = 0;
      int runs_then = 0;
      const auto source = [&]() -> std::optional<int> {
        if (is_slow) std::this_thread::sleep_for(milliseconds(1));
        return reads++;
      };
      const auto run = [&](int x) {
        ++runs;
        return wait_some(x);
      };
      int delivered = 0;
      const auto take = [&](int) {
        if (++delivered != 40) return;
        stop.request_stop();
        reads_then = reads;
        runs_then = runs;
        std::this_thread::sleep_for(milliseconds(30));  // in which others could do a lot
      };
      const auto stream = [&] { stream_map(source, run, take, options); };
      CHECK(
          support::contains(support::message_of<amorsize::operation_cancelled>(stream), "stopped"));
      CHECK(delivered == 40);
      CHECK(reads <= reads_then + 1);
      CHECK(runs <= runs_then + 1);
    }
  }
}

TEST_CASE("a source that hears of a failure may stop whatever its stream is part of") {
  using callback = std::stop_callback<std::function<void()>>;
  for (const int n_jobs : support::widths) {
    std::stop_source all;
    amorsize::stream_options options = support::stream_at_width(n_jobs, 5);
    options.stop = all.get_token();
    std::unique_ptr<callback> hears;
    const auto source = [&, next = 0](const std::stop_token& token) mutable -> std::optional<int> {
      if (!hears) hears = std::make_unique<callback>(token, [&all] { all.request_stop(); });
      return next++;
    };
    const auto run = [](int x) {
      if (x == 12) throw std::runtime_error("the twelfth");
      return wait_some(x);
    };
    int delivered = 0;
    const auto stream = [&] {
      stream_map(
          source, run, [&delivered](int) { ++delivered; }, options);
    };
    CHECK(support::message_of<std::runtime_error>(stream) == "the twelfth");
    CHECK(delivered == 12);
    CHECK(all.stop_requested());
  }
}

TEST_CASE("an exception of on_progress ends the stream, and its source is told") {
  for (const int n_jobs : support::widths) {
    std::stop_token told;
    amorsize::stream_options options = support::stream_at_width(n_jobs, 5);
    options.on_progress = [](const amorsize::progress&) { throw std::runtime_error("enough"); };
    auto results = stream_map(
        [&told, next = 0](const std::stop_token& token) mutable -> std::optional<int> {
          told = token;
          return next++;
        },
        wait_some, options);
    const auto run = [&results] {
      for (const int x : results) REQUIRE(x < 10'000);
    };
    CHECK(support::message_of<std::runtime_error>(run) == "enough");
    CHECK(told.stop_requested());
    CHECK(results.begin() == results.end());
  }
}

TEST_CASE("a consumer that is between two results makes no room for a third") {
  for (const auto order : support::orders) {
    constexpr std::size_t buffer_size = 8;
    support::flow through(buffer_size);
    amorsize::stream_options options = support::stream_at_width(2, buffer_size);
    options.order = order;
    int looks = 0;
    options.on_progress = [&looks](const amorsize::progress&) {
      ++looks;
      support::work(5'000'000);
    };
    stream_map(
        support::counted_source(through, 500), wait_some, [&through](int) { through.deliver(); },
        options);
    CHECK(looks > 1);
    CHECK(through.too_many() == 0);
  }
}
