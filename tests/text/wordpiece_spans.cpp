// Places of pieces, pairs of texts, and how they are cut: as Rust tokenizers 0.23 has them. The cases were
// made with it, of the vocabulary below.

#include <aisle/text/wordpiece.hpp>

#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/io/json.hpp>

namespace {

using spans = std::vector<aisle::byte_span>;
using ids = std::vector<std::int32_t>;

const std::vector<std::string> words = {
    "[PAD]",        "[UNK]",  "[CLS]", "[SEP]",  "[MASK]", "blue", "red", "shirt",
    "##s",          "cotton", "jeans", ".",      ",",      "cafe", "##x", "\xE4\xB8\xAD",
    "\xE6\x96\x87", "un",     "##aff", "##able", "a",      "b",    "c",   "-"};

}  // namespace

TEST_CASE("pieces know where they stand in the text, before it was normalised") {
  const aisle::wordpiece w(words);
  const struct {
    const char* text;
    ids pieces;
    spans places;
  } cases[] = {{"Blue shirts, cotton.",
                {5, 7, 8, 12, 9, 11},
                {{0, 4}, {5, 10}, {10, 11}, {11, 12}, {13, 19}, {19, 20}}},
               // A mark of its own belongs to no piece, one within a letter does.
               {"  CAF\xC3\x89\xCC\x81  cafe\xCC\x81x ", {13, 13, 14}, {{2, 7}, {11, 15}, {17, 18}}},
               {"a\xE4\xB8\xAD\xE6\x96\x87"
                "b [MASK] unaffable\xC2\xADx",
                {20, 15, 16, 21, 4, 17, 18, 19, 14},
                {{0, 1}, {1, 4}, {4, 7}, {7, 8}, {9, 15}, {16, 18}, {18, 21}, {21, 25}, {27, 28}}},
               {"\xC4\xB0 \xEF\xAC\x81 zzz", {1, 1, 1}, {{0, 2}, {3, 6}, {7, 10}}},
               {"", {}, {}}};
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const auto e = w.encode_spans(c.text);
    ids expected = {2};
    expected.insert(expected.end(), c.pieces.begin(), c.pieces.end());
    expected.push_back(3);
    CHECK(e.ids == expected);
    CHECK(e.spans.front() == aisle::byte_span{});
    CHECK(e.spans.back() == aisle::byte_span{});
    CHECK(spans(e.spans.begin() + 1, e.spans.end() - 1) == c.places);
    CHECK(e.types == ids(expected.size(), 0));
    CHECK(e.full_length == static_cast<std::int64_t>(expected.size()));
  }
}

