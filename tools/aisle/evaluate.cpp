// aisle evaluate: scores of predictions.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <iterator>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/label_paths.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/label_findings.hpp>
#include <aisle/catalogue/name_match.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/table.hpp>
#include <aisle/learn/classification_report.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/significance.hpp>
#include <aisle/text/case_fold.hpp>

#include "catalogue_job.hpp"

namespace {

using namespace aisle_command;

struct options {
  std::string predictions, data, id_column = "sku", label, group_column, modality;
  aisle::label_treatment labels;
  aisle::catalogue_options table;  ///< how to read the files: its delimiter, encoding and cell limit
  bool as_json = false;
};

/// How to read a table whose bad records are passed over, as `aisle run` and `aisle predict` do, and named.
aisle::table_options tolerant(const aisle::catalogue_options& how, const std::string& path,
                              std::vector<std::string> expected, std::vector<aisle::skipped_row>& bad) {
  return {.delimiter = how.delimiter,
          .encoding = how.encoding,
          .expected = std::move(expected),
          .field_limit = how.cell_limit,
          .on_problem = [&bad, path](const aisle::csv_problem& p) {
            bad.push_back(aisle::skipped_record(path, p));
          }};
}

/// What is judged: a row of each.
struct judged_rows {
  std::vector<std::string> truth, predicted, groups;  ///< groups: of --group-column, else empty
  std::int64_t without_label = 0, without_prediction = 0;
  std::vector<aisle::skipped_row> bad;
};

/// A column, by any of its names, and what it is called in messages.
struct named_column {
  std::vector<std::string> names;
  const char* role = "";
  bool optional = false;
};

/// The name of these that the table has; empty where it has none.
std::string name_in(const aisle::table_reader& table, const named_column& column) {
  for (const std::string& name : column.names)
    if (table.find_column(name)) return name;
  for (const std::string& name : column.names)
    if (std::string alike = aisle::alike_column(table.header(), name); !alike.empty()) return alike;
  return {};
}

std::vector<std::string> names_of(const std::vector<named_column>& columns) {
  std::vector<std::string> out;
  for (const named_column& c : columns) out.insert(out.end(), c.names.begin(), c.names.end());
  return out;
}

/// Whether a file has these columns when it is read so.
bool fits(const aisle::catalogue_options& how, const std::string& path,
          const std::vector<named_column>& columns) {
  std::vector<aisle::skipped_row> ignored;
  try {
    const aisle::table_reader table(path, tolerant(how, path, names_of(columns), ignored));
    return aisle::ranges::all_of(
        columns, [&](const named_column& c) { return c.optional || !name_in(table, c).empty(); });
  } catch (const aisle::machine_error&) {
    throw;
  } catch (const aisle::error&) {
    return false;
  }
}

/// Calls `use(cells)` with these columns of each good record, trimmed; returns the names they have there.
template <class Use>
std::vector<std::string> each_record(const aisle::catalogue_options& how, const std::string& path,
                                     const std::vector<named_column>& columns,
                                     std::vector<aisle::skipped_row>& bad, Use use) {
  aisle::table_reader table(path, tolerant(how, path, names_of(columns), bad));
  tell_format(path, table.format());
  constexpr auto nowhere = static_cast<std::size_t>(-1);
  std::vector<std::size_t> at;
  std::vector<std::string> names;
  for (const named_column& c : columns) {
    names.push_back(name_in(table, c));
    const std::string& wanted = names.back().empty() ? c.names.front() : names.back();
    at.push_back(names.back().empty() && c.optional ? nowhere : table.column(wanted, c.role));
  }
  aisle::short_rows padded;
  std::int64_t beyond_ascii = 0;
  std::vector<std::string> cells(columns.size());
  for (aisle::table_row row; table.next(row);) {
    padded.add(row);
    beyond_ascii += is_beyond_ascii(row.fields);
    for (std::size_t i = 0; i < at.size(); ++i)
      cells[i] = at[i] == nowhere ? std::string() : std::string(aisle::trimmed(row.fields[at[i]]));
    use(cells);
  }
  tell_padded(path, padded);
  tell_encoding(path, how, table.format(), bad, beyond_ascii);
  return names;
}

/// What `aisle run` calls the columns of its predictions.csv, beside those of other files.
const named_column truth_column{{"True Labels", "true_label"}}, modality_column{{"modality"}, "", true};

/// The modality of predictions.csv that is judged: it has every product as each modality's classifier sees
/// it. Throws usage_error for one that the file has not.
std::string judged_modality(const options& o, const std::vector<std::string>& of_rows) {
  const std::set<std::string> there(of_rows.begin(), of_rows.end());
  std::string list;
  for (const std::string& m : there) list += (list.empty() ? "" : ", ") + m;
  if (!o.modality.empty()) {
    if (!there.contains(o.modality))
      throw usage_error("--modality " + o.modality + ": " + o.predictions + " has rows of " +
                        (list.empty() ? "none" : list));
    return o.modality;
  }
  if (there.size() < 2) return there.empty() ? std::string() : *there.begin();
  const auto first = aisle::ranges::find_if(
      aisle::all_inputs, [&](const auto& inputs) { return there.contains(std::string(inputs.name())); });
  const std::string chosen =
      first == std::end(aisle::all_inputs) ? *there.begin() : std::string(first->name());
  say(o.predictions + ": rows of " + list + "; judged are those of " + chosen +
      " (--modality names another)");
  return chosen;
}

/// How the cells of a label column are read; says where cells name several category paths.
aisle::detail::label_paths paths_of(const options& o, const std::string& path, const std::string& column,
                                    const std::vector<std::string>& cells) {
  aisle::detail::label_paths out(o.labels);
  for (const std::string& cell : cells) out.add(cell);
  std::int64_t several = 0;
  std::string first;
  for (const std::string& cell : cells)
    if (out.has_several(cell) && several++ == 0) first = cell;
  tell_several_paths(path, column, several, first);
  return out;
}

/// Says what of `match` was read as numbers, and what would have been found so.
void tell_match(const aisle::name_match& match, const char* what, const std::string& here,
                const std::string& there) {
  const auto count = [&](std::size_t n, const char* verb) {
    return aisle::counted(static_cast<std::int64_t>(n), what,
                          std::string(what) + (what[0] == 'i' ? "s" : "es")) +
           " of " + here + (n == 1 ? " is" : " are") + verb + there;
  };
  constexpr const char* remedy =
      "leading zeros or .0 come and go where a column is read as numbers; keep it as text in both files";
  if (!match.renamed.empty()) {
    const auto& [ours, theirs] = *match.renamed.begin();
    warn(count(match.renamed.size(), " written otherwise in ") + " ('" + ours + "' and '" + theirs +
         "', say) and taken as the same numbers: " + remedy);
  }
  if (!match.near_misses.empty()) {
    const auto& [ours, theirs] = match.near_misses.front();
    warn(count(match.near_misses.size(), " not found in ") + ", although they may be the same numbers ('" +
         ours + "' and '" + theirs + "', say): " + remedy);
  }
}

/// Says that rows have an id that one above them has.
void tell_again(const std::vector<std::string>& ids, const std::string& file, const std::string& then) {
  if (ids.empty()) return;
  warn(file + ": " + aisle::counted(static_cast<std::int64_t>(ids.size()), "row") +
       (ids.size() == 1 ? " has" : " have") + " the id of a row above ('" + ids.front() + "', say); " + then);
}

/// Of cells that stand beside `modalities`.
void keep_modality(std::vector<std::string>& cells, const std::vector<std::string>& modalities,
                   const std::string& judged) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (modalities[i] == judged) kept.push_back(std::move(cells[i]));
  cells = std::move(kept);
}

