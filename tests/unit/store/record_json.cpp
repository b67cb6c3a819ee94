#include "store/record_json.hpp"

#include <cmath>
#include <limits>
#include <string>

#include "store/checksum.hpp"
#include "store/names.hpp"
#include "support.hpp"

using namespace amorsize::detail;

namespace {

constexpr std::uint64_t hash = 0xfedc'ba98'7654'3210;

workload_record full_record() {
  workload_record record = measured(hash, 3);
  record.identity = "caf\xC3\xA9 \"quoted\"\n";
  record.from = {"host", ~0ULL, 1ULL << 63U};
  record.absorbed = {{"other", 1, 2}, {"third", 3, 4}};
  record.sizes.push_back(record.sizes.front());
  record.sizes.back().size_class = 64;
  record.sizes.back().waits = true;
  record.sizes.back().outcomes.push_back(
      {{4'096, 64, std::size_t{1} << 40U, false}, 1e15, -30, 1e15, 100'000'000'000});
  return record;
}

training_file read(const std::string& text) { return read_training(text, hash, false); }

std::string record_part(const std::string& text) {
  const std::string before = "\"record\":";
  const std::size_t first = text.find(before) + before.size();
  return text.substr(first, text.rfind('}') - first);
}

std::string sealed(const std::string& record, const std::string& summed) {
  return R"({"format":"amorsize","version":1,"checksum":")" + hex16(checksum(summed)) +
         R"(","record":)" + record + "}";
}

/// With one text in the record replaced and the checksum right again.
std::string with(const std::string& old, const std::string& fresh) {
  std::string record = record_part(to_text(full_record()));
  const std::size_t at = record.find(old);
  REQUIRE(at != std::string::npos);
  record.replace(at, old.size(), fresh);
  return sealed(record, record);
}

}  // namespace

