#pragma once

#include <optional>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/io/state_dict.hpp>

// No output takes the place of something that is read, under whatever name, nor of another output.

namespace aisle_command {

class output_guard {
 public:
  /// Outputs, by the option that names them; "-" and an empty path are none. Throws usage_error for a file
  /// that two of them would write.
  void writes(const char* option, const std::string& path);
  /// .npy and what comes with it.
  void writes_vectors(const char* option, const std::string& path);
  /// Whatever a run may write into its folder, or remove there.
  void writes_results(const char* option, const std::string& folder);
  /// The pages of a report.
  void writes_reports(const char* option, const std::string& folder);
  /// The embeddings that a folder keeps of a model, "" and "none" for no model; empty: no folder.
  void writes_embeddings(const char* option, const std::string& folder, const std::string& text_model,
                         const std::string& image_model);

  /// The parts of shards that a folder gets.
  void writes_shards(const std::string& folder);

  /// Inputs, as soon as they are known: throws usage_error when one of the outputs is this file.
  void reads(const std::string& path) const;
  /// Vectors that were made elsewhere, with their ids.
  void reads_vectors(const std::string& path) const;
  /// A folder of results, or a pipeline file.
  void reads_results(const std::string& path) const;
  /// A model's folder, or a weight file with the settings beside it. What cannot be read is not known yet.
  void reads_model(const std::string& path) const;
  /// The files that tensors lie in.
  void reads_weights(const aisle::state_dict& weights) const;
  void reads_pictures(const aisle::catalogue& products) const;

 private:
  struct output {
    std::string option, path, whole_path;  ///< whole_path: to tell outputs that are not there yet
    std::string folder;                    ///< that the option named; empty: it named the file
    std::optional<aisle::file_identity> identity;
    std::string name() const;
  };
  void add(output o);
  void add_in_folder(const char* option, const std::string& folder, const std::vector<std::string>& names);
  std::vector<output> outputs_;
  std::string shards_;  ///< folder of shards, as a whole path; empty: none
};

}  // namespace aisle_command