/// Keeps the cells of the judged modality in each of `columns`, of a predictions.csv; of another file
/// (`named`: what its columns were called) all, for which --modality is refused.
void keep_judged(const options& o, const std::vector<std::string>& named,
                 const std::vector<std::string>& modalities,
                 std::initializer_list<std::vector<std::string>*> columns) {
  if (named[1] == "predicted" && !named[2].empty()) {
    const std::string judged = judged_modality(o, modalities);
    for (std::vector<std::string>* cells : columns) keep_modality(*cells, modalities, judged);
  } else if (!o.modality.empty()) {
    throw usage_error("--modality is for the predictions.csv of `aisle run`; " + o.predictions +
                      " has no column 'modality' beside 'predicted'");
  }
}

/// Says which ids would be found if letter case did not count.
void tell_cases(const std::vector<std::string>& unknown, const std::vector<std::string>& their_ids,
                const options& o) {
  if (unknown.empty()) return;
  std::unordered_map<std::string, const std::string*> folded;
  for (const std::string& id : their_ids) folded.emplace(aisle::fold_case(id), &id);
  std::size_t count = 0;
  std::string example;
  for (const std::string& id : unknown)
    if (const auto found = folded.find(aisle::fold_case(id)); found != folded.end())
      if (count++ == 0) example = "'" + id + "' and '" + *found->second + "'";
  if (count > 0)
    warn(aisle::counted(count, "id") + " of " + o.predictions + (count == 1 ? " is" : " are") +
         " not found in " + o.data + ", although there " + (count == 1 ? "is one" : "are some") +
         " that differ in letter case alone (" + example + ", say)");
}

