#include "store/record_json.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "store/checksum.hpp"
#include "store/names.hpp"
#include "store/record_fields.hpp"

namespace amorsize::detail {
namespace {

using nlohmann::json;

constexpr std::string_view format_name = "amorsize";
constexpr int newest_version = 1;
constexpr int most_depth = 8;
constexpr std::size_t most_text = 4'096;
constexpr std::size_t most_sizes_read = 64;
constexpr std::size_t most_outcomes_read = 1'024;
constexpr std::size_t most_outcomes_in_all = 4'096;  // fit in most_file_bytes
constexpr std::size_t most_absorbed = 64;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Writes fields into an object.
struct field_writer {
  json& to;
  void operator()(const char* name, bool value) const { to[name] = value; }
  void operator()(const char* name, const std::string& text) const { to[name] = storable(text); }
  template <class Number>
  void operator()(const char* name, Number value, Number least, Number most) const {
    to[name] = value >= least ? std::min(value, most) : least;  // least, for what is no number
  }
  void optional(const std::string& name, double value, double least, double most) const {
    (*this)(name.c_str(), value, least, most);
  }
};

json to_json(const origin& from) {
  json to;
  field_writer{to}("host", from.host);
  to["epoch"] = hex16(from.epoch);
  to["sequence"] = from.sequence;
  return to;
}

json to_json(const outcome& o) {
  json to;
  each_field(field_writer{to}, o, &o);
  return to;
}

/// The most recently seen, in the order they are in.
std::vector<outcome> newest(std::vector<outcome> outcomes, std::size_t most) {
  if (outcomes.size() <= most) return outcomes;
  std::stable_sort(outcomes.begin(), outcomes.end(),
                   [](const outcome& a, const outcome& b) { return a.last_seen > b.last_seen; });
  outcomes.resize(most);
  return outcomes;
}

json to_json(const sized_record& s, std::size_t most) {
  json to;
  each_field(field_writer{to}, s, &s);
  json& place = to["features"] = json::array();
  for (const float x : s.place) place.push_back(x >= 0 ? std::min(x, 1.0F) : 0.0F);
  json& outcomes = to["outcomes"] = json::array();
  for (const outcome& o : newest(s.outcomes, most)) outcomes.push_back(to_json(o));
  return to;
}

json to_json(const workload_record& record) {
  json to;
  to["function_signature"] = hex16(record.hash);
  to["fingerprint"] = hex16(record.fingerprint);
  to["is_streaming"] = record.is_streaming;
  to["origin"] = to_json(record.from);
  field_writer{to}("identity", record.identity);
  const std::size_t first =
      record.absorbed.size() - std::min(record.absorbed.size(), most_absorbed);
  json& absorbed = to["absorbed"] = json::array();
  for (std::size_t i = first; i < record.absorbed.size(); ++i) {
    absorbed.push_back(to_json(record.absorbed[i]));
  }
  const std::size_t sizes = std::min(record.sizes.size(), most_sizes_read);
  const std::size_t most =
      std::min(most_outcomes_read, most_outcomes_in_all / std::max<std::size_t>(sizes, 1));
  json& list = to["sizes"] = json::array();
  for (std::size_t i = 0; i < sizes; ++i) list.push_back(to_json(record.sizes[i], most));
  return to;
}

std::string in_envelope(const json& record) {
  const std::string text = dumped(record);
  return R"({"format":")" + std::string(format_name) + R"(","version":)" +
         std::to_string(newest_version) + R"(,"checksum":")" + hex16(checksum(text)) +
         R"(","record":)" + text + "}\n";
}

/// Reads fields of an object. One that is missing, of another type or out of range spoils it all.
struct field_reader {
  const json& from;
  bool& sound;

  const json* member(const char* name) const {
    const auto at = from.is_object() ? from.find(name) : from.end();
    if (at != from.end()) return &*at;
    sound = false;
    return nullptr;
  }

  void operator()(const char* name, bool& to) const {
    const json* value = member(name);
    if (value == nullptr || !(sound = sound && value->is_boolean())) return;
    to = value->get<bool>();
  }

  void operator()(const char* name, std::string& to) const {
    const json* value = member(name);
    if (value == nullptr || !(sound = sound && value->is_string())) return;
    to = value->get<std::string>();
    sound = to.size() <= most_text;
  }

  template <std::floating_point Number>
  void operator()(const char* name, Number& to, Number least, Number most) const {
    if (const json* value = member(name)) take(*value, to, least, most);
  }

