#include "picture_maker.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/image/encode.hpp>
#include <aisle/image/resize.hpp>

namespace aisle_command {

const std::vector<std::string>& fit_mode_names() {
  static const std::vector<std::string> names = {"squash", "keep-ratio", "center-crop", "border"};
  return names;
}

fit_mode parse_fit_mode(const std::string& name) {
  const auto& names = fit_mode_names();
  return static_cast<fit_mode>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::string picture_form::name() const {
  if (original) return "original";
  return std::to_string(size) + " " + fit_mode_names()[static_cast<std::size_t>(mode)] + " q" +
         std::to_string(quality);
}

bool picture_form::fits(int width, int height) const noexcept {
  if (original) return true;
  if (mode == fit_mode::keep_ratio) return std::min(width, height) == size;
  return width == size && height == size;
}

std::string ending_of(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG")) return ".png";
  if (bytes.starts_with("GIF8")) return ".gif";
  if (bytes.starts_with("BM")) return ".bmp";
  if (bytes.starts_with("RIFF") && bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with("WEBP"))
    return ".webp";
  return ".jpg";
}

aisle::image fit_picture(const aisle::image_view& picture, const picture_form& form) {
  constexpr auto lanczos = aisle::resize_filter::lanczos;
  const std::int64_t size = form.size;
  if (form.mode == fit_mode::squash) return aisle::resize(picture, size, size, lanczos);
  const bool longer = form.mode == fit_mode::border;
  const int shortest = std::min(picture.width(), picture.height());
  const int longest = std::max(picture.width(), picture.height());
  const double scale = static_cast<double>(size) / (longer ? longest : shortest);
  const auto scaled = [&](int side) {
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(side) * scale));
  };
  const std::int64_t width = scaled(picture.width()), height = scaled(picture.height());
  if (form.mode == fit_mode::keep_ratio) return aisle::resize(picture, width, height, lanczos);
  if (form.mode == fit_mode::center_crop)
    return aisle::resize(picture, width, height, lanczos,
                         {(width - size) / 2, (height - size) / 2, form.size, form.size});
  const aisle::image small_one = aisle::resize(picture, width, height, lanczos);
  aisle::image out(form.size, form.size);
  std::fill(out.rgb().begin(), out.rgb().end(), std::uint8_t{255});
  const auto left = static_cast<std::ptrdiff_t>((size - width) / 2);
  const int top = static_cast<int>((size - height) / 2);
  for (int y = 0; y < small_one.height(); ++y)
    std::copy(small_one.row(y).begin(), small_one.row(y).end(), out.row(top + y).begin() + 3 * left);
  return out;
}

made_picture make_picture(std::string bytes, const picture_form& form, std::string_view where) {
  const aisle::image picture = aisle::decode_image(std::string_view(bytes), where);
  if (form.original) {
    const std::string ending = ending_of(bytes);
    return {std::move(bytes), ending, picture.width(), picture.height()};
  }
  constexpr std::int64_t longest_side = 65535;  // of a JPEG
  const auto [low, high] = std::minmax({picture.width(), picture.height()});
  if (form.mode == fit_mode::keep_ratio && std::int64_t{high} * form.size > longest_side * low)
    throw aisle::format_error(std::string(where), std::to_string(picture.width()) + " x " +
                                                      std::to_string(picture.height()) +
                                                      " pixels are too long a picture for keep-ratio");
  const aisle::image fitted = fit_picture(picture, form);
  return {aisle::encode_jpeg(fitted, {.quality = form.quality}), ".jpg", fitted.width(), fitted.height()};
}

}  // namespace aisle_command
