/// What does a file pay that includes our whole public interface, beside one header of oneTBB?
#include <cstdlib>
#include <string>
#include <vector>

#include "support/arguments.hpp"
#include "support/results.hpp"
#include "support/timing.hpp"

namespace {

const std::string compiler = BENCH_COMPILER;
const std::string folder = BENCH_INCLUDE;

/// Parses a file of one include; false: it is not valid.
bool parse(const std::string& header) {
  const std::string command = std::string("echo '#include <") + header + ">' | " + compiler +
                              " -std=c++20 -fsyntax-only -I '" + folder + "' -x c++ -";
  return std::system(command.c_str()) == 0;
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  bench::results out("parse", given);
  const std::vector<std::string> headers{"amorsize/amorsize.hpp", "tbb/parallel_for.h"};
  std::vector<std::vector<double>> times(2);
  for (int round = 0; round < (given.quick ? 1 : 15); ++round) {
    for (std::size_t k = 0; k < 2; ++k) {
      const std::size_t turn = (k + static_cast<std::size_t>(round)) % 2;
      bool is_valid = false;
      times[turn].push_back(bench::time_of(1, [&] { is_valid = parse(headers[turn]); }) / 1e6);
      if (!is_valid) out.wrong(headers[turn]);
    }
  }
  const std::vector<double> ratio = bench::ratios(times[0], times[1]);
  out.add("amorsize.hpp, ms", "time", times[0]);
  out.add("tbb/parallel_for.h, ms", "time", times[1]);
  out.add("ratio", "time", ratio);
  return out.finish("parsing a header");
}
