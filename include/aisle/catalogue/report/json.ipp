#pragma once

#include <charconv>
#include <cmath>
#include <limits>

#include <aisle/base/file.hpp>
#include <aisle/base/number.hpp>
#include <aisle/base/process.hpp>
#include <aisle/catalogue/detail/evidence_json.hpp>
#include <aisle/catalogue/detail/map_json.hpp>
#include <aisle/catalogue/detail/recipe_json.hpp>
#include <aisle/catalogue/detail/review_json.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/scores.hpp>
#include <aisle/io/json.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// JSON has no NaN: null stands for it.
AISLE_API double number_of(const json& v) {
  return v.is_null() ? std::numeric_limits<double>::quiet_NaN() : v.as<double>();
}

AISLE_API json json_of(const model_result& m) {
  json out = json::object({{"modality", m.modality},
                           {"model", m.model},
                           {"chosen", m.chosen},
                           {"cross_validation_macro_f1", m.cross_validation_macro_f1},
                           {"splits", json::array()},
                           {"fit_seconds", m.fit_seconds},
                           {"test_rows", json::array_of(m.test_rows)},
                           {"truth", json::array_of(m.truth)},
                           {"predicted", json::array_of(m.predicted)},
                           {"probabilities", json::array()},
                           {"history", json::array()},
                           {"best_epoch", m.best_epoch}});
  if (m.sampled >= 0) {
    json truth = json::array(), predicted = json::array(), rows = json::array();
    for (const confusion_cell& c : m.counts) {
      truth.push_back(c.truth);
      predicted.push_back(c.predicted);
      rows.push_back(static_cast<std::int64_t>(c.count));
    }
    out["sampled"] = m.sampled;
    out["counts"] = json::object(
        {{"truth", std::move(truth)}, {"predicted", std::move(predicted)}, {"rows", std::move(rows)}});
  }
  if (!m.unknown_classes.empty()) out["unknown_classes"] = json::array_of(m.unknown_classes);
  if (m.cross_validation_common_macro_f1 >= 0)
    out["cross_validation_common_macro_f1"] = m.cross_validation_common_macro_f1;
  add_evidence(out, m.evidence);
  for (const auto& s : m.splits)
    // As text: a seed of 64 bits does not fit a JSON number everywhere.
    out["splits"].push_back(json::object({{"seed", std::to_string(s.seed)},
                                          {"accuracy", s.accuracy},
                                          {"macro_f1", s.macro_f1},
                                          {"rows", s.rows},
                                          {"common_rows", s.common.rows},
                                          {"common_accuracy", s.common.accuracy},
                                          {"common_macro_f1", s.common.macro_f1}}));
  for (std::int64_t r = 0; r < m.probabilities.rows(); ++r) {
    json::array_type row;
    for (const float p : m.probabilities.row(r)) row.emplace_back(detail::short_double(p));
    out["probabilities"].push_back(json(std::move(row)));
  }
  out["recipe"] = detail::to_json(m.how);
  for (const epoch_record& e : m.history)
    out["history"].push_back(json::object({{"loss", e.loss},
                                           {"validation_loss", e.validation_loss},
                                           {"validation_accuracy", e.validation_accuracy}}));
  return out;
}

AISLE_API json json_of(const row_usage& u) {
  json left_out = json::array();
  for (const auto& [reason, rows] : u.left_out)
    left_out.push_back(json::object({{"reason", reason}, {"rows", rows}}));
  return json::object({{"text_and_image", u.text_and_image},
                       {"text_only", u.text_only},
                       {"image_only", u.image_only},
                       {"left_out", std::move(left_out)}});
}

AISLE_API row_usage usage_of(const json& j) {
  row_usage out;
  out.text_and_image = j.get<std::int64_t>("text_and_image");
  out.text_only = j.get<std::int64_t>("text_only");
  out.image_only = j.get<std::int64_t>("image_only");
  for (const json& l : j["left_out"].elements())
    out.left_out.emplace_back(l.get<std::string>("reason"), l.get<std::int64_t>("rows"));
  return out;
}

AISLE_API std::uint64_t seed_of(const json& v) {
  const std::string text = v.as<std::string>();
  std::uint64_t out = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc{} || end != text.data() + text.size()) v.fail("expected a seed of 64 bits");
  return out;
}

