#include "runtime/environment.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

namespace amorsize::detail {
namespace {

template <class T, std::size_t N>
std::optional<T> one_of(const char* text, const std::array<std::pair<const char*, T>, N>& names) {
  for (const auto& [name, value] : names) {
    if (std::strcmp(text, name) == 0) return value;
  }
  return std::nullopt;
}

std::optional<int> job_count(const char* text) {
  int value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || stop != end || value < 1 || value > most_n_jobs) return std::nullopt;
  return value;
}

constexpr std::array<std::pair<const char*, learning>, 3> learning_names{
    {{"on", learning::on}, {"frozen", learning::frozen}, {"off", learning::off}}};

constexpr std::array<std::pair<const char*, log_level>, 4> log_names{
    {{"off", log_level::off},
     {"warning", log_level::warning},
     {"decision", log_level::decision},
     {"debug", log_level::debug}}};

}  // namespace

environment environment::read(const std::function<const char*(const char*)>& get,
                              const std::function<void(std::string_view)>& warn) {
  environment e;
  e.get = get;
  const auto take = [&](const char* name, auto& value, const auto& parse, const std::string& rule) {
    const char* text = get(name);
    if (text == nullptr || *text == '\0') return;
    if (const auto parsed = parse(text)) {
      value = *parsed;
    } else {
      warn(std::string(name) + " is \"" + text + "\", must be " + rule + "; it is ignored");
    }
  };
  take(
      "AMORSIZE_LOG", e.log, [](const char* t) { return one_of(t, log_names); },
      "off, warning, decision or debug");
  take("AMORSIZE_N_JOBS", e.max_n_jobs, job_count,
       "a whole number from 1 to " + std::to_string(most_n_jobs));
  take(
      "AMORSIZE_LEARN", e.learn, [](const char* t) { return one_of(t, learning_names); },
      "on, frozen or off");
  return e;
}

}  // namespace amorsize::detail
