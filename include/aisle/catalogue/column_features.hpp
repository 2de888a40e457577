#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/detail/cell_number.hpp>
#include <aisle/tensor/matrix.hpp>

AISLE_NAMESPACE_BEGIN

class json;

enum class column_kind {
  empty,    ///< no row that was learnt from has a value
  number,   ///< all values read as numbers of one style
  category  ///< anything else
};

/// A column of a catalogue as it becomes features, as learnt from training rows.
struct column_encoding {
  std::string name;
  column_kind kind = column_kind::empty;
  // Of numbers:
  number_style style = {};
  double mean = 0, sd = 1;  ///< sd is 1 where all are the same
  // Of categories:
  /// Those told apart, sorted, without case and blanks at their ends; all others are one.
  std::vector<std::string> categories = {};
  std::int64_t left_out = 0;  ///< categories that are not: of one row, or beyond the limit
  /// Whether some training rows lack a value, which is a feature then.
  bool tells_missing = false;
  std::int64_t rows = 0, missing = 0;  ///< that were learnt from

  std::int64_t dimension() const noexcept;
};

/// "price: numbers (1,299.00 $), mean 24.5, 3 of 80 rows without"; "type: 12 categories, …".
std::string describe(const column_encoding& column);

/// Columns of a catalogue (price, manufacturer, type) as features beside vectors. Numbers become their
/// distance from the mean in standard deviations, ten at most; cells that are all numbers of another style
/// than those that were learnt from (10,00 for 10.00) are read in theirs; what is missing or no number is at
/// the mean, and told by a feature of its own where training rows lacked some. A category is 1 in a column of
/// its own; one that training rows have once, or not at all, is "other". Cells that name a missing value
/// (n/a, NULL) are missing.
class column_features {
 public:
  /// Categories of a column that are told apart, the most frequent ones.
  static constexpr std::int64_t most_categories = 256;
  using cells = std::vector<std::string_view>;

  column_features() = default;
  /// `columns`: of each its cells, of all rows. `scale`: what a feature of 1 is multiplied with. Throws
  /// shape_error unless there is one list of cells a name, all of one length.
  static column_features fit(std::span<const std::string> names, std::span<const cells> columns,
                             double scale = 1);

  bool fitted() const noexcept { return !columns_.empty(); }
  const std::vector<column_encoding>& columns() const& noexcept { return columns_; }
  std::vector<column_encoding> columns() const&& { return columns_; }
  std::vector<std::string> names() const;
  std::int64_t dimension() const noexcept;
  double scale() const noexcept { return scale_; }

  /// Of each column how many cells are neither missing nor, where numbers were learnt, a number: they count
  /// as missing. Throws as transform().
  std::vector<std::int64_t> unreadable(std::span<const cells> columns) const;

  /// Fills dimension() columns of `out` from `first` on. Throws shape_error for other numbers of columns or
  /// rows.
  void transform(std::span<const cells> columns, matrix_view<float> out, std::int64_t first = 0) const;

  /// As pipelines hold it.
  json to_json() const;
  /// Throws format_error for what to_json() does not write.
  static column_features read(const json& from);

 private:
  std::vector<column_encoding> columns_;
  double scale_ = 1;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/column_features.ipp>
#endif
