/// Work as programs have it, by all the ways in which it is measured; its answer is checked.
#pragma once

#include <amorsize/amorsize.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/indices.hpp"

namespace bench {

class real_work {
 public:
  real_work(std::string name, std::size_t items) : name_(std::move(name)), items_(items) {}
  virtual ~real_work() = default;
  real_work(const real_work&) = delete;
  real_work& operator=(const real_work&) = delete;

  const std::string& name() const { return name_; }
  std::size_t items() const { return items_; }

  /// All items as a program without a library would do them.
  virtual void loop() = 0;

  /// All items by one call of ours.
  virtual void call(const amorsize::batch_options& options) = 0;

  /// Forgets the answer.
  virtual void clear() = 0;

  /// Whether the answer is there, after one run or more since it was forgotten.
  virtual bool is_right() const = 0;

 private:
  std::string name_;
  std::size_t items_;
};

using real_works = std::vector<std::unique_ptr<real_work>>;

/// Every item has a result, a number. `F` says with `knows(results)` whether the results agree with
/// what is known of them by another way than its own loop.
template <class F>
class mapped_work final : public real_work {
  using result = std::invoke_result_t<const F&, std::size_t>;
  static_assert(std::is_arithmetic_v<result>);

 public:
  mapped_work(std::string name, std::size_t items, F f)
      : real_work(std::move(name), items), f_(std::move(f)), results_(items) {
    mapped_work::loop();
    expected_ = results_;
    is_known_ = f_.knows(expected_);
  }

  void loop() override {
    for (std::size_t i = 0; i < items(); ++i) results_[i] = f_(i);
  }
  void call(const amorsize::batch_options& options) override {
    amorsize::parallel_map_into(indices(items()), results_.data(), f_, options);
  }
  void clear() override {
    for (std::size_t i = 0; i < items(); ++i) results_[i] = expected_[i] + 1;
  }
  bool is_right() const override { return is_known_ && results_ == expected_; }

 private:
  F f_;
  std::vector<result> results_;
  std::vector<result> expected_;
  bool is_known_ = false;
};

/// Items leave their traces in what `F` holds, which can `clear()` it and say if it `is_right()`;
/// where they add to it, all runs `begin()` anew.
template <class F>
class performed_work final : public real_work {
 public:
  performed_work(std::string name, std::size_t items, F f)
      : real_work(std::move(name), items), f_(std::move(f)) {}

  void loop() override {
    begin();
    for (std::size_t i = 0; i < items(); ++i) f_(i);
  }
  void call(const amorsize::batch_options& options) override {
    begin();
    amorsize::parallel_for_each(indices(items()), f_, options);
  }
  void clear() override { f_.clear(); }
  bool is_right() const override { return f_.is_right(); }

 private:
  void begin() {
    if constexpr (requires { f_.begin(); }) f_.begin();
  }

  F f_;
};

template <class F>
void add_mapped(real_works& to, std::string name, std::size_t items, F f) {
  to.push_back(std::make_unique<mapped_work<F>>(std::move(name), items, std::move(f)));
}

template <class F>
void add_performed(real_works& to, std::string name, std::size_t items, F f) {
  to.push_back(std::make_unique<performed_work<F>>(std::move(name), items, std::move(f)));
}

// Each from the file of its name.
void add_texts(real_works& to);
void add_hashes(real_works& to);
void add_numbers(real_works& to);
void add_arrays(real_works& to);
void add_streams(real_works& to);
void add_contended(real_works& to);

}  // namespace bench