  /// Where it is missing, the value stays.
  void optional(const std::string& name, double& to, double least, double most) const {
    if (from.is_object() && from.contains(name)) (*this)(name.c_str(), to, least, most);
  }

  template <std::floating_point Number>
  void take(const json& value, Number& to, Number least, Number most) const {
    const double read = value.is_number() ? value.get<double>() : std::nan("");
    if (read >= double{least} && read <= double{most}) {
      to = static_cast<Number>(read);
    } else {
      sound = false;
    }
  }

  template <std::integral Number>
  void operator()(const char* name, Number& to, Number least, Number most) const {
    const json* value = member(name);
    if (value == nullptr) return;
    const auto take = [&](auto read) {
      if (std::cmp_less(read, least) || std::cmp_greater(read, most)) {
        sound = false;
      } else {
        to = static_cast<Number>(read);
      }
    };
    if (value->is_number_unsigned()) {
      take(value->get<std::uint64_t>());
    } else if (value->is_number_integer()) {
      take(value->get<std::int64_t>());
    } else {
      sound = false;
    }
  }

  void hex(const char* name, std::uint64_t& to) const {
    std::string text;
    (*this)(name, text);
    const auto value = parse_hex16(text);
    sound = sound && value.has_value();
    to = value.value_or(0);
  }

  template <class Item, class Read>
  void list(const char* name, std::vector<Item>& to, std::size_t most, Read&& read) const {
    const json* value = member(name);
    if (value == nullptr || !(sound = sound && value->is_array() && value->size() <= most)) return;
    for (const json& item : *value) to.push_back(read(item, sound));
  }
};

origin read_origin(const json& from, bool& sound) {
  origin read;
  const field_reader field{from, sound};
  field("host", read.host);
  field.hex("epoch", read.epoch);
  field("sequence", read.sequence, std::uint64_t{0}, ~std::uint64_t{0});
  return read;
}

outcome read_outcome(const json& from, bool& sound) {
  outcome read;
  each_field(field_reader{from, sound}, read, &read);
  return read;
}

sized_record read_size(const json& from, bool& sound) {
  sized_record read;
  const field_reader field{from, sound};
  each_field(field, read, &read);
  field.list("outcomes", read.outcomes, most_outcomes_read, read_outcome);
  const json* place = field.member("features");
  if (place == nullptr || !(sound = sound && place->is_array() && place->size() == feature_count)) {
    return read;
  }
  for (std::size_t i = 0; i < feature_count; ++i)
    field.take((*place)[i], read.place[i], 0.0F, 1.0F);
  return read;
}

workload_record read_workload(const json& from, bool& sound) {
  workload_record read;
  const field_reader field{from, sound};
  field.hex("function_signature", read.hash);
  field("identity", read.identity);
  field.hex("fingerprint", read.fingerprint);
  field("is_streaming", read.is_streaming);
  if (const json* of = field.member("origin")) read.from = read_origin(*of, sound);
  field.list("absorbed", read.absorbed, most_absorbed, read_origin);
  field.list("sizes", read.sizes, most_sizes_read, read_size);
  return read;
}

/// What a run of the first amorsize measured. There, null means missing.
class sample_reader {
 public:
  sample_reader(const json& file, bool& sound)
      : file_(file), features_(file.value("features", json())), sound_(sound) {
    sound_ = sound_ && (features_.is_null() || features_.is_object());
  }

  workload_record read(std::uint64_t hash, bool is_streaming) {
    workload_record record;
    record.hash = hash;
    record.is_streaming = is_streaming;
    record.sizes.push_back(read_size());
    const json signature = file_.value("function_signature", json());
    sound_ = sound_ && (signature.is_null() || signature.is_string());
    if (!signature.is_string()) return record;
    record.hash = parse_hex16(signature.get<std::string>()).value_or(hash);
    return record;
  }

 private:
  /// Zero where it is missing or makes no sense.
  double number(const json& from, const char* name, double most) {
    const auto at = from.is_object() ? from.find(name) : from.end();
    if (at == from.end() || at->is_null()) return 0;
    sound_ = sound_ && at->is_number();
    const double value = at->is_number() ? at->get<double>() : 0;
    return value >= 0 && value <= most ? value : 0;
  }

