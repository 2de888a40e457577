#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>

// Names of classes as there is room for them. Shops name a class by its way from the top ("Home > Kitchen >
// Mugs").

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// Classes by name, fit for a heading.
struct class_labels {
  std::string separator;                         ///< between levels; empty: the names have none
  std::vector<std::vector<std::string>> levels;  ///< of each class, from the top
  std::size_t depth = 1;                         ///< of the deepest
  /// Of each class: its leaf, with the levels above that tell it from others of the same leaf; names without
  /// levels less what all of them begin with.
  std::vector<std::string> leaves;
};

/// `names`: each one line. Levels are taken to be there where most names have the separator in them.
class_labels label_classes(const std::vector<std::string>& names);

/// At most `limit` code points, "…" in the middle for the rest: what names that begin alike differ in is at
/// their end.
std::string shortened_middle(std::string_view text, std::size_t limit);

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/labels.ipp>
#endif
