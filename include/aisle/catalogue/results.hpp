#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/learn/spread.hpp>
#include <aisle/tensor/matrix.hpp>

// What an experiment found, as plain data: written by catalogue/experiment, read by catalogue/report.

AISLE_NAMESPACE_BEGIN

/// One pass over the training rows of a network.
struct epoch_record {
  double loss = 0, validation_loss = 0, validation_accuracy = 0;
};

/// One classifier on one modality.
struct model_result {
  std::string modality;                  ///< "text", "image", "multimodal"
  std::string model;                     ///< "random_forest", "logistic_regression", "mlp"
  bool chosen = false;                   ///< best of its modality by cross-validation on the training rows
  double cross_validation_macro_f1 = 0;  ///< in %, of the first split's training rows

  struct split_score {
    std::uint64_t seed = 0;
    double accuracy = 0, macro_f1 = 0;  ///< in %
  };
  std::vector<split_score> splits;
  /// A score over the splits.
  spread over_splits(double split_score::*score) const {
    std::vector<double> values;
    for (const split_score& s : splits) values.push_back(s.*score);
    return spread::of(values);
  }
  double fit_seconds = 0;  ///< mean over the splits

  // Of the first split:
  index_vector test_rows;           ///< data rows of the catalogue
  std::vector<std::int32_t> truth;  ///< class indices
  std::vector<std::int32_t> predicted;
  matrix<float> probabilities;        ///< [test rows, classes]
  std::vector<epoch_record> history;  ///< of the MLP, else empty
  std::int64_t best_epoch = -1;
};

/// A row that took no part, or only in part.
struct skipped_row {
  std::string file;
  std::int64_t row = 0;  ///< 0-based data row
  std::string id, column, reason;
  std::int64_t line = 0;  ///< physical line of the file, from 1; 0: unknown
};

/// What a report shows of one product.
struct product_card {
  std::string id, name, text, image_path;  ///< image_path as it can be opened; empty if there is none
};

struct experiment_result {
  std::string catalogue, label, text_model, image_model, fusion, kernel, command;
  std::vector<std::string> classes;        ///< names by class index
  std::vector<std::int64_t> class_counts;  ///< rows of each class that took part
  std::vector<product_card> products;      ///< by data row
  std::vector<std::int64_t> text_tokens;   ///< of each row with a text, before any cut
  std::int64_t truncated_texts = 0, rows = 0, rows_with_text = 0, rows_with_image = 0;
  std::vector<model_result> models;
  std::vector<skipped_row> skipped;
  std::vector<std::pair<std::string, double>> phases;  ///< name, seconds; in order
  double peak_mb = 0;
  std::string created;  ///< ISO 8601, UTC

  /// The chosen classifier of a modality, or null.
  const model_result* chosen(const std::string& modality) const {
    for (const model_result& m : models)
      if (m.chosen && m.modality == modality) return &m;
    return nullptr;
  }
};

AISLE_NAMESPACE_END
