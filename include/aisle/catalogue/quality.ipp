#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/catalogue/quality.hpp>
#include <aisle/catalogue/similar.hpp>
#include <aisle/image/decode.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Bytes that begin a character of UTF-8.
AISLE_API std::int64_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

/// What a picture is, beside readable.
struct looked_at_picture {
  bool readable = false, one_colour = false;
  sha256_digest pixels{};
};

AISLE_API looked_at_picture look_at_picture(const std::string& path) {
  constexpr int span_of_one_colour = 8;
  looked_at_picture out;
  image picture;
  try {
    picture = aisle::read_image(path);  // detail has one of its own
  } catch (const machine_error&) {
    throw;
  } catch (const error&) {
    return out;
  }
  out.readable = true;
  std::array<int, 3> low = {255, 255, 255}, high = {0, 0, 0};
  sha256 hash;
  hash.update(std::to_string(picture.width()) + "x" + std::to_string(picture.height()));
  for (int y = 0; y < picture.height(); ++y) {
    const auto row = std::as_const(picture).row(y).first(static_cast<std::size_t>(picture.width()) * 3);
    hash.update(row.data(), row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      low[i % 3] = std::min(low[i % 3], static_cast<int>(row[i]));
      high[i % 3] = std::max(high[i % 3], static_cast<int>(row[i]));
    }
  }
  out.pixels = hash.digest();
  out.one_colour = true;
  for (std::size_t c = 0; c < 3; ++c) out.one_colour &= high[c] - low[c] <= span_of_one_colour;
  return out;
}

AISLE_API void check_texts(catalogue_quality& out, const catalogue& products,
                           const quality_options& options) {
  if (!products.has_text()) return;
  for (const product& p : products.products)
    if (p.text.empty()) out.findings.push_back({"empty text", {p.row}, "no text"});
  for (const product& p : products.products)
    if (const std::int64_t n = characters(p.text); n > 0 && n < options.least_text)
      out.findings.push_back({"short text", {p.row}, counted(n, "character") + ": '" + p.text + "'"});
}

AISLE_API void check_pictures(catalogue_quality& out, const catalogue& products,
                              const quality_options& options) {
  std::vector<const product*> with;
  for (const product& p : products.products)
    if (!p.image_path.empty() && p.image_problem.empty()) with.push_back(&p);
  if (!options.pictures || with.empty()) return;
  std::vector<looked_at_picture> seen(with.size());
  const auto count = static_cast<std::int64_t>(with.size());
  shared_progress progress(options.progress, {.phase = "look at images", .total = count, .unit = "images"});
  parallel_for(count, options.threads, [&](std::int64_t i) {
    seen[static_cast<std::size_t>(i)] = look_at_picture(with[static_cast<std::size_t>(i)]->image_path);
    progress.add(1);
  });
  std::map<sha256_digest, std::vector<const product*>> same;
  for (std::size_t i = 0; i < with.size(); ++i) {
    if (!seen[i].readable) continue;
    ++out.pictures;
    same[seen[i].pixels].push_back(with[i]);
    if (seen[i].one_colour) out.findings.push_back({"one colour", {with[i]->row}, with[i]->image_path});
  }
  std::vector<quality_finding> clusters;
  for (const auto& entry : same) {
    if (entry.second.size() < 2) continue;
    quality_finding f{
        "same picture",
        {},
        counted(entry.second.size(), "product") + ", the first '" + entry.second.front()->id + "'"};
    for (const product* p : entry.second) f.rows.push_back(p->row);
    clusters.push_back(std::move(f));
  }
  std::sort(clusters.begin(), clusters.end(),
            [](const auto& a, const auto& b) { return a.rows.front() < b.rows.front(); });
  out.findings.insert(out.findings.end(), clusters.begin(), clusters.end());
}

AISLE_API void check_classes(catalogue_quality& out, const catalogue& products,
                             const quality_options& options) {
  std::map<std::string, std::int64_t> rows;
  for (const product& p : products.products)
    if (!p.label.empty()) ++rows[p.label];
  for (const auto& entry : rows) out.classes.push_back({entry.first, entry.second});
  std::stable_sort(out.classes.begin(), out.classes.end(),
                   [](const class_count& a, const class_count& b) { return a.rows > b.rows; });
  for (const std::string& line : describe(find_odd_labels(products), rows.size()))
    out.findings.push_back({"class names", {}, line});
  for (const auto& entry : rows)
    if (entry.second < options.least_rows)
      out.findings.push_back({"small class", {}, "'" + entry.first + "': " + counted(entry.second, "row")});
  if (out.classes.size() > 1)
    out.imbalance =
        static_cast<double>(out.classes.front().rows) / static_cast<double>(out.classes.back().rows);
}

}  // namespace detail

