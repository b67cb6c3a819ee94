/// A stream as its user's types see it: source and function for the engine, results for the
/// consumer.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "amorsize/detail/function.hpp"
#include "amorsize/detail/size_bytes.hpp"
#include "amorsize/detail/stream_engine.hpp"
#include "amorsize/detail/stream_source.hpp"

namespace amorsize::detail {

/// Results as the consumer takes them, one thread at a time. On the heap, so that a stream can be
/// moved while it runs.
template <class R>
class stream_state {
 public:
  stream_state() = default;
  stream_state(const stream_state&) = delete;
  stream_state& operator=(const stream_state&) = delete;
  virtual ~stream_state() { drop(); }

  void start() {
    if (!std::exchange(is_started_, true)) fill();
  }
  bool is_over() const noexcept { return now_ == last_; }
  R& now() const noexcept { return *now_; }

  void step() {
    take_back();
    if (lane_->stopped.load(std::memory_order_relaxed)) drop();
    if (now_ == last_) fill();
  }

 protected:
  virtual void fill() = 0;  ///< the next results; none: the stream is over

  /// The consumer has done with the present result.
  void take_back() noexcept {
    std::destroy_at(now_++);
    count_returned(1);
  }
  void drop() noexcept {
    std::destroy(now_, last_);
    now_ = last_;
  }
  void count_returned(std::size_t items) noexcept {
    std::atomic<std::size_t>& returned = lane_->returned;
    // release: pairs with the engine's acquire. Nobody else writes it.
    returned.store(returned.load(std::memory_order_relaxed) + items, std::memory_order_release);
  }

  R* now_ = nullptr;
  R* last_ = nullptr;
  stream_lane* lane_ = nullptr;

 private:
  bool is_started_ = false;
};

/// `Source` as deduced by a forwarding reference; F and R without reference.
/// \param filters  f returns an optional, and what is empty is left out
template <class Source, class F, class R, bool filters>
class stream_loop final : public stream_state<R> {
  using source = source_of<Source>;
  using item = typename source::item;
  static constexpr std::size_t the_consumer = 0;  // as a worker, also inside another call

 public:
  template <class G>
  stream_loop(Source&& from, G&& f, const stream_options& options)
      : source_(std::forward<Source>(from)),
        f_(std::forward<G>(f)),
        function_(f_, options),
        session_(open_stream(describe(), options)) {
    this->lane_ = &lane_of(*session_);
    source_.start(source_token(*session_));
  }
  ~stream_loop() override { this->drop(); }

  /// Gives every result to the sink.
  template <class Sink>
  void drain(Sink& sink) {
    while (ask()) {
      if (alone_ > 0) run_alone(sink);
      while (this->now_ != this->last_) {
        give_some(sink);
        if (this->lane_->stopped.load(std::memory_order_relaxed)) this->drop();
      }
    }
  }

 private:
  stream_call describe() {
    stream_call call;
    call.body = {this,
                 &read,
                 &run,
                 [](std::byte* items, std::size_t count) noexcept { destroy<item>(items, count); },
                 [](std::byte* results, std::size_t count) noexcept { destroy<R>(results, count); },
                 sizeof(item),
                 alignof(item),
                 sizeof(R),
                 alignof(R),
                 held_bytes<R>::is_any};
    call.types = &types_of<F, typename source::reference, stream_loop>;
    return call;
  }

  template <class T>
  static T* places(std::byte* memory) noexcept {
    return reinterpret_cast<T*>(memory);
  }
  template <class T>
  static void destroy(std::byte* memory, std::size_t count) noexcept {
    std::destroy_n(places<T>(memory), count);
  }

  static constexpr std::size_t ahead = 1024 / sizeof(item) + 1;  // items, to be read soon

  static read_end read(void* context, std::byte* items, std::size_t last,
                       std::atomic<std::size_t>& filled, const std::atomic<bool>& asked) {
    source& from = static_cast<stream_loop*>(context)->source_;
    item* const place = places<item>(items);
    std::size_t i = filled.load(std::memory_order_relaxed);
    const auto keep = [&](typename source::reference one) {
      // Its place was another processor's last.
      __builtin_prefetch(items + (i + ahead) * sizeof(item), 1);
      source::keep(place + i, static_cast<typename source::reference>(one));
      filled.store(++i, std::memory_order_release);  // pairs with the acquire of who claims
      return i != last && !asked.load(std::memory_order_relaxed);
    };
    if (i != last && !from.visit(keep)) return read_end::over;
    return i == last ? read_end::full : read_end::asked;
  }

  static run_end run(void* context, std::byte* items, std::byte* results,
                     std::size_t count) noexcept {
    item* const in = places<item>(items);
    R* const out = places<R>(results);
    run_end end;
    try {
      const auto call = static_cast<stream_loop*>(context)->function_.local();
      while (end.run != count) {
        make(call, source::pass(in[end.run]), out, end.kept);
        std::destroy_at(in + end.run++);
      }
    } catch (...) {
      end.failure = std::current_exception();
      std::destroy(in + end.run, in + count);
    }
    end.bytes = end.kept * sizeof(R);
    if constexpr (held_bytes<R>::is_any) {
      for (std::size_t i = 0; i != end.kept; ++i) end.bytes += held_bytes<R>::of(out[i]);
    }
    return end;
  }

  template <class Call, class Item>
  static void make(const Call& call, Item&& one, R* out, std::size_t& kept) {
    if constexpr (filters) {
      auto made = call(std::forward<Item>(one));
      if (!made) return;
      ::new (static_cast<void*>(out + kept)) R(std::move(*made));
    } else {
      ::new (static_cast<void*>(out + kept)) R(call(std::forward<Item>(one)));
    }
    ++kept;
  }

