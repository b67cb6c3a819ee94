/// A store of a test's own, removed with it, and what its files say.
#pragma once

#include <stdlib.h>  // mkdtemp

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// The folder itself is not made: that is the store's to do.
class store_folder {
 public:
  store_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "amorsize-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    above_ = pattern;
  }
  ~store_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(above_, ignored);
  }
  store_folder(const store_folder&) = delete;
  store_folder& operator=(const store_folder&) = delete;

  std::string path() const { return (above_ / "store").string(); }
  const std::filesystem::path& above() const { return above_; }
  void remove() const { std::filesystem::remove_all(path()); }

  /// Every file below, by its path, as text.
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(above_)) {
      if (entry.is_regular_file()) all[entry.path().string()] = text_of(entry.path());
    }
    return all;
  }

  /// Paths of the files whose names begin so.
  std::vector<std::string> files(std::string_view beginning = "ml_training_") const {
    std::vector<std::string> found;
    if (!std::filesystem::exists(path())) return found;
    for (const auto& entry : std::filesystem::directory_iterator(path())) {
      if (entry.path().filename().string().compare(0, beginning.size(), beginning) == 0) {
        found.push_back(entry.path().string());
      }
    }
    return found;
  }

  /// The files of the work of this name, one after the other.
  std::string of_work(std::string_view name) const {
    const std::string identity = "\"identity\":\"name " + std::string(name) + '"';
    std::string all;
    for (const std::string& file : files()) {
      const std::string text = text_of(file);
      if (text.find(identity) != std::string::npos) all += text;
    }
    return all;
  }

  int files_of(std::string_view name) const {
    const std::string text = of_work(name);
    int count = 0;
    const std::string_view key = "\"identity\":";
    for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) ++count;
    return count;
  }

  /// Calls of this name that the files have, added up.
  double calls_of(std::string_view name) const { return sum_of("calls", of_work(name)); }

  /// Calls of this name that count for a configuration.
  double outcomes_of(std::string_view name) const { return sum_of("count", of_work(name)); }

  static std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

 private:
  static double sum_of(const std::string& field, const std::string& text) {
    const std::string key = '"' + field + "\":";
    double sum = 0;
    for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
      sum += std::stod(text.substr(at + key.size(), 32));
    }
    return sum;
  }

  std::filesystem::path above_;
};

}  // namespace support
