#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <aisle/image/preprocess.hpp>
#include <aisle/image/resize.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Where a centred crop of `crop` begins in `size` >= crop pixels.
AISLE_API std::int64_t crop_begin(std::int64_t size, std::int64_t crop, crop_offset rule) noexcept {
  const std::int64_t slack = size - crop, half = slack / 2;
  // int(round(slack / 2.0)) in Python: a half goes to the even neighbour
  return rule == crop_offset::round_half_even && slack % 2 != 0 && half % 2 != 0 ? half + 1 : half;
}

/// What a preset resizes a picture of this size to.
struct resized {
  std::int64_t width, height;
};
AISLE_API resized resized_by(const preset& p, std::int64_t width, std::int64_t height) noexcept {
  if (p.resize == resize_rule::squash) return {p.resize_width, p.resize_height};
  if (p.resize != resize_rule::shortest_edge) return {width, height};
  // the longer side is rounded down
  const std::int64_t size = p.resize_width;
  return {width <= height ? size : size * width / height, width <= height ? size * height / width : size};
}

AISLE_API size_demand demand_of(const preset& p) {
  if (!p.scaled_decoding) return {};
  return [p](pixel_size whole) {
    const resized least = resized_by(p, whole.width, whole.height);
    const auto within = [](std::int64_t need, int all) {
      return static_cast<int>(std::min<std::int64_t>(need, all));
    };
    return pixel_size{within(least.width, whole.width), within(least.height, whole.height)};
  };
}

}  // namespace detail

AISLE_API image crop_for(const image_view& picture, const preset& p) {
  if (picture.empty()) throw shape_error("cannot preprocess an empty picture");
  const auto [w, h] = detail::resized_by(p, picture.width(), picture.height());
  crop_box box{0, 0, static_cast<int>(std::min<std::int64_t>(w, p.crop_width)),
               static_cast<int>(std::min<std::int64_t>(h, p.crop_height))};
  box.left = detail::crop_begin(w, box.width, p.offset);
  box.top = detail::crop_begin(h, box.height, p.offset);
  image part = resize(picture, w, h, p.filter, box);
  if (part.width() == p.crop_width && part.height() == p.crop_height) return part;

  image padded(p.crop_width, p.crop_height);
  std::fill(padded.rgb().begin(), padded.rgb().end(), std::uint8_t{0});
  const int left = (p.crop_width - part.width()) / 2, top = (p.crop_height - part.height()) / 2;
  for (int y = 0; y < part.height(); ++y)
    std::memcpy(padded.row(top + y).data() + std::ptrdiff_t{3} * left, part.row(y).data(), part.stride());
  return padded;
}

AISLE_API image_tensor preprocess(const image_view& picture, const preset& p, tensor_layout layout) {
  image_tensor out(1, p.crop_height, p.crop_width, layout);
  preprocess(picture, p, out, 0);
  return out;
}

AISLE_API void preprocess(const image_view& picture, const preset& p, image_tensor& out, std::int64_t at) {
  const auto size = [](int w, int h) { return std::to_string(w) + " x " + std::to_string(h); };
  if (out.width() != p.crop_width || out.height() != p.crop_height)
    throw shape_error("a tensor of pictures of " + size(out.width(), out.height()) + " pixels, preset " +
                      p.name + " makes " + size(p.crop_width, p.crop_height));
  if (at < 0 || at >= out.count())
    throw shape_error("picture " + std::to_string(at) + " of a tensor of " + std::to_string(out.count()));
  const image crop = crop_for(picture, p);

  // 256 possible bytes a channel: every result is looked up, so it is the correctly rounded one whatever the
  // processor.
  std::array<std::array<float, 256>, 3> value;
  std::array<std::size_t, 3> from{};
  for (std::size_t c = 0; c < 3; ++c) {
    from[c] = p.order == channel_order::bgr ? 2 - c : c;
    for (std::size_t v = 0; v < 256; ++v)
      value[c][v] = static_cast<float>((static_cast<double>(v) * p.scale - p.mean[c]) / p.std[c]);
  }
  const std::size_t pixels = crop.rgb().size() / 3;
  const bool last = out.layout() == tensor_layout::channels_last;
  const std::size_t pixel = last ? 3 : 1, channel = last ? 1 : pixels;
  const std::uint8_t* rgb = crop.rgb().data();
  float* to = out.picture(at).data();
  for (std::size_t i = 0; i < pixels; ++i, rgb += 3, to += pixel)
    for (std::size_t c = 0; c < 3; ++c) to[c * channel] = value[c][rgb[from[c]]];
}

AISLE_NAMESPACE_END
