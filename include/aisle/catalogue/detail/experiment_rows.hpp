#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/experiment_options.hpp>
#include <aisle/catalogue/pipeline.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/results.hpp>

// Who takes part in an experiment, and on which side.

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Rows that take part, and why the others with a label do not.
struct chosen_rows {
  index_vector rows;
  std::vector<std::string> labels;
  std::vector<std::int64_t> groups;          ///< of each, where there is a group column; else empty
  std::vector<skipped_row> skipped;          ///< those with a label who do not
  std::map<std::int64_t, std::string> kind;  ///< of each of them the reason, without particulars
};

/// Rows with a label among `can`, less what the split file (null: none) drops or names in no split and what
/// is then the only row of its class.
chosen_rows choose_rows(const catalogue& products, const split_file* splits, const std::vector<bool>& can);

void sort_by_row(std::vector<skipped_row>& rows);
[[noreturn]] void throw_no_labels(const catalogue& products, std::vector<skipped_row> skipped);

/// Data rows that have a vector in either table (null: none has).
std::vector<bool> rows_with_vectors(std::int64_t data_rows, const embedding_table* text,
                                    const embedding_table* image);

/// The side of each data row in one split.
struct split_sides {
  enum side : char { nowhere, training, testing };
  std::uint64_t seed = 0;
  std::vector<side> of;
};

/// The side of each data row as a split names them, whoever takes part.
split_sides sides_of(const catalogue_split& split, std::int64_t data_rows);

/// The splits of options.splits, else those drawn by seed, test_size and repeats, of the rows that take part.
std::vector<split_sides> make_splits(const chosen_rows& chosen, const label_vector& labels,
                                     std::int64_t data_rows, const experiment_options& options);

/// Rows of a modality (their place in it) that a fit learns from and is judged by.
struct row_sides {
  index_vector train, test;
};

/// The rows of an experiment that have all that one modality looks at.
struct modality {
  std::string name;  ///< "text", "image", "multimodal"
  const embedding_table *text = nullptr, *image = nullptr;
  modality_rows data = {};
  label_vector labels = {};
  std::vector<std::int64_t> groups = {};  ///< of each row; empty: each stands for itself
  std::vector<bool> common = {};          ///< of each row: whether every modality has it
  /// Classes that none of the first split's training rows has; none where nothing is split.
  std::vector<std::string> unknown_classes = {};

  row_sides sides(const split_sides& split) const;
  /// Places of all its rows.
  index_vector all_rows() const;
  /// The groups of some of its rows; empty where there are none.
  std::vector<std::int64_t> groups_of(const index_vector& rows) const;
};

/// The modalities that can be trained and tested in every split; of each that cannot `warn` is told.
/// `chosen`: the rows that take part, with their labels.
std::vector<modality> make_modalities(const catalogue& products, const embedding_table* text,
                                      const embedding_table* image, const chosen_rows& chosen,
                                      const label_vector& labels, std::span<const split_sides> splits,
                                      const warning_callback& warn);

/// What became of every data row.
struct row_fates {
  row_usage usage;
  std::vector<skipped_row> unnamed;  ///< products that are left out and nothing was said of yet
};
/// `skipped`: what was said of rows; `kind`: of some of them the reason.
row_fates decide_fates(const catalogue& products, std::span<const modality> modalities,
                       std::span<const skipped_row> skipped, const std::map<std::int64_t, std::string>& kind,
                       const embedding_table* text, const embedding_table* image);

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/experiment_rows.ipp>
#endif
