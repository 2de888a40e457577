#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/text/normalizer.hpp>
#include <aisle/text/unicode.hpp>

#include "support/support.hpp"

using aisle::character_role;

namespace {

std::string utf8(char32_t c) {
  std::string s;
  aisle::append_utf8(s, c);
  return s;
}

bool is_surrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

/// What tables.tsv says about each code point, read here a second time, without the generator.
struct observed {
  std::string kind = "unchanged", becomes;
};
std::vector<observed> observed_treatment() {
  std::vector<observed> all(0x110000);
  std::istringstream in(aisle::read_file(support::data("text/tables.tsv")));
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string kind, code;
    char32_t first = 0, last = 0;
    const auto hex = [&fields, &code]() {
      fields >> code;
      return static_cast<char32_t>(std::stoul(code, nullptr, 16));
    };
    fields >> kind;
    first = hex();
    last = hex();
    observed o{kind, ""};
    while (fields >> code) o.becomes += utf8(static_cast<char32_t>(std::stoul(code, nullptr, 16)));
    if (first == 0xFFF00) first = 0xF0000;  // sampled there: private use throughout
    if (first == 0x100000) last = 0x10FFFD;
    for (char32_t c = first; c <= last; ++c) all[c] = o;
  }
  return all;
}

std::string hangul_jamo(char32_t c) {
  const char32_t index = c - 0xAC00;
  std::string s = utf8(0x1100 + index / 588) + utf8(0x1161 + index % 588 / 28);
  return index % 28 == 0 ? s : s + utf8(0x11A7 + index % 28);
}

}  // namespace

TEST_CASE("every code point is treated as the reference was seen to treat it") {
  const std::vector<observed> all = observed_treatment();
  int wrong = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (is_surrogate(c)) continue;
    const observed& o = all[c];
    std::string becomes = o.becomes.empty() ? utf8(c) : o.becomes;
    character_role role = character_role::word;
    if (o.kind == "gone") role = character_role::gone, becomes = "";
    if (o.kind == "space") role = character_role::space, becomes = " ";
    if (o.kind == "punct") role = character_role::punctuation;
    if (o.kind == "cjk") role = character_role::cjk, becomes = " " + becomes + " ";
    if (o.kind == "hangul") becomes = hangul_jamo(c);
    const bool right = aisle::normalize_character(c, true).role == role &&
                       aisle::normalize_text("a" + utf8(c) + "a") == "a" + becomes + "a";
    if (!right && ++wrong <= 5)
      FAIL_CHECK("U+" << std::hex << static_cast<std::uint32_t>(c) << " " << o.kind);
  }
  CHECK(wrong == 0);
}

// The hash is over the output of Rust `tokenizers` 0.23.3 for every code point c but surrogates:
// BertNormalizer(clean_text, handle_chinese_chars, lowercase=False) of "a" + c + "a", 0xFF, the words of
// BertPreTokenizer with 0xFE between, 0xFF.
TEST_CASE("every code point in a cased model is treated as the reference does") {
  aisle::fnv1a64 hash;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (is_surrogate(c)) continue;
    const std::string text = aisle::normalize_text("a" + utf8(c) + "a", {.lower_case = false});
    hash.bytes(text);
    hash.byte(0xFF);
    switch (const auto n = aisle::normalize_character(c, false); n.role) {
      case character_role::word:
      case character_role::gone:
        hash.bytes(text);
        break;
      case character_role::space:
        hash.bytes("a\xFE");
        hash.bytes("a");
        break;
      case character_role::punctuation:
      case character_role::cjk:
        REQUIRE(n.size == 1);
        hash.bytes("a\xFE" + utf8(n.codes[0]) + "\xFE");
        hash.bytes("a");
    }
    hash.byte(0xFF);
  }
  CHECK(aisle::to_hex(hash.value()) == "68abc7d1244a3631");
}

TEST_CASE("the committed tables are what the generator writes") {
  const std::string generator = std::string(AISLE_BINARY_FOLDER "/bin/make_unicode_tables");
  if (!std::filesystem::exists(generator)) {
    support::say_skipped("built without the tools, there is no " + generator);
    return;
  }
  const support::temporary_folder folder;
  const std::string written = folder / "unicode_tables.hpp";
  const std::string command =
      "'" + generator + "' '" + support::data("text/tables.tsv") + "' '" + written + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  const std::string committed =
      aisle::read_file(std::string(AISLE_SOURCE_FOLDER "/include/aisle/text/unicode_tables.hpp"));
  CHECK((aisle::read_file(written) == committed));
}

