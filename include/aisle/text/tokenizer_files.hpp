#pragma once

#include <string>
#include <vector>

#include <aisle/io/json.hpp>
#include <aisle/text/added_tokens.hpp>
#include <aisle/text/normalizer.hpp>

AISLE_NAMESPACE_BEGIN

/// A BERT tokenizer as plain data.
struct tokenizer_description {
  std::string where = "vocabulary";     ///< the file it is from, for messages
  std::vector<std::string> vocabulary;  ///< ids are the positions
  text_normalizer normalizer{};
  /// Tokens found in the text itself. Those that the vocabulary has not get the ids behind it, in this order;
  /// ids given here are not read.
  std::vector<added_token> added{};
  /// `first` and `last` are put around a text; an empty name: none is.
  std::string unknown = "[UNK]", first = "[CLS]", last = "[SEP]", padding = "[PAD]", mask = "[MASK]";
  bool match_special_tokens = true;
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

/// What transformers' AutoTokenizer makes of the files. As there, BertTokenizer takes its normalizer's
/// settings from tokenizer_config.json whatever tokenizer.json says, and PreTrainedTokenizerFast all of
/// tokenizer.json. Throws format_error, and option_error that names what this library's tokenizer cannot
/// follow.
tokenizer_description describe_tokenizer(const tokenizer_files& files);
/// What tokenizers' Tokenizer.from_file makes of a tokenizer.json alone, asked for no special tokens around a
/// text. Throws what describe_tokenizer() throws.
tokenizer_description describe_bare_tokenizer(json tokenizer);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/tokenizer_files.ipp>
#endif
