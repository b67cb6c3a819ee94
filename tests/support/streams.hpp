/// Sources and counters for streams, outside of what is tested.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "widths.hpp"

namespace support {

inline constexpr std::array orders{amorsize::result_order::input,
                                   amorsize::result_order::completion};

inline amorsize::stream_options stream_at_width(int n_jobs, std::size_t buffer_size = 0) {
  return {.n_jobs = n_jobs, .buffer_size = buffer_size, .on = &wide()};
}

/// The two ways to have a stream's results.
enum class form { range, sink };
inline constexpr std::array forms{form::range, form::sink};

template <class Source, class F, class Take>
void consume(form how, Source&& source, const F& f, Take&& take,
             const amorsize::stream_options& options) {
  if (how == form::sink) {
    amorsize::stream_map(std::forward<Source>(source), f, take, options);
  } else {
    for (auto& r : amorsize::stream_map(std::forward<Source>(source), f, options)) {
      take(std::move(r));
    }
  }
}

/// Each width, order and form, with little and with more room.
template <class Check>
void in_all_ways(const Check& check) {
  for (const int n_jobs : widths) {
    for (const auto order : orders) {
      for (const form how : forms) {
        for (const std::size_t buffer : {1U, 5U}) {
          amorsize::stream_options options = stream_at_width(n_jobs, buffer);
          options.order = order;
          check(how, options);
        }
      }
    }
  }
}

/// What was read and what was delivered, as the test sees it.
class flow {
 public:
  explicit flow(std::size_t buffer_size) : buffer_size_(buffer_size) {}

  /// In the source, for each item.
  void read() {
    const std::size_t now = ++read_;
    const std::size_t out = now - std::min(now, delivered_.load());
    if (out > buffer_size_) ++too_many_;
    std::size_t most = most_.load();
    while (out > most && !most_.compare_exchange_weak(most, out)) {
    }
    read_.notify_all();
  }
  /// By the consumer, as soon as it has a result.
  void deliver() { ++delivered_; }

  std::size_t reads() const { return read_.load(); }
  std::size_t most() const { return most_.load(); }
  std::size_t too_many() const { return too_many_.load(); }

  void await_reads(std::size_t least) const {
    for (std::size_t now = read_.load(); now < least; now = read_.load()) read_.wait(now);
  }

 private:
  const std::size_t buffer_size_;
  std::atomic<std::size_t> read_{0};
  std::atomic<std::size_t> delivered_{0};
  std::atomic<std::size_t> most_{0};
  std::atomic<std::size_t> too_many_{0};
};

/// The numbers from 0, told to a flow; `items` of them.
inline auto counted_source(flow& through, int items) {
  return [&through, items, next = 0]() mutable -> std::optional<int> {
    if (next == items) return std::nullopt;
    through.read();
    return next++;
  };
}

/// The numbers from 0 to `items`, not included.
inline auto numbers(int items) {
  return [items, next = 0]() mutable -> std::optional<int> {
    if (next == items) return std::nullopt;
    return next++;
  };
}

/// A door that is shut until somebody opens it; those who wait can be told to give up.
class door {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = true;
    }
    moved_.notify_all();
  }
  bool pass(const std::stop_token& token = {}) {
    std::unique_lock lock(mutex_);
    return moved_.wait(lock, token, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any moved_;
  bool is_open_ = false;
};

}  // namespace support