TEST_CASE("a record survives the round trip through text, to the last bit") {
  const std::string text = to_text(full_record());
  const training_file file = read(text);
  REQUIRE(file.is == content::record);
  CHECK(to_text(file.record) == text);
  const workload_record& record = file.record;
  CHECK(record.hash == hash);
  CHECK(record.identity == full_record().identity);
  CHECK(record.fingerprint == 7);
  CHECK(record.from == full_record().from);
  CHECK(record.absorbed == full_record().absorbed);
  REQUIRE(record.sizes.size() == 2);
  CHECK(record.sizes[0].place == full_record().sizes[0].place);
  CHECK(record.sizes[0].item_ns == 250.5);
  CHECK(record.sizes[1].waits);
  REQUIRE(record.sizes[1].outcomes.size() == 2);
  CHECK(record.sizes[1].outcomes[0].by == configuration{2, 3, 0, true});
  CHECK(record.sizes[1].outcomes[1].by == configuration{4'096, 64, std::size_t{1} << 40U, false});
  CHECK(record.sizes[1].outcomes[1].mean == -30);
}

TEST_CASE("what is written is read again, whatever was in it") {
  const double infinity = std::numeric_limits<double>::infinity();
  workload_record record = full_record();
  record.identity = std::string(5'000, '\xFF') + "\xC3";
  record.from.host = "\xED\xA0\x80";
  record.absorbed.assign(100, {"x", 5, 6});
  record.absorbed.back().epoch = 99;
  sized_record& size = record.sizes.front();
  size.item_ns = std::nan("");
  size.wall_ns = infinity;
  size.calls = -infinity;
  size.place[3] = std::nanf("");
  size.place[4] = 7;
  size.outcomes.assign(2'000, size.outcomes.front());
  size.outcomes[1'999].last_seen += 5;
  size.outcomes[0].by.n_jobs = -4;
  size.outcomes[0].last_seen += 9;
  record.sizes.resize(100, size);
  const training_file file = read(to_text(record));
  REQUIRE(file.is == content::record);
  CHECK(file.record.identity.size() <= 4'096);
  CHECK(file.record.absorbed.size() == 64);
  CHECK(file.record.absorbed.back().epoch == 99);
  REQUIRE(file.record.sizes.size() == 64);
  const sized_record& read_size = file.record.sizes.front();
  CHECK(read_size.item_ns == 0);
  CHECK(read_size.wall_ns == 1e18);
  CHECK(read_size.calls == 0);
  CHECK(read_size.place[3] == 0);
  CHECK(read_size.place[4] == 1);
  REQUIRE(read_size.outcomes.size() == 64);
  CHECK(read_size.outcomes[0].by.n_jobs == 1);
  CHECK(read_size.outcomes[1].last_seen == 1'700'000'005);
  CHECK(to_text(record).size() <= most_file_bytes);
}

TEST_CASE("a file that ends too early is damaged, wherever it ends") {
  const std::string text = to_text(full_record());
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    CAPTURE(size);
    REQUIRE(read(text.substr(0, size)).is == content::damaged);
  }
}

TEST_CASE("no flipped bit gives another record") {
  const std::string text = to_text(full_record());
  const std::string whole = to_text(read(text).record);
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const training_file file = read(flipped);
    CAPTURE(bit);
    REQUIRE(file.is != content::sample);
    if (file.is == content::record) REQUIRE(to_text(file.record) == whole);
  }
}

TEST_CASE("a number out of its range makes the file damaged, though the checksum is right") {
  REQUIRE(read(with("\"n_jobs\":2,", "\"n_jobs\":4,")).is == content::record);
  for (const char* n : {"0", "-1", "4097", "4294967298", "18446744073709551617", "2.0", "\"2\"",
                        "null", "true", "[2]", "1e400", "NaN", "Infinity"}) {
    CAPTURE(n);
    CHECK(read(with("\"n_jobs\":2,", std::string("\"n_jobs\":") + n + ",")).is == content::damaged);
  }
  for (const char* n : {"-1", "1099511627777", "18446744073709551615"}) {
    CAPTURE(n);
    CHECK(read(with("\"buffer_size\":0,", std::string("\"buffer_size\":") + n + ",")).is ==
          content::damaged);
  }
  for (const char* n : {"-31.0", "61.0", "1e+300", "null"}) {
    CAPTURE(n);
    CHECK(read(with("\"mean_log_item_ns\":4.75", std::string("\"mean_log_item_ns\":") + n)).is ==
          content::damaged);
  }
  CHECK(read(with("\"count\":3.0", "\"count\":-1.0")).is == content::damaged);
  CHECK(read(with("\"count\":3.0", "\"count\":2e+15")).is == content::damaged);
  CHECK(read(with("\"chunk_rung\":3", "\"chunk_rung\":65")).is == content::damaged);
  CHECK(read(with("\"features\":[0", "\"features\":[2")).is == content::damaged);
  CHECK(read(with("\"features\":[0", "\"features\":[0.5,0")).is == content::damaged);
}

TEST_CASE("missing, mistyped and foreign members make the file damaged") {
  CHECK(read(with("\"count\":3.0,", "")).is == content::damaged);
  CHECK(read(with("\"is_streaming\":false", "\"is_streaming\":0")).is == content::damaged);
  CHECK(read(with("\"host\":\"host\"", "\"host\":7")).is == content::damaged);
  CHECK(read(with(R"("absorbed":[{)", R"("absorbed":[[],{)")).is == content::damaged);
  CHECK(read(with(hex16(hash), hex16(hash + 1))).is == content::damaged);
  CHECK(read(with(hex16(hash), "FEDCBA9876543210")).is == content::damaged);
  CHECK(read_training(to_text(full_record()), hash + 1, false).is == content::damaged);
  CHECK(read_training(to_text(full_record()), hash, true).is == content::damaged);
}

TEST_CASE("a key that comes twice makes the file damaged, though the last one would be right") {
  const std::string record = record_part(to_text(full_record()));
  REQUIRE(read(sealed(record, record)).is == content::record);
  std::string twice = record;
  twice.insert(twice.find("\"n_jobs\":2"), "\"n_jobs\":9,");
  CHECK(read(sealed(twice, record)).is == content::damaged);
  CHECK(read(R"({"n_jobs":1,"chunksize":1,"n_jobs":2})").is == content::damaged);
}

TEST_CASE("garbage is damaged") {
  for (const std::string& text : std::initializer_list<std::string>{
           "",
           "null",
           "[]",
           "7",
           "\"text\"",
           "{}",
           "{\"format\":\"amorsize\"}",
           R"({"format":"amorsize","version":1,"checksum":"","record":{}})",
           R"({"format":7,"version":1})",
           R"({"format":"amorsize","version":-1})",
           R"({"format":"amorsize","version":0})",
           R"({"format":"amorsize","version":1.5})",
           sealed("{}", "{}"),
           sealed("[]", "[]"),
           sealed("null", "null"),
           std::string("\0\0\0\0", 4),
           "{\"n_jobs\":1,\"chunksize\":1,\"x\":\"\xFF\"}",
           std::string(500'000, '['),
           std::string(most_file_bytes + 1, ' '),
           "{\"n_jobs\":1,\"chunksize\":1,\"x\":" + std::string(50, '[') + std::string(50, ']') +
               "}",
           to_text(full_record()) + "x"}) {
    CAPTURE(text.substr(0, 60));
    CHECK(read(text).is == content::damaged);
  }
  std::string nested;
  for (int i = 0; i < 50'000; ++i) nested += "{\"a\":";
  CHECK(read(nested).is == content::damaged);
}

TEST_CASE("a newer version and another format are left alone") {
  CHECK(read(R"({"format":"amorsize","version":2,"whatever":[]})").is == content::foreign);
  CHECK(read(R"({"format":"someone's"})").is == content::foreign);
}

TEST_CASE("machine records survive the round trip; bad ones are damaged") {
  machine_record machine{0xab, 12.5e9, 100, 200, 13'000, 60'000, 300, 25.5};
  const std::string text = to_text(machine);
  const machine_file file = read_machine(text);
  REQUIRE(file.is == content::record);
  CHECK(to_text(file.record) == text);
  CHECK(file.record.fingerprint == 0xab);
  CHECK(file.record.arrive_asleep == 60'000);
  CHECK(read_machine("{}").is == content::damaged);
  CHECK(read_machine(to_text(full_record())).is == content::damaged);
  CHECK(read_machine(R"({"format":"amorsize","version":3})").is == content::foreign);
  machine.join = std::nan("");
  CHECK(read_machine(to_text(machine)).record.join == 0);
}

TEST_CASE("what came of predictions is kept for a machine, and older files do without") {
  machine_record machine{0xab, 1e9, 1, 2, 3, 4, 5, 6};
  machine.trust.deciles[7] = {12, 9.1, 8};
  CHECK(read_machine(to_text(machine)).record.trust == machine.trust);
  const std::string old =
      R"({"arrive_asleep":4.0,"arrive_awake":2.0,"bandwidth":1000000000.0,"claim":6.0,)"
      R"("fingerprint":"00000000000000ab","join":5.0,"start_asleep":3.0,"start_awake":1.0})";
  const machine_file file = read_machine(sealed(old, old));
  REQUIRE(file.is == content::record);
  CHECK(file.record.arrive_asleep == 4);
  CHECK(file.record.trust.count() == 0);
  machine.trust.deciles[7].count = -1;
  CHECK(read_machine(to_text(machine)).record.trust.deciles[7].count == 0);
}
