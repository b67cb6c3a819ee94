/// A reader of JSON that adds up what it reads: enough to cost what parsing costs.
#pragma once

#include <cctype>
#include <charconv>
#include <string>
#include <string_view>

namespace bench {

/// Of text that is known to be right.
class json_reader {
 public:
  explicit json_reader(std::string_view text) : text_(text) {}

  /// Of all numbers, and one for each value.
  double sum() {
    skip_spaces();
    switch (text_.front()) {
      case '{':
        return 1 + sum_until('}');
      case '[':
        return 1 + sum_until(']');
      case '"':
        read_string();
        return 1;
      default:
        return 1 + number_or_word();
    }
  }

 private:
  void skip_spaces() {
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
  }

  double sum_until(char end) {
    double sum_of_all = 0;
    do {
      text_.remove_prefix(1);
      if (end == '}') {
        skip_spaces();
        read_string();
        skip_spaces();
        text_.remove_prefix(1);  // the colon
      }
      sum_of_all += sum();
      skip_spaces();
    } while (text_.front() != end);
    text_.remove_prefix(1);
    return sum_of_all;
  }

  void read_string() {
    string_.clear();
    for (text_.remove_prefix(1); text_.front() != '"'; text_.remove_prefix(1)) {
      if (text_.front() == '\\') text_.remove_prefix(1);
      string_.push_back(text_.front());
    }
    text_.remove_prefix(1);
  }

  double number_or_word() {
    double value = 0;
    const auto [end, failed] = std::from_chars(text_.begin(), text_.end(), value);
    if (failed == std::errc()) {
      text_.remove_prefix(static_cast<std::size_t>(end - text_.begin()));
      return value;
    }
    while (!text_.empty() && std::isalpha(static_cast<unsigned char>(text_.front())) != 0) {
      text_.remove_prefix(1);
    }
    return 0;
  }

  std::string_view text_;
  std::string string_;
};

}  // namespace bench
