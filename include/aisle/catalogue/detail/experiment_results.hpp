#pragma once

#include <cstddef>
#include <string>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/detail/experiment_trials.hpp>

// What an experiment says: of its inputs, of each classifier, and the pipelines that are made of fits.

AISLE_NAMESPACE_BEGIN
namespace detail {

/// What is known of an experiment before anything is trained; all that was said of rows is in `skipped`.
experiment_result describe_experiment(const catalogue& products, const embedding_table* text,
                                      const embedding_table* image, const experiment_options& options);

/// A pipeline without fusion and learner.
pipeline describe_pipeline(const std::string& modality, const catalogue& products,
                           const embedding_table* text, const embedding_table* image);

/// The pipeline of a fit, which is taken from the trial; `temperature` is that of its probabilities.
pipeline take_pipeline(trial& t, const modality& m, const catalogue& products, double temperature);

/// One classifier over its trials, one a split, in order. Probabilities are taken from the first, at the
/// temperature of the folds.
model_result collect_result(const modality& m, std::span<trial* const> of_splits,
                            std::span<const split_sides> splits, const fold_scores& folds);

/// Marks in each modality the classifier that did best in cross-validation.
void mark_chosen(std::vector<model_result>& models);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/experiment_results.ipp>
#endif
