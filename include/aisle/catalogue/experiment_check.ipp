#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <aisle/base/counted.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/detail/experiment_rows.hpp>
#include <aisle/catalogue/detail/experiment_trials.hpp>
#include <aisle/learn/split.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Throws when a split of `rows` rows cannot have each of `classes` classes on both sides.
AISLE_API void check_test_size(const std::string& path, double test_size, std::int64_t rows,
                               std::int64_t classes) {
  const std::int64_t test = rows_held_out(test_size, rows), train = rows - test;
  if (test >= classes && train >= classes) return;
  std::string what =
      path + ": " + counted(classes, "class", "classes") + " in " + counted(rows, "row") +
      ", of which a test size of " + shortest(test_size) + " leaves " +
      (test < classes ? std::to_string(test) + " to test on" : std::to_string(train) + " to train on") +
      ": fewer than one a class; ";
  if (const auto sizes = test_sizes_for(rows, classes))
    what += "--test-size " + shortest(sizes->first) + " is the least that would do" +
            (sizes->second > sizes->first ? ", " + shortest(sizes->second) + " the largest" : "");
  else
    what += "no test size would do";
  throw option_error(what);
}

[[noreturn]] AISLE_API void throw_one_class(const catalogue& products, const std::string& label,
                                            std::int64_t rows, std::vector<skipped_row> skipped) {
  throw nothing_to_do(products.path + ": " + (rows == 1 ? "the only row" : "all " + counted(rows, "row")) +
                          " that can take part " + (rows == 1 ? "is" : "are") + " of one class, '" + label +
                          "': there is nothing to tell apart",
                      std::move(skipped));
}

/// What of a split file can only be wrong together with this catalogue.
AISLE_API void check_splits(const catalogue& products, const split_file& file) {
  const std::string& label = products.options.label_column;
  if (file.rows >= 0 && file.rows != products.data_rows)
    throw option_error(file.path + ": splits of " + counted(file.rows, "row") + ", " + products.path +
                       " has " + std::to_string(products.data_rows));
  if (!file.label.empty() && file.label != label)
    throw option_error(file.path + ": splits for label " + file.label + ", not for " + label);
  const auto in_table = [&](const catalogue_split& s, const index_vector& rows, const char* does) {
    for (const std::int64_t r : rows)
      if (r >= products.data_rows)
        throw option_error(file.path + ": the split of seed " + std::to_string(s.seed) + does +
                           std::to_string(r) + ", " + products.path + " has " +
                           std::to_string(products.data_rows));
  };
  for (const catalogue_split& s : file.splits) {
    in_table(s, s.test, " tests row ");
    in_table(s, s.train, " trains on row ");
  }
}

/// Throws when a split of the file has nobody to test on or one class to train on among the rows that take
/// part.
AISLE_API void check_sides(const catalogue& products, const split_file& file, const chosen_rows& chosen) {
  for (const catalogue_split& s : file.splits) {
    const split_sides sides = sides_of(s, products.data_rows);
    std::set<std::string_view> trained;
    std::size_t tested = 0;
    for (std::size_t i = 0; i < chosen.rows.size(); ++i) {
      const split_sides::side side = sides.of[static_cast<std::size_t>(chosen.rows[i])];
      tested += side == split_sides::testing;
      if (side == split_sides::training) trained.insert(chosen.labels[i]);
    }
    if (tested > 0 && trained.size() > 1) continue;
    throw option_error(
        file.path + ": the split of seed " + std::to_string(s.seed) + " leaves " +
        (tested == 0 ? "no row with a label to test on" : "rows of fewer than two classes to train on"));
  }
}

/// What of the groups leaves nothing to test on, or is torn by a split of the file.
AISLE_API void check_groups(const catalogue& products, const experiment_options& options,
                            const chosen_rows& chosen) {
  if (chosen.groups.empty()) return;
  const std::string where = products.path + ": column " + products.options.group_column + ": ";
  if (!options.splits) try {
      stratified_split(label_vector(chosen.labels),
                       {.test_size = options.test_size, .seed = options.seed, .groups = chosen.groups});
      return;
    } catch (const option_error& e) {
      throw option_error(where + e.what());
    }
  for (const catalogue_split& s : options.splits->splits) {
    const split_sides sides = sides_of(s, products.data_rows);
    std::map<std::int64_t, std::pair<std::int64_t, split_sides::side>> first;  // row and side of each group
    for (std::size_t i = 0; i < chosen.rows.size(); ++i) {
      const std::int64_t row = chosen.rows[i];
      const split_sides::side side = sides.of[static_cast<std::size_t>(row)];
      if (side == split_sides::nowhere) continue;
      const auto seen = first.emplace(chosen.groups[i], std::pair(row, side));
      if (seen.second || seen.first->second.second == side) continue;
      throw option_error(where + "rows " + std::to_string(seen.first->second.first) + " and " +
                         std::to_string(row) + " are of one group, and the split of seed " +
                         std::to_string(s.seed) + " of " + options.splits->path +
                         " has them on both sides, expected one");
    }
  }
}

