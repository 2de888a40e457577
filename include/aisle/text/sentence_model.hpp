#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/progress.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/pooling.hpp>
#include <aisle/text/wordpiece.hpp>

AISLE_NAMESPACE_BEGIN

/// What sentence-transformers' files say of a model beside the transformer itself. One made in memory has
/// mean pooling and nothing behind it, as sentence-transformers makes it of a folder without modules.json.
struct sentence_model {
  /// A limit that no file states.
  static constexpr std::int64_t unlimited = std::int64_t{1} << 40;
  /// What tokens become: a transformer's states, which are pooled, or rows of a table, whose mean is taken:
  /// as sentence-transformers' module StaticEmbedding does it, or as Model2Vec, where unknown tokens take no
  /// part and long texts are cut to characters first.
  enum class reader : std::uint8_t { transformer, static_embedding, model2vec };

  reader kind = reader::transformer;
  std::string transformer{};            ///< folder with config.json, weights and tokenizer
  std::int64_t max_tokens = unlimited;  ///< texts are cut to so many, or to the model's positions
  bool do_lower_case = false;           ///< texts become lower case before the tokenizer's own normalizer
  json tokenizer_settings = json::object();  ///< take the place of those in tokenizer_config.json
  token_pooling pooling{};
  std::vector<sentence_layer> layers{};                        ///< behind the pooling, in order
  std::vector<std::pair<std::string, std::string>> prompts{};  ///< names, and what comes before a text
  std::string default_prompt{};                                ///< the name of one of them, or empty
  std::int64_t truncate_dim = 0;  ///< of a vector so many values are kept, as they are; 0: all

  /// Reads modules.json, the files of the modules that it lists, config_sentence_transformers.json and the
  /// limit in tokenizer_config.json, as sentence-transformers 6 does. Throws file_error, format_error,
  /// tensor_error, and option_error that names what is not built in.
  static sentence_model read(const std::string& folder, const warning_callback& on_warning = {});

  /// The tokenizer in the transformer's folder. Says so where padding would move the positions of texts,
  /// whose vectors then depend on what they are encoded together with.
  wordpiece load_tokenizer(const warning_callback& on_warning = {}) const;
  /// The prompt of that name; "" for no name. Throws option_error that lists the names there are.
  const std::string& prompt(std::string_view name) const&;
  std::string prompt(std::string_view name) const&& { return prompt(name); }
};

/// How a text becomes the ids that a model reads, cut to `max_tokens`.
class token_reader {
 public:
  token_reader() = default;
  /// `tokenizer` must outlive it.
  token_reader(const sentence_model& sentence, const wordpiece& tokenizer, std::int64_t max_tokens);
  /// Appends the ids to `out` and returns how many the whole text gives.
  std::int64_t operator()(std::string_view text, std::vector<std::int32_t>& out) const;

 private:
  const wordpiece* tokenizer_ = nullptr;
  std::int64_t max_tokens_ = 0, max_characters_ = sentence_model::unlimited;
  bool drop_unknown_ = false;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/sentence_model.ipp>
#endif
