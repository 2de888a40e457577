#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/models/preset.hpp>

namespace aisle_command {

/// weights/manifest.json, whose schema weights/README.md describes.
struct manifest_file {
  std::string path;       ///< in the source and in weights/ID/
  std::string sha256;     ///< empty: nobody has vouched for it
  std::int64_t size = 0;  ///< 0: unknown
};

struct manifest_source {
  std::string kind;   ///< "huggingface", "https", "file", "pypi"
  std::string where;  ///< repository, url or package
  std::string version, folder, uploader, licence;
  std::vector<manifest_file> files;

  /// True when all files have a known sha256.
  bool vouched_for() const;
  /// For people: "Hugging Face, timm/resnet50.a1_in1k".
  std::string title() const;
  /// Where a file is to be had; empty for package sources.
  std::string url(const manifest_file& f) const;
};

struct manifest_model {
  std::string id, modality, architecture, preset, licence;
  std::vector<manifest_source> sources;
  std::string problem{};  ///< why this row cannot be used; the others can

  /// Whether one of its sources is.
  bool vouched_for() const;
};

/// The models of a manifest file, or of the one that is compiled in when `path` is empty. A row that is not
/// as it should be stops that model alone: it has a `problem` and no sources. Throws aisle::error for a file
/// that is no manifest.
std::vector<manifest_model> read_manifest(const std::string& path = {});

/// The preset that the built-in manifest knows for a folder called `id`, if any.
std::optional<aisle::preset> manifest_preset(std::string_view id);

}  // namespace aisle_command
