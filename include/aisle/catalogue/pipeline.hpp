#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/reading.hpp>
#include <aisle/catalogue/product_features.hpp>
#include <aisle/learn/classifier.hpp>
#include <aisle/learn/familiarity.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// What made the vectors of one modality.
struct pipeline_input {
  std::string model;           ///< id; of vectors made elsewhere what their file says, if it does
  std::string weights_sha256;  ///< of vectors made elsewhere: of their file
  std::string preset;          ///< of pictures; of texts the name of the prompt
  std::string file;        ///< where vectors that were made elsewhere came from; empty: the model made them
  std::string place = {};  ///< the model's path, where it was named by one and not by its id
};
/// What a pipeline keeps of a table that it learnt from.
pipeline_input describe_input(const embedding_table& table);

/// A trained classifier with everything that new products need: how they are read, which models embed them,
/// how modalities become features, the learner and its class names. One safetensors file, which is also one
/// that load_classifier reads.
struct pipeline {
  std::string modality;  ///< "text", "image", "multimodal"
  std::string label;     ///< the column it learnt
  pipeline_input text, image;
  reading_options reading;  ///< how the products were read
  product_features features;
  recipe how = {};  ///< it was made by; of files of earlier versions what they say of it
  std::shared_ptr<const classifier<float>> learner;
  familiarity known;       ///< of the rows it learnt from; files of earlier versions have none
  double temperature = 1;  ///< of its probabilities (learn/calibration.hpp); 1: as the learner gives them

  product_inputs inputs() const noexcept { return find_inputs(modality).value_or(product_inputs{}); }
  bool uses_text() const noexcept { return inputs().text; }
  bool uses_images() const noexcept { return inputs().image; }
  /// Whether there were rows of a class, one of the learner's, among those it learnt from.
  bool has_learnt(std::int32_t code) const;

  void save(const std::string& path) const;
  /// Throws format_error for anything else than what save() wrote, damaged files included.
  static pipeline load(const std::string& path);
};

/// The rows that both tables have (or the one given; a null table is not asked for), text first. With
/// `products` also what its columns hold, and their texts where texts are asked for; it must outlive them.
modality_rows join_modalities(const embedding_table* text, const embedding_table* image,
                              const catalogue* products = nullptr);

/// What a pipeline says of new rows.
struct pipeline_prediction {
  index_vector rows;  ///< data rows that have what the pipeline needs
  label_vector labels;
  matrix<float> probabilities;  ///< [rows, classes], calibrated
  std::vector<double>
      known;  ///< how well a row is known to its class (familiarity); empty: the file has none
};

namespace detail {
/// What a pipeline says of rows that have what it needs.
pipeline_prediction apply(const pipeline& p, const modality_rows& rows);
}  // namespace detail

/// Applies a pipeline to embedded products; tables that it does not use may be null, and `products` where it
/// does not look at words or other columns. Throws option_error when what it needs is missing, missing_column
/// for a column, shape_error when vectors are of another width.
pipeline_prediction predict(const pipeline& p, const embedding_table* text, const embedding_table* image,
                            const catalogue* products = nullptr);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/pipeline.ipp>
#endif
