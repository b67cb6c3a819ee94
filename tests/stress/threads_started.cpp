/// No thread before the first call that might need one.
#include <vector>

#include "amorsize/amorsize.hpp"
#include "expect.hpp"

namespace {

int twice(int i) { return 2 * i; }

void tiny_site(const std::vector<int>& numbers, amorsize::learning learn, int n_jobs) {
  amorsize::parallel_map(numbers, &twice, {.name = "tiny", .n_jobs = n_jobs, .learn = learn});
}

}  // namespace

int main() {
  const int before = thread_count();  // a sanitizer may have one of its own
  const auto started = [before] { return thread_count() - before; };
  expect(before >= 1, "threads can be counted");
  amorsize::runtime own({.max_n_jobs = 4});
  amorsize::runtime::shared();
  expect(started() == 0, "making runtimes starts no thread");
  expect(own.machine().processors >= 1 && started() == 0, "reading the machine starts no thread");

  const std::vector<int> none;
  const std::vector<int> one{1};
  const std::vector<int> some(50, 1);
  amorsize::parallel_map(none, &twice);
  amorsize::parallel_map(none, &twice, {.on = &own});
  expect(started() == 0, "a call without items starts no thread");
  amorsize::parallel_map(one, &twice);
  amorsize::parallel_map(one, &twice, {.on = &own});
  expect(started() == 0, "a call of one item starts no thread");
  amorsize::parallel_map(some, &twice, {.n_jobs = 1});
  amorsize::parallel_map(some, &twice, {.max_n_jobs = 1, .on = &own});
  amorsize::runtime alone({.max_n_jobs = 1});
  amorsize::parallel_map(some, &twice, {.n_jobs = 8, .on = &alone});
  expect(started() == 0, "a call that may not share starts no thread");
  const std::vector<int> few(3, 1);  // tiny also where a sanitizer makes all of it slow
  for (int i = 0; i < 32; ++i) tiny_site(few, amorsize::learning::on, 1);
  // Frozen: what is known may not be doubted because other programs take this one's processor.
  for (int i = 0; i < 1'000; ++i) tiny_site(few, amorsize::learning::frozen, 0);
  expect(started() == 0, "a site known to be tiny starts no thread");

  amorsize::parallel_map(some, &twice, {.n_jobs = 2, .chunksize = 1, .on = &own});
  expect(started() > 0, "a call that asks for two threads starts one");
}
