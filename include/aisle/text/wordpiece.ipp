#pragma once

#include <algorithm>
#include <limits>
#include <optional>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/unicode.hpp>
#include <aisle/text/wordpiece.hpp>

AISLE_NAMESPACE_BEGIN

/// Collects one word at a time and appends its pieces to the ids.
struct wordpiece::writer {
  const wordpiece& model;
  std::vector<std::int32_t>& out;
  std::int64_t room;        ///< ids that may still be stored
  std::int64_t length = 0;  ///< ids there would be without a limit
  int characters = 0;       ///< of the word, those beyond the limit counted but not kept
  std::size_t size = 0;     ///< bytes in `word`
  std::array<char, wordpiece_vocabulary::max_word_bytes> word;

  writer(const wordpiece& m, std::vector<std::int32_t>& o, std::int64_t r) noexcept
      : model(m), out(o), room(r) {}

  void push(std::int32_t id) {
    if (length < room) out.push_back(id);
    ++length;
  }
  bool next_fits() noexcept {
    const int limit = model.options_.max_input_chars_per_word;
    if (characters <= limit) ++characters;
    return characters <= limit;
  }
  void append(char c) noexcept {
    if (next_fits()) word[size++] = c;
  }
  void append(const normalized_character& c) noexcept {
    for (std::uint8_t i = 0; i < c.size; ++i)
      if (next_fits()) size += encode_utf8(c.codes[i], word.data() + size);
  }

  void end_word() {
    if (characters == 0) return;
    const std::size_t stored = out.size();
    const std::int64_t before = length;
    bool known = characters <= model.options_.max_input_chars_per_word;
    for (std::size_t at = 0; known && at < size;) {
      const auto [id, n] = model.vocabulary_.longest_match({word.data() + at, size - at}, at > 0);
      known = id >= 0;
      if (known) push(id);
      at += n;
    }
    if (!known) {  // one piece that no token covers makes the whole word unknown
      out.resize(stored);
      length = before;
      push(model.unk_id());
    }
    characters = 0;
    size = 0;
  }
};

AISLE_API wordpiece::wordpiece(const std::vector<std::string>& vocabulary, wordpiece_options options,
                               std::string_view where)
    : vocabulary_(vocabulary, where), options_(options) {
  static_assert(4 * 255 <= wordpiece_vocabulary::max_word_bytes);
  if (options.max_input_chars_per_word < 1 || options.max_input_chars_per_word > 255)
    throw option_error("max_input_chars_per_word is " + std::to_string(options.max_input_chars_per_word) +
                       ", expected 1 to 255");
  for (auto& [name, id] : special_) id = find(name);
  for (const special required : {unk, cls, sep})
    if (special_[required].second < 0)
      throw format_error(std::string(where), "lacks the token " + std::string(special_[required].first));
  for (std::size_t c = 0; c < ascii_.size(); ++c) {
    const normalized_character n = normalize_character(static_cast<char32_t>(c), options.lower_case);
    ascii_[c] = n.role == character_role::gone          ? char{0}
                : n.role == character_role::space       ? char{1}
                : n.role == character_role::punctuation ? char{2}
                                                        : static_cast<char>(n.codes[0]);
  }
}

AISLE_API const std::pair<std::string_view, std::int32_t>* wordpiece::special_at(
    std::string_view rest) const noexcept {
  for (const auto& s : special_)
    if (s.second >= 0 && rest.starts_with(s.first)) return &s;
  return nullptr;
}

AISLE_API std::int64_t wordpiece::encode(std::string_view text, std::int64_t max_length,
                                         std::vector<std::int32_t>& out) const {
  if (max_length < 2)
    throw option_error("max_length is " + std::to_string(max_length) +
                       ", expected at least 2 for [CLS] and [SEP]");
  out.push_back(cls_id());
  writer w(*this, out, max_length - 2);
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x80) {
      const char action = ascii_[static_cast<unsigned char>(c)];
      ++at;
      if (action > 2) {
        w.append(action);
      } else if (action > 0) {
        w.end_word();
        if (action == 1) continue;
        if (c == '[' && options_.match_special_tokens) {
          if (const auto* s = special_at(text.substr(at - 1))) {
            w.push(s->second);
            at += s->first.size() - 1;
            continue;
          }
        }
        w.append(c);
        w.end_word();
      }
      continue;
    }
    const decoded_character d = decode_utf8(text, at);
    at += d.size;
    const normalized_character n = normalize_character(d.code, options_.lower_case);
    const bool joins = n.role == character_role::word || n.role == character_role::gone;
    if (!joins) w.end_word();
    if (n.role != character_role::space) w.append(n);
    if (!joins) w.end_word();
  }
  w.end_word();
  out.push_back(sep_id());
  return w.length + 2;
}

