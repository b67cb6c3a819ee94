#include "store/names.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

using namespace amorsize::detail;

TEST_CASE("a training file's name survives the round trip") {
  for (const training_name& name :
       {training_name{0xfedc'ba98'7654'3210, 1'700'000'000'123, false}, training_name{1, 1, true},
        training_name{0, 0, false}, training_name{~0ULL, timestamp_limit - 1, true}}) {
    CHECK(parse_training_name(name.text()) == name);
  }
  CHECK(training_name{0xab, 17, true}.text() == "ml_training_streaming_00000000000000ab_17.json");
}

TEST_CASE("names with path parts, other characters or other lengths are none of ours") {
  const std::string hash = "0123456789abcdef";
  REQUIRE(parse_training_name("ml_training_" + hash + "_12.json"));
  for (const std::string& name : std::initializer_list<std::string>{
           "../ml_training_" + hash + "_12.json",
           "ml_training_../../56789abcd_12.json",
           "ml_training_" + hash + "_12/../x.json",
           "ml_training_" + hash + "_.json",
           "ml_training_" + hash + "_-1.json",
           "ml_training_" + hash + "_+1.json",
           "ml_training_" + hash + "_ 1.json",
           "ml_training_" + hash + "_01.json",
           "ml_training_" + hash + "_1x.json",
           "ml_training_" + hash + "_1000000000000000000.json",
           "ml_training_" + hash + "_99999999999999999999999.json",
           "ml_training_" + hash + "_12.json~",
           "ml_training_" + hash + "_12.json.tmp",
           "ml_training_" + hash + "12.json",
           "ml_training_0123456789ABCDEF_12.json",
           "ml_training_0123456789abcde_12.json",
           "ml_training_streaming" + hash + "_12.json",
           "ml_training_streaming_",
           "machine_" + hash + ".json",
           "",
           "ml_training_.json",
           "ml_training_" + hash + "_" + std::string(5'000, '1') + ".json",
       }) {
    CAPTURE(name);
    CHECK_FALSE(parse_training_name(name));
  }
}
