#include "amorsize/runtime.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "amorsize/error.hpp"
#include "base/guarded.hpp"
#include "base/immortal.hpp"
#include "run/process.hpp"
#include "runtime/engine.hpp"

namespace amorsize {
namespace {

using detail::engine;

/// Engines whose helpers were still on their way when their runtime went: helpers that come late
/// must find one, and may come after any time, so nobody waits for them.
class waiting_engines {
  using list = detail::guarded<std::vector<std::unique_ptr<engine>>>;

 public:
  static void take(std::unique_ptr<engine> late) {
    late->retire();
    detail::immortal<list>().with([&late](auto& waiting) {
      std::erase_if(waiting, [](const auto& e) { return e->is_idle(); });
      if (late->is_idle()) return;
      try {
        waiting.reserve(waiting.size() + 1);
      } catch (const std::bad_alloc&) {
        static_cast<void>(late.release());  // rather than lost to a helper that comes late
        return;
      }
      waiting.push_back(std::move(late));
    });
  }
};

std::unique_ptr<engine> make_engine(runtime_options options) {
  if (options.max_n_jobs < 0 || options.max_n_jobs > detail::most_n_jobs) {
    throw invalid_option("max_n_jobs is " + std::to_string(options.max_n_jobs) +
                         ", must be 0 (automatic) to " + std::to_string(detail::most_n_jobs));
  }
  if (options.learn < learning::on || options.learn > learning::off) {
    throw invalid_option("learn is " + std::to_string(static_cast<int>(options.learn)) +
                         ", must be on, frozen or off");
  }
  if (!options.store.empty() && options.store != "off" && options.store.front() != '/') {
    throw invalid_option("store is \"" + options.store +
                         "\", must be an absolute path, \"off\" or empty (automatic)");
  }
  std::vector<std::string> warnings;
  const auto from_environment = detail::environment::read(
      [](const char* name) { return secure_getenv(name); },
      [&warnings](std::string_view sentence) { warnings.emplace_back(sentence); });
  auto made = std::make_unique<engine>(std::move(options), from_environment);
  for (const std::string& sentence : warnings) made->messages().warn(sentence);
  return made;
}

}  // namespace

runtime::runtime(runtime_options options) : engine_(make_engine(std::move(options))) {}

runtime::~runtime() {
  if (detail::process::is_forked()) {
    // Its arena is the parent's, and TBB is not to be touched here. The child is not for long.
    static_cast<void>(engine_.release());
  } else {
    waiting_engines::take(std::move(engine_));
  }
}

runtime& runtime::shared() {
  static runtime& only = *new runtime;
  return only;
}

void runtime::save() { engine_->save(); }

const machine& runtime::machine() const { return engine_->this_machine(); }

}  // namespace amorsize
