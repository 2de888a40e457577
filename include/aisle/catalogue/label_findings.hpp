#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/products.hpp>

AISLE_NAMESPACE_BEGIN

/// A class as it is written, and its rows.
struct class_count {
  std::string name;
  std::int64_t rows = 0;
};

/// Classes that are likely one: their names differ in nothing but letter case, blanks, leading zeros, a
/// trailing ".0", HTML ("Bed &amp; Bath") or their Unicode form (letters with accents as one character or as
/// two; letters that only look otherwise, such as full-width ones).
struct near_equal_classes {
  std::vector<class_count> classes;  ///< two at least, the most frequent first
  std::string difference;            ///< "letter case", "blanks and Unicode form", …
};

/// What is odd about the names of classes.
struct label_findings {
  std::vector<near_equal_classes> near_equal;
  std::vector<class_count> missing;  ///< names that pandas and spreadsheets write for a missing value
};

/// Looks through labels, one a row; empty ones are no class. Both lists are ordered by name.
label_findings find_odd_labels(std::span<const std::string> labels);
/// The same of a catalogue's products.
label_findings find_odd_labels(const catalogue& products);

/// Whether a label is what pandas, a database or a spreadsheet writes for a missing value or a failed
/// formula: nan, NULL, None, n/a, inf, #N/A, -, …, in any case.
bool names_missing_value(std::string_view label);

/// One sentence a finding, "classes 'Kitchen' (12 rows) and 'kitchen' (3) differ in letter case alone"; those
/// beyond `most` of a kind are counted.
std::vector<std::string> describe(const label_findings& findings, std::size_t most = 10);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/label_findings.ipp>
#endif
