#include <cstdlib>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/unicode_fold.hpp>

#include "support/support.hpp"

using aisle::fold_nfkc;

TEST_CASE(
    "every code point is folded as Python's unicodedata 14.0 and casefold do it, and is a word's or not") {
  aisle::fnv1a64 hash;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    aisle::append_utf8(text, c);
    hash.bytes(fold_nfkc(text));
    hash.byte(aisle::is_alphanumeric(c) ? 0xFE : 0xFF);
  }
  // Of normalize("NFKC", normalize("NFKC", c).casefold()) and re.match(r"\w", c) for all c of Python 3.11.
  CHECK(aisle::to_hex(hash.value()) == "90f3a357771461fc");
  CHECK_FALSE(aisle::is_alphanumeric(0x110000));
}

TEST_CASE("different spellings of a text are folded into one") {
  CHECK(fold_nfkc("") == "");
  CHECK(fold_nfkc("Straße, STRASSE") == "strasse, strasse");
  CHECK(fold_nfkc("ＳＴＲＡẞＥ　１２") == "strasse 12");
  CHECK(fold_nfkc("eﬃcient x² ½ Ⅳ №") == "efficient x2 1⁄2 iv no");
  CHECK(fold_nfkc("ΣΊΣΥΦΟΣ σίσυφος") == "σίσυφοσ σίσυφοσ");
  CHECK(fold_nfkc("ｶﾞｷﾞ") == "ガギ");
  CHECK(fold_nfkc("ИЙ иі") == "ий иі");
  CHECK(fold_nfkc("👩‍👩‍👧 東京") == "👩‍👩‍👧 東京");
  CHECK(fold_nfkc("a\xFFz \xE2\x82") == "a\uFFFDz \uFFFD");
}

TEST_CASE("marks are put in order and composed, each with the nearest letter") {
  CHECK(fold_nfkc("E\u0301te\u0301") == "\u00E9t\u00E9");
  CHECK(fold_nfkc("a\u0301\u0323") == "\u1EA1\u0301");   // the one below comes first
  CHECK(fold_nfkc("\u00E1\u0323") == "\u1EA1\u0301");    // after what was composed, too
  CHECK(fold_nfkc("a\u0305\u0301") == "a\u0305\u0301");  // one of the same class blocks the other
  CHECK(fold_nfkc("a\u0315\u0300\u05AE") == "\u00E0\u05AE\u0315");
  CHECK(fold_nfkc("\u0301a") == "\u0301a");                                // nothing to stand on
  CHECK(fold_nfkc("\u01F0") == "\u01F0");                                  // folding takes it apart
  CHECK(fold_nfkc("\u1112\u1161\u11AB \uD558\u11AB") == "\uD55C \uD55C");  // syllables
  CHECK(fold_nfkc("\u1112\u11AB") == "\u1112\u11AB");
  CHECK(fold_nfkc("\uD55C\u11AB") == "\uD55C\u11AB");  // complete already
  CHECK(fold_nfkc("\u09C7\u09BE") == "\u09CB");        // no mark by its class
  CHECK(fold_nfkc("\u09C7\u0301\u09BE") == "\u09C7\u0301\u09BE");
  CHECK(fold_nfkc("\u1F88 \u03B1\u0345\u0313") == "\u1F00\u03B9 \u1F00\u03B9");
  std::string many = "a";
  for (int i = 0; i < 100'000; ++i) many += i % 2 ? "\u0301" : "\u0323";
  const std::string folded = fold_nfkc(many);
  CHECK(folded.size() == std::string("\u1EA1").size() + many.size() - 3);
  CHECK(folded.substr(0, 7) == "\u1EA1\u0323\u0323");
}

TEST_CASE("the committed tables of folding are what the generator writes") {
  const std::string generator = std::string(AISLE_BINARY_FOLDER "/bin/make_fold_tables");
  if (!std::filesystem::exists(generator)) {
    support::say_skipped("built without the tools, there is no " + generator);
    return;
  }
  const support::temporary_folder folder;
  const std::string command =
      "'" + generator + "' '" + support::data("text/fold.tsv") + "' '" + (folder / "") + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  for (const char* name : {"unicode_class_tables.hpp", "unicode_fold_tables.hpp"}) {
    CAPTURE(name);
    const std::string committed = std::string(AISLE_SOURCE_FOLDER "/include/aisle/text/") + name;
    CHECK((aisle::read_file(folder / name) == aisle::read_file(committed)));
  }
}
