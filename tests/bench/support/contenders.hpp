/// Who is measured: each runs the same items, by its own way to share them.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <amorsize/amorsize.hpp>

#include "support/indices.hpp"
#include "support/processors.hpp"
#include "support/timing.hpp"
#include "support/workload.hpp"

namespace bench {

/// How caller and workers are placed.
enum class placement {
  as_shipped,  ///< where the kernel likes
  apart,       ///< the caller on one processor, the worker on the other one
};

class contender {
 public:
  explicit contender(std::string name) : name_(std::move(name)) {}
  virtual ~contender() = default;
  contender(const contender&) = delete;
  contender& operator=(const contender&) = delete;

  const std::string& name() const { return name_; }

  /// Places its own workers; the caller's thread is placed by who measures.
  virtual void place(placement) {}

  /// Runs items [0, items).
  virtual void run(const workload& work, std::size_t items) = 0;

  /// Nanoseconds a call.
  virtual double time(const workload& work, int calls) {
    return time_of(calls, [&] { run(work, work.items()); });
  }

 private:
  std::string name_;
};

class serial final : public contender {
 public:
  serial() : contender("serial") {}
  void run(const workload& work, std::size_t items) override { work.run(0, items); }
};

/// A known site of ours, under a name of its own.
class ours final : public contender {
 public:
  explicit ours(std::string site) : contender("ours"), site_(std::move(site)) {}
  void run(const workload& work, std::size_t items) override {
    // A part of the work is another site, or it would be taken for the whole one.
    const std::string_view name =
        items == work.items() ? std::string_view(site_) : std::string_view("part of a workload");
    amorsize::parallel_for_each(indices(items), [&work](std::size_t i) { work.run_item(i); },
                                {.name = name});
  }

 private:
  std::string site_;
};

}  // namespace bench
