/// Any bytes as a record: what is read is in range, and is read the same after it is written.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/checksum.hpp"
#include "store/index.hpp"
#include "store/names.hpp"
#include "store/record_json.hpp"

using namespace amorsize::detail;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

/// With the checksum that the fuzzer cannot guess.
std::string sealed(std::string_view record) {
  return R"({"format":"amorsize","version":1,"checksum":")" + hex16(checksum(record)) +
         R"(","record":)" + std::string(record) + "}";
}

void check(std::string_view text) {
  const training_file file = read_training(text, 0xab, false);
  if (file.is == content::record || file.is == content::sample) {
    const std::string written = to_text(file.record);
    const training_file again = read_training(written, file.record.hash, false);
    expect(again.is == content::record && to_text(again.record) == written);
    for (const sized_record& size : file.record.sizes) {
      for (const outcome& o : size.outcomes) expect(o.by.n_jobs >= 1 && o.by.n_jobs <= 4'096);
    }
  }
  const machine_file machine = read_machine(text);
  if (machine.is == content::record) expect(machine.record.bandwidth >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text);
  check(sealed(text));
  parse_training_name(text);
  decode_index(text, 1);
  return 0;
}
