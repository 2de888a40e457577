#pragma once

#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/experiment_rows.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/learn/split.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API split_sides sides_of(const catalogue_split& split, std::int64_t data_rows) {
  const auto rest = split.train.empty() ? split_sides::training : split_sides::nowhere;
  split_sides out{split.seed, std::vector<split_sides::side>(static_cast<std::size_t>(data_rows), rest)};
  const auto place = [&](const index_vector& rows, split_sides::side side) {
    for (const std::int64_t r : rows)
      if (r < data_rows) out.of[static_cast<std::size_t>(r)] = side;
  };
  place(split.train, split_sides::training);
  place(split.test, split_sides::testing);
  return out;
}

/// Data rows that a split of the file has on one of its sides; all where there is no file.
AISLE_API std::vector<bool> rows_in_splits(const split_file* splits, std::size_t data_rows) {
  const auto has_all = [](const catalogue_split& s) { return s.train.empty(); };
  if (splits == nullptr || ranges::any_of(splits->splits, has_all)) return std::vector<bool>(data_rows, true);
  std::vector<bool> out(data_rows, false);
  for (const catalogue_split& s : splits->splits)
    for (const index_vector* side : {&s.train, &s.test})
      for (const std::int64_t r : *side)
        if (r < static_cast<std::int64_t>(data_rows)) out[static_cast<std::size_t>(r)] = true;
  return out;
}

AISLE_API chosen_rows choose_rows(const catalogue& products, const split_file* splits,
                                  const std::vector<bool>& can) {
  chosen_rows out;
  std::vector<bool> dropped(can.size(), false);
  if (splits)
    for (const std::int64_t r : splits->dropped)
      if (r < products.data_rows) dropped[static_cast<std::size_t>(r)] = true;
  const std::vector<bool> in_splits = rows_in_splits(splits, can.size());
  std::vector<const product*> taking_part;
  std::vector<std::string> groups;
  std::map<std::string, std::int64_t> counts;
  const auto leave_out = [&](const product& p, std::string kind, std::string reason) {
    out.skipped.push_back(products.problem(p, products.options.label_column, std::move(reason)));
    out.kind.emplace(p.row, std::move(kind));
  };
  for (const product& p : products.products) {
    const auto row = static_cast<std::size_t>(p.row);
    if (p.label.empty() || !can[row]) continue;
    if (dropped[row]) {
      leave_out(p, "dropped by the split file", "dropped by " + splits->path);
      continue;
    }
    if (!in_splits[row]) {
      leave_out(p, "in no split of the split file", "in no split of " + splits->path);
      continue;
    }
    ++counts[p.label];
    taking_part.push_back(&p);
  }
  for (const product* p : taking_part) {
    if (counts[p->label] < 2) {
      leave_out(*p, "the only row of its class", "the only row of class \"" + p->label + "\"");
      continue;
    }
    out.rows.push_back(p->row);
    out.labels.push_back(p->label);
    groups.push_back(p->group);
  }
  if (!products.options.group_column.empty()) out.groups = group_codes(groups);
  return out;
}

AISLE_API void sort_by_row(std::vector<skipped_row>& rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const skipped_row& a, const skipped_row& b) { return a.row < b.row; });
}

AISLE_API void throw_no_labels(const catalogue& products, std::vector<skipped_row> skipped) {
  throw nothing_to_do(products.path + ": no row has a label that others share and a text or a picture (" +
                          counted(products.data_rows, "row") + ")",
                      std::move(skipped));
}

AISLE_API std::vector<bool> rows_with_vectors(std::int64_t data_rows, const embedding_table* text,
                                              const embedding_table* image) {
  std::vector<bool> out(static_cast<std::size_t>(data_rows), false);
  for (const embedding_table* table : {text, image})
    if (table)
      for (const std::int64_t r : table->rows) out[static_cast<std::size_t>(r)] = true;
  return out;
}

