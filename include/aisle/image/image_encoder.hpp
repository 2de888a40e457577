#pragma once

#include <cstddef>
#include <cstdint>
#include <concepts>
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
#include <aisle/image/preprocess.hpp>
#include <aisle/models/preset.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/nn/precision.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

struct image_encoder_options {
  engine_selection engine{};
  /// How pictures are prepared. Empty: what the checkpoint's own files say, else the usual one for its
  /// folder's name.
  std::optional<aisle::preset> preset{};
  std::string output = "embedding";  ///< of the network: "mean" of ViT's patches, "logits", …
  bool winograd = false;  ///< 3x3 convolutions by Winograd F(2x2, 3x3): an alternative that is not tuned yet
  warning_callback on_warning{};
  std::shared_ptr<models::opened_model> opened{};  ///< the model at the path, where it is open already
};

struct image_encode_options {
  int threads = 0;               ///< 0: all available
  progress_callback progress{};  ///< phase "images"
  /// Called (one call at a time) for a picture that cannot be read; its row stays zero. Unset: the error is
  /// thrown.
  std::function<void(std::int64_t row, const std::string& reason)> on_error{};
  /// Of encode_files: shown the bytes that a row's picture is decoded from, from several threads at once.
  std::function<void(std::int64_t row, std::span<const std::byte> bytes)> on_bytes{};
};

namespace detail {
template <class P>
concept path_type = std::convertible_to<const P&, std::string_view> || requires(const P& p) {
  { p.string() } -> std::convertible_to<std::string>;
};
template <class P>
std::string path_text(const P& path) {
  if constexpr (std::is_pointer_v<P>)
    if (path == nullptr) throw option_error("a path is a null pointer, expected a string");
  if constexpr (std::convertible_to<const P&, std::string_view>)
    return std::string(std::string_view(path));
  else
    return path.string();
}
template <class File>
concept file_content = std::is_lvalue_reference_v<File> && std::ranges::contiguous_range<File> &&
                       sizeof(std::ranges::range_value_t<File>) == 1;
}  // namespace detail

/// Pictures to vectors: decoding, the checkpoint's own resize, crop and normalisation, the network's pooled
/// features. Immutable; safe from many threads. A picture's vector has the same bits whatever it is encoded
/// together with.
class image_encoder {
 public:
  /// A model folder or a weight file. Throws file_error, format_error, tensor_error, option_error.
  static image_encoder load(const std::string& path, const image_encoder_options& options = {});
  /// Weights in memory, and what their config.json says (null: nothing). `options.preset` must say how
  /// pictures are prepared. Throws as the other.
  static image_encoder load(state_dict weights, const image_encoder_options& options, json config = {});

  /// [paths, dimension].
  matrix<float> encode_files(std::span<const std::string> paths,
                             const image_encode_options& options = {}) const;
  /// Of whatever paths are written as: std::string_view, const char*, std::filesystem::path.
  template <std::ranges::input_range Paths>
  requires(!std::convertible_to<const Paths&, std::string> &&
           detail::path_type<std::ranges::range_reference_t<const Paths&>>)
      matrix<float> encode_files(const Paths& paths, const image_encode_options& options = {})
  const {
    std::vector<std::string> names;
    for (const auto& path : paths) names.push_back(detail::path_text(path));
    return encode_files(std::span<const std::string>(names), options);
  }
  matrix<float> encode_files(std::initializer_list<std::string_view> paths,
                             const image_encode_options& options = {}) const {
    return encode_files(std::span<const std::string_view>(paths.begin(), paths.size()), options);
  }
  /// [files, dimension] from the bytes of picture files; messages call them "picture 0" and so on.
  matrix<float> encode_bytes(std::span<const std::span<const std::byte>> files,
                             const image_encode_options& options = {}) const;
  /// Of whatever holds them: std::string, std::vector<std::uint8_t>.
  template <std::ranges::input_range Files>
  requires(!std::convertible_to<const Files&, std::span<const std::span<const std::byte>>> &&
           detail::file_content<std::ranges::range_reference_t<const Files&>>)
      matrix<float> encode_bytes(const Files& files, const image_encode_options& options = {})
  const {
    std::vector<std::span<const std::byte>> contents;
    for (const auto& file : files) contents.push_back(std::as_bytes(std::span(file)));
    return encode_bytes(std::span<const std::span<const std::byte>>(contents), options);
  }
  /// [pictures, dimension].
  matrix<float> encode(std::span<const image> pictures, const image_encode_options& options = {}) const;
  matrix<float> encode(std::span<const image_view> pictures, const image_encode_options& options = {}) const;
  matrix<float> encode(std::initializer_list<image_view> pictures,
                       const image_encode_options& options = {}) const {
    return encode(std::span<const image_view>(pictures.begin(), pictures.size()), options);
  }
  /// [1, dimension].
  matrix<float> encode(const image_view& picture, const image_encode_options& options = {}) const {
    return encode(std::span(&picture, 1), options);
  }
  /// [pictures, dimension] from prepared tensors of any size that the network takes.
  matrix<float> encode_tensors(const image_tensor& pictures, const image_encode_options& options = {}) const;

  std::int64_t dimension() const;
  const aisle::preset& preset() const& noexcept { return preset_; }
  aisle::preset preset() const&& { return preset(); }
  const nn::network& network() const& noexcept { return *network_; }
  const nn::network& network() const&& = delete;
  const models::opened_model& model() const& noexcept { return *model_; }
  const models::opened_model& model() const&& = delete;

 private:
  image_encoder() = default;
  static image_encoder make(std::shared_ptr<const models::opened_model> model, const std::string& where,
                            const image_encoder_options& options);
  template <class Read>
  matrix<float> encode_each(std::int64_t n, int height, int width, const image_encode_options& options,
                            Read read) const;

  std::shared_ptr<const models::opened_model> model_;
  std::shared_ptr<const nn::network> network_;
  aisle::preset preset_;
  std::string output_;
};

namespace detail {
/// How pictures are prepared for the model at `path`: what its own files say, else the usual way for its
/// folder's name. Throws option_error where neither is known.
preset preset_for(const std::string& path);
/// The name of a preset, with a hash of what it says where that is not what the known one of this name does.
std::string preset_label(const preset& p);
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/image/image_encoder.ipp>
#endif
