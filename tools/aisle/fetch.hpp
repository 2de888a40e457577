#pragma once

#include <cstdint>
#include <string>

#include "command.hpp"
#include "manifest.hpp"

namespace aisle_command {

struct fetch_options {
  std::string weights;  ///< folder that holds the models' folders
  bool allow_unverified = false;
  /// Bytes that are taken of a file whose size the manifest does not say.
  std::int64_t max_bytes = std::int64_t{8} << 30;
  int timeout = 30;  ///< seconds without 1000 bytes each after which a source is given up
};

/// Brings a model's files to WEIGHTS/ID, from the first of its sources that has them all. They gather in a
/// folder of that source in WEIGHTS/ID.part, each downloaded as FILE.part, resumed where one is there,
/// checked and only then given its name; they are moved to WEIGHTS/ID once all are there. Says on stderr what
/// it does. Throws aisle::error when no source could be used.
void fetch_model(const manifest_model& model, const fetch_options& options, progress_bar& bar);

/// The sha256 of a file, in pieces, with progress.
std::string sha256_of(const std::string& path, progress_bar& bar);

}  // namespace aisle_command