AISLE_API std::vector<split_sides> make_splits(const chosen_rows& chosen, const label_vector& labels,
                                               std::int64_t data_rows, const experiment_options& options) {
  std::vector<split_sides> out;
  const auto place = [&](const catalogue_split& split) {
    const split_sides named = sides_of(split, data_rows);
    split_sides s{split.seed,
                  std::vector<split_sides::side>(static_cast<std::size_t>(data_rows), split_sides::nowhere)};
    for (const std::int64_t r : chosen.rows)
      s.of[static_cast<std::size_t>(r)] = named.of[static_cast<std::size_t>(r)];
    out.push_back(std::move(s));
  };
  if (options.splits) {
    for (const catalogue_split& s : options.splits->splits) place(s);
    return out;
  }
  for (int i = 0; i < options.repeats; ++i) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(i);
    const split_rows s =
        stratified_split(labels, {.test_size = options.test_size, .seed = seed, .groups = chosen.groups});
    index_vector test;
    for (const std::int64_t r : s.test) test.push_back(chosen.rows[static_cast<std::size_t>(r)]);
    place({seed, std::move(test), {}});
  }
  return out;
}

AISLE_API row_sides modality::sides(const split_sides& split) const {
  row_sides out;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    const auto side = split.of[static_cast<std::size_t>(data.rows[i])];
    if (side == split_sides::nowhere) continue;
    (side == split_sides::training ? out.train : out.test).push_back(static_cast<std::int64_t>(i));
  }
  return out;
}

AISLE_API index_vector modality::all_rows() const {
  index_vector out(data.rows.size());
  std::iota(out.begin(), out.end(), std::int64_t{0});
  return out;
}

AISLE_API std::vector<std::int64_t> modality::groups_of(const index_vector& rows) const {
  std::vector<std::int64_t> out;
  for (const std::int64_t r : rows)
    if (!groups.empty()) out.push_back(groups[static_cast<std::size_t>(r)]);
  return out;
}

/// Rows of `chosen` that have all that the tables given hold; both lists ascend.
AISLE_API modality make_modality(std::string name, const catalogue& products, const embedding_table* text,
                                 const embedding_table* image, const chosen_rows& chosen,
                                 const label_vector& labels) {
  const index_vector& rows = chosen.rows;
  modality m{.name = std::move(name), .text = text, .image = image};
  const modality_rows all = join_modalities(text, image, &products);
  index_vector local, of_labels;
  for (std::size_t i = 0, l = 0; i < all.rows.size() && l < rows.size();) {
    if (all.rows[i] == rows[l]) {
      local.push_back(static_cast<std::int64_t>(i++));
      of_labels.push_back(static_cast<std::int64_t>(l++));
    } else if (all.rows[i] < rows[l]) {
      ++i;
    } else {
      ++l;
    }
  }
  m.data = all.select(local);
  m.labels = labels.rows(of_labels);
  for (const std::int64_t l : of_labels)
    if (!chosen.groups.empty()) m.groups.push_back(chosen.groups[static_cast<std::size_t>(l)]);
  return m;
}

/// Marks in each modality the rows that all of them have.
AISLE_API void mark_common(std::vector<modality>& modalities) {
  std::map<std::int64_t, std::size_t> seen;
  for (const modality& m : modalities)
    for (const std::int64_t r : m.data.rows) ++seen[r];
  for (modality& m : modalities)
    for (const std::int64_t r : m.data.rows) m.common.push_back(seen[r] == modalities.size());
}

/// The classes of which there is no label.
AISLE_API std::vector<std::string> classes_without(const class_list& classes, const label_vector& labels) {
  std::set<std::string_view> known;
  for (std::int64_t i = 0; i < labels.size(); ++i) known.insert(labels[i]);
  std::vector<std::string> out;
  for (const std::string& name : classes.names())
    if (!known.contains(name)) out.push_back(name);
  return out;
}