  void fill() override {
    do {
      while (enter()) {
        const bool has_read = run_one();
        leave();
        if (!has_read) break;
        if (this->now_ != this->last_) return;
        this->count_returned(1);
      }
    } while (ask() && this->now_ == this->last_);
  }

  /// Whether the next item may be read here.
  bool enter() noexcept {
    stream_lane& lane = *this->lane_;
    if (alone_ == 0 || lane.asked.load(std::memory_order_relaxed)) return false;
    --alone_;
    if (!lane.is_shared) return true;
    // acquire: pairs with a helper's release, should it have had the source before.
    auto free = stream_lane::token::free;
    return lane.source.compare_exchange_strong(free, stream_lane::token::taken,
                                               std::memory_order_acquire);
  }
  void leave() noexcept {
    stream_lane& lane = *this->lane_;
    if (lane.is_shared) lane.source.store(stream_lane::token::free, std::memory_order_release);
  }

  /// Reads an item and runs it here. False: there is none.
  bool run_one() {
    std::size_t kept = 0;
    R* const out = places<R>(room_);
    try {
      const auto call = function_.local(the_consumer);
      const auto use = [&](auto&& one) {
        ++this->lane_->alone;
        make(call, std::forward<decltype(one)>(one), out, kept);
        return false;
      };
      if (!source_.visit(use)) return end_alone();
    } catch (...) {
      fail();
      throw;
    }
    this->now_ = out;
    this->last_ = out + kept;
    return true;
  }

  /// The same for as many items as may be, each given to the sink.
  template <class Sink>
  void run_alone(Sink& sink) {
    if (this->lane_->is_shared) {
      while (enter()) {
        const bool has_read = run_one();
        leave();
        if (!has_read) return;
        if (this->now_ != this->last_) {
          give(sink, *this->now_);
          this->take_back();
        } else {
          this->count_returned(1);
        }
      }
      return;
    }
    if (this->lane_->asked.load(std::memory_order_relaxed)) {
      alone_ = 0;
      return;
    }
    const std::size_t most = alone_;
    std::size_t done = 0;
    try {
      const auto call = function_.local(the_consumer);
      const auto use = [&](auto&& one) {
        ++done;
        if constexpr (filters) {
          auto made = call(std::forward<decltype(one)>(one));
          if (made) give(sink, *made);
        } else {
          R made(call(std::forward<decltype(one)>(one)));
          give(sink, made);
        }
        return done != most && !this->lane_->asked.load(std::memory_order_relaxed);
      };
      if (!source_.visit(use)) end_alone();
    } catch (...) {
      fail();
      throw;
    }
    this->lane_->alone += done;
    this->count_returned(done);
    alone_ = 0;
  }

  /// As many results as the engine wants to be told of together.
  template <class Sink>
  void give_some(Sink& sink) {
    const auto count = std::min(stride_, static_cast<std::size_t>(this->last_ - this->now_));
    for (std::size_t i = 0; i != count; ++i) {
      give(sink, *this->now_);
      std::destroy_at(this->now_++);
    }
    this->count_returned(count);
  }

  template <class Sink>
  static void give(Sink& sink, R& made) {
    if constexpr (std::is_invocable_v<Sink&, R&&>) {
      std::invoke(sink, std::move(made));
    } else {
      std::invoke(sink, made);
    }
  }

  bool end_alone() noexcept {
    this->lane_->is_over = true;
    alone_ = 0;
    return false;
  }

  void fail() noexcept {
    alone_ = 0;
    fail_alone(*session_);
  }

  /// The engine's next part. False: the stream is over.
  bool ask() {
    this->now_ = this->last_ = nullptr;
    const stream_part part = next_part(*session_);
    alone_ = part.alone;
    stride_ = part.stride;
    if (part.count != 0) {
      this->now_ = static_cast<R*>(part.results);
      this->last_ = this->now_ + part.count;
    }
    return part.count != 0 || part.alone != 0;
  }

  source source_;
  F f_;
  called_function<F> function_;
  std::size_t alone_ = 0;  // items that may be read and run here before the engine is asked again
  std::size_t stride_ = 1;
  alignas(R) std::byte room_[sizeof(R)];  // of a result that was made here
  stream_handle session_;                 // last: it is closed before what its threads use goes
};

/// The first items of a range, run to be timed.
template <class Range, class F>
class stream_sample {
  using source = source_of<Range>;
  using result = typename called_function<F>::template result<typename source::reference>::type;

 public:
  stream_sample(Range&& range, const F& f, const stream_options& options)
      : source_(std::forward<Range>(range)), function_(f, options) {}

  stream_sampling describe() {
    stream_sampling sample{this, &run, 0, &types_of<F, typename source::reference, result>};
    if constexpr (!std::is_void_v<result>) {
      sample.result_bytes = sizeof(std::remove_cvref_t<result>);
    }
    return sample;
  }

 private:
  static std::size_t run(void* context, std::size_t most) {
    stream_sample& self = *static_cast<stream_sample*>(context);
    const auto call = self.function_.local();
    std::size_t done = 0;
    const auto use = [&](auto&& item) {
      if constexpr (std::is_void_v<result>) {
        call(std::forward<decltype(item)>(item));
      } else {
        auto&& made = call(std::forward<decltype(item)>(item));
        // Whatever an optimiser sees of it: a call that it left out could not be timed.
        __asm__ __volatile__("" : : "r"(std::addressof(made)) : "memory");
      }
      return ++done != most;
    };
    if (most > 0) self.source_.visit(use);
    return done;
  }

  source source_;
  called_function<F> function_;
};

}  // namespace amorsize::detail
