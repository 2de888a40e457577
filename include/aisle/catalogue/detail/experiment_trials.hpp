#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/detail/experiment_rows.hpp>
#include <aisle/catalogue/detail/shared_features.hpp>
#include <aisle/catalogue/product_features.hpp>

// Fits of an experiment: which there are, and running them side by side.

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A fit and what came of it.
struct trial {
  std::size_t modality = 0, learner = 0, part = 0;  ///< learner: which recipe; part: split or fold
  std::string failure = {};                         ///< why there is nothing else
  row_score own = {}, common = {};                  ///< on the rows it was tested on; on the common ones
  double seconds = 0;                               ///< of the fit
  recipe how = {};                                  ///< that was followed
  product_features features = {};
  familiarity known = {};  ///< where there is nothing to test on: a fit for use
  std::shared_ptr<classifier<float>> fitted = {};
  index_vector tested = {};  ///< places in the modality of the rows that these are of
  matrix<float> probabilities = {};
  label_vector predicted = {};

  /// Keeps the scores alone.
  void forget();
  /// Keeps the probabilities too, of at most so many rows, evenly; 0: of all.
  void forget_fit(std::size_t most = 0);
};

/// Trials of every modality, part and recipe, in that order. `parts`: how many a modality has.
std::vector<trial> list_trials(std::span<const std::size_t> parts, std::size_t learners);

/// Scores of predictions, on those rows for which `mask` (empty: all) is true.
row_score score_rows(const label_vector& truth, const label_vector& predicted,
                     const std::vector<bool>& mask = {});

/// The threads of each of `count` fits that share `threads`: one, side by side, which wastes none; of fewer
/// fits than threads all of them, one after the other.
constexpr int threads_of_each(std::int64_t count, int threads) noexcept {
  return count >= threads ? 1 : threads;
}

/// Features as `sides.train` makes them, of both sides.
split_features make_features(const recipe& how, const modality& m, const row_sides& sides, int threads);
/// Fits on the features of `rows`; fills in what a trial remembers of them, and how long it took. Throws what
/// the learner throws.
void learn(trial& t, const recipe& how, const modality& m, const index_vector& rows, const split_features& x,
           std::uint64_t seed, int threads);

/// Runs trials of one experiment.
class trial_runner {
 public:
  /// The same recipes on every modality.
  trial_runner(std::vector<recipe> recipes, const experiment_options& options);
  /// As many on each of the modalities, but others.
  void set_recipes(std::vector<std::vector<recipe>> of_modalities);

  std::size_t learners() const noexcept { return recipes_.front().size(); }
  const recipe& how(std::size_t modality, std::size_t learner) const noexcept {
    return recipes_[std::min(modality, recipes_.size() - 1)][learner];
  }

  /// Runs all trials, side by side where there are enough of them.
  void run(std::string_view phase, std::vector<trial>& trials, const std::function<void(trial&)>& one);

  /// Makes features, fits, and tests where there are test rows. An error becomes the trial's failure.
  void fit(trial& t, const modality& m, const row_sides& sides, std::uint64_t seed) const;

 private:
  std::vector<std::vector<recipe>> recipes_;  // of each modality, or one list for all
  const experiment_options& options_;
  int inner_threads_ = 1;
  mutable shared_features features_;
};

/// Mean scores of cross-validation, in %, and what its probabilities tell of the learner's.
struct fold_scores {
  double macro_f1 = -1, common_macro_f1 = -1;  ///< -1: there are none
  double temperature = 1;
};

/// What the trials of one learner's folds said of the rows that they held out.
struct held_out_rows {
  index_vector rows;  ///< places in the modality, fold by fold
  matrix<float> probabilities;
};
held_out_rows gather_held_out(std::span<const trial* const> folds, std::int64_t classes);

/// Stratified folds of rows of a modality, whole groups in one where there are groups, by their place in it;
/// none where there are fewer than two rows or groups.
std::vector<row_sides> folds_of(const modality& m, const index_vector& rows, int folds, std::uint64_t seed);

/// Cross-validates every recipe on the folds of every modality (none: nothing is); [modality][recipe].
std::vector<std::vector<fold_scores>> cross_validate(trial_runner& runner,
                                                     std::span<const modality> modalities,
                                                     std::span<const std::vector<row_sides>> folds,
                                                     std::uint64_t seed);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/experiment_trials.ipp>
#endif
