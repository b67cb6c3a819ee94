#include "run/placement.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <unistd.h>

#include <latch>
#include <thread>

using namespace amorsize::detail;

namespace {

/// Also threads of TBB, from tests before this one.
constexpr int everyone = 256;

cpu_set_t affinity(pid_t thread = 0) {
  cpu_set_t mask{};
  REQUIRE(sched_getaffinity(thread, sizeof mask, &mask) == 0);
  return mask;
}

bool same(const cpu_set_t& a, const cpu_set_t& b) { return CPU_EQUAL(&a, &b); }

/// A thread that was in an arena and left it, as TBB's are between calls, until it is let on.
class past_helper {
 public:
  past_helper() {
    thread_ = std::thread([this] {
      id_ = gettid();
      where_.entered();
      where_.left();
      ready_.count_down();
      goes_on_.wait();
      where_.entered();
      where_.left();
      restored_ = affinity();
      done_.count_down();
      ends_.wait();
    });
    ready_.wait();
  }
  ~past_helper() {
    if (!goes_on_.try_wait()) goes_on_.count_down();
    ends_.count_down();
    thread_.join();
  }
  pid_t id() const { return id_; }
  void goes_on() {
    goes_on_.count_down();
    done_.wait();
  }
  const cpu_set_t& restored() const { return restored_; }

 private:
  placement& where_ = placement::of_process();
  std::latch ready_{1};
  std::latch goes_on_{1};
  std::latch done_{1};
  std::latch ends_{1};
  pid_t id_ = 0;
  cpu_set_t restored_{};
  std::thread thread_;
};

}  // namespace

TEST_CASE("a helper outside is kept off the caller's processor, and restored when it was inside") {
  const cpu_set_t whole = affinity();
  if (CPU_COUNT(&whole) < 2) return;
  past_helper helper;
  CHECK(same(affinity(helper.id()), whole));
  placement::of_process().keep_off_this_processor(everyone);
  const cpu_set_t since = affinity(helper.id());
  CHECK(CPU_COUNT(&since) == CPU_COUNT(&whole) - 1);
  CHECK(same(affinity(), whole));
  helper.goes_on();
  CHECK(same(helper.restored(), whole));
}

TEST_CASE("where one helper leaves, those that were meant to come and did not are restored too") {
  const cpu_set_t whole = affinity();
  if (CPU_COUNT(&whole) < 2) return;
  past_helper first;
  past_helper second;
  placement::of_process().keep_off_this_processor(everyone);
  CHECK_FALSE(same(affinity(second.id()), whole));
  first.goes_on();
  CHECK(same(affinity(second.id()), whole));
}

TEST_CASE("kept off twice in a row, a helper still gets back what it had before the first") {
  const cpu_set_t whole = affinity();
  if (CPU_COUNT(&whole) < 2) return;
  past_helper helper;
  for (int i = 0; i < 10; ++i) placement::of_process().keep_off_this_processor(everyone);
  const cpu_set_t since = affinity(helper.id());
  CHECK(CPU_COUNT(&since) == CPU_COUNT(&whole) - 1);
  helper.goes_on();
  CHECK(same(helper.restored(), whole));
}

TEST_CASE("an affinity that the host set meanwhile is the host's, and stays") {
  const cpu_set_t whole = affinity();
  if (CPU_COUNT(&whole) < 2) return;
  past_helper helper;
  placement::of_process().keep_off_this_processor(everyone);
  cpu_set_t hosts{};
  unsigned lowest = 0;
  const cpu_set_t since = affinity(helper.id());
  while (!CPU_ISSET(lowest, &whole) || CPU_ISSET(lowest, &since)) ++lowest;
  CPU_SET(lowest, &hosts);  // the one it was kept off
  REQUIRE(sched_setaffinity(helper.id(), sizeof hosts, &hosts) == 0);
  helper.goes_on();
  CHECK(same(helper.restored(), hosts));
}

TEST_CASE("a thread with one processor is left with it, as the caller is") {
  past_helper helper;
  cpu_set_t one{};
  const int processor = sched_getcpu();
  REQUIRE(processor >= 0);
  CPU_SET(static_cast<unsigned>(processor), &one);
  REQUIRE(sched_setaffinity(helper.id(), sizeof one, &one) == 0);
  placement::of_process().keep_off_this_processor(everyone);
  CHECK(same(affinity(helper.id()), one));
}

TEST_CASE("threads that ended are forgotten: far more may come and go than are known at once") {
  for (int i = 0; i < 600; ++i) {
    std::thread([] {
      placement::of_process().entered();
      placement::of_process().left();
    }).join();
  }
  const cpu_set_t whole = affinity();
  if (CPU_COUNT(&whole) < 2) return;
  past_helper helper;
  placement::of_process().keep_off_this_processor(everyone);
  CHECK_FALSE(same(affinity(helper.id()), whole));
}