namespace detail {

AISLE_API std::vector<std::string> read_vocabulary(const std::string& path) {
  const std::string content = read_file(path, std::uint64_t{1} << 30);
  std::string_view rest = content;
  while (!rest.empty() && (rest.back() == '\n' || rest.back() == '\r')) rest.remove_suffix(1);
  std::vector<std::string> tokens;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    tokens.emplace_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return tokens;
}

/// The two settings that a BERT tokenizer may have and this one cannot follow are refused.
AISLE_API bool lower_case_of(const json& settings, const char* lower_key, const char* cjk_key) {
  const bool lower = settings.get(lower_key, true);
  if (settings.get("strip_accents", lower) != lower)
    throw option_error(settings.where() + ": strip_accents that differs from " + lower_key +
                       " is not supported");
  if (!settings.get(cjk_key, true))
    throw option_error(settings.where() + ": " + cjk_key + " = false is not supported");
  return lower;
}

/// Throws option_error unless a tokenizer.json describes BERT's tokenizer: the same vocabulary behind another
/// normalizer, or behind words split in another way, gives other ids.
AISLE_API void check_kind(const json& tokenizer) {
  // Files from before the model's type was written have WordPiece for the only one with a "##".
  if (const std::string type = tokenizer.at("model").get("type", "WordPiece"); type != "WordPiece")
    throw option_error(tokenizer.where() + ": a tokenizer of type " + type + ", expected WordPiece");
  constexpr std::pair<const char*, const char*> steps[] = {{"normalizer", "BertNormalizer"},
                                                           {"pre_tokenizer", "BertPreTokenizer"}};
  for (const auto& [key, expected] : steps) {
    const json* step = tokenizer.find(key);
    const bool none = step == nullptr || step->is_null();
    if (const std::string type = none ? "none" : step->get<std::string>("type"); type != expected)
      throw option_error(tokenizer.where() + ": " + key + " is " + type + ", expected " + expected);
  }
  if (!tokenizer["normalizer"].get("clean_text", true))
    throw option_error(tokenizer["normalizer"].where() + ": clean_text = false is not supported");
}

AISLE_API std::vector<std::string> vocabulary_of(const json& tokenizer) {
  const json& model = tokenizer.at("model");
  if (model.get("continuing_subword_prefix", "##") != "##" || model.get("unk_token", "[UNK]") != "[UNK]")
    throw option_error(model.where() + ": expected the prefix \"##\" and the unknown token \"[UNK]\"");
  std::vector<std::string> tokens;
  const auto put = [&](const std::string& token, const json& id) {
    const auto i = id.as<std::uint32_t>();
    if (i >= std::uint32_t{1} << 24) id.fail("a token id of " + std::to_string(i));
    if (i >= tokens.size()) tokens.resize(i + std::size_t{1});
    if (!tokens[i].empty() && tokens[i] != token)
      id.fail("\"" + token + "\" has the id of \"" + tokens[i] + "\", " + std::to_string(i));
    tokens[i] = token;
  };
  for (const auto& [token, id] : model.at("vocab").members()) put(token, id);
  if (const json* added = tokenizer.find("added_tokens"))
    for (const json& t : added->elements()) put(t.get<std::string>("content"), t.at("id"));
  return tokens;
}

}  // namespace detail

AISLE_API wordpiece wordpiece::load(const std::string& path, wordpiece_options options) {
  if (!folder_exists(path)) return wordpiece(detail::read_vocabulary(path), options, path);
  const std::string vocabulary = join_path(path, "vocab.txt"),
                    config = join_path(path, "tokenizer_config.json"),
                    whole = join_path(path, "tokenizer.json");
  const bool has_vocabulary = file_exists(vocabulary), has_config = file_exists(config);
  if (!has_vocabulary && !file_exists(whole))
    throw file_error(path, "holds no tokenizer: expected vocab.txt or tokenizer.json");

  std::optional<json> tokenizer;
  if (!has_vocabulary || (!has_config && file_exists(whole))) {
    tokenizer = read_json(whole);
    detail::check_kind(*tokenizer);
  }
  if (has_config)
    options.lower_case = detail::lower_case_of(read_json(config), "do_lower_case", "tokenize_chinese_chars");
  else if (tokenizer)
    options.lower_case =
        detail::lower_case_of((*tokenizer)["normalizer"], "lowercase", "handle_chinese_chars");
  if (has_vocabulary) return wordpiece(detail::read_vocabulary(vocabulary), options, vocabulary);
  const json* model = tokenizer->find("model");
  if (model != nullptr)
    options.max_input_chars_per_word =
        model->get("max_input_chars_per_word", options.max_input_chars_per_word);
  return wordpiece(detail::vocabulary_of(*tokenizer), options, whole);
}

AISLE_NAMESPACE_END
