#pragma once

#include <utility>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/catalogue/detail/model_identity.hpp>
#include <aisle/catalogue/embedder.hpp>
#include <aisle/image/jpeg.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// What stands behind the pooling, which weights_identity does not know.
AISLE_API std::string hash_of_layers(const sentence_model& sentence) {
  sha256 hash;
  for (const sentence_layer& layer : sentence.layers)
    if (const auto& dense = layer.dense)
      for (const auto* values : {&dense->weight, &dense->bias})
        hash.update(values->data(), values->size() * sizeof(float));
  if (sentence.truncate_dim > 0) hash.update("the first " + std::to_string(sentence.truncate_dim));
  if (sentence.kind != sentence_model::reader::transformer) {
    hash.update("static " + std::to_string(static_cast<int>(sentence.kind)) + ", " +
                std::to_string(sentence.max_tokens) + " tokens");
    for (const sentence_layer& layer : sentence.layers) hash.update(layer.dense ? " dense" : " unit");
  }
  return hash.hex();
}

AISLE_API embedder_options named(embedder_options options) {
  if (options.name.empty()) options.name = file_name(options.model_path);
  return options;
}

struct lazy_model::sums {
  weights_identity weights;
};

AISLE_API lazy_model::lazy_model(const embedder_options& options, const std::string& weights_path,
                                 const char* kind)
    : path_(options.model_path),
      identified_(options.identify),
      opened_(options.opened ? options.opened : models::open_model(weights_path)) {
  if (!identified_) return;
  settings_ = hash_of_settings(path_);
  sums_ = std::make_unique<sums>(sums{weights_identity(opened_->checkpoint)});
  identity_ = json::object({{"kind", std::string(kind)},
                            {"model", options.name},
                            {"kernel", std::string(select_table(options.engine).name)},
                            {"precision", std::string(options.engine.precision)},
                            {"settings", settings_},
                            {"weights", sums_->weights.sha256_hex()},
                            {"weight_files", sums_->weights.files()}});
}

AISLE_API lazy_model::~lazy_model() = default;

AISLE_API const json& lazy_model::identity() const {
  if (!identified_) throw option_error("identity() of an embedder that was made with identify = false");
  return identity_;
}

AISLE_API void lazy_model::finish() const {
  opened_.reset();
  if (!sums_) return;
  sums_->weights.require_unchanged();
  if (hash_of_settings(path_) != settings_)
    throw file_error(path_, "its settings have changed while the model was loaded");
  sums_.reset();
}

}  // namespace detail

AISLE_API text_embedder::text_embedder(embedder_options options)
    : options_(detail::named(std::move(options))),
      sentence_(sentence_model::read(options_.model_path)),
      prompt_(options_.prompt.value_or(sentence_.default_prompt)),
      model_(options_, sentence_.transformer, "text") {
  options_.opened.reset();
  model_.add("prompt", sentence_.prompt(prompt_));
  model_.add("layers", detail::hash_of_layers(sentence_));
}

AISLE_API const text_encoder& text_embedder::encoder() const {
  model_.load([&](std::shared_ptr<models::opened_model>& opened) {
    encoder_ = text_encoder::load(
        options_.model_path,
        {.engine = options_.engine, .on_warning = options_.on_warning, .opened = std::move(opened)});
  });
  return *encoder_;
}

AISLE_API embedded text_embedder::encode(std::span<const embeddable> contents,
                                         const embed_options& options) const {
  std::vector<std::string_view> texts;
  texts.reserve(contents.size());
  for (const embeddable& c : contents) {
    if (!c.is_text()) throw option_error(options_.name + " takes texts, a picture was given");
    texts.push_back(c.value());
  }
  const text_encode_options how{.threads = options.threads, .progress = options.progress, .prompt = prompt_};
  tokenized_texts tokens = encoder().tokenize(texts, how);
  embedded out{.vectors = encoder().encode(tokens, how),
               .errors = std::vector<std::string>(contents.size()),
               .tokens = {},
               .truncated = tokens.truncated()};
  out.tokens = std::move(tokens.lengths);
  return out;
}

AISLE_API picture_embedder::picture_embedder(embedder_options options)
    : options_(detail::named(std::move(options))),
      preset_(options_.preset ? *options_.preset : detail::preset_for(options_.model_path)),
      label_(options_.preset ? detail::preset_label(preset_) : preset_.name),
      model_(options_, options_.model_path, "image") {
  options_.opened.reset();
  model_.add("preset", label_);
  // Its pixels are not quite those of stb_image.
  if (detail::other_jpeg_decoder() != nullptr) model_.add("jpeg", "libjpeg");
}

AISLE_API const image_encoder& picture_embedder::encoder() const {
  model_.load([&](std::shared_ptr<models::opened_model>& opened) {
    encoder_ = image_encoder::load(options_.model_path, {.engine = options_.engine,
                                                         .preset = preset_,
                                                         .on_warning = options_.on_warning,
                                                         .opened = std::move(opened)});
  });
  return *encoder_;
}

AISLE_API embedded picture_embedder::encode(std::span<const embeddable> contents,
                                            const embed_options& options) const {
  embedded out{.vectors = {}, .errors = std::vector<std::string>(contents.size()), .tokens = {}};
  const image_encode_options how{
      .threads = options.threads,
      .progress = options.progress,
      .on_error = [&](std::int64_t row,
                      const std::string& reason) { out.errors[static_cast<std::size_t>(row)] = reason; },
      .on_bytes = options.on_bytes};
  std::vector<std::string> paths;
  std::vector<std::span<const std::byte>> files;
  for (const embeddable& c : contents) {
    if (c.is_text()) throw option_error(options_.name + " takes pictures, a text was given");
    if (c.is_path())
      paths.emplace_back(c.value());
    else
      files.push_back(std::as_bytes(std::span(c.value())));
  }
  if (!paths.empty() && !files.empty())
    throw option_error("pictures of one call are either all files or all bytes");
  out.vectors = files.empty()
                    ? encoder().encode_files(paths, how)
                    : encoder().encode_bytes(std::span<const std::span<const std::byte>>(files), how);
  return out;
}

AISLE_NAMESPACE_END
