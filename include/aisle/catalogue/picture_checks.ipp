#pragma once

#include <algorithm>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/picture_checks.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API std::string missing_pictures(const catalogue& products) {
  std::int64_t named = 0, urls = 0;
  const product *missing = nullptr, *url = nullptr;
  for (const product& p : products.products) {
    named += !p.image_path.empty() || !p.image_problem.empty();
    if (p.image_path.empty() && !p.image_url.empty() && urls++ == 0) url = &p;
    // The file system is asked for the first alone: how many are missing is known.
    if (products.missing_pictures > 0 && missing == nullptr && !p.image_path.empty() &&
        !file_exists(p.image_path))
      missing = &p;
  }
  const auto nearly_all = [&](std::int64_t n) { return n > 0 && n * 10 >= named * 9; };
  const auto text = [&](std::int64_t n, const product& p, const std::string& what,
                        const std::string& advice) {
    return products.path + ": column " + products.options.image_column + ": " + std::to_string(n) + " of " +
           counted(named, "picture") + (n == 1 ? " is " : " are ") + what + ", that of row " +
           std::to_string(p.row) + " (" + p.id + ") for one: " + advice;
  };
  if (nearly_all(urls)) return text(urls, *url, urls == 1 ? "a URL" : "URLs", url->image_problem);
  if (missing == nullptr || !nearly_all(products.missing_pictures)) return {};
  return text(
      products.missing_pictures, *missing, "not where the catalogue says",
      missing->image_path + "; the image root (--image-root) is the folder that the names are relative to");
}

AISLE_API std::string no_picture_read(const catalogue& products, const embedding_table& images) {
  if (!images.rows.empty() || images.problems.empty()) return {};
  std::string what = "None of " + counted(images.problems.size(), "picture") +
                     " could be read: " + images.problems.front().reason;
  if (const std::string why = missing_pictures(products); !why.empty()) what += "; " + why;
  return what;
}

AISLE_NAMESPACE_END