  sized_record read_size() {
    constexpr double ns = 1e9;  // in a second
    sized_record read;
    read.items = std::floor(number(features_, "data_size", most_amount));
    read.size_class = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(read.items)));
    read.calls = 1;
    read.item_ns = number(features_, "estimated_item_time", most_amount / ns) * ns;
    read.result_bytes = number(features_, "pickle_size", most_amount);
    read.coefficient_of_variation = number(features_, "coefficient_of_variation", most_count);
    const outcome only = read_outcome(read.item_ns);
    if (only.count > 0) read.outcomes.push_back(only);
    return read;
  }

  outcome read_outcome(double item_ns) {
    outcome read;
    const field_reader required{file_, sound_};
    required("n_jobs", read.by.n_jobs, 1, most_jobs_read);
    std::size_t chunksize = 0;
    required("chunksize", chunksize, std::size_t{1}, most_buffer);
    read.by.buffer_size =
        static_cast<std::size_t>(number(file_, "buffer_size", static_cast<double>(most_buffer)));
    const json ordered = file_.value("use_ordered", json());
    sound_ = sound_ && (ordered.is_null() || ordered.is_boolean());
    if (ordered.is_boolean()) read.by.use_ordered = ordered.get<bool>();
    read.last_seen =
        static_cast<std::int64_t>(number(file_, "timestamp", static_cast<double>(last_second)));
    const double speedup = number(file_, "speedup", most_jobs_read);
    if (item_ns <= 0 || speedup <= 0) return read;
    read.mean = std::log(item_ns / speedup);
    read.count = read.mean >= -30 && read.mean <= 60 ? 1 : 0;
    return read;
  }

  const json& file_;
  const json features_;
  bool& sound_;
};

/// Discarded where it is no JSON; not sound where a key comes twice or it nests too deep.
json parse(std::string_view text, bool& sound) {
  std::vector<std::vector<std::string>> keys;
  const auto look = [&](int depth, json::parse_event_t event, json& value) {
    if (depth > most_depth) return sound = false;
    if (event == json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == json::parse_event_t::key) {
      auto& seen = keys.back();
      const auto& key = value.get_ref<const std::string&>();
      sound = sound && std::find(seen.begin(), seen.end(), key) == seen.end();
      seen.push_back(key);
    }
    return true;
  };
  return json::parse(text, look, false);
}

struct envelope {
  content is = content::damaged;
  json inside{json::value_t::null};  ///< of a record, what is in the envelope; of a sample, all
};

envelope opened(std::string_view text) {
  envelope found;
  bool sound = text.size() <= most_file_bytes;
  if (!sound) return found;
  json file = parse(text, sound);
  if (!file.is_object()) return found;
  const auto format = file.find("format");
  if (format == file.end()) {
    if (sound) found = {content::sample, std::move(file)};
    return found;
  }
  std::int64_t version = 0;
  std::string sum;
  const field_reader field{file, sound};
  if (format->is_string() && *format != format_name) return {content::foreign, {}};
  field("version", version, std::int64_t{1}, std::int64_t{1'000'000'000});
  if (format->is_string() && version > newest_version) return {content::foreign, {}};
  field("checksum", sum);
  const json* record = field.member("record");
  if (!sound || !format->is_string() || sum != hex16(checksum(dumped(*record)))) return found;
  return {content::record, *record};
}

}  // namespace

std::string storable(const std::string& text) {
  std::string valid = json::parse(dumped(text.substr(0, most_text))).get<std::string>();
  if (valid.size() <= most_text) return valid;
  std::size_t end = most_text;
  while ((static_cast<unsigned char>(valid[end]) & 0xC0U) == 0x80U) --end;
  valid.resize(end);
  return valid;
}

std::string to_text(const workload_record& record) { return in_envelope(to_json(record)); }

std::string to_text(const machine_record& record) {
  json to;
  to["fingerprint"] = hex16(record.fingerprint);
  each_field(field_writer{to}, record, &record);
  return in_envelope(to);
}

training_file read_training(std::string_view text, std::uint64_t hash, bool is_streaming) {
  const envelope found = opened(text);
  training_file file{found.is, {}};
  bool sound = true;
  if (found.is == content::record) {
    file.record = read_workload(found.inside, sound);
    sound = sound && file.record.hash == hash && file.record.is_streaming == is_streaming;
  } else if (found.is == content::sample) {
    file.record = sample_reader(found.inside, sound).read(hash, is_streaming);
  }
  if (!sound) return {};
  return file;
}

machine_file read_machine(std::string_view text) {
  const envelope found = opened(text);
  machine_file file{found.is, {}};
  bool sound = found.is != content::sample;
  if (found.is == content::record) {
    const field_reader field{found.inside, sound};
    field.hex("fingerprint", file.record.fingerprint);
    each_field(field, file.record, &file.record);
  }
  if (!sound) return {};
  return file;
}

}  // namespace amorsize::detail
