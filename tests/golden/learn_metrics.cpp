// golden/learn/metrics*.json: scores, reports and curves as scikit-learn computes them.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <aisle/base/error.hpp>
#include <aisle/io/json.hpp>
#include <aisle/learn/classification_report.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/ranking_metrics.hpp>

#include "golden.hpp"
#include "learn.hpp"

namespace golden::learn {
namespace {

using aisle::json;
using aisle::label_vector;

constexpr double limit = 1e-12;

bool is_error(const json& v) { return v.is_string() && v.as<std::string>().starts_with("error"); }

std::int64_t differing_bytes(const std::string& a, const std::string& b) {
  std::int64_t n = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    n += i >= a.size() || i >= b.size() || a[i] != b[i];
  return n;
}

void check_report(const json& c, const label_vector& truth, const label_vector& predicted,
                  const aisle::report_options& how, session& s) {
  for (const int digits : {2, 4}) {
    auto options = how;
    options.digits = digits;
    const auto expected = c.get<std::string>("report_digits" + std::to_string(digits));
    s.matches("labels/" + c.get<std::string>("name") + "/report" + std::to_string(digits),
              differing_bytes(aisle::classification_report(truth, predicted, options), expected),
              static_cast<std::int64_t>(expected.size()));
  }
}

label_vector from_runs(const json& runs) {
  std::vector<std::int64_t> out;
  for (const auto& run : runs.elements())
    out.insert(out.end(), run[1].as<std::size_t>(), run[0].as<std::int64_t>());
  return label_vector(out);
}

void check_labels(const json& c, session& s) {
  if (c.contains("runs")) {
    check_report(c, from_runs(c["runs"]["y_true"]), from_runs(c["runs"]["y_pred"]), {}, s);
    return;
  }
  const auto truth = labels(c["y_true"]), predicted = labels(c["y_pred"]);
  const auto weights = numbers(c["sample_weight"]);
  const aisle::metric_options how{.labels = texts(c["labels"]), .sample_weights = weights};
  difference d;
  d.add(aisle::accuracy(truth, predicted, weights), number(c["accuracy"]));
  d.add(aisle::balanced_accuracy(truth, predicted, weights), number(c["balanced_accuracy"]));
  d.add(aisle::cohen_kappa(truth, predicted, how), number(c["kappa"]));
  d.add(aisle::matthews_correlation(truth, predicted, weights), number(c["mcc"]));
  const auto scores = aisle::precision_recall_f1(truth, predicted, how);
  std::vector<double> precision, recall, f1;
  for (const auto& v : scores.scores) {
    precision.push_back(v.precision);
    recall.push_back(v.recall);
    f1.push_back(v.f1);
  }
  d.add(precision, numbers(c["per_class"]["precision"]));
  d.add(recall, numbers(c["per_class"]["recall"]));
  d.add(f1, numbers(c["per_class"]["f1"]));
  d.add(scores.support, numbers(c["per_class"]["support"]));
  const auto triple = [](const aisle::prf_score& v) {
    return std::vector<double>{v.precision, v.recall, v.f1};
  };
  d.add(triple(scores.macro), numbers(c["macro"]));
  d.add(triple(scores.micro), numbers(c["micro"]));
  d.add(triple(scores.weighted), numbers(c["weighted"]));
  using aisle::normalize;
  const std::pair<const char*, normalize> matrices[] = {{"confusion", normalize::none},
                                                        {"confusion_true", normalize::by_truth},
                                                        {"confusion_pred", normalize::by_prediction},
                                                        {"confusion_all", normalize::by_all}};
  for (const auto& [key, norm] : matrices)
    d.add(aisle::confusion_matrix(truth, predicted, how, norm).counts, table(c[key]));
  const bool order = scores.labels == texts(c["report_labels"]);
  s.error("labels/" + c.get<std::string>("name") + "/scores", order ? d.worst() : 1e9, limit,
          order ? "" : "classes in another order");
  check_report(c, truth, predicted,
               {.labels = how.labels, .target_names = texts(c["target_names"]), .sample_weights = weights},
               s);
}

void check_zero_division(const json& z, session& s) {
  const auto truth = labels(z["y_true"]), predicted = labels(z["y_pred"]);
  for (const auto& row : z["rows"].elements()) {
    const double value = number(row["zero_division"]);
    const auto scores = aisle::precision_recall_f1(
        truth, predicted, {.labels = {}, .sample_weights = {}, .zero_division = value});
    difference d;
    std::vector<double> precision;
    for (const auto& v : scores.scores) precision.push_back(v.precision);
    d.add(precision, numbers(row["precision"]));
    d.add(scores.macro.precision, number(row["macro_precision"]));
    d.add(scores.macro.f1, number(row["macro_f1"]));
    const std::string name = "zero_division/" + std::to_string(value).substr(0, 3);
    s.error(name + "/scores", d.worst(), limit);
    const auto expected = row.get<std::string>("report");
    aisle::report_options how;
    how.zero_division = value;
    s.matches(name + "/report",
              differing_bytes(aisle::classification_report(truth, predicted, how), expected),
              static_cast<std::int64_t>(expected.size()));
  }
}

std::vector<std::uint8_t> flags(const json& truth, const json& positive) {
  std::vector<std::uint8_t> out;
  for (const auto& v : truth.elements())
    out.push_back(positive.is_null() ? v.as<std::int64_t>() == 1 : v == positive);
  return out;
}

void add_curve(difference& d, const aisle::roc_points& actual, const json& expected) {
  d.add(actual.fpr, numbers(expected["fpr"]));
  d.add(actual.tpr, numbers(expected["tpr"]));
  d.add(actual.thresholds, numbers(expected["thresholds"]));
}

void check_roc(const json& c, session& s) {
  const auto truth = flags(c["y_true"], c["pos_label"]);
  const auto scores = numbers(c["score"]), weights = numbers(c["sample_weight"]);
  difference d;
  for (const bool drop : {true, false}) {
    const auto& expected = c[drop ? "drop_intermediate" : "all_points"];
    add_curve(d, aisle::roc_curve(truth, scores, {.drop_intermediate = drop, .sample_weights = weights}),
              expected);
  }
  if (!is_error(c["auc"])) d.add(aisle::roc_auc(truth, scores, weights), number(c["auc"]));
  const auto curve = aisle::precision_recall_curve(truth, scores, weights);
  d.add(curve.precision, numbers(c["precision_recall"]["precision"]));
  d.add(curve.recall, numbers(c["precision_recall"]["recall"]));
  d.add(curve.thresholds, numbers(c["precision_recall"]["thresholds"]));
  d.add(aisle::average_precision(truth, scores, weights), number(c["average_precision"]));
  s.error("roc/" + c.get<std::string>("name"), d.worst(), limit);
}

void check_multiclass(const json& c, session& s) {
  const auto name = c.get<std::string>("name");
  const auto classes = std::make_shared<const aisle::class_list>(c["classes"].as_vector<std::int64_t>());
  const auto truth = labels(c["y_true"]).recoded(classes);
  const auto p = table(c["proba"]);
  const auto areas = aisle::roc_auc(truth, p);
  difference d;
  d.add(areas.per_class, numbers(c["per_class_auc"]));
  d.add(areas.micro, number(c["micro_auc"]));
  const std::vector<double> all(p.data(), p.data() + p.rows() * p.cols());
  add_curve(d, aisle::roc_curve(aisle::one_hot(truth), all), c["micro_curve"]);
  const std::pair<const char*, double> averages[] = {{"ovr_macro_auc", areas.macro},
                                                     {"ovr_weighted_auc", areas.weighted},
                                                     {"ovo_macro_auc", areas.one_vs_one_macro},
                                                     {"ovo_weighted_auc", areas.one_vs_one_weighted}};
  for (const auto& [key, value] : averages)
    if (!is_error(c[key])) d.add(value, number(c[key]));
  for (const auto& [k, value] : c["top_k"].members())
    d.add(aisle::top_k_accuracy(truth, p, std::stoll(k)), number(value));
  // scikit-learn sums float32 probabilities in float32; ours takes logarithms and sums in double.
  const bool single = name.find("float32") != std::string::npos;
  if (single) {
    aisle::matrix<float> narrow(p.rows(), p.cols());
    for (std::int64_t r = 0; r < p.rows(); ++r)
      for (std::int64_t k = 0; k < p.cols(); ++k) narrow(r, k) = static_cast<float>(p(r, k));
    difference f;
    f.add(aisle::log_loss(truth, narrow), number(c["log_loss"]));
    s.error("multiclass/" + name + "/log_loss", f.worst(), 2.4e-7, "(the reference sums in float32)");
  } else if (!is_error(c["log_loss"])) {
    d.add(aisle::log_loss(truth, p), number(c["log_loss"]));
  }
  s.error("multiclass/" + name, d.worst(), limit);
}

void check_log_loss(const json& c, session& s) {
  const auto truth = labels(c["y_true"]);
  aisle::matrix<double> p;
  if (c["proba"][0].is_array()) {
    p = table(c["proba"]);
  } else {  // the probability of the second class
    const auto second = numbers(c["proba"]);
    p = aisle::matrix<double>(static_cast<std::int64_t>(second.size()), 2);
    for (std::size_t r = 0; r < second.size(); ++r) {
      p(static_cast<std::int64_t>(r), 0) = 1 - second[r];
      p(static_cast<std::int64_t>(r), 1) = second[r];
    }
  }
  difference d;
  d.add(aisle::log_loss(truth, p), number(c["log_loss"]));
  s.error("log_loss/" + c.get<std::string>("name"), d.worst(), limit);
}

/// The awkward calls of the file, by name: what ours returns, or nothing when it throws.
std::optional<double> awkward(const std::string& name, bool& known) {
  using integers = std::vector<int>;
  const auto of = [](const integers& v) { return label_vector(v); };
  known = true;
  try {
    if (name == "lengths differ") return aisle::accuracy(of({0, 1}), of({0}));
    if (name == "empty") return aisle::accuracy(of({}), of({}));
    if (name == "nan score")
      return aisle::roc_curve(std::vector<std::uint8_t>{0, 1}, std::vector<double>{0.1, std::nan("")}).fpr[0];
    if (name == "one class for auc")
      return aisle::roc_auc(std::vector<std::uint8_t>{1, 1}, std::vector<double>{0.1, 0.2});
    if (name == "target_names of the wrong number") {
      aisle::report_options how;
      how.target_names = {"a"};
      aisle::classification_report(of({0, 1}), of({0, 1}), how);
      return 0;
    }
    if (name == "mixed types")
      return aisle::accuracy(label_vector(std::vector<std::string>{"a", "b"}), of({0, 1}));
    if (name == "top_k of a binary problem") {
      aisle::matrix<double> p(3, 2);
      const double second[] = {0.2, 0.6, 0.4};
      for (std::int64_t r = 0; r < 3; ++r) {
        p(r, 0) = 1 - second[r];
        p(r, 1) = second[r];
      }
      return aisle::top_k_accuracy(of({0, 1, 1}), p, 1);
    }
    if (name == "cohen kappa of one class") return aisle::cohen_kappa(of({1, 1}), of({1, 1}));
  } catch (const aisle::error&) {
    return std::nullopt;
  }
  known = false;
  return std::nullopt;
}

void check_errors(const json& c, session& s) {
  const auto name = c.get<std::string>("name");
  bool known = false;
  const auto value = awkward(name, known);
  if (!known) return s.skip("errors/" + name, "a case this program does not know");
  if (c.contains("error")) return s.matches("errors/" + name, value.has_value(), 1, 0, "(throws)");
  difference d;
  if (value) d.add(*value, number(c["value"]));
  s.error("errors/" + name, value ? d.worst() : 1e9, limit);
}

void run(const std::string& path, session& s) {
  const json file = aisle::read_json(path);
  for (const auto& c : file["labels"].elements()) check_labels(c, s);
  check_zero_division(file["zero_division"], s);
  for (const auto& c : file["roc"].elements()) check_roc(c, s);
  for (const auto& c : file["multiclass"].elements()) check_multiclass(c, s);
  for (const auto& c : file["log_loss"].elements()) check_log_loss(c, s);
  for (const auto& c : file["errors"].elements()) check_errors(c, s);
}

bool claims(const std::string& folder, const std::string& file) {
  return folder == "learn" && file.starts_with("metrics") && file.ends_with(".json");
}

const registration metrics{{"learn/metrics", claims, run}};

}  // namespace
}  // namespace golden::learn
