/// The figures of a benchmark: an aligned table for people, a file for programs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "support/arguments.hpp"
#include "support/statistics.hpp"

namespace bench {

/// One row a case, one column a contender, in the order in which they first appear.
class results {
 public:
  results(std::string bench, const arguments& given) : bench_(std::move(bench)), given_(given) {}

  void add(const std::string& row, const std::string& column, std::vector<double> readings) {
    const std::size_t count = readings.size();
    cells_.push_back({row, column, summarise(std::move(readings)), count});
    remember(rows_, row);
    remember(columns_, column);
  }

  void wrong(const std::string& what) {
    is_wrong_ = true;
    std::fprintf(stderr, "WRONG ANSWER: %s\n", what.c_str());
  }

  /// Prints and writes all; the exit status of the program.
  int finish(const char* unit) const {
    std::printf("%s: %s, median [quartiles]\n", bench_.c_str(), unit);
    print_table();
    if (!given_.json.empty() && !write_json()) return 2;
    return is_wrong_ ? 1 : 0;
  }

 private:
  struct cell {
    std::string row;
    std::string column;
    summary value;
    std::size_t rounds = 0;
  };

  static void remember(std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }

  static std::string number(double value) {
    char text[32];
    const int digits = value >= 1000 ? 0 : value >= 100 ? 1 : 2;
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
  }

  std::string text_of(const std::string& row, const std::string& column) const {
    for (const cell& c : cells_) {
      if (c.row != row || c.column != column) continue;
      return number(c.value.median) + " [" + number(c.value.q1) + " " + number(c.value.q3) + "]";
    }
    return "-";
  }

  void print_table() const {
    std::vector<std::vector<std::string>> lines{{""}};
    lines[0].insert(lines[0].end(), columns_.begin(), columns_.end());
    for (const std::string& row : rows_) {
      lines.push_back({row});
      for (const std::string& column : columns_) lines.back().push_back(text_of(row, column));
    }
    std::vector<std::size_t> widths(columns_.size() + 1);
    for (const auto& line : lines) {
      for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    }
    for (const auto& line : lines) {
      for (std::size_t i = 0; i < line.size(); ++i) {
        const int width = static_cast<int>(widths[i]);
        std::printf(i == 0 ? "%-*s" : "  %*s", width, line[i].c_str());
      }
      std::printf("\n");
    }
  }

  bool write_json() const {
    std::FILE* file = std::fopen(given_.json.c_str(), "w");
    if (file == nullptr) {
      std::fprintf(stderr, "%s cannot be written\n", given_.json.c_str());
      return false;
    }
    std::fprintf(file, "{\"bench\": \"%s\", \"cells\": [", bench_.c_str());
    const char* separator = "\n";
    for (const cell& c : cells_) {
      std::fprintf(file,
                   "%s{\"row\": \"%s\", \"column\": \"%s\", \"median\": %.9g, \"q1\": %.9g, "
                   "\"q3\": %.9g, \"rounds\": %zu}",
                   separator, c.row.c_str(), c.column.c_str(), c.value.median, c.value.q1,
                   c.value.q3, c.rounds);
      separator = ",\n";
    }
    std::fprintf(file, "\n]}\n");
    return std::fclose(file) == 0;
  }

  std::string bench_;
  arguments given_;
  std::vector<cell> cells_;
  std::vector<std::string> rows_;
  std::vector<std::string> columns_;
  bool is_wrong_ = false;
};

}  // namespace bench
