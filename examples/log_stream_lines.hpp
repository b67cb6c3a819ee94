/// Lines as they come in, and what a web server's log says in them.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "pipes.hpp"

/// Lines of standard input, each as soon as it is there.
class line_reader {
  static constexpr std::size_t longest = 1U << 20U;  // bytes; what is longer comes in pieces

 public:
  explicit line_reader(const standard_input& in) : in_(in) {}

  std::optional<std::string> next(const std::stop_token& stop) {
    std::string line;
    for (;;) {
      const char* const end = std::find(next_, last_, '\n');
      line.append(next_, end);
      const bool has_ended = end != last_;
      next_ = has_ended ? end + 1 : end;
      if (has_ended || line.size() >= longest) return line;
      next_ = read_.data();
      last_ = next_ + in_.read_some(read_.data(), read_.size(), stop);
      if (next_ == last_) break;
    }
    if (line.empty()) return std::nullopt;
    return line;
  }

 private:
  const standard_input& in_;
  std::array<char, 1U << 16U> read_;
  const char* next_ = read_.data();
  const char* last_ = read_.data();
};

/// The status of a request in the common log format, or one that begins like it; empty: the line
/// is none.
///     HOST IDENT USER [TIME] "REQUEST" STATUS BYTES
inline std::string_view status_of(std::string_view line) {
  const auto after = [&line](std::string_view mark) {
    const std::size_t at = line.find(mark);
    line.remove_prefix(at == line.npos ? line.size() : at + mark.size());
  };
  after(" [");
  after("] \"");
  while (!line.empty()) {  // a quote inside the request has a backslash before it
    const std::size_t at = line.find_first_of("\"\\");
    if (at == line.npos) return {};
    const bool is_end = line[at] == '"';
    line.remove_prefix(std::min(line.size(), at + (is_end ? 1 : 2)));
    if (is_end) break;
  }
  if (line.size() < 4 || line[0] != ' ') return {};
  const std::string_view status = line.substr(1, 3);
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const bool is_whole = line.size() == 4 || line[4] == ' ';
  return is_whole && std::all_of(status.begin(), status.end(), is_digit) ? status
                                                                         : std::string_view();
}
