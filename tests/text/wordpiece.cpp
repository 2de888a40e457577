#include <atomic>
#include <cstdint>
#include <memory>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/text/wordpiece.hpp>

#include "support/support.hpp"

namespace {

using support::message_of;
using ids = std::vector<std::int32_t>;

const std::vector<std::string>& small_vocabulary() {
  static const std::vector<std::string> tokens = {
      "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "shirt", "##s", "t",    "##shi", "##rt", "blue",
      "a",     "##a",   "b",     "##b",   "-",      "[",     "]",   "sep",  "10",    "##×2", "東",
      "i",     "##ß",   "ß",     "#",     "##",     "##c",   "bl",  "Blue", ".",     "é",    "e"};
  return tokens;
}

/// The tokens between [CLS] and [SEP], joined by one space.
std::string pieces(const aisle::wordpiece& tokenizer, std::string_view text) {
  const auto e = tokenizer.encode(text, 1 << 20);
  REQUIRE(e.ids.size() >= 2);
  CHECK(e.ids.front() == tokenizer.cls_id());
  CHECK(e.ids.back() == tokenizer.sep_id());
  CHECK(!e.truncated());
  std::string out;
  for (std::size_t i = 1; i + 1 < e.ids.size(); ++i) {
    if (i > 1) out += ' ';
    out += tokenizer.token(e.ids[i]);
  }
  return out;
}

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

/// A word of `count` pieces, as pieces() tells it.
std::string pieces_of(std::string_view letter, int count) {
  std::string out(letter);
  for (int i = 1; i < count; ++i) out.append(" ##").append(letter);
  return out;
}

std::vector<std::string> without(std::string_view token) {
  std::vector<std::string> tokens = small_vocabulary();
  std::erase(tokens, token);
  return tokens;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("words fall into the longest pieces") {
  const aisle::wordpiece tokenizer(small_vocabulary());
  CHECK(pieces(tokenizer, "") == "");
  CHECK(pieces(tokenizer, " \t\n\u00A0\u200B") == "");
  CHECK(pieces(tokenizer, "blue shirts") == "blue shirt ##s");
  CHECK(pieces(tokenizer, "Blue SHIRTS") == "blue shirt ##s");
  CHECK(pieces(tokenizer, "tshirt") == "t ##shi ##rt");
  CHECK(pieces(tokenizer, "T-Shirt") == "t - shirt");
  CHECK(pieces(tokenizer, "bla") == "bl ##a");
  CHECK(pieces(tokenizer, "10×2") == "10 ##×2");  // × is no punctuation
  CHECK(pieces(tokenizer, "a東b") == "a 東 b");
  CHECK(pieces(tokenizer, "##") == "# #");  // the token "##" is out of reach, as # is punctuation
  CHECK(pieces(tokenizer, "a#b##c") == "a # b # # [UNK]");
  CHECK(pieces(tokenizer, "\u0130") == "i");
  CHECK(pieces(tokenizer, "\u1E9E") == "ß");
  CHECK(pieces(tokenizer, "aß") == "a ##ß");
  CHECK(pieces(tokenizer, "É") == "e");
}

TEST_CASE("a piece without a token makes the whole word unknown") {
  const aisle::wordpiece tokenizer(small_vocabulary());
  CHECK(pieces(tokenizer, "shirtsx blue") == "[UNK] blue");
  CHECK(pieces(tokenizer, "xshirt") == "[UNK]");
  CHECK(pieces(tokenizer, "shirt\u0E01") == "[UNK]");
  CHECK(pieces(tokenizer, "a\u0378 b") == "[UNK] b");  // unassigned code points survive the normaliser
  CHECK(pieces(tokenizer, "!") == "[UNK]");
}

TEST_CASE("what vanishes joins its neighbours") {
  const aisle::wordpiece tokenizer(small_vocabulary());
  CHECK(pieces(tokenizer, "blue\u200Bshirt") == "blue ##shi ##rt");
  CHECK(pieces(tokenizer, "t\u00ADshi\u200Drt") == "t ##shi ##rt");
  CHECK(pieces(tokenizer, "blue\u00A0shirt\u2028a") == "blue shirt a");
  CHECK(pieces(tokenizer,
               "a\xFF\xE2\x82"
               "b") == "a ##b");
  CHECK(pieces(tokenizer, "a\uFFFDb") == "a ##b");
  CHECK(pieces(tokenizer,
               "a\xED\xA0\x80"
               "b") == "a ##b");
}

TEST_CASE("words longer than the limit are unknown, counted in code points after normalisation") {
  const aisle::wordpiece tokenizer(small_vocabulary());
  const std::string hundred = pieces_of("a", 100);
  CHECK(pieces(tokenizer, repeat("a", 100)) == hundred);
  CHECK(pieces(tokenizer, repeat("a", 101)) == "[UNK]");
  CHECK(pieces(tokenizer, repeat("a\u0301\u00AD", 100)) == hundred);
  CHECK(pieces(tokenizer, repeat("a", 100) + "-" + repeat("a", 100)) == hundred + " - " + hundred);
  CHECK(pieces(tokenizer, repeat("ß", 100)) == pieces_of("ß", 100));
  CHECK(pieces(tokenizer, repeat("a", 100000) + " b") == "[UNK] b");
  CHECK(pieces(tokenizer, repeat("한", 33)) == "[UNK]");

  const aisle::wordpiece three(small_vocabulary(), {.max_input_chars_per_word = 3});
  CHECK(pieces(three, "aaa aaaa 東") == "a ##a ##a [UNK] 東");
  const aisle::wordpiece longest(small_vocabulary(), {.max_input_chars_per_word = 255});
  CHECK(pieces(longest, repeat("ß", 255)) == pieces_of("ß", 255));
  CHECK(pieces(longest, repeat("\U0001F600", 255)) == "[UNK]");
  for (const int bad : {0, -1, 256})
    CHECK_THROWS_AS(aisle::wordpiece(small_vocabulary(), {.max_input_chars_per_word = bad}),
                    aisle::option_error);
}

TEST_CASE("special tokens written in a text") {
  const aisle::wordpiece tokenizer(small_vocabulary());
  CHECK(pieces(tokenizer, "a[SEP]b") == "a [SEP] b");
  CHECK(pieces(tokenizer, "[CLS] [MASK][PAD][UNK]") == "[CLS] [MASK] [PAD] [UNK]");
  CHECK(pieces(tokenizer, "[sep]") == "[ sep ]");
  CHECK(pieces(tokenizer, "[[SEP]]") == "[ [SEP] ]");
  CHECK(pieces(tokenizer, "[SEP") == "[ sep");
  CHECK(pieces(tokenizer, "[S\u00ADEP]") == "[ sep ]");
  CHECK(pieces(tokenizer, "[SEP\xFF]") == "[ sep ]");

  const aisle::wordpiece plain(small_vocabulary(), {.match_special_tokens = false});
  CHECK(pieces(plain, "a[SEP]b") == "a [ sep ] b");
}

TEST_CASE("a cased model keeps case and accents") {
  const aisle::wordpiece tokenizer(small_vocabulary(), {.lower_case = false});
  CHECK(pieces(tokenizer, "Blue blue BLUE") == "Blue blue [UNK]");
  CHECK(pieces(tokenizer, "é e\u0301") == "é [UNK]");
  CHECK(pieces(tokenizer, "a\u200Bb東") == "a ##b 東");
}

TEST_CASE("truncation keeps [SEP] and tells the full length") {
  const aisle::wordpiece tokenizer(small_vocabulary());
  const auto e = tokenizer.encode("a b tshirt blue", 5);
  CHECK(e.ids == ids{2, 11, 13, 7, 3});
  CHECK(e.full_length == 8);
  CHECK(e.truncated());
  CHECK(tokenizer.encode("a b", 4).ids == ids{2, 11, 13, 3});
  CHECK(!tokenizer.encode("a b", 4).truncated());
  CHECK(tokenizer.encode("a b", 2).ids == ids{2, 3});
  CHECK(tokenizer.encode("a b", 2).full_length == 4);
  // A word that turns out unknown after the cut, before it, and across it.
  CHECK(tokenizer.encode("a tshirtx b", 4).ids == ids{2, 11, 1, 3});
  CHECK(tokenizer.encode("a tshirtx b", 4).full_length == 5);
  CHECK(tokenizer.encode("a b tshirtx", 4).full_length == 5);
  CHECK(tokenizer.encode("a tshirtx b", 5).ids == ids{2, 11, 1, 13, 3});
  CHECK_THROWS_AS(tokenizer.encode("a", 1), aisle::option_error);
  CHECK(tokenizer.encode(repeat("shirt ", 1000)).ids.size() == 256);

  ids packed{7};
  CHECK(tokenizer.encode("a", 8, packed) == 3);
  CHECK(tokenizer.encode("a b", 3, packed) == 4);
  CHECK(packed == ids{7, 2, 11, 3, 2, 11, 3});
}

TEST_CASE("memory does not grow with the text") {
  const aisle::wordpiece tokenizer(small_vocabulary());
  const auto e = tokenizer.encode(repeat("blue shirts. ", 1 << 18) + repeat("x", 1 << 20), 16);
  CHECK(e.full_length == (std::int64_t{4} << 18) + 3);
  CHECK(e.ids.size() == 16);
  CHECK(e.ids.capacity() <= 32);
}

TEST_CASE("tokens and ids") {
  const aisle::wordpiece tokenizer(small_vocabulary());
  CHECK(tokenizer.vocabulary_size() == static_cast<std::int64_t>(small_vocabulary().size()));
  for (std::size_t i = 0; i < small_vocabulary().size(); ++i) {
    CHECK(tokenizer.token(static_cast<std::int64_t>(i)) == small_vocabulary()[i]);
    CHECK(tokenizer.find(small_vocabulary()[i]) == static_cast<std::int32_t>(i));
  }
  CHECK(tokenizer.find("") == -1);
  CHECK(tokenizer.find("shi") == -1);
  CHECK(tokenizer.find("s") == -1);
  CHECK(tokenizer.find("##shirt") == -1);
  CHECK(tokenizer.unk_id() == 1);
  CHECK(tokenizer.cls_id() == 2);
  CHECK(tokenizer.sep_id() == 3);
  CHECK(tokenizer.pad_id() == 0);
  CHECK(tokenizer.mask_id() == 4);
  CHECK_THROWS_AS(tokenizer.token(-1), aisle::option_error);
  CHECK_THROWS_AS(tokenizer.token(tokenizer.vocabulary_size()), aisle::option_error);
}

TEST_CASE("a vocabulary that cannot work is refused by name") {
  using aisle::format_error;
  const auto make = [](std::vector<std::string> tokens) {
    return [tokens = std::move(tokens)] { aisle::wordpiece(tokens, {}, "here"); };
  };
  for (const char* token : {"[UNK]", "[CLS]", "[SEP]"})
    CHECK(message_of<format_error>(make(without(token))) == std::string("here: lacks the token ") + token);
  CHECK(message_of<format_error>(make({})) == "here: lacks the token [UNK]");
  CHECK(message_of<format_error>(make({"[UNK]", "x", "x"})) ==
        "here: token 2 \"x\" is there already, as token 1");
  CHECK(message_of<format_error>(make({"[UNK]", ""})) == "here: token 1 is empty");
  CHECK(message_of<format_error>(make({"[UNK]", "\xE2\x82"})) == "here: token 1 is not UTF-8");
  const aisle::wordpiece least(std::vector<std::string>{"[UNK]", "[CLS]", "[SEP]"});
  CHECK(least.pad_id() == -1);
  CHECK(least.mask_id() == -1);
  CHECK(pieces(least, "[PAD] x") == "[UNK] [UNK] [UNK] [UNK]");
}

TEST_CASE("loading") {
  const support::temporary_folder folder;
  std::string lines;
  for (const std::string& t : small_vocabulary()) lines += t + "\n";
  const std::string vocabulary = folder / "vocab.txt", config = folder / "tokenizer_config.json",
                    whole = folder / "tokenizer.json";

  SUBCASE("nothing there") {
    CHECK(has(message_of<aisle::file_error>([&] { aisle::wordpiece::load(folder.path()); }), "vocab.txt"));
    CHECK(has(message_of<aisle::file_error>([&] { aisle::wordpiece::load(vocabulary); }), vocabulary));
  }
  SUBCASE("a vocab.txt, with either line end") {
    aisle::write_file(vocabulary, lines);
    CHECK(pieces(aisle::wordpiece::load(vocabulary), "Blue") == "blue");
    CHECK(pieces(aisle::wordpiece::load(vocabulary, {.lower_case = false}), "Blue") == "Blue");
    CHECK(pieces(aisle::wordpiece::load(folder.path()), "Blue") == "blue");
    std::string windows;
    for (const std::string& t : small_vocabulary()) windows += t + "\r\n";
    aisle::write_file(vocabulary, windows);
    CHECK(pieces(aisle::wordpiece::load(vocabulary), "shirts") == "shirt ##s");
    aisle::write_file(vocabulary, "[UNK]\n\n[CLS]\n");
    CHECK(message_of<aisle::format_error>([&] { aisle::wordpiece::load(vocabulary); }) ==
          vocabulary + ": token 1 is empty");
  }
  SUBCASE("a folder with tokenizer_config.json") {
    aisle::write_file(vocabulary, lines);
    aisle::write_file(config, R"({"do_lower_case": false, "strip_accents": null})");
    CHECK(pieces(aisle::wordpiece::load(folder.path()), "Blue") == "Blue");
    aisle::write_file(config, R"({"do_lower_case": true})");
    CHECK(pieces(aisle::wordpiece::load(folder.path()), "Blue") == "blue");
    aisle::write_file(config, R"({"do_lower_case": true, "strip_accents": false})");
    CHECK(pieces(aisle::wordpiece::load(folder.path()), "BLUE É") == "blue é");
    aisle::write_file(config, R"({"do_lower_case": false, "strip_accents": true})");
    CHECK(has(message_of<aisle::option_error>([&] { aisle::wordpiece::load(folder.path()); }),
              "strip_accents"));
    aisle::write_file(config, R"({"tokenize_chinese_chars": false})");
    CHECK(pieces(aisle::wordpiece::load(folder.path()), "a東 東") == "[UNK] 東");
    aisle::write_file(config, "{");
    CHECK(has(message_of<aisle::format_error>([&] { aisle::wordpiece::load(folder.path()); }), config));
  }
  SUBCASE("a folder with tokenizer.json alone") {
    // A tokenizer.json of these parts; the pre-tokenizer's type is the only one.
    const auto put = [&](const std::string& model, const std::string& normalizer,
                         const std::string& pre_tokenizer = R"({"type": "BertPreTokenizer"})") {
      aisle::write_file(
          whole,
          R"({"normalizer": )" + normalizer + R"(, "pre_tokenizer": )" + pre_tokenizer +
              R"(, "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 1], "sep": ["[SEP]", 2]},
                                   "added_tokens": [{"id": 2, "content": "[SEP]"},
                                   {"id": 4, "content": "[MASK]"}], "model": )" +
              model + "}");
    };
    const auto refused = [&](const std::string& what) {
      return has(message_of<aisle::option_error>([&] { aisle::wordpiece::load(folder.path()); }), what);
    };
    const auto damaged = [&](const std::string& what) {
      return has(message_of<aisle::format_error>([&] { aisle::wordpiece::load(folder.path()); }), what);
    };
    const std::string bert = R"({"type": "BertNormalizer", "lowercase": false, "strip_accents": null})";
    const std::string model = R"({"type": "WordPiece", "max_input_chars_per_word": 2,
                                  "vocab": {"a": 3, "[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[MASK]": 4,
                                  "##a": 5}})";
    put(model, bert);
    const auto tokenizer = aisle::wordpiece::load(folder.path());
    CHECK(tokenizer.vocabulary_size() == 6);
    CHECK(pieces(tokenizer, "a A aa aaa [MASK]") == "a [UNK] a ##a [UNK] [MASK]");

    put(R"({"type": "BPE", "vocab": {}})", bert);
    CHECK(refused("BPE"));
    put(model, "null");
    CHECK(pieces(aisle::wordpiece::load(folder.path()), "a A") == "a [UNK]");
    put(model, R"({"type": "Sequence", "normalizers": [{"type": "Lowercase"}]})");
    CHECK(pieces(aisle::wordpiece::load(folder.path()), "a A") == "a a");
    put(model, R"({"type": "Sequence", "normalizers": [{"type": "Lowercase"}, {"type": "NFC"}]})");
    CHECK(refused("tokenizer.json: normalizer.normalizers[1]: the normalizer NFC is not built in"));
    put(model, R"({"type": "Replace", "pattern": {"Regex": "a"}, "content": "b"})");
    CHECK(refused("the normalizer Replace of a regular expression is not built in"));
    put(model, R"({"type": "BertNormalizer", "strip_accents": true, "lowercase": false})");
    CHECK(refused("strip_accents"));
    put(model, bert, "null");
    CHECK(refused("pre_tokenizer is none, expected BertPreTokenizer"));
    put(model, bert, R"({"type": "Whitespace"})");
    CHECK(refused("pre_tokenizer is Whitespace, expected BertPreTokenizer"));
    // Whatever file decides the case, and whichever holds the vocabulary.
    aisle::write_file(config, R"({"do_lower_case": true})");
    CHECK(refused("Whitespace"));
    std::filesystem::remove(config);
    aisle::write_file(vocabulary, lines);
    CHECK(refused("Whitespace"));
    std::filesystem::remove(vocabulary);

    put(R"({"vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "x": 6}})", bert);
    CHECK(damaged("token 3 is empty"));
    put(R"({"vocab": {"[UNK]": 0, "[CLS]": 0}})", bert);
    CHECK(damaged("has the id of"));
    put(R"({"vocab": {"[UNK]": 4000000000}})", bert);
    CHECK(damaged("4000000000"));
    put(R"({"vocab": {"[UNK]": -1}})", bert);
    CHECK_THROWS_AS(aisle::wordpiece::load(folder.path()), aisle::format_error);
  }
}

TEST_CASE("one tokenizer serves many threads, and copies are independent") {
  auto original = std::make_unique<aisle::wordpiece>(small_vocabulary());
  const aisle::wordpiece tokenizer = *original;
  original.reset();
  std::atomic<int> wrong = 0;
  aisle::parallel_for(64, 4, [&](std::int64_t i) {
    const std::string text = repeat("blue shirts ", static_cast<int>(i));
    if (tokenizer.encode(text, 1000).full_length != 2 + 3 * i) ++wrong;
  });
  CHECK(wrong == 0);
}
