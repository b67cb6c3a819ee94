/// Text to work on: the same words in the same order, always.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace bench {

/// Short words come often, as they do in what people write.
inline std::string word(std::mt19937_64& random) {
  constexpr char syllables[][4] = {"an", "be", "cor", "di",  "el", "fa", "go", "hun",
                                   "in", "jo", "ka",  "lum", "mo", "ne", "or", "pri"};
  std::string made;
  do {
    made += syllables[random() % std::size(syllables)];
  } while (random() % 2 == 0);
  return made;
}

/// Words apart by spaces, and a space at the end.
inline std::string sample_line(std::mt19937_64& random, std::uint64_t words) {
  std::string line;
  for (std::uint64_t i = 0; i < words; ++i) line += word(random) + ' ';
  return line;
}

/// Lines of half to one and a half times as many words.
inline std::vector<std::string> sample_lines(std::size_t count, std::uint64_t words) {
  std::mt19937_64 random(13);
  std::vector<std::string> lines(count);
  for (std::string& line : lines) line = sample_line(random, words / 2 + random() % words);
  return lines;
}

inline std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

}  // namespace bench
