#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/json.hpp>
#include <aisle/models/preset.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/precision.hpp>
#include <aisle/tensor/matrix.hpp>
#include <aisle/text/text_encoder.hpp>

AISLE_NAMESPACE_BEGIN

/// What vectors are of.
enum class vector_kind { text, image };

/// Something that is to get a vector: views a text, the path of a picture file, or the bytes of one.
class embeddable {
 public:
  static embeddable text(std::string_view text AISLE_LIFETIME_BOUND) { return {what::text, text}; }
  static embeddable picture_file(std::string_view path AISLE_LIFETIME_BOUND) { return {what::path, path}; }
  static embeddable picture(std::string_view bytes AISLE_LIFETIME_BOUND) { return {what::bytes, bytes}; }

  bool is_text() const noexcept { return what_ == what::text; }
  bool is_path() const noexcept { return what_ == what::path; }
  std::string_view value() const noexcept { return value_; }

 private:
  enum class what : std::uint8_t { text, path, bytes };
  embeddable(what w, std::string_view value) : value_(value), what_(w) {}
  std::string_view value_;
  what what_;
};

struct embed_options {
  int threads = 0;               ///< 0: all available
  progress_callback progress{};  ///< in contents
  /// Shown the bytes that a picture of this number is decoded from, from several threads at once.
  std::function<void(std::int64_t index, std::span<const std::byte> bytes)> on_bytes{};
  /// Shown each vector as soon as it is there, by an embedder whose vectors come before the last is made and
  /// cost money, as those of a service; in the thread of the call, which may throw later.
  std::function<void(std::int64_t index, std::span<const float> vector)> on_vector{};
};

struct embedded {
  matrix<float> vectors;             ///< [contents, dimension]; the row of one that could not be done is zero
  std::vector<std::string> errors;   ///< of each content; empty: it has its vector
  std::vector<std::int64_t> tokens;  ///< of each text before any cut; empty where nobody counts them
  std::int64_t truncated = 0;        ///< texts that were cut
};

/// Whatever makes vectors: a text model, a picture model, a service. Safe from many threads.
class embedder {
 public:
  virtual ~embedder() = default;
  /// What it takes: texts or pictures.
  virtual vector_kind kind() const noexcept = 0;
  /// A part of file names.
  virtual const std::string& name() const noexcept = 0;
  /// What tables of its vectors are called: the name, and what else is to lie side by side in one folder.
  virtual std::string stored_as() const { return name(); }
  /// How contents are prepared: of pictures the preset, of texts the name of the prompt before them.
  virtual const std::string& treatment() const noexcept = 0;
  /// All that decides a vector beside the content, an object: members that are equal give the same bits.
  virtual const json& identity() const = 0;
  /// Of its vectors. May load a model, as encode() does.
  virtual std::int64_t dimension() const = 0;
  /// Longer texts are cut to this many tokens; 0: unknown.
  virtual std::int64_t max_tokens() const { return 0; }
  /// How many contents one encode() should get: with fewer it is slower for each.
  virtual std::int64_t contents_at_once() const noexcept { return 256; }
  /// Contents that cannot be done are named in `errors`; what is no content's fault is thrown.
  virtual embedded encode(std::span<const embeddable> contents, const embed_options& options = {}) const = 0;
};

/// A model on this machine.
struct embedder_options {
  std::string model_path;  ///< folder or weight file
  std::string name = {};   ///< empty: the last part of model_path
  engine_selection engine{};
  std::optional<std::string> prompt = {};             ///< of a text model: as in text_encode_options
  std::optional<aisle::preset> preset{};              ///< of a picture model: as in image_encoder_options
  std::shared_ptr<models::opened_model> opened = {};  ///< the model, where it is open already
  /// Whether identity() is asked for: the weights are read for their SHA-256.
  bool identify = true;
  warning_callback on_warning{};
};

namespace detail {

/// A model that is opened and summed first, and loaded when it is needed.
class lazy_model {
 public:
  lazy_model(const embedder_options& options, const std::string& weights_path, const char* kind);
  ~lazy_model();
  const json& identity() const;
  /// Says more of what decides the vectors.
  void add(const char* name, json value) { identity_[name] = std::move(value); }
  /// Calls `load(opened model)` once, and finds that the files are still what was summed.
  template <class Load>
  void load(Load&& load) const {
    const std::lock_guard lock(mutex_);
    if (loaded_) return;
    load(opened_);
    finish();
    loaded_ = true;
  }

 private:
  void finish() const;
  struct sums;
  std::string path_, settings_;
  json identity_;
  bool identified_;
  mutable std::shared_ptr<models::opened_model> opened_;
  mutable std::unique_ptr<sums> sums_;
  mutable std::mutex mutex_;
  mutable bool loaded_ = false;
};

}  // namespace detail

/// A text model; loaded at the first call that needs it. The constructor throws what text_encoder::load does
/// of files that are missing or damaged, file_error where they change between the sum and the load.
class text_embedder : public embedder {
 public:
  explicit text_embedder(embedder_options options);
  vector_kind kind() const noexcept override { return vector_kind::text; }
  const std::string& name() const noexcept override { return options_.name; }
  const std::string& treatment() const noexcept override { return prompt_; }
  const json& identity() const override { return model_.identity(); }
  std::int64_t dimension() const override { return encoder().dimension(); }
  std::int64_t max_tokens() const override { return encoder().max_tokens(); }
  /// More of static embeddings: one takes some microseconds, no more than it takes to hand out work.
  std::int64_t contents_at_once() const noexcept override {
    return sentence_.kind == sentence_model::reader::transformer ? 256 : 16'384;
  }
  AISLE_API embedded encode(std::span<const embeddable> contents,
                            const embed_options& options = {}) const override;
  const text_encoder& encoder() const;

 private:
  embedder_options options_;
  sentence_model sentence_;
  std::string prompt_;
  detail::lazy_model model_;
  mutable std::optional<text_encoder> encoder_;
};

/// A picture model; as text_embedder.
class picture_embedder : public embedder {
 public:
  explicit picture_embedder(embedder_options options);
  vector_kind kind() const noexcept override { return vector_kind::image; }
  const std::string& name() const noexcept override { return options_.name; }
  const std::string& treatment() const noexcept override { return label_; }
  const json& identity() const override { return model_.identity(); }
  std::int64_t dimension() const override { return encoder().dimension(); }
  AISLE_API embedded encode(std::span<const embeddable> contents,
                            const embed_options& options = {}) const override;
  const image_encoder& encoder() const;

 private:
  embedder_options options_;
  aisle::preset preset_;
  std::string label_;
  detail::lazy_model model_;
  mutable std::optional<image_encoder> encoder_;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/embedder.ipp>
#endif
