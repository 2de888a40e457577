// Any bytes through the normalizer and the WordPiece tokenizer, in each mode.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/io/utf8.hpp>
#include <aisle/text/normalizer.hpp>
#include <aisle/text/wordpiece.hpp>

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<std::string> vocabulary() {
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "shirt", "##irt", "##hi"};
  for (char c = '!'; c <= '~'; ++c) {
    tokens.push_back({c});
    if (c >= 'a' && c <= 'e') tokens.push_back({'#', '#', c});
  }
  for (const char* t :
       {"ß", "##ß", "東", "\u1112", "##\u1161", "##\u11AB", "##×2", "\U0001F600", "##\u0301", "É"})
    tokens.emplace_back(t);
  return tokens;
}

void check(const aisle::wordpiece& model, std::string_view text) {
  const std::vector<std::int32_t> whole = model.encode(text, std::int64_t{1} << 40).ids;
  require(whole.size() >= 2 && whole.front() == model.cls_id() && whole.back() == model.sep_id());
  for (const std::int32_t id : whole) require(id >= 0 && id < model.vocabulary_size());

  // Cut anywhere, it is the start of the whole, and tells the whole's length.
  for (const std::int64_t limit : {2, 3, 7, 16}) {
    const auto cut = model.encode(text, limit);
    require(cut.full_length == static_cast<std::int64_t>(whole.size()));
    require(static_cast<std::int64_t>(cut.ids.size()) == std::min(limit, cut.full_length));
    require(cut.ids.back() == model.sep_id());
    for (std::size_t i = 0; i + 1 < cut.ids.size(); ++i) require(cut.ids[i] == whole[i]);
  }

  // With their places they are the same ids, and the places are within the text.
  const auto spanned = model.encode_spans(text, {.cut = aisle::truncation::none});
  require(spanned.ids == whole && spanned.spans.size() == whole.size());
  for (const aisle::byte_span& span : spanned.spans)
    require(span.begin <= span.end && span.end <= text.size());
  const auto pair = model.encode_pair(text, text.substr(text.size() / 2), {.max_length = 9});
  require(pair.ids.size() <= 9 && pair.ids.size() == pair.spans.size());

  // Invalid bytes count as U+FFFD.
  require(model.encode(aisle::replace_invalid_utf8(text), std::int64_t{1} << 40).ids == whole);

  const bool lower = model.options().lower_case;
  const std::string normal = aisle::normalize_text(text, {.lower_case = lower});
  require(aisle::find_invalid_utf8(normal) == std::string_view::npos);
  // Normalised text gives the same ids, unless removing something made a special token of the rest.
  if (!model.options().match_special_tokens)
    require(model.encode(normal, std::int64_t{1} << 40).ids == whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const aisle::tokenizer_description taught = [] {
    aisle::tokenizer_description d;
    d.vocabulary = vocabulary();
    d.normalizer = aisle::text_normalizer({.clean_text = false, .strip_accents = false});
    d.added = {{.content = "[SEP]", .normalized = false, .special = true},
               {.content = "É", .single_word = true, .lstrip = true},
               {.content = "é t", .rstrip = true, .normalized = false},
               {.content = "Shirts"},
               {.content = "東"}};
    return d;
  }();
  static const aisle::wordpiece models[] = {
      aisle::wordpiece(taught),
      aisle::wordpiece(vocabulary()),
      aisle::wordpiece(vocabulary(), {.match_special_tokens = false}),
      aisle::wordpiece(vocabulary(), {.lower_case = false, .match_special_tokens = false}),
      aisle::wordpiece(vocabulary(), {.match_special_tokens = false, .max_input_chars_per_word = 3}),
  };
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const aisle::wordpiece& model : models) check(model, text);
  return 0;
}