// characters.tsv: what Rust `tokenizers` 0.23.3 does to each code point.
TEST_CASE("lower case and characters of words are the reference's") {
  std::vector<char32_t> lower(0x110000);
  std::vector<bool> word(0x110000);
  for (char32_t c = 0; c < 0x110000; ++c) lower[c] = c;
  std::istringstream in(aisle::read_file(support::data("text/characters.tsv")));
  std::string line, kind;
  std::getline(in, line);
  std::uint32_t first = 0, last = 0, step = 0, becomes = 0;
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    fields >> kind >> std::hex >> first >> last >> std::dec >> step >> std::hex >> becomes;
    for (std::uint32_t c = first; c <= last; c += step)
      if (kind == "word")
        word[c] = true;
      else
        lower[c] = becomes + (c - first);
  }
  int wrong = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    const auto n = aisle::lower_case_of(c);
    if (c == 0x130)
      CHECK(aisle::text_normalizer({.strip_accents = false})(utf8(c)) == "i\u0307");
    else
      wrong += n.size != 1 || n.codes[0] != lower[c];
    wrong += aisle::is_word_character(c) != word[c];
  }
  CHECK(wrong == 0);
}

TEST_CASE("lower case first comes to the same as lower case last, of every code point") {
  int wrong = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (is_surrogate(c)) continue;
    const aisle::normalized_character low = aisle::lower_case_of(c);
    std::string first;
    for (std::uint8_t i = 0; i < low.size; ++i) aisle::append_utf8(first, low.codes[i]);
    for (const bool strip : {true, false}) {
      const aisle::character_rules rules{.strip_accents = strip};
      const aisle::character_rules after{.lower_case = strip, .strip_accents = strip};
      wrong += aisle::text_normalizer(rules)(utf8(c)) != aisle::text_normalizer(after)(first);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("UTF-8 of every code point reads back") {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (is_surrogate(c)) continue;
    const std::string s = utf8(c);
    const aisle::decoded_character d = aisle::decode_utf8(s, 0);
    if (d.code != c || d.size != s.size()) FAIL_CHECK("U+" << std::hex << static_cast<std::uint32_t>(c));
  }
}

TEST_CASE("bytes that are not UTF-8 are read as maximal subparts") {
  struct sample {
    const char* bytes;
    std::vector<std::uint32_t> sizes;
  };
  // Unicode 15, table 3-8 and its neighbours: how many bytes each U+FFFD stands for.
  const sample samples[] = {
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF", {2, 1, 3, 2}},
      {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82", {1, 1, 1, 1, 1, 1, 1, 1}},
      {"\xED\xA0\x80\xED\xBF\xBF", {1, 1, 1, 1, 1, 1}},
      {"\xF4\x91\x92\x93\xFF", {1, 1, 1, 1, 1}},
  };
  for (const sample& s : samples) {
    const std::string_view text = s.bytes;
    std::vector<std::uint32_t> sizes;
    for (std::size_t at = 0; at < text.size();) {
      const aisle::decoded_character d = aisle::decode_utf8(text, at);
      CHECK(d.code == 0xFFFD);
      sizes.push_back(d.size);
      at += d.size;
    }
    CHECK(sizes == s.sizes);
  }
}

TEST_CASE("normalised text") {
  const auto normal = [](std::string_view text) { return aisle::normalize_text(text); };
  CHECK(normal("") == "");
  CHECK(normal("Crème BRÛLÉE") == "creme brulee");
  CHECK(normal("e\u0301E\u0301") == "ee");
  CHECK(normal("\u0130stanbul") == "istanbul");
  CHECK(normal("ΟΔΟΣ") == "οδοσ");  // no final sigma: lower case knows no context
  CHECK(normal("\u1E9E\u00DF") == "ßß");
  CHECK(normal("\uFB01 \uFF21\u00B2") ==
        "\uFB01 \uFF41\u00B2");  // canonical, not compatibility decomposition
  CHECK(normal("\u037E\u1FEF\u212A") == ";`k");
  CHECK(normal("한") == "\u1112\u1161\u11AB");
  CHECK(normal("東a京") == " 東 a 京 ");
  CHECK(normal("\uF900") == " \u8C48 ");
  CHECK(normal("か\u3005") == "か\u3005");
  CHECK(normal("\U0002B820\U0002B920") ==
        "\U0002B820 \U0002B920 ");  // where the reference begins extension E
  CHECK(normal("a\u00ADb\u200Bc\u200Dd\uFEFFe\uE000f\u000Bg\u0085h") == "abcdefgh");
  CHECK(normal("a\u00A0b\u2028c\u3000d\te\nf\rg") == "a b c d e f g");
  CHECK(normal("\u08D4") == "\u08D4");  // a mark only since Unicode 9.0
  CHECK(normal("\u0378") == "\u0378");  // unassigned: stays
  CHECK(normal("\u1C90") == "\u10D0");  // lower case of Unicode 17.0
  CHECK(normal(std::string_view("a\0b", 3)) == "ab");
  CHECK(normal("caf\xE9s \xE2\x82x") == "cafs x");
}

TEST_CASE("normalised text of a cased model") {
  const auto normal = [](std::string_view text) {
    return aisle::normalize_text(text, {.lower_case = false});
  };
  CHECK(normal("Crème e\u0301 İ 한") == "Crème e\u0301 İ 한");
  CHECK(normal("\uF900\u00AD\u00A0x") == " \uF900  x");
}
