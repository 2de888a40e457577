#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/text/wordpiece_vocabulary.hpp>

AISLE_NAMESPACE_BEGIN

struct wordpiece_options {
  /// An uncased model: text is lower-cased and loses its accents. wordpiece::load() takes it from the model's
  /// folder.
  bool lower_case = true;
  /// "[SEP]", "[MASK]" and so on written in a text become those special tokens, as in Hugging Face's
  /// tokenizers. False treats them as ordinary text, for titles that nobody vetted.
  bool match_special_tokens = true;
  /// A longer word (in code points, after normalisation) becomes one [UNK]. 1 to 255.
  int max_input_chars_per_word = 100;
};

/// BERT's tokenizer: normalisation, words split at spaces and punctuation, longest-match-first word pieces.
/// Ids equal those of Rust `tokenizers` (BertNormalizer, BertPreTokenizer, WordPiece) for any bytes; where
/// those are not UTF-8, each maximal subpart counts as U+FFFD, which the normalizer removes. Immutable: safe
/// from many threads.
class wordpiece {
 public:
  struct encoding {
    std::vector<std::int32_t> ids;  ///< [CLS], pieces, [SEP]
    std::int64_t full_length = 0;   ///< ids that the whole text gives
    bool truncated() const noexcept { return full_length > static_cast<std::int64_t>(ids.size()); }
  };

  /// `path` is a vocab.txt, or a model's folder: its vocab.txt, else tokenizer.json. In a folder,
  /// tokenizer_config.json (else tokenizer.json) decides options.lower_case. Throws file_error, format_error,
  /// and option_error for a tokenizer of another kind.
  static wordpiece load(const std::string& path, wordpiece_options options = {});
  /// Ids are positions in `vocabulary`; `where` names it in errors. Needs [UNK], [CLS] and [SEP].
  explicit wordpiece(const std::vector<std::string>& vocabulary, wordpiece_options options = {},
                     std::string_view where = "vocabulary");

  /// Appends [CLS], the pieces of `text` and [SEP] to `out`, cut to `max_length` ids (at least 2) by dropping
  /// pieces from the end. Returns the length before that. Memory does not grow with the text.
  std::int64_t encode(std::string_view text, std::int64_t max_length, std::vector<std::int32_t>& out) const;
  encoding encode(std::string_view text, std::int64_t max_length = 256) const {
    encoding e;
    e.full_length = encode(text, max_length, e.ids);
    return e;
  }

  const wordpiece_options& options() const noexcept { return options_; }
  std::int64_t vocabulary_size() const noexcept { return vocabulary_.size(); }
  /// "shirt", "##s", "[CLS]". Throws option_error when there is no such id.
  std::string_view token(std::int64_t id) const { return vocabulary_.token(id); }
  /// The id of a token as token() gives it, or -1.
  std::int32_t find(std::string_view token) const noexcept { return vocabulary_.find(token); }
  std::int32_t cls_id() const noexcept { return special_[cls].second; }
  std::int32_t sep_id() const noexcept { return special_[sep].second; }
  std::int32_t unk_id() const noexcept { return special_[unk].second; }
  std::int32_t pad_id() const noexcept { return special_[pad].second; }  ///< -1 when the vocabulary has none
  std::int32_t mask_id() const noexcept {
    return special_[mask].second;
  }  ///< -1 when the vocabulary has none

 private:
  enum special { unk, cls, sep, pad, mask };
  struct writer;
  /// The special token that `rest` starts with, or null.
  const std::pair<std::string_view, std::int32_t>* special_at(std::string_view rest) const noexcept;

  wordpiece_vocabulary vocabulary_;
  wordpiece_options options_;
  std::array<std::pair<std::string_view, std::int32_t>, 5> special_{
      {{"[UNK]", -1}, {"[CLS]", -1}, {"[SEP]", -1}, {"[PAD]", -1}, {"[MASK]", -1}}};
  /// What to do with each ASCII character: 0 drop, 1 space, 2 punctuation, else the character to append.
  std::array<char, 128> ascii_{};
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/wordpiece.ipp>
#endif