AISLE_API model_result model_of(const json& j, std::int64_t classes) {
  model_result m;
  m.modality = j.get<std::string>("modality");
  m.model = j.get<std::string>("model");
  m.chosen = j.get<bool>("chosen");
  m.cross_validation_macro_f1 = number_of(j["cross_validation_macro_f1"]);
  if (const json* unknown = j.find("unknown_classes")) m.unknown_classes = unknown->as_vector<std::string>();
  if (const json* common = j.find("cross_validation_common_macro_f1"))
    m.cross_validation_common_macro_f1 = number_of(*common);
  for (const json& s : j["splits"].elements()) {
    model_result::split_score score{seed_of(s["seed"]), number_of(s["accuracy"]), number_of(s["macro_f1"])};
    // Reports of earlier versions do not say.
    score.rows = s.get<std::int64_t>("rows", 0);
    score.common.rows = s.get<std::int64_t>("common_rows", 0);
    if (const json* v = s.find("common_accuracy")) score.common.accuracy = number_of(*v);
    if (const json* v = s.find("common_macro_f1")) score.common.macro_f1 = number_of(*v);
    m.splits.push_back(score);
  }
  m.fit_seconds = number_of(j["fit_seconds"]);
  m.test_rows = j["test_rows"].as_vector<std::int64_t>();
  m.truth = j["truth"].as_vector<std::int32_t>();
  m.predicted = j["predicted"].as_vector<std::int32_t>();
  if (const auto rows = j["probabilities"].elements(); !rows.empty()) {
    for (const json& row : rows)
      if (static_cast<std::int64_t>(row.elements().size()) != classes)
        row.fail("expected " + std::to_string(classes) + " probabilities, found " +
                 std::to_string(row.size()));
    m.probabilities = matrix<float>(static_cast<std::int64_t>(rows.size()), classes);
    for (std::int64_t r = 0; r < m.probabilities.rows(); ++r)
      for (std::int64_t c = 0; c < classes; ++c)
        m.probabilities(r, c) = static_cast<float>(number_of(rows[static_cast<std::size_t>(r)][c]));
  }
  for (const json& e : j["history"].elements())
    m.history.push_back(
        {number_of(e["loss"]), number_of(e["validation_loss"]), number_of(e["validation_accuracy"])});
  m.best_epoch = j.get<std::int64_t>("best_epoch");
  if (const json* how = j.find("recipe")) m.how = detail::read_recipe(*how);  // earlier versions have none
  m.evidence = read_evidence(j);
  if (const json* counts = j.find("counts")) {
    m.sampled = j.get<std::int64_t>("sampled");
    if (m.sampled < 0) j["sampled"].fail("expected a number of rows");
    const auto truth = (*counts)["truth"].as_vector<std::int64_t>(),
               predicted = (*counts)["predicted"].as_vector<std::int64_t>(),
               rows = (*counts)["rows"].as_vector<std::int64_t>();
    if (truth.size() != predicted.size() || truth.size() != rows.size())
      counts->fail("expected as many classes as numbers of rows");
    for (std::size_t i = 0; i < truth.size(); ++i)
      m.counts.push_back({truth[i], predicted[i], static_cast<double>(rows[i])});
  }
  return m;
}

}  // namespace detail::report

AISLE_API void save_result(const experiment_result& result, const std::string& path) {
  detail::report::check_result(result);
  json out = json::object({{"format", "aisle-report"},
                           {"version", 1},
                           {"created", result.created},
                           {"command", result.command},
                           {"catalogue", result.catalogue},
                           {"label", result.label},
                           {"text_model", result.text_model},
                           {"image_model", result.image_model},
                           {"fusion", result.fusion},
                           {"kernel", result.kernel},
                           {"peak_mb", result.peak_mb},
                           {"rows", result.rows},
                           {"rows_with_text", result.rows_with_text},
                           {"rows_with_image", result.rows_with_image},
                           {"truncated_texts", result.truncated_texts},
                           {"usage", detail::report::json_of(result.usage)},
                           {"phases", json::array()},
                           {"classes", json::array_of(result.classes)},
                           {"class_counts", json::array_of(result.class_counts)},
                           {"text_tokens", json::array_of(result.text_tokens)}});
  for (const auto& [name, seconds] : result.phases)
    out["phases"].push_back(json::object({{"name", name}, {"seconds", seconds}}));
  if (!result.text_rows.empty()) out["text_rows"] = json::array_of(result.text_rows);
  if (!result.review.empty()) out["review"] = json::array_of(result.review);
  if (result.totals.labelled > 0) out["review_totals"] = detail::to_json(result.totals);
  if (!result.verdicts.empty()) out["verdicts"] = detail::to_json(result.verdicts);
  if (!result.map.rows.empty()) out["map"] = detail::to_json(result.map);
  if (!result.searches.empty()) out["recipes"] = detail::to_json(result.searches);
  if (!result.curve.points.empty()) out["learning_curve"] = detail::to_json(result.curve);
  if (!result.quality.empty()) out["quality"] = detail::to_json(result.quality);
  if (result.twins.least_cosine > 0) out["near_twins"] = detail::to_json(result.twins);
  if (!result.group_column.empty())
    out["groups"] = json::object({{"column", result.group_column}, {"groups", result.groups}});
  if (result.skipped_in_all > 0) out["skipped_in_all"] = result.skipped_in_all;
  // Entry by entry: the whole as one document would take many times the file's size.
  atomic_file file(path);
  std::string head = out.dump();
  head.pop_back();
  file.write(head);
  const auto list = [&](const char* key, const auto& values, const auto& entry) {
    file.write(std::string(",\"") + key + "\":[");
    bool first = true;
    for (const auto& v : values) {
      throw_if_interrupted();
      file.write((first ? "" : ",") + json(entry(v)).dump());
      first = false;
    }
    file.write("]");
  };
  list("models", result.models, [](const model_result& m) { return detail::report::json_of(m); });
  list("skipped", result.skipped, [](const skipped_row& s) {
    return json::object({{"file", s.file},
                         {"row", s.row},
                         {"line", s.line},
                         {"id", s.id},
                         {"column", s.column},
                         {"reason", s.reason}});
  });
  list("products", result.products, [](const product_card& p) {
    json card = json::object(
        {{"id", p.id}, {"name", p.name}, {"text", p.text}, {"image_path", p.image_path}, {"line", p.line}});
    if (p.row >= 0) card["row"] = p.row;
    return card;
  });
  file.write("}\n");
  file.commit();
}

