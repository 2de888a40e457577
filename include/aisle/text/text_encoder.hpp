#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/progress.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/precision.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/text/wordpiece.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {
/// Tokens a model folder's own files cut texts to, at most `positions`.
std::int64_t max_tokens_of(const std::string& folder, std::int64_t positions);
/// Whether a model folder's vectors are scaled to norm 1: what its modules.json says, true without one.
/// Throws option_error for modules and kinds of pooling that are not built in.
bool normalizes(const std::string& folder);
}  // namespace detail

struct text_encoder_options {
  engine_selection engine{};
  std::int64_t max_tokens =
      0;  ///< longer texts are cut; 0: what the model's files say (256 for all-MiniLM-L6-v2)
  warning_callback on_warning{};
  std::shared_ptr<models::opened_model> opened{};  ///< the folder's model, where it is open already
};

struct text_encode_options {
  int threads = 0;                    ///< 0: all available
  progress_callback on_progress{};    ///< phase "text", in texts
  std::int64_t* truncated = nullptr;  ///< receives the number of texts that were cut
};

/// Texts to vectors: tokenizer, transformer, mean pooling and normalisation, as sentence-transformers does
/// it. Immutable; safe from many threads. A text's vector has the same bits whatever it is encoded together
/// with.
class text_encoder {
 public:
  /// A model folder: weights, config.json, vocab.txt or tokenizer.json, and sentence-transformers' files
  /// where there are any. Throws file_error, format_error, tensor_error, option_error.
  static text_encoder load(const std::string& folder, const text_encoder_options& options = {});

  /// [texts, dimension], rows in the order of `texts`. Unit rows where the model normalises.
  matrix<float> encode(std::span<const std::string> texts, const text_encode_options& options = {}) const;
  /// The same from token ids (with [CLS] and [SEP]).
  matrix<float> encode_ids(std::span<const std::vector<std::int32_t>> ids,
                           const text_encode_options& options = {}) const;

  std::int64_t dimension() const;
  std::int64_t max_tokens() const noexcept { return max_tokens_; }
  const wordpiece& tokenizer() const noexcept { return *tokenizer_; }
  const nn::network& network() const noexcept { return *network_; }
  const models::opened_model& model() const noexcept { return *model_; }

 private:
  text_encoder() = default;
  std::shared_ptr<const models::opened_model> model_;
  std::shared_ptr<const nn::network> network_;
  std::shared_ptr<const wordpiece> tokenizer_;
  std::int64_t max_tokens_ = 0;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/text/text_encoder.ipp>
#endif
