/// Does the learner get better with every run, and does it know how sure it is? On simulated
/// machines: `bench_learning [--quick] [--keep FOLDER] [SEED...]`. `--quick` fails where a figure
/// is not reached.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "learning/evaluation.hpp"

namespace {

using namespace learning;
using nlohmann::json;

constexpr int pairs_of_a_seed = 200;

void print_table(const json& contenders) {
  std::printf("%-16s %10s %8s %8s %12s %8s %10s %8s\n", "", "within 5 %", "time", "9 of 10",
              "prior right", "worst", "abandoned", "saved");
  for (const auto& [name, row] : contenders.items()) {
    std::printf("%-16s %10.3f %8.4f %8.4f %12.4f %8.4f %10.0f %8.1f\n", name.c_str(),
                row["within 5 %"].get<double>(), row["time"].get<double>(),
                row["time, 9 of 10"].get<double>(),
                row["against the prior, where right"].get<double>(),
                row["against the prior, worst"].get<double>(), row["calls abandoned"].get<double>(),
                row["saved by that, in calls of the best"].get<double>());
  }
}

/// \returns whether all is as it has to be
bool print_missed(const std::vector<std::string>& figures) {
  for (const std::string& figure : figures) std::cout << "not reached: " << figure << '\n';
  return figures.empty();
}

bool print_reliability(const char* of, const json& table) {
  constexpr double least_count = 30;
  std::printf("confidence, %s: decile, count, claimed, came true\n", of);
  int decile = 0;
  for (const json& row : table["deciles: count, claimed, true"]) {
    const double count = row[0].get<double>();
    if (count >= least_count) {
      std::printf("  %.1f %7.0f %6.3f %6.3f\n", decile / 10.0, count, row[1].get<double>(),
                  row[2].get<double>());
    }
    ++decile;
  }
  std::printf("  Brier score %.4f, of a constant %.4f\n", table["Brier"].get<double>(),
              table["Brier of a constant"].get<double>());
  std::fflush(stdout);
  return print_missed(missed_by_confidence(table));
}

struct wanted {
  std::vector<std::uint64_t> seeds;
  std::string folder;
  bool is_quick = false;
};

wanted parse(const std::vector<std::string_view>& arguments) {
  wanted w;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--quick") {
      w.is_quick = true;
    } else if (arguments[i] == "--keep" && i + 1 < arguments.size()) {
      w.folder = arguments[++i];
    } else {
      w.seeds.push_back(std::strtoull(std::string(arguments[i]).c_str(), nullptr, 10));
    }
  }
  if (w.seeds.empty()) w.seeds = {1, 2, 3, 4};
  return w;
}

void append(std::vector<trial>& to, const std::vector<trial>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

int run(const wanted& w) {
  std::vector<trial> trials;
  std::vector<trial> trials_misled;
  bool is_reached = true;
  for (const std::uint64_t seed : w.seeds) {
    const evaluation e = evaluate(seed, pairs_of_a_seed);
    std::cout << "seed " << seed << ", " << pairs_of_a_seed << " pairs" << std::endl;
    print_table(e.figures["contenders"]);
    std::fflush(stdout);
    for (const char* part : {"wrong records", "equal arms", "drift", "long runs"}) {
      std::cout << part << ": " << e.figures[part].dump() << '\n';
    }
    is_reached &= print_missed(missed(e.figures));
    append(trials, e.trials);
    append(trials_misled, e.trials_misled);
    if (w.folder.empty()) continue;
    const std::string stem = w.folder + "/learning-" + std::to_string(seed);
    std::ofstream(stem + ".json") << e.figures.dump(2) << '\n';
    std::ofstream(stem + ".svg") << e.picture;
  }
  is_reached &= print_reliability("of all seeds", table_of(reliability_of(trials)));
  is_reached &=
      print_reliability("with priors twice as wrong", table_of(reliability_of(trials_misled)));
  return w.is_quick && !is_reached ? 1 : 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(parse({arguments + 1, arguments + count}));
  } catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
  }
}