AISLE_API experiment_result load_result(const std::string& path) {
  if (folder_exists(path)) return detail::load_result_of_folder(path);
  const json in = read_json(path, large_json);
  if (in.get<std::string>("format") != "aisle-report") in["format"].fail("expected \"aisle-report\"");
  if (in.get<std::int64_t>("version") != 1) in["version"].fail("expected version 1");
  experiment_result out;
  out.created = in.get<std::string>("created");
  out.command = in.get<std::string>("command");
  out.catalogue = in.get<std::string>("catalogue");
  out.label = in.get<std::string>("label");
  out.text_model = in.get<std::string>("text_model");
  out.image_model = in.get<std::string>("image_model");
  out.fusion = in.get<std::string>("fusion");
  out.kernel = in.get<std::string>("kernel");
  out.peak_mb = detail::report::number_of(in["peak_mb"]);
  out.rows = in.get<std::int64_t>("rows");
  out.rows_with_text = in.get<std::int64_t>("rows_with_text");
  out.rows_with_image = in.get<std::int64_t>("rows_with_image");
  out.truncated_texts = in.get<std::int64_t>("truncated_texts");
  if (const json* usage = in.find("usage")) out.usage = detail::report::usage_of(*usage);
  for (const json& p : in["phases"].elements())
    out.phases.emplace_back(p.get<std::string>("name"), detail::report::number_of(p["seconds"]));
  out.classes = in["classes"].as_vector<std::string>();
  out.class_counts = in["class_counts"].as_vector<std::int64_t>();
  out.text_tokens = in["text_tokens"].as_vector<std::int64_t>();
  if (const json* rows = in.find("text_rows")) out.text_rows = rows->as_vector<std::int64_t>();
  out.skipped_in_all = in.get<std::int64_t>("skipped_in_all", 0);
  // Reports of earlier versions have none of these.
  if (const json* review = in.find("review")) out.review = review->as_vector<std::string>();
  if (const json* totals = in.find("review_totals")) out.totals = detail::read_totals(*totals);
  if (const json* verdicts = in.find("verdicts"))
    out.verdicts = detail::read_verdicts(*verdicts, static_cast<std::int64_t>(out.classes.size()));
  if (const json* map = in.find("map")) out.map = detail::read_map(*map);
  if (const json* searches = in.find("recipes")) out.searches = detail::read_searches(*searches);
  if (const json* curve = in.find("learning_curve")) out.curve = detail::read_curve(*curve);
  if (const json* quality = in.find("quality")) out.quality = detail::read_quality(*quality);
  if (const json* twins = in.find("near_twins")) out.twins = detail::read_twins(*twins);
  if (const json* groups = in.find("groups")) {
    out.group_column = groups->get<std::string>("column");
    out.groups = groups->get<std::int64_t>("groups");
  }
  for (const json& m : in["models"].elements())
    out.models.push_back(detail::report::model_of(m, static_cast<std::int64_t>(out.classes.size())));
  for (const json& s : in["skipped"].elements())
    out.skipped.push_back({s.get<std::string>("file"), s.get<std::int64_t>("row"), s.get<std::string>("id"),
                           s.get<std::string>("column"), s.get<std::string>("reason"),
                           s.get<std::int64_t>("line", 0)});
  for (const json& p : in["products"].elements())
    out.products.push_back({p.get<std::string>("id"), p.get<std::string>("name"), p.get<std::string>("text"),
                            p.get<std::string>("image_path"), p.get<std::int64_t>("line", 0),
                            p.get<std::int64_t>("row", -1)});
  try {
    detail::report::check_result(out);
  } catch (const shape_error& e) {
    throw format_error(path, e.what());
  }
  return out;
}

AISLE_NAMESPACE_END
