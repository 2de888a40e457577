#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <aisle/base/config.hpp>
#include <aisle/catalogue/results.hpp>

// Pictures of products inside the page.

AISLE_NAMESPACE_BEGIN
struct page_options;
namespace detail::report {

/// Small pictures of many products, as sheets that a browser decodes at once.
struct picture_sheets {
  int side = 0;                                ///< pixels of a tile; pages draw it at half of that
  std::int64_t across = 0;                     ///< tiles in a row of a sheet, and rows of a sheet
  std::vector<std::string> sheets;             ///< JPEG
  std::map<std::int64_t, std::int64_t> tiles;  ///< by data row; counted on from sheet to sheet
};

struct page_pictures {
  /// By data row, as data: URIs; empty for one that cannot be read.
  std::map<std::int64_t, std::string> large;
  picture_sheets small_ones;
};

/// Pixels of the longer side of a large picture; cards draw it at half of that.
inline constexpr int large_side = 320;

/// Of the products of `large` and `tiles` that name a picture, each read once, by all threads. `tiles`: the
/// most wanted first; those beyond what a page has room for get none. What cannot be read is told
/// options.on_warning, unless the result says so of its rows.
page_pictures make_pictures(const experiment_result& result, const std::vector<std::int64_t>& large,
                            const std::vector<std::int64_t>& tiles, const page_options& options);

}  // namespace detail::report
AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/report/pictures.ipp>
#endif
