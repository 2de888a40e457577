#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <aisle/io/utf8.hpp>

TEST_CASE("a text is cut between characters, and says that it was") {
  const std::string_view text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";  // of 1, 2, 3 and 4 bytes
  const std::size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
  for (std::size_t bytes = 0; bytes <= text.size(); ++bytes) {
    CAPTURE(bytes);
    CHECK(aisle::utf8_prefix(text, bytes) == text.substr(0, ends[bytes]));
    CHECK(aisle::find_invalid_utf8(aisle::utf8_prefix(text, bytes)) == std::string_view::npos);
  }
  CHECK(aisle::utf8_prefix(text, 1000) == text);
  CHECK(aisle::utf8_prefix("\x80\x80", 1).empty());
  CHECK(aisle::with_ellipsis(text, 10) == text);
  CHECK(aisle::with_ellipsis(text, 9) == "a\xC3\xA9\xE2\x82\xAC\xE2\x80\xA6");
  CHECK(aisle::with_ellipsis("", 0).empty());
}
