#include "learning/call.hpp"

#include <algorithm>
#include <cmath>

#include "learn/abandon.hpp"

namespace learning {
namespace {

/// How far a call is at what time: workers come one after the other, and items are not alike.
class course {
 public:
  course(const pair& at, int n, double all) : of_(at.of), n_(n) {
    if (n > 1) come_ = std::min(at.on.wake + (n - 2) * at.on.wake_next, 0.8 * all);
    rate_ = 1 / (come_ / n + growth() * come_ / 2 + all - come_);
  }

  double time(double done) const {
    const double of_work = weight_before(of_, done);
    const double at_come = rate_ * (come_ / n_ + growth() * come_ / 2);
    if (of_work >= at_come) return come_ + (of_work - at_come) / rate_;
    const double a = growth() / (2 * come_);
    return (std::sqrt(1.0 / n_ / n_ + 4 * a * of_work / rate_) - 1.0 / n_) / (2 * a);
  }

 private:
  double growth() const { return 1 - 1.0 / n_; }

  const work& of_;
  int n_;
  double come_ = 0;
  double rate_ = 0;  // with all workers
};

/// How long chunks are that are under way when an arm is left.
double chunk_ns(const pair& at, std::size_t arm) {
  const int rung = at.arms[arm].by.chunk_rung;
  return rung > 0 ? rung_ns(rung) : at.truth[arm] / 8;
}

double switch_cost(const pair& at, std::size_t from, std::size_t to) {
  return at.arms[to].by.n_jobs > at.arms[from].by.n_jobs ? at.on.wake : at.on.claim;
}

}  // namespace

executed execute(const pair& at, const turn& by, double noise, std::mt19937_64& random) {
  const disturbance met = draw_disturbance(noise, at.on.outliers, random);
  const double all = at.truth[by.arm] * met.factor;
  const double otherwise = at.truth[by.instead] * met.factor;
  executed e{all + met.late, all + met.late, at.truth[by.arm], false};
  const course way(at, at.arms[by.arm].by.n_jobs, all);
  const course other_way(at, at.arms[by.instead].by.n_jobs, otherwise);
  amorsize::detail::progress seen(by.instead_ns, by.instead_spread, variation_of(at.of));
  const double chunk = chunk_ns(at, by.arm) / at.truth[by.arm];
  // Chunks end one after the other, but not more often than anybody would look.
  const double step = std::max(chunk / at.arms[by.arm].by.n_jobs, 1 / 64.0);
  for (double done = step; done < 1; done += step) {
    const double late = done >= met.at ? met.late : 0;
    const double elapsed = way.time(done) + late;
    if (!seen.should_abandon(elapsed, done, 1 - done)) continue;
    const double last = std::min(done + chunk / 2, 1.0);
    const double spent = way.time(last);
    const double rest = otherwise - other_way.time(last) + switch_cost(at, by.arm, by.instead);
    return {spent + late + rest, seen.whole(elapsed, done, 1 - done), (spent + rest) / met.factor,
            true};
  }
  return e;
}

}  // namespace learning
