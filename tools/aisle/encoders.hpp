#pragma once

#include <memory>
#include <optional>
#include <string>

#include <aisle/catalogue/embedder.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/text/text_encoder.hpp>

#include "command.hpp"

namespace aisle_command {

/// Encoders of a common option; where neither the model's files nor its path say how pictures are prepared,
/// the manifest does. A precision or isa that does not exist is a usage_error.
aisle::text_encoder load_text_encoder(const common_options& o);
aisle::image_encoder load_image_encoder(const common_options& o);

/// The embedders of a common option, what is wrong with it said; they load where a row needs them. That of
/// texts may be a service. Throws what models::open_model throws, and aisle::option_error where the model is
/// not of the kind that the option wants.
std::shared_ptr<const aisle::embedder> open_text_embedder(const common_options& o);
std::shared_ptr<const aisle::embedder> open_picture_embedder(const common_options& o);

/// The same, loaded. `identify`: whether their identity() will be asked for.
std::shared_ptr<const aisle::embedder> make_text_embedder(const common_options& o, bool identify);
std::shared_ptr<const aisle::embedder> make_picture_embedder(const common_options& o, bool identify);

/// How pictures are prepared for the image model `id`, without loading it: --preset, else what its files say,
/// else what is known of its name; or nothing. Throws what aisle::preset_from_files throws.
std::optional<aisle::preset> known_preset(const common_options& o, const std::string& id);

/// The same, where something must say it. Throws aisle::error that names --preset.
aisle::preset preset_of(const common_options& o, const std::string& id);

inline aisle::preset preset_of(const common_options& o) { return preset_of(o, o.image_model); }

}  // namespace aisle_command
