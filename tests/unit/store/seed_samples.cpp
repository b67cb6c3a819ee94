#include <cmath>

#include "store/record_json.hpp"
#include "support.hpp"

using namespace amorsize::detail;

namespace {

training_file read(const std::string& text) { return read_training(text, 0xab, false); }

/// From before streaming.
constexpr const char* old_sample = R"({
  "features": {"data_size": 1000, "estimated_item_time": 0.0005, "physical_cores": 4,
               "available_memory": 8589934592, "start_method": "fork", "pickle_size": null,
               "coefficient_of_variation": null, "function_complexity": 120},
  "n_jobs": 4, "chunksize": 50, "speedup": 2.5, "timestamp": 1700000000.25,
  "function_signature": "00000000000000cd"})";

constexpr const char* streaming_sample = R"({
  "features": {"data_size": 64, "estimated_item_time": 0.002, "physical_cores": 2,
               "pickle_size": 512, "coefficient_of_variation": 0.4},
  "n_jobs": 2, "chunksize": 8, "speedup": 1.6, "timestamp": 1700000001.5,
  "function_signature": "00000000000000ab", "buffer_size": 16, "use_ordered": false,
  "is_streaming": true, "version": 2, "adaptive_chunking_enabled": true, "adaptation_rate": 0.3,
  "min_chunksize": 1, "max_chunksize": null, "system_fingerprint": {"cores": 2, "l3": [1, 2]}})";

}  // namespace

TEST_CASE("a sample from before streaming is one call of one configuration, in nanoseconds") {
  const training_file file = read(old_sample);
  REQUIRE(file.is == content::sample);
  CHECK(file.record.hash == 0xcd);
  CHECK(file.record.fingerprint == 0);
  CHECK(file.record.from.host.empty());
  CHECK_FALSE(file.record.is_streaming);
  REQUIRE(file.record.sizes.size() == 1);
  const sized_record& size = file.record.sizes.front();
  CHECK(size.size_class == 10);
  CHECK(size.calls == 1);
  CHECK(size.item_ns == doctest::Approx(500'000));
  CHECK(size.result_bytes == 0);
  REQUIRE(size.outcomes.size() == 1);
  CHECK(size.outcomes[0].by == configuration{4, 0, 0, true});
  CHECK(size.outcomes[0].count == 1);
  CHECK(size.outcomes[0].mean == doctest::Approx(std::log(500'000 / 2.5)));
  CHECK(size.outcomes[0].last_seen == 1'700'000'000);
}

TEST_CASE("a streaming sample brings buffer, order, result size and spread") {
  const training_file file = read_training(streaming_sample, 0xab, true);
  REQUIRE(file.is == content::sample);
  CHECK(file.record.is_streaming);
  const sized_record& size = file.record.sizes.front();
  CHECK(size.size_class == 7);
  CHECK(size.result_bytes == 512);
  CHECK(size.coefficient_of_variation == doctest::Approx(0.4));
  REQUIRE(size.outcomes.size() == 1);
  CHECK(size.outcomes[0].by == configuration{2, 0, 16, false});
}

TEST_CASE("of a sample, only n_jobs and chunksize are required") {
  const training_file file = read(R"({"n_jobs": 3, "chunksize": 7})");
  REQUIRE(file.is == content::sample);
  CHECK(file.record.hash == 0xab);
  CHECK(file.record.sizes.front().outcomes.empty());
  CHECK(read(R"({"n_jobs": 3, "chunksize": 7, "features": null, "speedup": null,
                 "function_signature": null, "use_ordered": null})")
            .is == content::sample);
  CHECK(read(R"({"n_jobs": 3})").is == content::damaged);
  CHECK(read(R"({"chunksize": 3})").is == content::damaged);
  CHECK(read(R"({"n_jobs": null, "chunksize": 3})").is == content::damaged);
}

TEST_CASE("a sample's numbers are range-checked") {
  for (const char* n : {"0", "-1", "4294967298", "4097", "1.5", "\"2\""}) {
    CAPTURE(n);
    CHECK(read(std::string(R"({"chunksize": 1, "n_jobs": )") + n + "}").is == content::damaged);
  }
  CHECK(read(R"({"n_jobs": 2, "chunksize": 0})").is == content::damaged);
  CHECK(read(R"({"n_jobs": 2, "chunksize": 1, "speedup": "fast"})").is == content::damaged);
  CHECK(read(R"({"n_jobs": 2, "chunksize": 1, "features": []})").is == content::damaged);
  const training_file odd = read(R"({"n_jobs": 2, "chunksize": 1, "speedup": -3, "timestamp": 1e300,
    "buffer_size": -1, "features": {"data_size": -5, "estimated_item_time": 1e200}})");
  REQUIRE(odd.is == content::sample);
  const sized_record& size = odd.record.sizes.front();
  CHECK(size.size_class == 0);
  CHECK(size.item_ns == 0);
  CHECK(size.outcomes.empty());
}
