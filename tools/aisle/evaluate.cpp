// aisle evaluate: scores of predictions.

#include <unordered_map>

#include <aisle/catalogue/experiment.hpp>
#include <aisle/io/table.hpp>
#include <aisle/io/json.hpp>
#include <aisle/learn/classification_report.hpp>
#include <aisle/learn/metrics.hpp>

#include "catalogue_job.hpp"

namespace {

using namespace aisle_command;

struct options {
  std::string predictions, data, id_column = "sku", label;
  bool as_json = false;
};

/// How to read a table whose bad records are passed over, as `aisle run` and `aisle predict` do, and named.
aisle::table_options tolerant(const std::string& path, std::vector<std::string> expected,
                              std::vector<aisle::skipped_row>& bad) {
  return {.expected = std::move(expected), .on_problem = [&bad, path](const aisle::csv_problem& p) {
            bad.push_back(aisle::skipped_record(path, p));
          }};
}

/// Truth from a catalogue, joined to predictions by id.
std::pair<aisle::label_vector, aisle::label_vector> join(const options& o, std::int64_t& without_label,
                                                         std::vector<aisle::skipped_row>& bad) {
  aisle::table_reader truth_table(o.data, tolerant(o.data, {o.id_column, o.label}, bad));
  const std::size_t truth_id = truth_table.column(o.id_column, "id_column"),
                    label = truth_table.column(o.label, "label_column");
  std::unordered_map<std::string, std::string> known;
  for (aisle::table_row row; truth_table.next(row);)
    known.emplace(aisle::trimmed(row.fields[truth_id]), aisle::trimmed(row.fields[label]));
  aisle::table_reader table(o.predictions, tolerant(o.predictions, {o.id_column, "Prediction"}, bad));
  const std::size_t id = table.column(o.id_column, "id_column"), prediction = table.column("Prediction");
  std::vector<std::string> truth, predicted;
  for (aisle::table_row row; table.next(row);) {
    const auto found = known.find(std::string(aisle::trimmed(row.fields[id])));
    if (found == known.end() || found->second.empty()) {
      ++without_label;
      continue;
    }
    truth.push_back(found->second);
    predicted.push_back(row.fields[prediction]);
  }
  return {aisle::label_vector(truth), aisle::label_vector(predicted)};
}

int evaluate(const options& o) {
  if (o.predictions.empty()) throw usage_error("expected a file of predictions");
  if (o.data.empty() != o.label.empty()) throw usage_error("--data and --label go together");
  std::int64_t without_label = 0;
  std::vector<aisle::skipped_row> bad;
  const auto labels = o.data.empty() ? aisle::read_results(o.predictions) : join(o, without_label, bad);
  tell_skipped(bad, {});
  const aisle::label_vector &truth = labels.first, &predicted = labels.second;
  if (without_label > 0) warn(std::to_string(without_label) + " predictions have no label in " + o.data);
  if (truth.empty()) {
    say("nothing to do: " + o.predictions + ": no rows to judge");
    return exit_nothing;
  }
  const int code = without_label > 0 || !bad.empty() ? exit_skipped : exit_ok;
  if (!o.as_json) {
    write_out(aisle::classification_report(truth, predicted, {.digits = 4}));
    return code;
  }
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
                           {"macro_f1", 100 * scores.macro.f1},
                           {"weighted_f1", 100 * scores.weighted.f1},
                           {"balanced_accuracy", 100 * aisle::balanced_accuracy(truth, predicted)},
                           {"classes", std::move(classes)}});
  write_out(out.dump() + "\n");
  return code;
}

action setup(CLI::App& app) {
  auto o = std::make_shared<options>();
  app.add_option("predictions,--predictions", o->predictions,
                 "a results file (Predictions,True Labels) or the output of `aisle predict`")
      ->type_name("FILE");
  app.add_option("--data", o->data, "products CSV with the true labels, for the output of `aisle predict`")
      ->type_name("FILE");
  app.add_option("--id-column", o->id_column, "column of the ids")
      ->type_name("COLUMN")
      ->capture_default_str();
  app.add_option("--label", o->label, "column of the true labels in --data")->type_name("COLUMN");
  app.add_flag("--json", o->as_json, "scores in % as one line of JSON instead of a table");
  app.footer(
      "Examples:\n"
      "  aisle evaluate results/text_results.csv\n"
      "  aisle evaluate predictions.csv --data products.csv --label class_id --json");
  return [o] { return evaluate(*o); };
}

const registration entry{{"evaluate", "metrics of predictions", setup}};

}  // namespace
