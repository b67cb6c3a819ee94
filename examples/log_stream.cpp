/// Matches as they come: tail -f access.log | log_stream PATTERN
#include <getopt.h>
#include <regex.h>

#include <amorsize/amorsize.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>

#include "log_stream_lines.hpp"
#include "pipes.hpp"

constexpr char usage[] =
    "usage: log_stream [-i] [-v] [-s STATUS] [--stats] PATTERN < LOG\n"
    "Prints the lines that match PATTERN, an extended regular expression, as they come.\n"
    "  -i         capitals or not is the same\n"
    "  -v         lines that do not match\n"
    "  -s STATUS  only requests of the common log format that ended so: 404, or 5 for 500 to 599\n"
    "  --stats    count matches by status at the end, on standard error\n"
    "Exit status 0: lines were printed; 1: none were; 2: an error.\n";

struct settings {
  std::string pattern;
  std::string status;  ///< how it begins; empty: any, also none
  bool inverted = false;
  bool any_case = false;
  bool stats = false;
};

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "log_stream: %s\n%s", what.c_str(), usage);
  std::exit(2);
}

/// An expression of each worker's own: glibc lets one thread at a time use one.
class expression {
 public:
  explicit expression(const settings& chosen) {
    const int flags = REG_EXTENDED | REG_NOSUB | (chosen.any_case ? REG_ICASE : 0);
    const int error = regcomp(&compiled_, chosen.pattern.c_str(), flags);
    if (error == 0) return;
    std::array<char, 200> why{};
    regerror(error, &compiled_, why.data(), why.size());
    refuse("the pattern is " + chosen.pattern + ": " + why.data());
  }
  expression(const expression&) = delete;
  expression& operator=(const expression&) = delete;
  ~expression() { regfree(&compiled_); }

  bool is_in(std::string_view text) const {
    regmatch_t part{0, static_cast<regoff_t>(text.size())};
    return regexec(&compiled_, text.data(), 1, &part, REG_STARTEND) == 0;
  }

 private:
  regex_t compiled_{};
};

struct match {
  std::string line;
  std::string status;  ///< empty: no request
};
std::size_t amorsize_size_bytes(const match& m) { return sizeof m + m.line.capacity(); }

std::optional<match> find(const settings& chosen, const expression& pattern, std::string&& line) {
  const std::string status(status_of(line));
  if (!chosen.status.empty() && !status.starts_with(chosen.status)) return std::nullopt;
  if (pattern.is_in(line) == chosen.inverted) return std::nullopt;
  return match{std::move(line), status};
}

settings choose(int count, char** arguments) {
  constexpr std::array<option, 3> names{
      {{"stats", no_argument, nullptr, 't'}, {"help", no_argument, nullptr, 'h'}, {}}};
  settings chosen;
  opterr = 0;
  int flag = 0;
  while ((flag = getopt_long(count, arguments, "ivs:h", names.data(), nullptr)) != -1) {
    if (flag == '?')
      refuse(std::string(arguments[optind - 1]) + " is no option, or lacks its value");
    if (flag == 'h') {
      std::fputs(usage, stdout);
      std::exit(0);
    }
    if (flag == 'i') chosen.any_case = true;
    if (flag == 'v') chosen.inverted = true;
    if (flag == 's') chosen.status = optarg;
    if (flag == 't') chosen.stats = true;
  }
  if (chosen.status.size() > 3 ||
      chosen.status.find_first_not_of("0123456789") != std::string::npos) {
    refuse("-s is " + chosen.status + ", must be one to three digits");
  }
  if (optind + 1 != count) refuse("one PATTERN is needed");
  chosen.pattern = arguments[optind];
  return chosen;
}

int main(int count, char** arguments) try {
  const settings chosen = choose(count, arguments);
  const expression check(chosen);
  static const standard_input in;
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGINT, [](int) { in.end(); });
  std::signal(SIGTERM, [](int) { in.end(); });

  line_reader lines(in);
  amorsize::run_report report;
  std::map<std::string, std::size_t> found;
  std::size_t matches = 0;
  amorsize::stream_filter_map(
      [&lines](const std::stop_token& stop) { return lines.next(stop); },
      amorsize::per_worker([&chosen] { return expression(chosen); },
                           [&chosen](const expression& own, std::string&& line) {
                             return find(chosen, own, std::move(line));
                           }),
      [&](match&& m) {
        m.line += '\n';
        write_all(m.line.data(), m.line.size());
        ++found[m.status];
        ++matches;
      },
      {.report = &report});

  if (chosen.stats) {
    for (const auto& [status, times] : found) {
      std::fprintf(stderr, "%8zu %s\n", times, status.empty() ? "no request" : status.c_str());
    }
    std::fprintf(stderr, "%8zu of %zu lines %s\n", matches, report.items,
                 chosen.inverted ? "do not match" : "match");
    std::fprintf(stderr, "%s\n", amorsize::explain(report).c_str());
  }
  return matches == 0 ? 1 : 0;
} catch (const std::system_error& error) {
  if (is_closed_pipe(error)) return 128 + SIGPIPE;
  std::fprintf(stderr, "log_stream: %s\n", error.what());
  return 2;
}
