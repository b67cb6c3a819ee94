/// What does it cost to find the most similar work among all that is remembered?
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "learn/similar.hpp"
#include "support/arguments.hpp"
#include "support/results.hpp"
#include "support/timing.hpp"

namespace {

using amorsize::detail::compared;
using amorsize::detail::features;
using amorsize::detail::neighbours;
using amorsize::detail::similar_work;

/// Some kinds of work, each seen at many sizes and places: records come in clusters.
class kinds_of_work {
 public:
  explicit kinds_of_work(unsigned seed) : random_(seed) {
    for (features& middle : middles_) {
      for (float& value : middle) value = part_(random_);
    }
  }

  features draw() {
    features place = middles_[random_() % middles_.size()];
    for (float& value : place) value = std::clamp(value + near_(random_), 0.0F, 1.0F);
    return place;
  }

 private:
  std::mt19937 random_;
  std::uniform_real_distribution<float> part_{0, 1};
  std::normal_distribution<float> near_{0, 0.05F};
  std::vector<features> middles_ = std::vector<features>(40);
};

amorsize::detail::sized_record record_at(const features& place) {
  amorsize::detail::sized_record record;
  record.item_ns = 100;
  record.place = place;
  for (const int n : {1, 2, 4, 8}) {
    record.outcomes.push_back({{n, 0, 0, true}, 3, std::log(100.0 / n), 0.01, 0});
  }
  return record;
}

/// The distances of the five nearest, by sorting all.
std::vector<float> sorted_distances(const std::vector<features>& places, const features& query) {
  std::vector<float> all;
  const features wanted = compared(query);
  for (const features& place : places) {
    const features here = compared(place);
    float square = 0;
    for (std::size_t i = 0; i < here.size(); ++i) {
      square += (here[i] - wanted[i]) * (here[i] - wanted[i]);
    }
    all.push_back(std::sqrt(square));
  }
  std::sort(all.begin(), all.end());
  all.resize(std::min(all.size(), neighbours::most));
  return all;
}

bool is_right(const neighbours& found, const std::vector<features>& places, const features& query) {
  const std::vector<float> expected = sorted_distances(places, query);
  return std::equal(found.begin(), found.end(), expected.begin(), expected.end(),
                    [](const auto& n, float d) { return std::abs(n.distance - d) < 1e-5F; });
}

void measure(bench::results& out, const bench::arguments& given, std::size_t records) {
  kinds_of_work kinds(7);
  std::vector<features> places;
  similar_work index;
  for (std::size_t i = 0; i < records; ++i) {
    places.push_back(kinds.draw());
    index.insert(record_at(places.back()), 0);
  }
  const std::string row = std::to_string(records) + " records, us";
  const int queries = static_cast<int>(std::max<std::size_t>(2'000'000 / records, 20));
  std::vector<double> nearest;
  std::vector<double> hints;
  std::size_t found = 0;
  for (int round = 0; round < given.rounds(41); ++round) {
    std::vector<features> asked(static_cast<std::size_t>(queries));
    std::generate(asked.begin(), asked.end(), [&kinds] { return kinds.draw(); });
    if (!is_right(index.nearest(asked[0]), places, asked[0])) out.wrong(row);
    std::size_t next = 0;
    nearest.push_back(
        1e-3 * bench::time_of(queries, [&] { found += index.nearest(asked[next++]).all[0].row; }));
    next = 0;
    hints.push_back(
        1e-3 * bench::time_of(queries, [&] { found += index.hints_for(asked[next++]).size(); }));
  }
  if (found == 0) out.wrong(row + ", nothing found");
  out.add(row, "nearest five", std::move(nearest));
  out.add(row, "what they say", std::move(hints));
}

}  // namespace

int main(int count, char** texts) {
  const bench::arguments given(count, texts);
  bench::results out("prediction", given);
  for (const std::size_t records : {1'000U, 10'000U, 100'000U}) measure(out, given, records);
  return out.finish("time of one query");
}
