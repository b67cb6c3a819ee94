/// A state for each worker: spelling suggestions, whose scratch row is made once a worker.
#include <algorithm>
#include <amorsize/amorsize.hpp>
#include <array>
#include <cstdio>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

using scratch = std::vector<std::size_t>;

/// Levenshtein's distance, by one row of its table.
std::size_t distance(scratch& row, std::string_view a, std::string_view b) {
  row.resize(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

int main() {
  constexpr std::array<std::string_view, 8> dictionary{"parallel", "runtime", "thread", "chunk",
                                                       "buffer",   "stream",  "plan",   "report"};
  const std::vector<std::string> text{"paralel", "runtimme", "thred", "chunk", "bufer", "reprot"};

  const auto suggest = [&](scratch& row, const std::string& word) {
    return *std::ranges::min_element(
        dictionary, {}, [&](std::string_view known) { return distance(row, word, known); });
  };
  const auto suggestions =
      amorsize::parallel_map(text, amorsize::per_worker([] { return scratch(); }, suggest));

  for (std::size_t i = 0; i < text.size(); ++i) {
    std::printf("%s: %.*s\n", text[i].c_str(), static_cast<int>(suggestions[i].size()),
                suggestions[i].data());
  }
  const std::vector<std::string_view> right{"parallel", "runtime", "thread",
                                            "chunk",    "buffer",  "report"};
  return suggestions == right ? 0 : 1;
}
