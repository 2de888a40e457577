#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/label_treatment.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// The labels of a column whose cells may name several category paths, as WooCommerce
/// ("Home > Kitchen, Home > Mugs") and Magento write them: the first counts, as it does of lists. A comma (or
/// a semicolon, | or line break) divides paths where a first level follows with which cells of the column
/// begin; where no level stands before it, what does must be such a first level too. So a level called
/// "Kitchen, Dining" stays whole.
class label_paths {
 public:
  explicit label_paths(const label_treatment& treatment) : treatment_(treatment) {}

  /// Each cell of the column, before any of them is asked for.
  void add(std::string_view cell);
  /// As label_treatment::apply(), of the first path.
  std::string apply(std::string_view cell) const;
  /// Whether a cell names several.
  bool has_several(std::string_view cell) const { return first_of(cell).has_value(); }

 private:
  std::optional<std::string> text_of(std::string_view cell) const;
  std::optional<std::string> first_of(std::string_view cell) const;
  std::string_view first_level(std::string_view text) const;
  bool begins_with_level(std::string_view text) const;

  label_treatment treatment_;
  std::set<std::string, std::less<>> levels_;  ///< with which cells begin
  std::size_t longest_ = 0;                    ///< of them, in bytes
};

}  // namespace detail
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/detail/label_paths.ipp>
#endif