TEST_CASE("pairs, and what is cut of them") {
  using aisle::truncation;
  const aisle::wordpiece w(words);
  const auto whole = w.encode_pair("red jeans", "blue shirts");
  CHECK(whole.ids == ids{2, 6, 10, 3, 5, 7, 8, 3});
  CHECK(whole.types == ids{0, 0, 0, 0, 1, 1, 1, 1});
  CHECK(whole.spans == spans{{}, {0, 3}, {4, 9}, {}, {0, 4}, {5, 10}, {10, 11}, {}});
  const struct {
    std::int64_t most;
    truncation cut;
    bool keep_end;
    ids expected;  ///< none: refused
  } cases[] = {{8, truncation::longest_first, false, {2, 20, 21, 22, 3, 6, 10, 3}},
               {7, truncation::longest_first, false, {2, 20, 21, 3, 6, 10, 3}},
               {6, truncation::longest_first, false, {2, 20, 21, 3, 6, 3}},
               {5, truncation::longest_first, false, {2, 20, 3, 6, 3}},
               {3, truncation::longest_first, false, {2, 3, 3}},
               {3, truncation::only_first, false, {2, 3, 3}},
               {7, truncation::longest_first, true, {2, 20, 21, 3, 10, 5, 3}},
               {8, truncation::only_first, false, {2, 20, 21, 3, 6, 10, 5, 3}},
               {8, truncation::only_second, false, {}},
               {6, truncation::only_first, false, {}},
               {2, truncation::longest_first, false, {}},
               {2, truncation::none, false, {2, 20, 21, 22, 20, 21, 3, 6, 10, 5, 3}}};
  for (const auto& c : cases) {
    CAPTURE(c.most);
    CAPTURE(static_cast<int>(c.cut));
    const aisle::wordpiece_encode_options how{.max_length = c.most, .cut = c.cut, .keep_end = c.keep_end};
    if (c.expected.empty()) {
      CHECK_THROWS_AS(w.encode_pair("a b c a b", "red jeans blue", how), aisle::option_error);
      continue;
    }
    const auto e = w.encode_pair("a b c a b", "red jeans blue", how);
    CHECK(e.ids == c.expected);
    CHECK(e.full_length == 11);
    CHECK(e.spans.size() == e.ids.size());
    CHECK(e.types.size() == e.ids.size());
  }
  CHECK(w.encode_spans("a b c a b", {.max_length = 4}).ids == ids{2, 20, 21, 3});
  const auto end = w.encode_spans("a b c a b", {.max_length = 4, .keep_end = true});
  CHECK(end.spans == spans{{}, {6, 7}, {8, 9}, {}});
  CHECK_THROWS_AS(w.encode_spans("a b c a b", {.max_length = 4, .cut = truncation::only_second}),
                  aisle::option_error);
  CHECK_THROWS_AS(w.encode_spans("a", {.max_length = 1}), aisle::option_error);
}

TEST_CASE("ids with places are those without, whatever the text and the normalizer") {
  const char* normalizers[] = {
      R"({"type": "BertNormalizer"})", R"({"type": "BertNormalizer", "lowercase": false})",
      R"({"type": "Sequence", "normalizers": [{"type": "Replace", "pattern": {"String": "ab"}, "content": "red"},
          {"type": "Prepend", "prepend": "a-"}, {"type": "BertNormalizer"}]})",
      R"({"type": "Sequence", "normalizers": [{"type": "Strip"}, {"type": "Lowercase"}]})"};
  std::mt19937 random(7);
  const std::vector<std::string> bits = {
      "a",     "b",    "ab",   "Blue",         "shirts",       " ",
      "\n",    "-",    ".",    "\xC3\x89",     "e\xCC\x81",    "\xE4\xB8\xAD",
      "[SEP]", "new ", "\xFF", "\xE3\x80\x80", "\xEA\xB0\x80", "\xC4\xB0"};
  for (const char* normalizer : normalizers) {
    std::string vocabulary;
    for (std::size_t i = 0; i < words.size(); ++i)
      vocabulary += (i ? "," : "") + aisle::json(words[i]).dump() + ":" + std::to_string(i);
    const aisle::json file = aisle::parse_json(
        R"({"added_tokens": [{"id": 2, "content": "[CLS]", "special": true, "normalized": false},
            {"id": 3, "content": "[SEP]", "special": true, "normalized": false},
            {"id": 24, "content": "New", "normalized": true, "rstrip": true}],
            "normalizer": )" +
            std::string(normalizer) +
            R"(, "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {)" +
            vocabulary + "}}}",
        "made up");
    const aisle::wordpiece w = aisle::wordpiece::from_json(file);
    for (int i = 0; i < 400; ++i) {
      std::string text;
      for (auto n = random() % 12; n > 0; --n) text += bits[random() % bits.size()];
      CAPTURE(text);
      const auto plain = w.encode(text, 1'000);
      const auto e = w.encode_spans(text, {.cut = aisle::truncation::none});
      REQUIRE(e.ids == plain.ids);
      CHECK(e.full_length == plain.full_length);
      for (const aisle::byte_span& s : e.spans) {
        CHECK(s.begin <= s.end);
        CHECK(s.end <= text.size());
      }
    }
  }
}
