/// The contenders beside ours: oneTBB, OpenMP, a queue behind a mutex, and the ideal.
#pragma once

#include <omp.h>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "support/contenders.hpp"

namespace bench {

class tbb_auto final : public contender {
 public:
  tbb_auto() : contender("tbb auto") {}
  void place(placement where) override {
    arena_.reset();
    if (where == placement::apart) arena_.emplace();
  }
  void run(const workload& work, std::size_t items) override {
    if (!arena_) return loop(work, items);
    arena_->arena.execute([&] { loop(work, items); });
  }

 private:
  static void loop(const workload& work, std::size_t items) {
    tbb::parallel_for(tbb::blocked_range<std::size_t>(0, items),
                      [&work](const tbb::blocked_range<std::size_t>& part) {
                        work.run(part.begin(), part.end());
                      });
  }

  class pinning final : public tbb::task_scheduler_observer {
   public:
    explicit pinning(tbb::task_arena& arena) : tbb::task_scheduler_observer(arena) {
      observe(true);
    }
    ~pinning() override { observe(false); }
    void on_scheduler_entry(bool is_worker) override {
      if (is_worker) processors::pin(processors::of_process().of_worker);
    }
    void on_scheduler_exit(bool is_worker) override {
      if (is_worker) processors::of_process().release();
    }
  };
  struct pinned_arena {
    pinned_arena() : arena(2), pins(arena) {}
    tbb::task_arena arena;
    pinning pins;
  };
  std::optional<pinned_arena> arena_;
};

class openmp : public contender {
 public:
  using contender::contender;
  void place(placement where) override {
#pragma omp parallel num_threads(2)
    {
      if (omp_get_thread_num() != 0) {
        if (where == placement::apart) processors::pin(processors::of_process().of_worker);
        if (where == placement::as_shipped) processors::of_process().release();
      }
    }
  }
};

class openmp_guided final : public openmp {
 public:
  openmp_guided() : openmp("OpenMP guided") {}
  void run(const workload& work, std::size_t items) override {
#pragma omp parallel for schedule(guided) num_threads(2)
    for (std::size_t i = 0; i < items; ++i) work.run_item(i);
  }
};

class openmp_static final : public openmp {
 public:
  openmp_static() : openmp("OpenMP static") {}
  void run(const workload& work, std::size_t items) override {
#pragma omp parallel for schedule(static) num_threads(2)
    for (std::size_t i = 0; i < items; ++i) work.run_item(i);
  }
};

/// What is written by hand again and again: two threads, a queue, four blocks a thread.
class mutex_queue final : public contender {
 public:
  mutex_queue() : contender("mutex queue") {
    for (unsigned i = 0; i < threads; ++i) workers_.emplace_back([this, i] { serve(i); });
  }
  ~mutex_queue() override {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    changed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  void place(placement where) override {
    const std::lock_guard lock(mutex_);
    placement_ = where;
  }

  void run(const workload& work, std::size_t items) override {
    const std::size_t blocks = std::min<std::size_t>(items, std::size_t{4} * threads);
    {
      const std::lock_guard lock(mutex_);
      left_ = blocks;
      for (std::size_t b = 0; b < blocks; ++b) {
        queue_.emplace_back(
            [&work, items, b, blocks] { work.run(items * b / blocks, items * (b + 1) / blocks); });
      }
    }
    changed_.notify_all();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  static constexpr unsigned threads = 2;

  void serve(unsigned number) {
    placement mine = placement::as_shipped;
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return is_over_ || !queue_.empty(); });
      if (is_over_) return;
      const std::function<void()> block = std::move(queue_.front());
      queue_.pop_front();
      const placement wanted = placement_;
      lock.unlock();
      if (wanted != mine) move(mine = wanted, number);
      block();
      lock.lock();
      if (--left_ == 0) done_.notify_one();
    }
  }

  static void move(placement where, unsigned number) {
    const processors& here = processors::of_process();
    if (where == placement::as_shipped) return here.release();
    processors::pin(number == 0 ? here.of_caller : here.of_worker);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable done_;
  std::deque<std::function<void()>> queue_;
  std::size_t left_ = 0;
  bool is_over_ = false;
  placement placement_ = placement::as_shipped;
  std::vector<std::thread> workers_;
};

/// Two halves that know nothing of each other, on two processors, both awake: the slower's time.
class ideal final : public contender {
 public:
  ideal() : contender("ideal"), worker_([this] { serve(); }) {}
  ~ideal() override {
    wake(nullptr, 0);
    worker_.join();
  }

  void place(placement where) override { placement_ = where; }

  /// All of the work, whatever part of it is asked for.
  void run(const workload& work, std::size_t) override { time(work, 1); }

  double time(const workload& work, int calls) override {
    const processors& here = processors::of_process();
    processors::pin(here.of_caller);
    wake(&work, calls);
    while (!is_ready_.load(std::memory_order_acquire)) std::this_thread::yield();
    go_.store(true, std::memory_order_release);
    const double mine = time_of(calls, [&work] { work.run(0, work.middle()); });
    while (!is_done_.load(std::memory_order_acquire)) std::this_thread::yield();
    if (placement_ == placement::as_shipped) here.release();
    return std::max(mine, theirs_);
  }

 private:
  void wake(const workload* work, int calls) {
    {
      const std::lock_guard lock(mutex_);
      is_ready_ = is_done_ = go_ = false;
      next_ = order{work, calls};
    }
    called_.notify_one();
  }

  void serve() {
    processors::pin(processors::of_process().of_worker);
    for (;;) {
      order now;
      {
        std::unique_lock lock(mutex_);
        called_.wait(lock, [this] { return next_.has_value(); });
        now = *std::exchange(next_, std::nullopt);
      }
      if (now.work == nullptr) return;
      is_ready_.store(true, std::memory_order_release);
      while (!go_.load(std::memory_order_acquire)) {
      }
      theirs_ =
          time_of(now.calls, [&now] { now.work->run(now.work->middle(), now.work->items()); });
      is_done_.store(true, std::memory_order_release);
    }
  }

  struct order {
    const workload* work = nullptr;
    int calls = 0;
  };
  placement placement_ = placement::as_shipped;
  std::mutex mutex_;
  std::condition_variable called_;
  std::optional<order> next_;
  std::atomic<bool> is_ready_{false};
  std::atomic<bool> go_{false};
  std::atomic<bool> is_done_{false};
  double theirs_ = 0;  // published by `is_done_`
  std::thread worker_;
};

}  // namespace bench
