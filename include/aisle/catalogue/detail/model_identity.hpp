#pragma once

#include <memory>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/state_dict.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Which weights a model has, by their bytes: those of the open files that it is loaded from, whatever has
/// their names by now.
class weights_identity {
 public:
  /// Reads the files whole. Throws file_error where one has changed since it was opened.
  explicit weights_identity(const state_dict& weights);
  /// Of the file; of several, of their sums.
  const std::string& sha256_hex() const noexcept { return sha256_; }
  /// [{path, size, sha256}, …]
  json files() const;
  /// To be asked once the model is loaded: throws file_error where what was loaded may be something else than
  /// what the sum is of.
  void require_unchanged() const;

 private:
  struct part {
    std::shared_ptr<const weight_file> file;
    std::string sha256;
    bool settled;  // whether a write after the sum was made would show in the file's stamp
  };
  std::vector<part> parts_;
  std::string sha256_;
};

/// SHA-256 of the small files beside the weights that decide what a model computes (config, tokenizer,
/// preprocessor).
std::string hash_of_settings(const std::string& model_path);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/model_identity.ipp>
#endif
