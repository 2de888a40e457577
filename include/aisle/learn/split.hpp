#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/random.hpp>
#include <aisle/learn/labels.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

/// Row numbers of the two sides, each ascending. `const auto [train, test] = stratified_split(...)`.
struct split_rows {
  index_vector train, test;
};

/// What happens to classes of a single row, which cannot stand on both sides.
enum class single_rows {
  error,  ///< stratified_split throws and names them
  drop    ///< their rows are on neither side; rows_of_small_classes(labels, 2) says which they are
};

struct split_options {
  /// Share of the rows that is held out, in (0, 1); rounded up to whole rows.
  double test_size = 0.3;
  std::uint64_t seed = 42;
  aisle::single_rows single_rows = single_rows::error;
};

/// Splits rows so that both sides have the classes in the same proportions. Each side's rows of a class are
/// what scikit-learn's train_test_split(stratify=) allots: the mode of the multivariate hypergeometric
/// distribution, ties drawn at random. Throws option_error for a share outside (0, 1), for single-row classes
/// (see split_options), for fewer than two rows and for a side with fewer rows than classes.
split_rows stratified_split(const label_vector& labels, const split_options& options = {});

/// The least and the largest test_size with which stratified_split can give each side a row of each of
/// `classes` classes, in as few decimals as there are any with, two at least; nothing if no share will do.
std::optional<std::pair<double, double>> test_sizes_for(std::int64_t rows, std::int64_t classes);

struct fold_options {
  int folds = 5;
  std::uint64_t seed = 42;
};

/// k splits whose test sides together are all rows, each with the classes in the same proportions (the
/// allotment of scikit-learn's StratifiedKFold). A class with fewer rows than folds stands in the test side
/// of as many folds as it has rows. Throws option_error for fewer than two folds or more folds than rows.
std::vector<split_rows> stratified_folds(const label_vector& labels, const fold_options& options = {});

/// Rows of classes that have fewer than `minimum` rows, ascending.
index_vector rows_of_small_classes(const label_vector& labels, std::int64_t minimum = 2);

namespace detail {
/// The likeliest number of each class in `draws` draws without replacement (scikit-learn's
/// _approximate_mode): the proportional share rounded down, the rest to the largest remainders, equal
/// remainders at random.
std::vector<std::int64_t> allot(const std::vector<std::int64_t>& counts, std::int64_t draws,
                                random_generator& random);
/// Rows on the test side, as scikit-learn counts them.
std::int64_t rows_held_out(double test_size, std::int64_t rows);
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/split.ipp>
#endif
