/// The command line of every benchmark: `--quick`, `--json FILE`, and what a child is told to do.
#pragma once

#include <string>
#include <string_view>

namespace bench {

struct arguments {
  bool quick = false;  ///< one round: enough to check the answers
  std::string json;    ///< file for the figures; empty: none
  std::string child;   ///< what a fresh process measures for its parent; empty: this is no child

  arguments(int count, char** texts) {
    for (int i = 1; i < count; ++i) {
      const std::string_view text = texts[i];
      const bool has_next = i + 1 < count;
      if (text == "--quick") quick = true;
      if (text == "--json" && has_next) json = texts[++i];
      if (text == "--child" && has_next) child = texts[++i];
    }
  }

  int rounds(int full) const { return quick ? 1 : full; }
};

}  // namespace bench
