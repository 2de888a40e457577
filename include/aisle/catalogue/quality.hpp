#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/catalogue/label_findings.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/results.hpp>

AISLE_NAMESPACE_BEGIN

struct quality_options {
  std::int64_t least_text = 10;  ///< characters; a text of fewer is short
  std::int64_t least_rows = 10;  ///< of a class; one of fewer is small
  /// Whether pictures are decoded, each once, and looked at: most of what the check costs.
  bool pictures = true;
  int threads = 0;
  progress_callback progress{};
};

/// What is odd about some rows, or about a class.
struct quality_finding {
  std::string
      kind;  ///< "empty text", "short text", "one colour", "same picture", "class names", "small class"
  index_vector rows;   ///< data rows, ascending; of classes none
  std::string detail;  ///< for people
};

struct catalogue_quality {
  std::vector<quality_finding> findings;  ///< by kind, in the order above; then by row or class
  std::vector<product_card> products;     ///< id, name, line and row of those that findings name, ascending
  std::int64_t pictures = 0;              ///< looked at: those that can be read
  std::vector<class_count> classes;       ///< the most frequent first, then by name
  /// Rows of the largest class for each of the smallest; 0 where there are fewer than two classes.
  double imbalance = 0;
  std::int64_t count(std::string_view kind) const;  ///< findings of it
  std::int64_t rows(std::string_view kind) const;   ///< rows that they name
  std::vector<quality_count> counts() const;        ///< of every kind, those without findings too
};

/// Looks at a catalogue as it was read, before any model: texts that are empty or short, pictures of one
/// colour (no channel spans more than 8 of 255, which JPEG makes of one), pictures that are the same pixel by
/// pixel under several ids, classes whose names differ in case, blanks or zeros alone (find_odd_labels),
/// classes of few rows. Pictures that cannot be read are no finding: embed_images says what is wrong with
/// them. The same whatever the number of threads.
catalogue_quality check_quality(const catalogue& products, const quality_options& options = {});

/// `finding,row,line,id,name,detail`: a line for each row of a finding, one for a finding of classes.
void write_quality(const catalogue_quality& quality, const std::string& path, csv_write_options how = {});
/// What was found, for people: a sentence each of texts, pictures and classes.
std::vector<std::string> describe(const catalogue_quality& quality);

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/quality.ipp>
#endif