/// Predictions joined to the labels of a catalogue by id.
judged_rows join(const options& o) {
  judged_rows out;
  struct labelled {
    std::string label, group;
  };
  std::unordered_map<std::string, labelled> known;
  std::vector<std::string> ids, their_ids, again;
  std::vector<named_column> columns = {{{o.id_column}, "id_column"}, {{o.label}, "label_column"}};
  if (!o.group_column.empty()) columns.push_back({{o.group_column}, "group_column"});
  // "id": as `aisle run` writes it, whatever it is called in the products.
  const std::vector<named_column> of_predictions = {
      {{o.id_column, "id"}, "id_column"}, {{"Prediction", "predicted"}}, modality_column};
  aisle::catalogue_options data_table = o.table, predictions_table = o.table;
  if (o.table.delimiter != 0 && aisle::file_exists(o.data) && aisle::file_exists(o.predictions)) {
    const bool data_fits = fits(o.table, o.data, columns),
               predictions_fit = fits(o.table, o.predictions, of_predictions);
    if (data_fits != predictions_fit) {
      (data_fits ? predictions_table : data_table).delimiter = 0;
      say((data_fits ? o.predictions : o.data) +
          ": has none of its columns by --delimiter, its separator is recognised");
    }
  }
  each_record(data_table, o.data, columns, out.bad, [&](const std::vector<std::string>& cells) {
    // An empty cell is a product of its own.
    const bool alone = cells.size() < 3 || cells[2].empty();
    const bool is_new =
        known.emplace(cells[0], labelled{cells[1], alone ? "\n" + cells[0] : cells[2]}).second;
    (is_new ? their_ids : again).push_back(cells[0]);
  });
  std::vector<std::string> label_cells;
  for (const std::string& id : their_ids) label_cells.push_back(known.at(id).label);
  const aisle::detail::label_paths labels = paths_of(o, o.data, o.label, label_cells);
  for (auto& row : known) row.second.label = labels.apply(row.second.label);
  tell_again(again, o.data, "the first row counts");
  std::vector<std::string> predicted, modalities;
  const std::vector<std::string> named = each_record(predictions_table, o.predictions, of_predictions,
                                                     out.bad, [&](const std::vector<std::string>& cells) {
                                                       ids.push_back(cells[0]);
                                                       predicted.push_back(cells[1]);
                                                       modalities.push_back(cells[2]);
                                                     });
  keep_judged(o, named, modalities, {&ids, &predicted});
  again.clear();
  std::unordered_set<std::string> seen;
  for (const std::string& id : ids)
    if (!seen.insert(id).second) again.push_back(id);
  tell_again(again, o.predictions, "each row is judged");
  const aisle::name_match match = aisle::match_names(ids, their_ids, true);
  tell_match(match, "id", o.predictions, o.data);
  std::string unknown;
  std::vector<std::string> not_found;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto renamed = match.renamed.find(ids[i]);
    const auto found = known.find(renamed == match.renamed.end() ? ids[i] : renamed->second);
    if (found == known.end()) not_found.push_back(ids[i]);
    if (found == known.end() || found->second.label.empty()) {
      if (out.without_label++ == 0) unknown = ids[i];
      continue;
    }
    const std::string label = labels.apply(predicted[i]);
    if (label.empty()) {  // `aisle predict` lists rows that it has no answer to
      ++out.without_prediction;
      continue;
    }
    out.truth.push_back(found->second.label);
    out.predicted.push_back(label);
    if (!o.group_column.empty()) out.groups.push_back(found->second.group);
  }
  if (out.without_label > 0)
    warn(aisle::counted(out.without_label, "prediction") + (out.without_label == 1 ? " has" : " have") +
         " no label in " + o.data + " (" + o.id_column + " '" + unknown + "', say)");
  tell_cases(not_found, their_ids, o);
  std::int64_t labelled_rows = 0;
  for (const auto& row : known) labelled_rows += !row.second.label.empty();
  if (const auto judged = static_cast<std::int64_t>(out.truth.size()); judged < labelled_rows)
    say(o.predictions + ": predictions of " + std::to_string(judged) + " of the " +
        aisle::counted(labelled_rows, "labelled row") + " of " + o.data + " are judged");
  return out;
}

