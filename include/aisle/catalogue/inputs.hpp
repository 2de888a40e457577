#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// What of a product a classifier looks at. Each set of inputs has a name, the modality of results and files;
/// nothing else knows them.
struct product_inputs {
  bool text = false, image = false;

  constexpr int count() const noexcept { return text + image; }
  /// "text", "image", "multimodal"; empty: nothing.
  constexpr std::string_view name() const noexcept {
    return text && image ? "multimodal" : text ? "text" : image ? "image" : "";
  }
  /// Whether these are among what there is.
  constexpr bool are_among(const product_inputs& there) const noexcept {
    return (!text || there.text) && (!image || there.image);
  }
  bool operator==(const product_inputs&) const = default;
};

/// All there are: of several that can answer, an earlier one is preferred.
inline constexpr product_inputs all_inputs[] = {{true, true}, {false, true}, {true, false}};

/// Those of a name; nothing for another one.
constexpr std::optional<product_inputs> find_inputs(std::string_view name) noexcept {
  for (const product_inputs& inputs : all_inputs)
    if (inputs.name() == name) return inputs;
  return std::nullopt;
}

/// "text, image or multimodal": what a message expects.
inline constexpr std::string_view names_of_inputs = "text, image or multimodal";

AISLE_NAMESPACE_END
