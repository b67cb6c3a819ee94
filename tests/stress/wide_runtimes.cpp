/// A runtime made for more threads than there are processors really has them, whatever other
/// runtimes were made for.
#include <unistd.h>

#include <memory>
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"
#include "have_at_once.hpp"

int main() {
  alarm(120);
  for (int round = 0; round < rounds(20); ++round) {
    auto narrow = std::make_unique<amorsize::runtime>(amorsize::runtime_options{.max_n_jobs = 3});
    have_at_once(*narrow, 3);
    amorsize::runtime wide({.max_n_jobs = 8});
    have_at_once(wide, 8);
    have_at_once(*narrow, 3);
    auto wider = std::make_unique<amorsize::runtime>(amorsize::runtime_options{.max_n_jobs = 17});
    have_at_once(*wider, 17);
    narrow.reset();
    have_at_once(wide, 8);
    wider.reset();
    have_at_once(wide, 8);
    amorsize::runtime late({.max_n_jobs = 2});
    have_at_once(late, 2);
    have_at_once(wide, 8);
  }
}