/// A results file: both columns in one table.
judged_rows read_pairs(const options& o) {
  judged_rows out;
  std::vector<std::string> truth, predicted, modalities;
  const std::vector<std::string> named =
      each_record(o.table, o.predictions, {truth_column, {{"Predictions", "predicted"}}, modality_column},
                  out.bad, [&](const std::vector<std::string>& cells) {
                    truth.push_back(cells[0]);
                    predicted.push_back(cells[1]);
                    modalities.push_back(cells[2]);
                  });
  keep_judged(o, named, modalities, {&truth, &predicted});
  const aisle::detail::label_paths labels = paths_of(o, o.predictions, named[0], truth);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    std::string t = labels.apply(truth[i]), p = labels.apply(predicted[i]);
    if (t.empty() || p.empty()) {
      ++(t.empty() ? out.without_label : out.without_prediction);
      continue;
    }
    out.truth.push_back(std::move(t));
    out.predicted.push_back(std::move(p));
  }
  if (out.without_label > 0)
    warn(aisle::counted(out.without_label, "row") + " without a true label not judged");
  return out;
}

/// Whether each prediction, none of which is a true label, is the beginning of a true path.
bool are_shortened(const std::vector<std::string>& predicted, const std::set<std::string>& truth) {
  return aisle::ranges::all_of(predicted, [&](const std::string& p) {
    const auto longer = truth.upper_bound(p);
    return longer != truth.end() && longer->starts_with(p) &&
           std::string_view(" >/|").find((*longer)[p.size()]) != std::string_view::npos;
  });
}

/// Whether each prediction, none of which is a true label, goes on behind one.
bool are_lengthened(const std::vector<std::string>& predicted, const std::set<std::string>& truth) {
  return aisle::ranges::all_of(predicted, [&](const std::string& p) {
    for (std::size_t at = 0; (at = p.find_first_of(" >/|", at)) != std::string::npos; ++at)
      if (truth.contains(p.substr(0, at))) return true;
    return false;
  });
}

