/// Work on texts: parsing, counting, sorting, comparing, and making many small strings.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "real_workloads/json_reader.hpp"
#include "real_workloads/real_work.hpp"
#include "real_workloads/sample_text.hpp"

namespace bench {
namespace {

/// An item is a line of a log, an object of numbers, texts and lists.
struct json_lines {
  static constexpr std::size_t count = 4'000;

  std::vector<std::string> lines;

  json_lines() {
    std::mt19937_64 random(3);
    for (std::size_t i = 0; i < count; ++i) {
      std::string line =
          R"({"id": )" + std::to_string(i) + R"(, "user": ")" + word(random) + R"(", "tags": [)";
      for (std::uint64_t tags = random() % 12; tags > 0; --tags)
        line += '"' + word(random) + "\", ";
      line += R"("end"], "at": {"x": -1.25e2, "y": 3}, "ok": true, "next": null})";
      lines.push_back(std::move(line));
    }
  }
  /// The sum of its numbers; each value counts as one more.
  double operator()(std::size_t i) const { return json_reader(lines[i]).sum(); }

  bool knows(const std::vector<double>& results) const {
    // An object, a list, a text and two numbers.
    if (json_reader(R"({"a": [1, 2.5e1], "b": "x"})").sum() != 31) return false;
    for (std::size_t i = 0; i < count; ++i) {
      const double beside_id = results[i] - static_cast<double>(i);
      if (beside_id < -122 + 10 || beside_id > -122 + 10 + 11) return false;  // up to 11 tags
    }
    return true;
  }
};

/// An item is a line.
struct word_counts {
  static constexpr std::size_t count = 3'000;

  std::vector<std::string> lines = sample_lines(count, 60);

  std::uint32_t operator()(std::size_t i) const {
    std::uint32_t words = 0;
    bool is_inside = false;
    for (const char c : lines[i]) {
      const bool is_letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
      words += is_letter && !is_inside ? 1U : 0U;
      is_inside = is_letter;
    }
    return words;
  }
  bool knows(const std::vector<std::uint32_t>& results) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (results[i] != words_of(lines[i]).size()) return false;
    }
    return true;
  }
};

/// An item is a list of words; lists are of all lengths.
struct sorted_lists {
  static constexpr std::size_t count = 300;

  std::vector<std::vector<std::string>> lists;

  sorted_lists() {
    std::mt19937_64 random(17);
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<std::string> list(20 + random() % 400);
      for (std::string& each : list) each = word(random) + ' ' + word(random);
      lists.push_back(std::move(list));
    }
  }
  /// Where the middle one was before.
  std::size_t operator()(std::size_t i) const {
    std::vector<std::string> sorted = lists[i];
    std::sort(sorted.begin(), sorted.end());
    const auto found = std::find(lists[i].begin(), lists[i].end(), sorted[sorted.size() / 2]);
    return static_cast<std::size_t>(found - lists[i].begin());
  }
  bool knows(const std::vector<std::size_t>& results) const {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string& middle = lists[i][results[i]];
      const auto less = std::count_if(lists[i].begin(), lists[i].end(),
                                      [&](const std::string& s) { return s < middle; });
      if (less > static_cast<std::ptrdiff_t>(lists[i].size() / 2)) return false;
    }
    return true;
  }
};

/// An item is a pair of texts: how many letters to change, to get from one to the other.
struct edit_distances {
  static constexpr std::size_t count = 800;

  std::vector<std::string> texts = sample_lines(count + 1, 8);

  static std::uint32_t between(std::string_view from, std::string_view to) {
    std::vector<std::uint32_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), 0U);
    for (const char letter : from) {
      std::uint32_t diagonal = row[0]++;
      for (std::size_t j = 0; j < to.size(); ++j) {
        const std::uint32_t changed = diagonal + (letter == to[j] ? 0U : 1U);
        diagonal = row[j + 1];
        row[j + 1] = std::min({changed, diagonal + 1, row[j] + 1});
      }
    }
    return row.back();
  }
  std::uint32_t operator()(std::size_t i) const { return between(texts[i], texts[i + 1]); }
  bool knows(const std::vector<std::uint32_t>&) const { return between("kitten", "sitting") == 3; }
};

/// An item is a line whose words are taken apart and put together in the other order: it hardly
/// computes, but allocates.
struct turned_lines {
  static constexpr std::size_t count = 1'500;

  std::vector<std::string> lines = sample_lines(count, 12);

  std::size_t operator()(std::size_t i) const {
    std::vector<std::string> words = words_of(lines[i]);
    std::vector<std::string> longer;
    for (std::string& each : words) longer.push_back("a word that is no short string: " + each);
    std::reverse(longer.begin(), longer.end());
    std::string turned;
    for (const std::string& each : longer) turned += each + ' ';
    return turned.size();
  }
  bool knows(const std::vector<std::size_t>& results) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (results[i] != lines[i].size() + 32 * words_of(lines[i]).size()) return false;
    }
    return true;
  }
};

}  // namespace

void add_texts(real_works& to) {
  add_mapped(to, "JSON lines", json_lines::count, json_lines());
  add_mapped(to, "words in lines", word_counts::count, word_counts());
  add_mapped(to, "sorted lists", sorted_lists::count, sorted_lists());
  add_mapped(to, "edit distances", edit_distances::count, edit_distances());
  add_mapped(to, "turned lines, allocating", turned_lines::count, turned_lines());
}

}  // namespace bench
