#include "store/store.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "learn/merge.hpp"

namespace amorsize::detail {
namespace {

constexpr int reads = 3;
constexpr std::size_t most_files_of_one = 4;
constexpr std::size_t most_united = 60;  // each still among the absorbed
constexpr int most_compacted = 16;       // at a time: about a millisecond each
constexpr std::size_t names_a_save = 512;

template <class Unit>
std::uint64_t since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<Unit>(now).count());
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

}  // namespace

store::store(std::string folder, files& through, std::function<void(std::string_view)> warn)
    : folder_(std::move(folder), through, std::move(warn)), host_(host_name()) {}

bool store::open() { return is_writable_ = folder_.make(); }

std::vector<workload_record> store::find(std::uint64_t hash, bool streaming) {
  std::vector<workload_record> found;
  for (int i = 0; i < reads; ++i) {
    found.clear();
    bool any_gone = false;
    for (const training_name& name : folder_.names_of(hash, streaming)) {
      training_file file = folder_.read(name);
      any_gone |= file.is == content::gone;
      const bool is_known = file.is == content::record || file.is == content::sample;
      if (is_known && file.record.hash == hash) found.push_back(std::move(file.record));
    }
    if (!any_gone) break;
    folder_.doubt();  // another process compacted meanwhile
  }
  return found;
}

void store::for_each(const std::function<bool(const workload_record&)>& visit) {
  const std::vector<training_name> names = folder_.names();
  for (const training_name& name : names) {
    const training_file file = folder_.read(name);
    const bool is_known = file.is == content::record || file.is == content::sample;
    if (is_known && !visit(file.record)) return;
  }
}

bool store::save(const workload_record& delta, durability how) {
  if (!is_writable_) return false;
  stored& mine = own_[{delta.hash, delta.is_streaming, delta.fingerprint}];
  const auto held = folder_.lock();
  // Without the lock, another process may just be reading the file to put it into a larger one.
  const bool goes_on = held && is_there(mine);
  const bool saved = goes_on ? go_on(mine, delta, how) : begin(mine, delta, how);
  if (saved && held) tidy_now_and_then();
  return saved;
}

/// False where another process put it into a larger file, a child of this process went on with it,
/// or its user deleted it. That it cannot be read well does not matter: what was in it is known.
bool store::is_there(const stored& mine) {
  if (mine.record.from.sequence == 0) return false;
  const training_file file = folder_.read(mine.name);
  return file.is == content::damaged || file.record.from == mine.record.from;
}

bool store::go_on(stored& mine, const workload_record& delta, durability how) {
  workload_record next = mine.record;
  add(next, delta);
  ++next.from.sequence;
  if (!folder_.replace(mine.name.text(), to_text(next), how)) return false;
  mine.record = std::move(next);
  return true;
}

bool store::begin(stored& mine, const workload_record& delta, durability how) {
  stored next{{delta.hash, since_1970<std::chrono::milliseconds>(), delta.is_streaming}, delta};
  next.record.from = next_origin();
  if (!folder_.add(next.name, to_text(next.record), how)) return false;
  mine = std::move(next);
  return true;
}

origin store::next_origin() {
  // Random below the microsecond: several processes may begin at once.
  std::uint64_t low = static_cast<std::uint64_t>(::getpid());
  if (::getrandom(&low, sizeof low, GRND_NONBLOCK) < 0)
    low ^= since_1970<std::chrono::nanoseconds>();
  return {host_, since_1970<std::chrono::microseconds>() << 12U | (low & 0xFFFU), 1};
}

void store::tidy() {
  if (!is_writable_) return;
  if (const auto held = folder_.lock()) tidy_locked();
}

/// Listing is dear where there are many names, and the next save makes it stale: a share of each.
void store::tidy_now_and_then() {
  if (++saves_since_tidy_ * names_a_save >= names_at_tidy_) tidy_locked();
}

void store::tidy_locked() {
  folder_.tidy();
  if (compact_crowded()) folder_.tidy();
  saves_since_tidy_ = 0;
  names_at_tidy_ = folder_.names().size();
}

bool store::compact_crowded() {
  const std::vector<training_name> names = folder_.names();
  std::map<workload_kind, std::vector<training_name>> crowds;
  for (auto first = names.begin(); first != names.end();) {
    const auto last = std::find_if(first, names.end(),
                                   [&](const training_name& n) { return n.hash != first->hash; });
    if (static_cast<std::size_t>(last - first) > most_files_of_one) {
      for (; first != last; ++first) crowds[{first->hash, first->is_streaming}].push_back(*first);
    }
    first = last;
  }
  int compacted = 0;
  for (const auto& [kind, crowd] : crowds) {
    std::size_t& left = uncompacted_[kind];
    if (crowd.size() <= std::max(left, std::size_t{1}) - 1 + most_files_of_one) continue;
    if (++compacted > most_compacted) break;
    left = crowd.size() - compact(crowd);
  }
  return compacted > 0;
}

/// Those of each machine, apart. Returns how many files fewer there are.
std::size_t store::compact(std::span<const training_name> names) {
  std::map<std::uint64_t, std::vector<stored>> machines;
  for (const training_name& name : names) {
    training_file file = folder_.read(name);
    if (file.is != content::record) continue;
    auto& parts = machines[file.record.fingerprint];
    if (parts.size() < most_united) parts.push_back({name, std::move(file.record)});
  }
  std::size_t fewer = 0;
  for (auto& [fingerprint, parts] : machines) {
    if (parts.size() <= most_files_of_one) continue;
    // Under another name first: no process goes on with what is about to be absorbed, also where
    // the rest of this fails.
    const auto is_kept = [this](stored& part) { return !folder_.rename(part.name); };
    parts.erase(std::remove_if(parts.begin(), parts.end(), is_kept), parts.end());
    if (!parts.empty()) fewer += unite(parts);
  }
  return fewer;
}

std::size_t store::unite(const std::vector<stored>& parts) {
  std::vector<workload_record> records;
  records.reserve(parts.size());
  for (const stored& part : parts) records.push_back(part.record);
  workload_record whole = merged(records);
  whole.from = next_origin();
  // The parts are the last to be forgotten: where they cannot be removed, or this process is killed
  // before it is done, this list keeps them from counting twice.
  const auto is_part = [&records](const origin& o) {
    return std::any_of(records.begin(), records.end(), [&o](const workload_record& part) {
      return part.from.host == o.host && part.from.epoch == o.epoch;
    });
  };
  std::sort(whole.absorbed.begin(), whole.absorbed.end(),
            [](const origin& a, const origin& b) { return a.epoch < b.epoch; });
  std::stable_partition(whole.absorbed.begin(), whole.absorbed.end(),
                        [&is_part](const origin& o) { return !is_part(o); });
  training_name name{whole.hash, since_1970<std::chrono::milliseconds>(), whole.is_streaming};
  if (!folder_.add(name, to_text(whole), durability::synced)) return 0;
  std::size_t removed = 0;
  for (const stored& part : parts) {
    if (folder_.remove(part.name)) ++removed;
  }
  return removed > 0 ? removed - 1 : 0;
}

std::optional<machine_record> store::find_machine(std::uint64_t fingerprint) {
  const machine_file file = folder_.read_machine(fingerprint);
  if (file.is != content::record) return std::nullopt;
  return file.record;
}

bool store::save_machine(const machine_record& measured, durability how) {
  if (!is_writable_) return false;
  if (folder_.read_machine(measured.fingerprint).is == content::foreign) return false;
  return folder_.replace(machine_name(measured.fingerprint), to_text(measured), how);
}

}  // namespace amorsize::detail
