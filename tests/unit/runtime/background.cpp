#include "runtime/background.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <thread>

#include "run/process.hpp"

using namespace amorsize::detail;

namespace {

/// Blocks its first tending until it is let go.
class patient final : public tended {
 public:
  bool tend() noexcept override {
    if (tended_.fetch_add(1) == 0) {
      where_ = std::this_thread::get_id();
      began.count_down();
      go_on.wait();
    }
    is_over = true;
    return false;
  }
  void finish(std::chrono::milliseconds) noexcept override {}

  int times() const { return tended_.load(); }
  std::thread::id where() const { return where_; }

  std::latch began{1};
  std::latch go_on{1};
  std::atomic<bool> is_over{false};

 private:
  std::atomic<int> tended_{0};
  std::thread::id where_;
};

}  // namespace

TEST_CASE("who is poked for is tended, on a thread that is not the caller's") {
  process::watch();
  patient who;
  background::of_process().attend(who);
  background::of_process().poke();
  who.began.wait();
  CHECK(who.where() != std::this_thread::get_id());
  who.go_on.count_down();
  background::of_process().leave(who);
}

TEST_CASE("who leaves is not being tended any more, and never will be") {
  process::watch();
  patient who;
  background::of_process().attend(who);
  background::of_process().poke();
  who.began.wait();
  std::thread opener([&] { who.go_on.count_down(); });
  background::of_process().leave(who);
  CHECK(who.is_over);
  const int times = who.times();
  opener.join();
  patient other;
  background::of_process().attend(other);
  background::of_process().poke();
  other.began.wait();
  other.go_on.count_down();
  background::of_process().leave(other);
  CHECK(who.times() == times);
}

TEST_CASE("a forked child that pokes has no thread and does not wait for one") {
  process::watch();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    background::of_process().poke();
    _exit(0);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
