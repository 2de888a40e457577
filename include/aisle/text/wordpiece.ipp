#pragma once

#include <algorithm>
#include <limits>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>
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

  void put(std::int32_t id) {
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
      if (known) put(id);
      at += n;
    }
    if (!known) {  // one piece that no token covers makes the whole word unknown
      out.resize(stored);
      length = before;
      put(model.unk_id());
    }
    characters = 0;
    size = 0;
  }
};

namespace detail {

/// A description of a vocabulary alone: those of BERT's special tokens that it has.
AISLE_API tokenizer_description describe_vocabulary(std::vector<std::string> vocabulary,
                                                    const wordpiece_options& options,
                                                    std::string_view where) {
  tokenizer_description d;
  d.where = where;
  d.normalizer = character_rules{.lower_case = options.lower_case, .strip_accents = options.lower_case};
  for (const std::string* special : {&d.unknown, &d.first, &d.last, &d.padding, &d.mask})
    if (ranges::find(vocabulary, *special) != vocabulary.end())
      d.added.push_back({.content = *special, .normalized = false, .special = true});
  d.vocabulary = std::move(vocabulary);
  d.match_special_tokens = options.match_special_tokens;
  d.max_input_chars_per_word = options.max_input_chars_per_word;
  return d;
}

}  // namespace detail

AISLE_API wordpiece::wordpiece(const std::vector<std::string>& vocabulary, wordpiece_options options,
                               std::string_view where)
    : wordpiece(detail::describe_vocabulary(vocabulary, options, where)) {}

AISLE_API wordpiece::wordpiece(const tokenizer_description& description)
    : vocabulary_(description.vocabulary, description.where, description.continuation),
      options_{.lower_case = true,
               .match_special_tokens = description.match_special_tokens,
               .max_input_chars_per_word = description.max_input_chars_per_word},
      normalizer_(description.normalizer),
      keep_end_(description.keep_end) {
  static_assert(4 * 255 <= wordpiece_vocabulary::max_word_bytes);
  if (options_.max_input_chars_per_word < 1 || options_.max_input_chars_per_word > 255)
    throw option_error("max_input_chars_per_word is " + std::to_string(options_.max_input_chars_per_word) +
                       ", expected 1 to 255");
  std::vector<added_token> raw, normalized;
  for (added_token t : description.added) {
    if (find_invalid_utf8(t.content) != std::string_view::npos)
      throw format_error(description.where, "an added token is not UTF-8");
    t.id = find(t.content);
    if (t.id < 0) {
      t.id = static_cast<std::int32_t>(vocabulary_size());
      behind_.push_back(t.content);
    }
    if (t.normalized) t.content = normalizer_(t.content);
    (t.normalized ? normalized : raw).push_back(std::move(t));
  }
  raw_ = added_token_matcher(raw, options_.match_special_tokens);
  normalized_ = added_token_matcher(normalized, options_.match_special_tokens);
  unk_ = vocabulary_.find(description.unknown);
  const auto optional = [&](const std::string& name) { return name.empty() ? -1 : find(name); };
  cls_ = optional(description.first);
  sep_ = optional(description.last);
  pad_ = find(description.padding);
  mask_ = find(description.mask);
  for (const auto& [name, id] :
       {std::pair{description.unknown, unk_}, {description.first, cls_}, {description.last, sep_}})
    if (id < 0 && (!name.empty() || name == description.unknown))
      throw format_error(description.where, "lacks the token " + name);

  for (const auto& [name, id] : description.stated_ids)
    if (find(name) != id)
      throw option_error(description.where + ": the post_processor gives " + name + " the id " +
                         std::to_string(id) + ", the vocabulary " + std::to_string(find(name)));
  for (const template_part& part : description.pair) {
    if (!part.token.empty() && find(part.token) < 0)
      throw format_error(description.where, "lacks the token " + part.token);
    pair_.push_back({part.token.empty() ? -1 : find(part.token), part.text, part.type});
  }
  if (pair_.empty()) {
    if (cls_ >= 0) pair_.push_back({.id = cls_});
    pair_.push_back({.text = 0});
    if (sep_ >= 0) pair_.push_back({.id = sep_});
    pair_.push_back({.text = 1, .type = 1});
    if (sep_ >= 0) pair_.push_back({.id = sep_, .type = 1});
  }

  const character_rules* rules = normalizer_.rules();
  options_.lower_case = rules == nullptr || rules->lower_case;
  in_one_pass_ = rules != nullptr && rules->clean_text && normalized_.empty();
  if (!in_one_pass_) return;
  for (std::size_t c = 0; c < ascii_.size(); ++c) {
    const normalized_character n = normalize_character(static_cast<char32_t>(c), *rules);
    ascii_[c] = n.role == character_role::gone          ? char{0}
                : n.role == character_role::space       ? char{1}
                : n.role == character_role::punctuation ? char{2}
                                                        : static_cast<char>(n.codes[0]);
  }
}

