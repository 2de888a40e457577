#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <aisle/image/image.hpp>

// From the bytes of a picture to those that are kept.

namespace aisle_command {

/// How a picture is brought to its size, by Pillow's LANCZOS. Smaller ones are enlarged.
enum class fit_mode {
  squash,       ///< both sides, whatever the proportions
  keep_ratio,   ///< the shorter side, the other in proportion
  center_crop,  ///< as keep_ratio, then the middle
  border        ///< the longer side, the rest white
};
/// "squash", "keep-ratio", "center-crop", "border", in the order of the type.
const std::vector<std::string>& fit_mode_names();
fit_mode parse_fit_mode(const std::string& name);

struct picture_form {
  int size = 224;
  fit_mode mode = fit_mode::squash;
  int quality = 75;       ///< Pillow's own, 4:2:0
  bool original = false;  ///< the bytes as they came
  /// "224 squash q75", "original".
  std::string name() const;
  /// Whether a picture of these sides may be of this form.
  bool fits(int width, int height) const noexcept;
};

struct made_picture {
  std::string bytes, ending;  ///< ".jpg"
  int width = 0, height = 0;
};

/// Throws format_error for bytes that are no picture or a damaged one; `where` begins the message.
made_picture make_picture(std::string bytes, const picture_form& form, std::string_view where);

/// The picture in RGB as the form wants it.
aisle::image fit_picture(const aisle::image_view& picture, const picture_form& form);

/// The ending of the file's name that its first bytes say, ".jpg" where they say nothing.
std::string ending_of(std::string_view bytes);

}  // namespace aisle_command
