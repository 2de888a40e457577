#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <aisle/catalogue/name_match.hpp>

using aisle::plain_number;
using list = std::vector<std::string>;

TEST_CASE("numbers lose leading zeros and zeros behind the point") {
  const char* cases[][2] = {{"7", "7"},
                            {"007", "7"},
                            {"7.0", "7"},
                            {"7.", "7"},
                            {"+7", "7"},
                            {"-07.50", "-7.5"},
                            {"0", "0"},
                            {"000", "0"},
                            {"-0.0", "0"},
                            {"0.10", "0.1"},
                            {"00123456789012345678901234567890", "123456789012345678901234567890"}};
  for (const auto& c : cases) CHECK(plain_number(c[0]) == std::string(c[1]));
  for (const char* text : {"", "-", ".", ".5", "7a", "A7", "7 ", "1e5", "1,5", "7.0.0", "nan", "--7"})
    CHECK_FALSE_MESSAGE(plain_number(text).has_value(), text);
}

TEST_CASE("names that are the same numbers are matched where all are numbers, as pandas does") {
  auto m = aisle::match_names(list{"7.0", "8.0", "7.0", "9"}, list{"7", "8"}, false);
  CHECK(m.renamed == std::map<std::string, std::string>{{"7.0", "7"}, {"8.0", "8"}});
  CHECK(m.near_misses.empty());
  m = aisle::match_names(list{"7", "B8"}, list{"007", "B8"}, true);
  CHECK(m.renamed.empty());
  CHECK(m.near_misses == std::vector<std::pair<std::string, std::string>>{{"7", "007"}});
  // Two names of one number.
  m = aisle::match_names(list{"7.0"}, list{"7", "007"}, false);
  CHECK(m.renamed.empty());
  CHECK(m.near_misses.size() == 1);
  m = aisle::match_names(list{"7", "07"}, list{"007"}, true);
  CHECK(m.renamed.empty());
  CHECK(m.near_misses.size() == 2);
  CHECK(aisle::match_names(list{"7", "07"}, list{"007"}, false).renamed.size() == 2);
  CHECK(aisle::match_names(list{"a", "7"}, list{"a", "7"}, true).near_misses.empty());
}
