#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aisle/io/json.hpp>
#include <aisle/text/added_tokens.hpp>
#include <aisle/text/normalizer.hpp>

AISLE_NAMESPACE_BEGIN

/// A part of what a pair of texts becomes: a token, or all pieces of one of the texts.
struct template_part {
  std::string token{};    ///< empty: `text` is meant
  int text = 0;           ///< 0 the first, 1 the second
  std::int32_t type = 0;  ///< the type of its ids
};

/// A BERT tokenizer as plain data.
struct tokenizer_description {
  std::string where = "vocabulary";     ///< the file it is from, for messages
  std::vector<std::string> vocabulary;  ///< ids are the positions
  std::string continuation = "##";      ///< what tokens that continue a word begin with
  text_normalizer normalizer{};
  /// Tokens found in the text itself. Those that the vocabulary has not get the ids behind it, in this order;
  /// ids given here are not read.
  std::vector<added_token> added{};
  /// `first` and `last` are put around a text; an empty name: none is.
  std::string unknown = "[UNK]", first = "[CLS]", last = "[SEP]", padding = "[PAD]", mask = "[MASK]";
  /// What a pair becomes; empty: first, text 0, last, and of type 1 text 1, last.
  std::vector<template_part> pair{};
  /// Ids that the file gives to tokens around texts; wordpiece refuses those that the vocabulary has not.
  std::vector<std::pair<std::string, std::int32_t>> stated_ids{};
  bool match_special_tokens = true;
  bool keep_end = false;  ///< what is too long loses its beginning
  int max_input_chars_per_word = 100;
};

/// The files that describe a tokenizer, each null where there is none.
struct tokenizer_files {
  json tokenizer = nullptr;               ///< tokenizer.json
  json config = nullptr;                  ///< tokenizer_config.json
  json special_tokens_map = nullptr;      ///< special_tokens_map.json
  json added_tokens = nullptr;            ///< added_tokens.json
  std::string model_class{};              ///< what config.json says under "tokenizer_class"
  bool of_model = false;                  ///< there is a config.json
  std::vector<std::string> vocabulary{};  ///< vocab.txt; tokenizer.json's comes before it
  std::string where = "tokenizer";

  /// Those of a folder. Throws file_error, format_error.
  static tokenizer_files read(const std::string& folder);
};

/// What transformers' AutoTokenizer makes of the files. As there (5.24), BertTokenizer and the classes that
/// are others of its names take the normalizer's settings from tokenizer_config.json and put [CLS] and [SEP]
/// around texts whatever tokenizer.json says, ConvBertTokenizer does the latter alone, and
/// PreTrainedTokenizerFast has all of tokenizer.json: without a post_processor nothing is put around a text.
/// Throws format_error, and option_error that names what this library's tokenizer cannot follow.
tokenizer_description describe_tokenizer(const tokenizer_files& files);
/// What tokenizers' Tokenizer.from_file makes of a tokenizer.json alone, asked for no special tokens around a
/// text. Throws what describe_tokenizer() throws.
tokenizer_description describe_bare_tokenizer(json tokenizer);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/tokenizer_files.ipp>
#endif
