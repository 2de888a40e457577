#pragma once

#include <cstdint>
#include <optional>
#include <span>
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
  /// Rows of equal numbers are on one side (see group_codes); empty: every row stands for itself.
  std::span<const std::int64_t> groups = {};
};

/// Splits rows so that both sides have the classes in the same proportions. Each side's rows of a class are
/// what scikit-learn's train_test_split(stratify=) allots: the mode of the multivariate hypergeometric
/// distribution, ties drawn at random. Throws option_error for a share outside (0, 1), for single-row classes
/// (see split_options), for fewer than two rows and for a side with fewer rows than classes.
///
/// With groups whole groups are dealt out, the largest first, each to the side that then lacks most of its
/// classes; sides are as near to test_size as the groups allow. A class of a single group is trained on and
/// not tested, whatever `single_rows` says. Throws shape_error unless there is one group a row, option_error
/// when no group can be held out without taking a class from the train side.
split_rows stratified_split(const label_vector& labels, const split_options& options = {});

/// The least and the largest test_size with which stratified_split can give each side a row of each of
/// `classes` classes, in as few decimals as there are any with, two at least; nothing if no share will do.
std::optional<std::pair<double, double>> test_sizes_for(std::int64_t rows, std::int64_t classes);

struct fold_options {
  int folds = 5;
  std::uint64_t seed = 42;
  /// Rows of equal numbers are in one fold (see group_codes); empty: every row stands for itself.
  std::span<const std::int64_t> groups = {};
};

/// k splits whose test sides together are all rows, each with the classes in the same proportions (the
/// allotment of scikit-learn's StratifiedKFold). A class with fewer rows than folds stands in the test side
/// of as many folds as it has rows. Throws option_error for fewer than two folds or more folds than rows.
/// With groups each goes whole to the fold that lacks most of its classes, the largest first (the aim of
/// scikit-learn's StratifiedGroupKFold); then there may be no more folds than groups.
std::vector<split_rows> stratified_folds(const label_vector& labels, const fold_options& options = {});

/// Numbers for groups that have names (what variants of a product have in common): equal names get the same
/// number. A row without a name is a group of its own.
std::vector<std::int64_t> group_codes(std::span<const std::string> names);

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
/// What stratified_split and stratified_folds do with groups; options are checked but for those.
split_rows split_by_group(const label_vector& labels, const split_options& options);
std::vector<split_rows> folds_by_group(const label_vector& labels, const fold_options& options);
}  // namespace detail

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/learn/group_split.ipp>
#include <aisle/learn/split.ipp>
#endif
