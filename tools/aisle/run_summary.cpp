#include "run_summary.hpp"

#include <cstdio>

#include <aisle/catalogue/report/evidence.hpp>
#include <aisle/catalogue/report/text.hpp>

#include "command.hpp"

namespace aisle_command {

namespace {

std::string percent(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", value);
  return text;
}

double mean(const aisle::model_result& r, double aisle::model_result::split_score::*score) {
  return r.over_splits(score).mean;
}

/// "95.00 % (95 % interval 93.10 to 97.00 %)"; of several splits "94.20 % (mean of 3 splits, standard
/// deviation 0.90; the first: 95.00 %, 95 % interval 93.10 to 97.00 %)".
std::string score_of(const aisle::model_result& r, double aisle::model_result::split_score::*score,
                     const std::optional<aisle::interval>& of_first) {
  const aisle::spread all = r.over_splits(score);
  const std::string interval =
      of_first ? "95 % interval " + aisle::detail::report::interval_text(*of_first, 2) + " %" : "";
  if (r.splits.size() < 2) return percent(all.mean) + (interval.empty() ? "" : " (" + interval + ")");
  char deviation[32];
  std::snprintf(deviation, sizeof deviation, "%.2f", all.sd);
  return percent(all.mean) + " (mean of " + std::to_string(r.splits.size()) + " splits, standard deviation " +
         deviation + "; the first: " + percent(r.splits.front().*score) +
         (interval.empty() ? "" : ", " + interval) + ")";
}

/// "; indistinguishable from it by McNemar's test: mlp on text (p 0.41), …".
std::string as_good(const aisle::experiment_result& result) {
  std::string out;
  for (const auto& r : result.models) {
    if (!r.evidence.indistinguishable()) continue;
    char p[32];
    std::snprintf(p, sizeof p, " (p %.2f)", r.evidence.against_best->p_value);
    out += (out.empty() ? "" : ", ") + r.model + " on " + r.modality + p;
  }
  if (out.empty()) return out;
  const bool several = !result.models.empty() && result.models.front().splits.size() > 1;
  return std::string("; indistinguishable from it (McNemar's test") + (several ? " on the first split" : "") +
         "): " + out;
}

/// "the 12 rows that all modalities have: multimodal 90.00 %, image …"; empty where nothing can be compared.
std::string comparison(const aisle::experiment_result& result) {
  std::string out;
  std::int64_t rows = 0, chosen = 0;
  for (const auto& r : result.models) {
    if (!r.chosen || r.common_rows_tested() == 0) continue;
    rows = r.common_rows_tested();
    ++chosen;
    out += (out.empty() ? "" : ", ") + r.modality + " " +
           percent(r.over_common(&aisle::row_score::accuracy).mean);
  }
  if (chosen < 2) return {};
  return "; on the " + std::to_string(rows) + " test rows that all modalities have: " + out;
}

}  // namespace

void tell_trust(const aisle::experiment_result& result) {
  namespace report = aisle::detail::report;
  const std::string text = report::honesty_text(result, result.best(), report::one_line);
  if (text.empty()) return;
  if (result.twins.twins > 0)
    warn(text);
  else
    say(text);
}

void tell_recipes(const aisle::experiment_result& result) {
  for (const aisle::recipe_search& s : result.searches)
    say("recipe of " + s.modality + ": " + aisle::describe(s));
}

void tell_scores(const aisle::experiment_result& result) {
  bool common = false;
  for (const auto& r : result.models) common = common || r.common_rows_tested() != r.rows_tested();
  char line[200], more[80] = "";
  if (common) std::snprintf(more, sizeof more, " | %11s %9s %9s", "common rows", "accuracy", "macro F1");
  std::snprintf(line, sizeof line, "%-12s %-20s %9s %9s %9s%s | %9s", "modality", "classifier", "test rows",
                "accuracy", "macro F1", more, "CV F1");
  say(line);
  for (const auto& r : result.models) {
    if (common && r.common_rows_tested() > 0)
      std::snprintf(
          more, sizeof more, " | %11lld %8.2f%% %8.2f%%", static_cast<long long>(r.common_rows_tested()),
          r.over_common(&aisle::row_score::accuracy).mean, r.over_common(&aisle::row_score::macro_f1).mean);
    else if (common)
      std::snprintf(more, sizeof more, " | %11s %9s %9s", "0", "-", "-");
    std::snprintf(line, sizeof line, "%-12s %-20s %9lld %8.2f%% %8.2f%%%s | %8.2f%%%s", r.modality.c_str(),
                  r.model.c_str(), static_cast<long long>(r.rows_tested()),
                  mean(r, &aisle::model_result::split_score::accuracy),
                  mean(r, &aisle::model_result::split_score::macro_f1), more, r.cross_validation_macro_f1,
                  r.chosen ? "  chosen" : "");
    say(line);
  }
}

void tell_phases(const aisle::experiment_result& result) {
  char line[160];
  double total = 0;
  for (const auto& [name, seconds] : result.phases) {
    std::snprintf(line, sizeof line, "%-24s %8.2f s", name.c_str(), seconds);
    say(line);
    total += seconds;
  }
  std::snprintf(line, sizeof line, "%-24s %8.2f s, peak %.0f MB", "total", total, result.peak_mb);
  say(line);
}

void tell_findings(const aisle::experiment_result& result) {
  if (const aisle::model_result* best = result.best()) {
    const aisle::model_result& r = *best;
    say("found: " + r.model + " on " + r.modality + " puts " +
        score_of(r, &aisle::model_result::split_score::accuracy, r.evidence.accuracy) + " of " +
        std::to_string(r.rows_tested()) + " test rows into the right one of " +
        std::to_string(result.known_classes(r)) + " classes, macro F1 " +
        score_of(r, &aisle::model_result::split_score::macro_f1, r.evidence.macro_f1) + comparison(result) +
        as_good(result));
  }
  const aisle::row_usage& u = result.usage;
  std::string line = "rows: " + std::to_string(result.rows) + ", used " + std::to_string(u.used()) + " (" +
                     std::to_string(u.text_and_image) + " with text and picture, " +
                     std::to_string(u.text_only) + " text only, " + std::to_string(u.image_only) +
                     " picture only), left out " + std::to_string(u.not_used());
  std::string reasons;
  for (const auto& [reason, rows] : u.left_out)
    reasons += (reasons.empty() ? "" : ", ") + std::to_string(rows) + " " + reason;
  say(line + (reasons.empty() ? "" : " (" + reasons + ")"));
}

std::vector<std::string> review_lines(const review_findings& found) {
  std::vector<std::string> out;
  if (found.review) out = aisle::describe(*found.review);
  for (const auto& more : {aisle::describe(found.curve), aisle::describe(found.quality)})
    out.insert(out.end(), more.begin(), more.end());
  return out;
}

void tell_review(const review_findings& found) {
  for (const std::string& line : review_lines(found)) say("review: " + line);
}

}  // namespace aisle_command
