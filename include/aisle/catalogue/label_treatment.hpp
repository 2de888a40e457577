#pragma once

#include <string>
#include <string_view>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// How a cell of the label column becomes the name of a class. Without a separator and a level a label is the
/// cell, trimmed. With either, a cell is a category path: its parts, each trimmed, empty ones left out,
/// joined as "A > B > C" whatever stood between them.
struct label_treatment {
  std::string separator = {};  ///< between the parts of a path, as it stands in the cells; empty: none
  /// Keep so many parts from the first on ("A > B" of "A > B > C" at level 2); a shorter path stays whole.
  /// 0: all of them.
  int level = 0;

  /// The class that a cell names; empty if it names none. Lists as JSON or Python write them, `["A", "B"]`,
  /// are paths too; of a list of paths (or of lists) the first counts, and of
  /// objects, `[{"id": 1, "name": "A"}]`, their name, title or label. Throws option_error for a negative
  /// level.
  std::string apply(std::string_view cell) const;

  friend bool operator==(const label_treatment&, const label_treatment&) = default;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/label_treatment.ipp>
#endif
