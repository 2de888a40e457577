#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/pipeline.hpp>

AISLE_NAMESPACE_BEGIN

/// Pipelines that stand in for each other: a row goes to the first that has all it needs of it.
class pipeline_set {
 public:
  /// Throws option_error without pipelines, and for such as look at vectors of different models.
  explicit pipeline_set(std::vector<pipeline> best_first);

  /// One pipeline file; or a folder that write_experiment filled: the chosen classifiers of all modalities,
  /// trained on all rows, by their macro F1 in cross-validation on the rows that all modalities have, the
  /// richer modality first among equals. Throws file_error, format_error.
  static pipeline_set load(const std::string& path);

  const std::vector<pipeline>& pipelines() const& noexcept { return pipelines_; }
  std::vector<pipeline> pipelines() const&& { return pipelines(); }
  /// What the text (pictures) must be embedded with; null where no pipeline looks at them.
  const pipeline_input* text() const& noexcept;
  const pipeline_input* image() const& noexcept;
  const pipeline_input* text() const&& = delete;
  const pipeline_input* image() const&& = delete;
  const reading_options& reading() const& noexcept;
  reading_options reading() const&& { return reading(); }

 private:
  std::vector<pipeline> pipelines_;
};

/// What is said of one data row.
struct row_prediction {
  std::string id;           ///< empty where it could not be read
  int pipeline = -1;        ///< place in the set; -1: none could
  std::int32_t label = -1;  ///< code in catalogue_prediction::classes
  double known = -1;        ///< share of the class's own rows that are as far from it; -1: not known
  std::string reason;       ///< why there is no prediction, else empty
};

/// Of every data row of a catalogue, in order.
struct catalogue_prediction {
  class_list classes;  ///< of all pipelines
  std::vector<row_prediction> rows;
  matrix<float> probabilities;  ///< [data rows, classes]; 0 where there is no prediction
};

/// Applies pipelines to embedded products; a null table: no row has that modality. A later pipeline that
/// knows classes which an earlier one does not (no row with a picture had them, say) has a row where it says
/// one of those.
catalogue_prediction predict(const pipeline_set& set, const catalogue& products, const embedding_table* text,
                             const embedding_table* image);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/pipeline_set.ipp>
#endif