AISLE_API std::vector<modality> make_modalities(const catalogue& products, const embedding_table* text,
                                                const embedding_table* image, const chosen_rows& chosen,
                                                const label_vector& labels,
                                                std::span<const split_sides> splits,
                                                const warning_callback& warn) {
  std::vector<modality> out;
  const auto add = [&](const product_inputs& inputs, const embedding_table* of_text,
                       const embedding_table* of_image) {
    modality m = make_modality(std::string(inputs.name()), products, of_text, of_image, chosen, labels);
    for (std::size_t s = 0; s < splits.size(); ++s) {
      const row_sides sides = m.sides(splits[s]);
      const auto counts = m.labels.rows(sides.train).counts();
      if (!sides.test.empty() && ranges::count_if(counts, [](auto n) { return n > 0; }) >= 2) continue;
      if (warn)
        warn("modality " + m.name + " is left out: split " + std::to_string(s) +
             " leaves no rows of two classes to train on or none to test on");
      return;
    }
    if (!splits.empty())
      m.unknown_classes = classes_without(labels.classes(), m.labels.rows(m.sides(splits.front()).train));
    out.push_back(std::move(m));
  };
  const product_inputs there{text != nullptr, image != nullptr};
  for (const product_inputs& inputs : all_inputs)
    if (inputs.are_among(there)) add(inputs, inputs.text ? text : nullptr, inputs.image ? image : nullptr);
  mark_common(out);
  return out;
}

/// Why rows that are no products are not: what was said of them, without particulars.
AISLE_API std::string kind_of_problem(const catalogue& products, const skipped_row& problem) {
  if (problem.column == products.options.id_column) return "no id of its own";
  if (problem.column.empty() && problem.reason != no_content) return "cannot be read";
  return problem.reason;
}

AISLE_API row_fates decide_fates(const catalogue& products, std::span<const modality> modalities,
                                 std::span<const skipped_row> skipped,
                                 const std::map<std::int64_t, std::string>& kind, const embedding_table* text,
                                 const embedding_table* image) {
  const auto rows = static_cast<std::size_t>(products.data_rows);
  std::vector<bool> with_text(rows, false), with_image(rows, false);
  for (const modality& m : modalities)
    for (const std::int64_t r : m.data.rows) {
      if (m.text) with_text[static_cast<std::size_t>(r)] = true;
      if (m.image) with_image[static_cast<std::size_t>(r)] = true;
    }
  const std::vector<bool> embedded = rows_with_vectors(products.data_rows, text, image);
  std::vector<const product*> product_of(rows, nullptr);
  for (const product& p : products.products) product_of[static_cast<std::size_t>(p.row)] = &p;
  std::vector<const skipped_row*> problem_of(rows, nullptr);
  for (const skipped_row& s : skipped)
    if (auto& first = problem_of[static_cast<std::size_t>(s.row)]; !first) first = &s;

  const auto why = [&](std::size_t r) -> std::string {
    if (const auto known = kind.find(static_cast<std::int64_t>(r)); known != kind.end()) return known->second;
    const product* p = product_of[r];
    if (!p) return problem_of[r] ? kind_of_problem(products, *problem_of[r]) : "empty";
    if (p->label.empty()) return "no label";
    if (embedded[r]) return "its modality is left out";
    if (problem_of[r]) return "its picture cannot be read";
    const std::string of_text(text ? text->lacking("text") : ""),
        of_image(image ? image->lacking("picture") : "");
    if (text && image && of_text != of_image) return "neither a " + of_text + " nor a " + of_image;
    return "no " + (text ? of_text : of_image);
  };
  row_fates out;
  std::map<std::string, std::int64_t> reasons;
  for (std::size_t r = 0; r < rows; ++r) {
    row_usage& u = out.usage;
    if (with_text[r] || with_image[r]) {
      ++(with_text[r] && with_image[r] ? u.text_and_image : with_text[r] ? u.text_only : u.image_only);
      continue;
    }
    const std::string reason = why(r);
    ++reasons[reason];
    if (product_of[r] && !problem_of[r]) out.unnamed.push_back(products.problem(*product_of[r], {}, reason));
  }
  auto& left_out = out.usage.left_out;
  left_out.assign(reasons.begin(), reasons.end());
  ranges::stable_sort(left_out, [](const auto& a, const auto& b) { return a.second > b.second; });
  return out;
}

}  // namespace detail
AISLE_NAMESPACE_END
