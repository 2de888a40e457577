#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <aisle/base/progress.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/precision.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/text/sentence_model.hpp>
#include <aisle/text/wordpiece.hpp>

AISLE_NAMESPACE_BEGIN

struct text_encoder_options {
  engine_selection engine{};
  std::int64_t max_tokens =
      0;  ///< longer texts are cut; 0: what the model's files say (256 for all-MiniLM-L6-v2)
  warning_callback on_warning{};
  std::shared_ptr<models::opened_model> opened{};  ///< the folder's model, where it is open already
};

struct text_encode_options {
  int threads = 0;               ///< 0: all available
  progress_callback progress{};  ///< phase "text", in texts
  /// Name of the model's prompt that goes before each text ("query"). Unset: the model's default; "": none.
  std::optional<std::string> prompt{};
};

/// A text model in memory: what load() reads from a folder.
struct text_model {
  state_dict weights;
  json config;  ///< config.json
  wordpiece tokenizer;
  sentence_model sentence{};
};

/// Texts as token ids.
struct tokenized_texts {
  std::vector<std::vector<std::int32_t>> ids;  ///< as the model reads them, cut to the limit
  std::vector<std::int64_t> lengths;           ///< ids that the whole text gives
  std::int64_t prompt_tokens = 0;              ///< that pooling leaves out of each text, [CLS] among them
  std::int64_t truncated() const noexcept;     ///< texts that were cut
};

/// What is a list of texts: any range of std::string, std::string_view or const char*.
template <class Range>
concept range_of_texts =
    std::ranges::input_range<const Range&> && !std::convertible_to<const Range&, std::string_view> &&
    std::convertible_to<std::ranges::range_reference_t<const Range&>, std::string_view> &&
    (std::is_reference_v<std::ranges::range_reference_t<const Range&>> ||
     std::is_trivially_copyable_v<std::ranges::range_reference_t<const Range&>>);

/// Texts to vectors: tokenizer, transformer, pooling and the modules behind it, as sentence-transformers does
/// it; or a table of static embeddings in place of transformer and pooling, as Model2Vec does it. Immutable;
/// safe from many threads. A text's vector has the same bits whatever it is encoded together with.
class text_encoder {
 public:
  /// A model folder: weights, config.json, tokenizer.json or vocab.txt, and sentence-transformers' files
  /// where there are any. Throws file_error, format_error, tensor_error, option_error.
  static text_encoder load(const std::string& folder, const text_encoder_options& options = {});
  explicit text_encoder(text_model model, const text_encoder_options& options = {});

  /// [texts, dimension], rows in the order of `texts`. Unit rows where the model normalises.
  template <range_of_texts Range>
  matrix<float> encode(const Range& texts, const text_encode_options& options = {}) const {
    return encode(tokenize(texts, options), options);
  }
  matrix<float> encode(std::initializer_list<std::string_view> texts,
                       const text_encode_options& options = {}) const {
    return encode(std::span<const std::string_view>(texts.begin(), texts.size()), options);
  }
  /// [1, dimension].
  matrix<float> encode(std::string_view text, const text_encode_options& options = {}) const {
    return encode(std::span(&text, 1), options);
  }
  // A template, so that {"one"} is a list and no pointer in braces.
  template <class Text>
  requires std::same_as<Text, const char*> || std::same_as<Text, char*> matrix<float> encode(
      Text text, const text_encode_options& options = {})
  const { return encode(std::span(&text, 1), options); }
  matrix<float> encode(std::nullptr_t, const text_encode_options& = {}) const = delete;

  /// What encode() makes of the texts first: for who wants to know how many were cut. Throws option_error for
  /// a null pointer among them.
  template <range_of_texts Range>
  tokenized_texts tokenize(const Range& texts, const text_encode_options& options = {}) const {
    std::vector<std::string_view> views;
    for (const auto& text : texts) {
      if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(text)>>)
        if (text == nullptr)
          throw option_error("text " + std::to_string(views.size()) +
                             " is a null pointer, expected a string");
      views.push_back(text);
    }
    return tokenize_views(views, options);
  }
  tokenized_texts tokenize(std::initializer_list<std::string_view> texts,
                           const text_encode_options& options = {}) const {
    return tokenize(std::span<const std::string_view>(texts.begin(), texts.size()), options);
  }
  tokenized_texts tokenize(std::string_view text, const text_encode_options& options = {}) const {
    return tokenize(std::span(&text, 1), options);
  }
  template <class Text>
  requires std::same_as<Text, const char*> || std::same_as<Text, char*> tokenized_texts
  tokenize(Text text, const text_encode_options& options = {})
  const { return tokenize(std::span(&text, 1), options); }
  tokenized_texts tokenize(std::nullptr_t, const text_encode_options& = {}) const = delete;
  matrix<float> encode(const tokenized_texts& texts, const text_encode_options& options = {}) const {
    return encode_rows(texts.ids, texts.prompt_tokens, options);
  }
  /// The same from token ids (with [CLS] and [SEP], and the prompt's where there is one).
  matrix<float> encode_ids(std::span<const std::vector<std::int32_t>> ids,
                           const text_encode_options& options = {}) const {
    return encode_rows(ids, prompt_tokens(prompt(options)), options);
  }

  std::int64_t dimension() const noexcept { return dimension_; }
  std::int64_t max_tokens() const noexcept { return max_tokens_; }
  const wordpiece& tokenizer() const& noexcept { return *tokenizer_; }
  const wordpiece& tokenizer() const&& = delete;
  /// Pooling, prompts and what else is not the transformer's.
  const sentence_model& sentence() const& noexcept { return *sentence_; }
  const sentence_model& sentence() const&& = delete;
  /// Its output "tokens" is the states that are pooled; that of static embeddings is "mean".
  const nn::network& network() const& noexcept { return *network_; }
  const nn::network& network() const&& = delete;
  const models::opened_model& model() const& noexcept { return *model_; }
  const models::opened_model& model() const&& = delete;

 private:
  text_encoder() = default;
  void build(std::shared_ptr<const models::opened_model> model, const text_encoder_options& options);
  bool is_static() const noexcept { return sentence_->kind != sentence_model::reader::transformer; }
  /// How many ids there are, and the longest text. Throws where the tokenizer has more.
  void read_limits(const models::opened_model& model, const text_encoder_options& options);
  const std::string& prompt(const text_encode_options& options) const {
    return sentence_->prompt(options.prompt ? *options.prompt : sentence_->default_prompt);
  }
  std::int64_t prompt_tokens(std::string_view prompt) const;
  tokenized_texts tokenize_views(std::span<const std::string_view> texts,
                                 const text_encode_options& options) const;
  matrix<float> encode_rows(std::span<const std::vector<std::int32_t>> ids, std::int64_t prompt_tokens,
                            const text_encode_options& options) const;

  std::shared_ptr<const models::opened_model> model_;
  std::shared_ptr<const nn::network> network_;
  std::shared_ptr<const wordpiece> tokenizer_;
  std::shared_ptr<const sentence_model> sentence_;
  token_reader reader_;
  std::int64_t max_tokens_ = 0, dimension_ = 0;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/text_encoder.ipp>
#endif