AISLE_API std::int64_t catalogue_quality::count(std::string_view kind) const {
  return std::count_if(findings.begin(), findings.end(), [&](const auto& f) { return f.kind == kind; });
}
AISLE_API std::int64_t catalogue_quality::rows(std::string_view kind) const {
  std::int64_t out = 0;
  for (const quality_finding& f : findings)
    if (f.kind == kind) out += static_cast<std::int64_t>(f.rows.size());
  return out;
}

AISLE_API std::vector<quality_count> catalogue_quality::counts() const {
  std::vector<quality_count> out;
  for (const char* kind :
       {"empty text", "short text", "one colour", "same picture", "class names", "small class"})
    out.push_back({kind, count(kind), rows(kind)});
  return out;
}

AISLE_API catalogue_quality check_quality(const catalogue& products, const quality_options& options) {
  for (const auto& [name, value] :
       {std::pair("least_text", options.least_text), std::pair("least_rows", options.least_rows)})
    if (value < 0)
      throw option_error(std::string(name) + " is " + std::to_string(value) + ", expected at least 0");
  catalogue_quality out;
  detail::check_texts(out, products, options);
  detail::check_pictures(out, products, options);
  detail::check_classes(out, products, options);
  std::set<std::int64_t> named;
  for (const quality_finding& f : out.findings) named.insert(f.rows.begin(), f.rows.end());
  for (const product& p : products.products)
    if (named.contains(p.row))
      out.products.push_back({p.id, product_name(products, p), {}, {}, p.line, p.row});
  std::sort(out.products.begin(), out.products.end(),
            [](const product_card& a, const product_card& b) { return a.row < b.row; });
  return out;
}

AISLE_API void write_quality(const catalogue_quality& quality, const std::string& path,
                             csv_write_options how) {
  csv_writer out(path, how);
  for (const char* name : {"finding", "row", "line", "id", "name", "detail"}) out.field(name);
  out.end_row();
  for (const quality_finding& f : quality.findings) {
    if (f.rows.empty()) out.field(f.kind).field("").field("").field("").field("").field(f.detail).end_row();
    for (const std::int64_t row : f.rows) {
      const auto card = std::lower_bound(quality.products.begin(), quality.products.end(), row,
                                         [](const product_card& c, std::int64_t r) { return c.row < r; });
      out.field(f.kind).field(row).field(card->line > 0 ? std::to_string(card->line) : "");
      out.field(card->id).field(card->name).field(f.detail).end_row();
    }
  }
  out.commit();
}

AISLE_API std::vector<std::string> describe(const catalogue_quality& q) {
  std::vector<std::string> out;
  const std::int64_t empty = q.count("empty text"), brief = q.count("short text");
  if (empty + brief > 0)
    out.push_back("of the texts " + std::to_string(empty) + (empty == 1 ? " is" : " are") + " empty and " +
                  std::to_string(brief) + " short");
  if (q.pictures > 0 && q.count("one colour") + q.count("same picture") > 0)
    out.push_back("of " + counted(q.pictures, "picture") + " " + std::to_string(q.count("one colour")) +
                  (q.count("one colour") == 1 ? " is" : " are") + " of one colour; " +
                  counted(q.rows("same picture"), "product") + " share " +
                  counted(q.count("same picture"), "picture") + " with others");
  if (q.imbalance > 0) {
    char ratio[32];
    std::snprintf(ratio, sizeof ratio, "%.3g", q.imbalance);
    const class_count &most = q.classes.front(), &least = q.classes.back();
    out.push_back("the largest class '" + most.name + "' has " + std::to_string(most.rows) +
                  " rows, the smallest '" + least.name + "' " + std::to_string(least.rows) + ": " + ratio +
                  " to 1; " + counted(q.count("small class"), "class", "classes") + " of few rows");
  }
  for (const quality_finding& f : q.findings)
    if (f.kind == "class names") out.push_back(f.detail);
  return out;
}

AISLE_NAMESPACE_END
