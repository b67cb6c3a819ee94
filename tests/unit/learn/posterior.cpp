#include "learn/posterior.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <vector>

using namespace amorsize::detail;

namespace {

constexpr double usual_error = 0.25;

/// Threads 1, 2, 4, ... of the adaptive chunk.
std::vector<arm> widths(std::initializer_list<double> priors) {
  std::vector<arm> all;
  int n = 1;
  for (const double ns : priors) {
    all.push_back({{.n_jobs = n}, ns, 0, 0, 0});
    n *= 2;
  }
  return all;
}

void measure(arm& a, double ns) {
  a.measured = ns;
  a.count = 4;
  a.log_error = 0.03;
}

/// What is believed to be slower than expected, as a logarithm.
double moved(const posterior& p, const std::vector<arm>& arms, std::size_t i) {
  return p.mean(i) - std::log(arms[i].prior);
}

}  // namespace

TEST_CASE("without measurements the prior is believed, and serial the most surely") {
  const std::vector<arm> arms = widths({1'000, 500, 250, 125});
  const posterior p(arms, usual_error);
  for (std::size_t i = 0; i < arms.size(); ++i) CHECK(moved(p, arms, i) == doctest::Approx(0));
  for (std::size_t i = 1; i < arms.size(); ++i) CHECK(p.variance(i) > p.variance(i - 1));
}

TEST_CASE("what an arm took is believed, and of its neighbours the more the nearer they are") {
  std::vector<arm> arms = widths({1'000, 500, 250, 125, 63});
  measure(arms[4], 126);
  const posterior p(arms, usual_error);
  CHECK(std::exp(p.mean(4)) == doctest::Approx(126).epsilon(0.05));
  for (std::size_t i = 1; i < arms.size(); ++i) CHECK(moved(p, arms, i) > moved(p, arms, i - 1));
  CHECK(moved(p, arms, 0) > 0);
}

TEST_CASE("a measured arm is surer than before, and so are those like it") {
  std::vector<arm> arms = widths({1'000, 500, 250, 125});
  const posterior before(arms, usual_error);
  measure(arms[2], 250);
  const posterior after(arms, usual_error);
  for (std::size_t i = 0; i < arms.size(); ++i) CHECK(after.variance(i) < before.variance(i));
  CHECK(after.variance(2) < 0.05 * before.variance(2));
}

TEST_CASE("where measurements surprise, what was not measured becomes less sure") {
  std::vector<arm> as_expected = widths({1'000, 500, 250, 125});
  std::vector<arm> surprising = as_expected;
  measure(as_expected[3], 125);
  measure(surprising[3], 500);
  CHECK(posterior(surprising, usual_error).variance(1) >
        2 * posterior(as_expected, usual_error).variance(1));
}

TEST_CASE("of a single reading that is far too slow less is believed than of several") {
  std::vector<arm> once = widths({1'000, 500});
  measure(once[1], 2'500);
  std::vector<arm> often = once;
  once[1].count = 1;
  CHECK(posterior(once, usual_error).mean(1) < posterior(often, usual_error).mean(1) - 0.1);
}

TEST_CASE("chunks of the same number of threads tell of each other, the nearer the more") {
  std::vector<arm> arms;
  for (const int rung : {1, 2, 5}) {
    arms.push_back({{.n_jobs = 4, .chunk_rung = rung}, 100, 0, 0, 0});
  }
  measure(arms[0], 160);
  const posterior p(arms, usual_error);
  CHECK(moved(p, arms, 1) > moved(p, arms, 2));
  CHECK(moved(p, arms, 2) > 0);
}

TEST_CASE("an arm without a prior is what it was measured as, and tells of no other") {
  std::vector<arm> arms = widths({1'000, 0, 0});
  measure(arms[1], 5'000);
  const posterior p(arms, usual_error);
  CHECK(p.is_known(1));
  CHECK_FALSE(p.is_known(2));
  CHECK(std::exp(p.mean(1)) == doctest::Approx(5'000));
  CHECK(moved(p, arms, 0) == doctest::Approx(0));
}

TEST_CASE("arms beyond the most are not looked at") {
  std::vector<arm> arms(most_arms + 10, arm{{.n_jobs = 2}, 100, 0, 0, 0});
  CHECK(posterior(arms, usual_error).size() == most_arms);
}

TEST_CASE("what slows all that share the work says little of one thread") {
  std::vector<arm> arms = widths({1'000, 500, 250});
  measure(arms[2], 500);
  const posterior p(arms, usual_error);
  CHECK(moved(p, arms, 1) > 0.3 * moved(p, arms, 2));
  CHECK(moved(p, arms, 0) < 0.1 * moved(p, arms, 2));
}

TEST_CASE("an arm without a prior is moved by no other") {
  std::vector<arm> arms = widths({1'000, 0, 250});
  measure(arms[1], 5'000);
  measure(arms[2], 1'000);
  CHECK(std::exp(posterior(arms, usual_error).mean(1)) == doctest::Approx(5'000));
}

TEST_CASE("of what arms share, nothing is in doubt about their difference") {
  std::vector<arm> arms(2, arm{{.n_jobs = 64, .chunk_rung = 1}, 100, 0, 0, 0});
  arms[1].by.chunk_rung = 2;
  const posterior p(arms, usual_error);
  CHECK(p.variance_of_difference(0, 1) < 0.1 * p.variance(0));
  CHECK(p.variance_of_difference(0, 0) == 0);
}

TEST_CASE("what a buffer took says more of near ones than of far ones, and of its own order") {
  std::vector<arm> arms;
  for (const std::size_t buffer : {16U, 32U, 512U}) {
    for (const bool ordered : {true, false}) {
      const configuration by{.n_jobs = 2, .buffer_size = buffer, .use_ordered = ordered};
      arms.push_back({by, 500, 0, 0, 0});
    }
  }
  measure(arms[0], 1'000);
  const posterior p(arms, usual_error);
  CHECK(moved(p, arms, 0) > moved(p, arms, 2));
  CHECK(moved(p, arms, 2) > moved(p, arms, 4));
  CHECK(moved(p, arms, 0) > moved(p, arms, 1));
  CHECK(moved(p, arms, 4) > moved(p, arms, 5));
  CHECK(moved(p, arms, 5) > 0);
}

TEST_CASE("batches know neither buffers nor orders") {
  std::vector<arm> arms = widths({1'000, 500, 250});
  measure(arms[1], 700);
  const posterior batch(arms, usual_error);
  for (arm& a : arms) a.by.use_ordered = false;
  const posterior same(arms, usual_error);
  for (std::size_t i = 0; i < arms.size(); ++i) CHECK(same.mean(i) == batch.mean(i));
}
