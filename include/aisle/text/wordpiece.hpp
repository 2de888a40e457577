#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/text/added_tokens.hpp>
#include <aisle/text/normalizer.hpp>
#include <aisle/text/tokenizer_files.hpp>
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

/// What is left out where ids are more than a limit; as in Rust `tokenizers`.
enum class truncation {
  longest_first,  ///< of both texts of a pair, the longer one first; of a text alone, its own
  only_first,
  only_second,
  none
};

/// How encode_spans() and encode_pair() cut.
struct wordpiece_encode_options {
  std::int64_t max_length = 512;  ///< ids, [CLS] and [SEP] among them
  truncation cut = truncation::longest_first;
  /// Cut at the beginning of a text, not at its end; none: as the tokenizer's files say (truncation_side).
  std::optional<bool> keep_end{};
};

/// A text's bytes [begin, end).
struct byte_span {
  std::size_t begin = 0, end = 0;
  bool operator==(const byte_span&) const = default;
};

/// BERT's tokenizer: added tokens, normalisation, words split at spaces and punctuation, longest-match-first
/// word pieces. Ids equal those of Rust `tokenizers` (AddedVocabulary, BertNormalizer, BertPreTokenizer,
/// WordPiece) for any bytes; where those are not UTF-8, each maximal subpart counts as U+FFFD, which the
/// normalizer removes. Immutable: safe from many threads.
class wordpiece {
 public:
  struct encoding {
    std::vector<std::int32_t> ids;  ///< [CLS], pieces, [SEP]
    std::int64_t full_length = 0;   ///< ids that the whole text gives
    bool truncated() const noexcept { return full_length > static_cast<std::int64_t>(ids.size()); }
  };

  /// `path` is a vocab.txt, or a model's folder, of whose files describe_tokenizer() says what they mean; in
  /// a folder they decide options.lower_case. Throws file_error, format_error, and option_error for a
  /// tokenizer of another kind.
  static wordpiece load(const std::string& path, wordpiece_options options = {});
  /// From a tokenizer.json and, where there is one, a tokenizer_config.json that are in memory.
  static wordpiece from_json(const json& tokenizer, const json& config = nullptr);
  /// Ids are positions in `vocabulary`; `where` names it in errors. Needs [UNK], [CLS] and [SEP].
  explicit wordpiece(const std::vector<std::string>& vocabulary, wordpiece_options options = {},
                     std::string_view where = "vocabulary");
  explicit wordpiece(const tokenizer_description& description);

  /// Appends [CLS], the pieces of `text` and [SEP] to `out`, cut to `max_length` ids (at least those around
  /// it) by dropping pieces from the end, or from the beginning where keeps_end(). Returns the length before
  /// that. Memory does not grow with the text, unless added tokens are looked for in the normalised text, the
  /// normalizer is not BERT's alone, or keeps_end().
  std::int64_t encode(std::string_view text, std::int64_t max_length, std::vector<std::int32_t>& out) const;
  encoding encode(std::string_view text, std::int64_t max_length = 256) const {
    encoding e;
    e.full_length = encode(text, max_length, e.ids);
    return e;
  }

  /// Ids, and where each of them stands in its text.
  struct spanned_encoding {
    std::vector<std::int32_t> ids;
    std::vector<byte_span> spans;     ///< of [CLS] and [SEP] {0, 0}
    std::vector<std::int32_t> types;  ///< 0, and of pairs what their template says
    std::vector<std::int32_t> texts;  ///< 0 or 1: the text that it is of; -1: neither
    std::int64_t full_length = 0;     ///< ids that there would be without a limit
  };
  /// The ids of encode() with their places. Several times slower. Throws option_error for a limit that leaves
  /// no room for what stands around a text, and where truncation::only_second (of a pair the text named) has
  /// too little to give.
  spanned_encoding encode_spans(std::string_view text, const wordpiece_encode_options& options = {}) const;
  /// [CLS] first [SEP] second [SEP], the latter two of type 1, or what the tokenizer's files say that a pair
  /// becomes: what cross encoders read.
  spanned_encoding encode_pair(std::string_view first, std::string_view second,
                               const wordpiece_encode_options& options = {}) const;

  const wordpiece_options& options() const& noexcept { return options_; }
  wordpiece_options options() const&& { return options(); }
  /// One more than the highest id, added tokens included.
  std::int64_t vocabulary_size() const noexcept {
    return vocabulary_.size() + static_cast<std::int64_t>(behind_.size());
  }
  /// "shirt", "##s", "[CLS]". Throws option_error when there is no such id.
  std::string_view token(std::int64_t id) const&;
  std::string_view token(std::int64_t id) const&& = delete;
  /// The id of a token as token() gives it, or -1.
  std::int32_t find(std::string_view token) const noexcept;
  std::int32_t cls_id() const noexcept { return cls_; }  ///< -1 when nothing is put before a text
  std::int32_t sep_id() const noexcept { return sep_; }  ///< -1 when nothing is put behind it
  /// Whether what is too long loses its beginning.
  bool keeps_end() const noexcept { return keep_end_; }
  std::int32_t unk_id() const noexcept { return unk_; }
  std::int32_t pad_id() const noexcept { return pad_; }    ///< -1 when the vocabulary has none
  std::int32_t mask_id() const noexcept { return mask_; }  ///< -1 when the vocabulary has none

 private:
  struct writer;
  struct pair_part {
    std::int32_t id = -1;  ///< -1: `text` is meant
    int text = 0;
    std::int32_t type = 0;
  };
  /// Normalises and splits in one pass.
  void write_text(std::string_view text, writer& w) const;
  /// All pieces of a text, nothing around them.
  void collect(std::string_view text, spanned_encoding& out) const;
  void collect_words(const aligned_text& text, std::size_t begin, std::size_t end,
                     spanned_encoding& out) const;
  void collect_pieces(const aligned_text& text, std::size_t begin, std::size_t end,
                      spanned_encoding& out) const;
  /// Splits text that is normalised already.
  void write_normalized(std::string_view text, writer& w) const;

  wordpiece_vocabulary vocabulary_;
  std::vector<std::string> behind_;  ///< added tokens that the vocabulary has not; ids follow it
  wordpiece_options options_;
  text_normalizer normalizer_;
  added_token_matcher raw_, normalized_;
  std::int32_t unk_ = -1, cls_ = -1, sep_ = -1, pad_ = -1, mask_ = -1;
  std::vector<pair_part> pair_;
  bool keep_end_ = false;
  bool in_one_pass_ = true;  ///< BERT's normalizer, and no token to find behind it
  /// What to do with each ASCII character: 0 drop, 1 space, 2 punctuation, else the character to append.
  std::array<char, 128> ascii_{};
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/wordpiece.ipp>
#include <aisle/text/wordpiece_spans.ipp>
#endif
