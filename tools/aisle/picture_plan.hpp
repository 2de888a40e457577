#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <aisle/catalogue/products.hpp>

#include "picture_fetch.hpp"
#include "picture_status.hpp"

namespace aisle_command {

/// One picture to be made, for all rows that name it.
struct picture_task {
  std::vector<std::size_t> rows;  ///< of picture_plan::status
  std::vector<std::string> urls;  ///< the first that leads to a picture counts; empty: `path`
  std::string path;               ///< a file
  std::string there;              ///< a file of the folder that may be the picture already
};

/// What is to be done, and what is known of each row before.
struct picture_plan {
  std::vector<picture_status> status;  ///< of the table's rows, in order; then of rows that others asked for
  std::size_t rows = 0;                ///< the table's
  std::vector<std::string> old_files;  ///< of `status`: the file of before, or nothing
  std::vector<picture_task> tasks;
  std::int64_t named = 0, kept = 0;
  std::vector<std::string> journals;  ///< read, to be removed once status.csv is written
};

/// Throws usage_error where a picture would take the place of a file that the table names.
picture_plan plan_pictures(const aisle::catalogue& products, const fetch_pictures_options& o);

/// OUT/status.csv.
std::string status_file(const std::string& folder);
/// What a file is called that is not whole yet.
inline constexpr const char* unfinished_ending = ".fetching";

}  // namespace aisle_command