AISLE_API std::string_view wordpiece::token(std::int64_t id) const& {
  const std::int64_t after = id - vocabulary_.size();
  return after >= 0 && after < static_cast<std::int64_t>(behind_.size())
             ? std::string_view(behind_[static_cast<std::size_t>(after)])
             : vocabulary_.token(id);
}

AISLE_API std::int32_t wordpiece::find(std::string_view token) const noexcept {
  const auto at = ranges::find(behind_, token);
  return at == behind_.end() ? vocabulary_.find(token)
                             : static_cast<std::int32_t>(vocabulary_.size() + (at - behind_.begin()));
}

AISLE_API void wordpiece::write_text(std::string_view text, writer& w) const {
  const character_rules& rules = *normalizer_.rules();
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
        w.append(c);
        w.end_word();
      }
      continue;
    }
    const decoded_character d = decode_utf8(text, at);
    at += d.size;
    const normalized_character n = normalize_character(d.code, rules);
    const bool joins = n.role == character_role::word || n.role == character_role::gone;
    if (!joins) w.end_word();
    if (n.role != character_role::space) w.append(n);
    if (!joins) w.end_word();
  }
  w.end_word();
}

AISLE_API void wordpiece::write_normalized(std::string_view text, writer& w) const {
  for (std::size_t at = 0; at < text.size();) {
    const decoded_character d = decode_utf8(text, at);
    at += d.size;
    const bool space = is_white_space(d.code),
               alone = normalize_character(d.code, false).role == character_role::punctuation;
    if (space || alone) w.end_word();
    if (!space) w.append({character_role::word, 1, {d.code}});
    if (alone) w.end_word();
  }
  w.end_word();
}

AISLE_API std::int64_t wordpiece::encode(std::string_view text, std::int64_t max_length,
                                         std::vector<std::int32_t>& out) const {
  const std::int64_t around = (cls_ >= 0) + (sep_ >= 0);
  if (max_length < around)
    throw option_error("max_length is " + std::to_string(max_length) + ", expected at least " +
                       std::to_string(around) + " for [CLS] and [SEP]");
  if (cls_ >= 0) out.push_back(cls_);
  const std::size_t before = out.size();
  writer w(*this, out, keep_end_ ? std::numeric_limits<std::int64_t>::max() : max_length - around);
  raw_.split(text, [&](const added_token_matcher::part& p) {
    if (p.id >= 0) return w.put(p.id);
    if (in_one_pass_) return write_text(p.text, w);
    normalized_.split(normalizer_(p.text), [&](const added_token_matcher::part& q) {
      if (q.id >= 0)
        w.put(q.id);
      else
        write_normalized(q.text, w);
    });
  });
  if (keep_end_ && w.length > max_length - around) {
    const auto begin = out.begin() + static_cast<std::ptrdiff_t>(before);
    out.erase(begin, begin + static_cast<std::ptrdiff_t>(w.length - (max_length - around)));
  }
  if (sep_ >= 0) out.push_back(sep_);
  return w.length + around;
}

AISLE_API wordpiece wordpiece::load(const std::string& path, wordpiece_options options) {
  if (!folder_exists(path)) return wordpiece(detail::read_vocabulary(path), options, path);
  tokenizer_description d = describe_tokenizer(tokenizer_files::read(path));
  d.match_special_tokens = d.match_special_tokens && options.match_special_tokens;
  return wordpiece(d);
}

AISLE_API wordpiece wordpiece::from_json(const json& tokenizer, const json& config) {
  tokenizer_files files;
  files.tokenizer = tokenizer;
  files.config = config;
  return wordpiece(describe_tokenizer(files));
}

AISLE_NAMESPACE_END