AISLE_API void check_label_column(const catalogue& products) {
  if (products.options.label_column.empty())
    throw option_error(products.path + ": read without a label column, expected the column of the classes");
}

}  // namespace detail

AISLE_API void check_experiment(const catalogue& products, const experiment_options& options,
                                std::optional<modality_use> use) {
  detail::check_label_column(products);
  if (options.folds < 0 || options.folds == 1)
    throw option_error("experiment: folds " + std::to_string(options.folds) + ", expected 0 or at least 2");
  if (options.repeats < 1)
    throw option_error("experiment: repeats " + std::to_string(options.repeats) + ", expected at least 1");
  if (options.learners.empty()) throw option_error("an experiment without learners");
  for (const std::string& name : options.learners)
    check_recipe({.learner = name, .columns = options.extra_columns}, "text");
  check_columns(products, options.extra_columns);
  if (options.recipes == recipe_choice::search && options.folds == 0)
    throw option_error("experiment: 0 folds to choose recipes by, expected at least 2");
  if (is_nan(options.search_seconds) || options.search_seconds < 0)
    throw option_error("experiment: search_seconds " + detail::number_text(options.search_seconds) +
                       ", expected a number not below 0");
  if (options.splits)
    detail::check_splits(products, *options.splits);
  else if (!(options.test_size > 0 && options.test_size < 1))
    throw option_error("test_size is " + std::to_string(options.test_size) + ", expected between 0 and 1");

  std::vector<bool> can(static_cast<std::size_t>(products.data_rows), false);
  for (const product& p : products.products)
    can[static_cast<std::size_t>(p.row)] =
        !use || (use->text && !p.text.empty()) || (use->image && !p.image_path.empty());
  detail::chosen_rows chosen = detail::choose_rows(products, options.splits, can);
  std::vector<skipped_row> skipped = products.problems;
  skipped.insert(skipped.end(), chosen.skipped.begin(), chosen.skipped.end());
  detail::sort_by_row(skipped);
  if (chosen.rows.empty()) detail::throw_no_labels(products, std::move(skipped));
  const std::set<std::string_view> classes(chosen.labels.begin(), chosen.labels.end());
  const auto rows = static_cast<std::int64_t>(chosen.rows.size());
  if (classes.size() == 1) detail::throw_one_class(products, chosen.labels.front(), rows, std::move(skipped));
  if (options.splits)
    detail::check_sides(products, *options.splits, chosen);
  else if (chosen.groups.empty())
    detail::check_test_size(products.path, options.test_size, rows,
                            static_cast<std::int64_t>(classes.size()));
  detail::check_groups(products, options, chosen);
}

AISLE_API void check_training(const catalogue& products, modality_use use) {
  detail::check_label_column(products);
  std::set<std::string_view> classes;
  std::int64_t rows = 0;
  std::vector<skipped_row> skipped = products.problems;
  for (const product& p : products.products) {
    const bool text = use.text && p.text.empty(), image = use.image && p.image_path.empty();
    if (text || image)
      skipped.push_back(products.problem(p, image && !text ? products.options.image_column : "",
                                         text && image ? "no text and no picture"
                                         : text        ? "no text"
                                                       : "no picture"));
    if (p.label.empty() || text || image) continue;
    classes.insert(p.label);
    ++rows;
  }
  detail::sort_by_row(skipped);
  if (rows == 0)
    throw nothing_to_do(
        products.path + ": no row of " + std::to_string(products.data_rows) + " has a label" +
            (use.text ? use.image ? ", a text and a picture" : " and a text" : " and a picture"),
        std::move(skipped));
  if (classes.size() == 1)
    detail::throw_one_class(products, std::string(*classes.begin()), rows, std::move(skipped));
}

AISLE_NAMESPACE_END