/// What to say where no prediction is a true label; empty where one is.
std::string why_all_wrong(const judged_rows& rows, const options& o) {
  const std::set<std::string> truth(rows.truth.begin(), rows.truth.end());
  if (aisle::ranges::any_of(rows.predicted, [&](const std::string& p) { return truth.contains(p); }))
    return {};
  if (o.labels.level == 0 && are_shortened(rows.predicted, truth))
    return "no prediction is a true label, all are the beginnings of some: where they were made with "
           "--label-level, give it here too";
  if (are_lengthened(rows.predicted, truth))
    return "no prediction is a true label, some true label is the beginning of each: name the column of "
           "whole paths as --label, or cut the predictions to the levels of the true labels with "
           "--label-level";
  return "no prediction is a true label ('" + aisle::with_ellipsis(rows.predicted.front(), 60) +
         "' is predicted where '" + aisle::with_ellipsis(rows.truth.front(), 60) + "' is true, say)" +
         // What label options join levels with.
         (rows.predicted.front().find(" > ") != std::string::npos
              ? ": where they were made with --label-separator or --label-level, give them here too"
              : "");
}

/// Predicted classes by the names that the truth has for them, where both are numbers; says what is odd.
void match_classes(judged_rows& rows, const options& o) {
  const aisle::name_match match = aisle::match_names(rows.predicted, rows.truth, false);
  tell_match(match, "class", o.predictions, o.data.empty() ? "the true labels" : o.data);
  if (!match.renamed.empty())
    for (std::string& p : rows.predicted)
      if (const auto renamed = match.renamed.find(p); renamed != match.renamed.end()) p = renamed->second;
  if (const std::string why = why_all_wrong(rows, o); !why.empty()) warn(why);
  std::vector<std::string> both = rows.truth;
  both.insert(both.end(), rows.predicted.begin(), rows.predicted.end());
  for (const std::string& line : aisle::describe(aisle::find_odd_labels(both))) warn(line);
}

judged_rows read_rows(const options& o) { return o.data.empty() ? read_pairs(o) : join(o); }

/// How far the scores of these rows can be trusted.
struct intervals {
  aisle::interval accuracy, macro_f1;
  std::int64_t groups = 0;  ///< of --group-column, else 0
};

intervals intervals_of(const judged_rows& rows, const aisle::label_vector& truth,
                       const aisle::label_vector& predicted) {
  intervals out;
  std::vector<std::int64_t> groups;
  std::unordered_map<std::string, std::int64_t> numbers;
  for (const std::string& g : rows.groups)
    groups.push_back(numbers.emplace(g, static_cast<std::int64_t>(numbers.size())).first->second);
  out.groups = static_cast<std::int64_t>(numbers.size());
  auto count = static_cast<double>(rows.truth.size());
  if (!groups.empty()) {
    std::vector<std::uint8_t> right;
    for (std::size_t i = 0; i < rows.truth.size(); ++i) right.push_back(rows.truth[i] == rows.predicted[i]);
    count = aisle::effective_rows(right, groups);
  }
  out.accuracy = aisle::wilson_interval(aisle::accuracy(truth, predicted), count);
  // Of many rows the interval is narrow, and fewer resamples tell where it ends.
  const auto resamples =
      static_cast<int>(std::clamp<std::size_t>(200'000'000 / rows.truth.size(), 100, 1000));
  out.macro_f1 = aisle::bootstrap_macro_f1(truth, predicted, {.resamples = resamples, .groups = groups});
  return out;
}

/// Names as a table shows them, a line each.
aisle::label_vector on_one_line(std::vector<std::string> names) {
  for (std::string& name : names)
    for (std::size_t at = 0; (at = name.find_first_of("\r\n", at)) != std::string::npos; at += 2)
      name.replace(at, 1, name[at] == '\n' ? "\\n" : "\\r");
  return aisle::label_vector(names);
}

