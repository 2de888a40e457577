#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/fusion.hpp>
#include <aisle/learn/learners.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// The learners of learn/learners.hpp that an experiment can train, in the order of its results.
inline std::vector<std::string> experiment_learners() {
  std::vector<std::string> out;
  for (const learner_kind<float>& kind : learner_kinds<float>)
    if (kind.make_for_experiment != nullptr) out.emplace_back(kind.name);
  return out;
}
/// Those of them that it trains unless others are named.
inline std::vector<std::string> standard_learners() {
  std::vector<std::string> out;
  for (const learner_kind<float>& kind : learner_kinds<float>)
    if (kind.standard) out.emplace_back(kind.name);
  return out;
}

/// How an experiment comes to its classifiers.
enum class recipe_choice {
  standard,  ///< `learners` on the vectors of each modality, fused by `fusion`
  search     ///< on each modality the recipe that does best in cross-validation on training rows
};

/// A split of a catalogue by data rows.
struct catalogue_split {
  std::uint64_t seed = 0;
  index_vector test;
  index_vector train = {};  ///< empty: all rows that are not tested; else rows on neither list take no part
};

/// The splits of a file: `{"label": …, "rows": …, "dropped": […], "splits": [{"seed": …, "test": […]}, …]}`,
/// each with a list "train" or without.
struct split_file {
  std::string path, label;  ///< label is empty where the file names none
  std::int64_t rows = -1;   ///< data rows of the catalogue it is for; -1 where the file does not say
  index_vector dropped;     ///< rows on neither side
  std::vector<catalogue_split> splits;
};

struct experiment_options {
  recipe_choice recipes = recipe_choice::standard;
  double search_seconds = 600;        ///< after which the search ends, in the middle of a fit if need be
  std::int64_t search_rows = 20'000;  ///< of each modality that it looks at; of more an even sample
  std::vector<std::string> learners = standard_learners();
  fusion_options fusion = {};
  std::vector<std::string> extra_columns = {};  ///< of the catalogue, as features beside the vectors
  double test_size = 0.3;
  std::uint64_t seed = 42;
  int repeats = 1;                     ///< splits that are drawn, with the seeds seed, seed + 1, …
  const split_file* splits = nullptr;  ///< instead of test_size, seed and repeats
  int folds = 5;                       ///< of the cross-validation that chooses; 0: nothing is chosen
  int threads = 0;
  progress_callback progress{};
  warning_callback on_warning{};
};

AISLE_NAMESPACE_END