int evaluate(const options& o) {
  if (o.predictions.empty()) throw usage_error("expected a file of predictions");
  if (o.data.empty() != o.label.empty()) throw usage_error("--data and --label go together");
  if (!o.group_column.empty() && o.data.empty())
    throw usage_error("--group-column is a column of --data, which is not given");
  judged_rows rows = aisle::detail::read_named(o.predictions, [&] { return read_rows(o); });
  tell_skipped(rows.bad, {});
  if (rows.without_prediction > 0)
    warn(aisle::counted(rows.without_prediction, "row") + " without a prediction not judged");
  if (rows.truth.empty()) {
    say("nothing to do: " + o.predictions + ": no rows to judge");
    return exit_nothing;
  }
  match_classes(rows, o);
  const aisle::label_vector truth(rows.truth), predicted(rows.predicted);
  const bool complete = rows.without_label == 0 && rows.without_prediction == 0 && rows.bad.empty();
  const int code = complete ? exit_ok : exit_skipped;
  const intervals trust = intervals_of(rows, truth, predicted);
  const auto percent = [](double share) {
    char text[16];
    std::snprintf(text, sizeof text, "%.1f", 100 * share);
    return std::string(text);
  };
  if (!o.as_json) {
    write_text(
        aisle::classification_report(on_one_line(rows.truth), on_one_line(rows.predicted), {.digits = 4}));
    const auto between = [&](const aisle::interval& i) {
      return percent(i.low) + " to " + percent(i.high) + " %";
    };
    say("95 % intervals: accuracy " + between(trust.accuracy) + ", macro F1 " + between(trust.macro_f1) +
        (trust.groups > 0 ? " (of " + aisle::counted(trust.groups, "group") + ")" : ""));
    return code;
  }
  const auto both = [](const aisle::interval& i) {
    aisle::json out = aisle::json::array();
    out.push_back(100 * i.low);
    out.push_back(100 * i.high);
    return out;
  };
  const auto scores = aisle::precision_recall_f1(truth, predicted);
  aisle::json classes = aisle::json::array();
  for (std::size_t c = 0; c < scores.labels.size(); ++c)
    classes.push_back(aisle::json::object({{"class", scores.labels[c]},
                                           {"precision", 100 * scores.scores[c].precision},
                                           {"recall", 100 * scores.scores[c].recall},
                                           {"f1", 100 * scores.scores[c].f1},
                                           {"support", scores.support[c]}}));
  const aisle::json out =
      aisle::json::object({{"rows", truth.size()},
                           {"accuracy", 100 * aisle::accuracy(truth, predicted)},
                           {"accuracy_interval", both(trust.accuracy)},
                           {"macro_f1", 100 * scores.macro.f1},
                           {"macro_f1_interval", both(trust.macro_f1)},
                           {"groups", trust.groups > 0 ? aisle::json(trust.groups) : aisle::json()},
                           {"weighted_f1", 100 * scores.weighted.f1},
                           {"balanced_accuracy", 100 * aisle::balanced_accuracy(truth, predicted)},
                           {"classes", std::move(classes)}});
  write_out(out.dump() + "\n");
  return code;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option(
         "predictions,--predictions", o->predictions,
         "a results file (Predictions,True Labels), the predictions.csv of `aisle run` or the output of "
         "`aisle predict`")
      .type_name("FILE");
  app.add_option(
         "--modality", o->modality,
         "of predictions.csv, which has every product once for each: the one that is judged (default: "
         "multimodal, where it is there)")
      .type_name("NAME");
  app.add_option("--data", o->data, "products CSV with the true labels, for the output of `aisle predict`")
      .type_name("FILE");
  app.add_option("--id-column", o->id_column, "column of the ids").type_name("COLUMN").capture_default_str();
  app.add_option("--label", o->label, "column of the true labels in --data").type_name("COLUMN");
  app.add_option("--group-column", o->group_column,
                 "column of --data of what variants of a product have in common: they tell less than as many "
                 "products, and the intervals are wider")
      .type_name("COLUMN");
  add_table_options(app, o->table);
  add_label_treatment(app, o->labels);
  app.add_flag("--json", o->as_json, "scores in % as one line of JSON instead of a table");
  app.footer(
      "Labels and ids are trimmed. Where all labels (or ids) of both sides are numbers they are compared as "
      "numbers, 007\n"
      "and 7.0 as 7, and a warning says so.\n"
      "\n"
      "Examples:\n"
      "  aisle evaluate results/text_results.csv\n"
      "  aisle evaluate predictions.csv --data products.csv --label class_id --json");
  return [o] { return evaluate(*o); };
}

const registration entry{{"evaluate", "metrics of predictions", setup}};

}  // namespace
