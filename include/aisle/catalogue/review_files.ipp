#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/review.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A row of review.csv.
struct review_line {
  std::string reason;
  std::int32_t suggested = -1;
  double probability = 0;
};

/// Lines by the places of their rows in review.labelled, in the order in which they are to be looked at.
AISLE_API std::vector<std::pair<std::size_t, review_line>> review_lines(const catalogue_review& review) {
  std::vector<std::pair<std::size_t, review_line>> out;
  std::map<std::size_t, std::size_t> places;
  const auto add = [&](std::size_t at, const std::string& reason) -> review_line& {
    const auto place = places.emplace(at, out.size());
    const row_verdict& v = review.labelled[at];
    if (place.second) out.push_back({at, {reason, v.suggested, v.probability}});
    review_line& line = out[place.first->second].second;
    if (!place.second) line.reason += "; " + reason;
    return line;
  };
  for (const label_issue& issue : review.issues) {
    review_line& line = add(static_cast<std::size_t>(issue.row),
                            issue.confident ? "likely wrong label" : "another label is likelier");
    line.suggested = issue.suggested;
    line.probability = issue.suggested_probability;
  }
  for (std::size_t i = 0; i < review.labelled.size(); ++i)
    if (review.labelled[i].known < least_known) add(i, "like none of its class");
  std::map<std::int64_t, std::size_t> of_row;
  for (std::size_t i = 0; i < review.labelled.size(); ++i) of_row.emplace(review.labelled[i].row, i);
  for (const duplicate_cluster& d : review.duplicates) {
    std::vector<std::size_t> labelled;
    for (const std::int64_t r : d.rows)
      if (const auto at = of_row.find(r); at != of_row.end()) labelled.push_back(at->second);
    for (const std::size_t i : labelled)
      for (const std::size_t j : labelled)
        if (review.labelled[i].given != review.labelled[j].given) {
          add(i, "near-duplicate by " + d.by + " of row " + std::to_string(review.labelled[j].row) +
                     " with another label");
          break;
        }
  }
  std::vector<std::size_t> unsure;
  for (std::size_t i = 0; i < review.labelled.size(); ++i)
    if (review.filed.rows == 0 || review.labelled[i].probability < review.filed.threshold)
      unsure.push_back(i);
  std::stable_sort(unsure.begin(), unsure.end(), [&](std::size_t a, std::size_t b) {
    return review.labelled[a].probability < review.labelled[b].probability;
  });
  for (const std::size_t i : unsure) add(i, "not sure enough to file");
  return out;
}

AISLE_API bool can_be_filed(const catalogue_review& review, const row_verdict& v) {
  return review.filed.rows > 0 && v.probability >= review.filed.threshold && v.known >= least_known;
}

AISLE_API void product_fields(csv_writer& out, const catalogue_review& review, std::int64_t row) {
  const product_card& card = review.products.at(static_cast<std::size_t>(row));
  out.field(row).field(card.line > 0 ? std::to_string(card.line) : "").field(card.id).field(card.name);
}

AISLE_API void header(csv_writer& out, std::initializer_list<const char*> names) {
  for (const char* name : names) out.field(name);
  out.end_row();
}

}  // namespace detail

AISLE_API void write_review(const catalogue_review& review, const std::string& path, csv_write_options how) {
  csv_writer out(path, how);
  detail::header(out, {"row", "line", "id", "name", "reason", "label", "suggested_label", "probability",
                       "label_probability", "known", "modality"});
  const auto class_of = [&](std::int32_t code) { return review.classes.at(static_cast<std::size_t>(code)); };
  for (const auto& [at, line] : detail::review_lines(review)) {
    const row_verdict& v = review.labelled[at];
    detail::product_fields(out, review, v.row);
    out.field(line.reason).field(class_of(v.given)).field(class_of(line.suggested));
    out.field(static_cast<float>(line.probability)).field(static_cast<float>(v.given_probability));
    out.field(static_cast<float>(v.known)).field(v.modality);
    out.end_row();
  }
  out.commit();
}

AISLE_API void write_suggested_labels(const catalogue_review& review, const std::string& path,
                                      csv_write_options how) {
  csv_writer out(path, how);
  detail::header(
      out, {"row", "line", "id", "name", "suggested_label", "probability", "known", "modality", "file"});
  std::vector<row_verdict> rows = review.unlabelled;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const row_verdict& a, const row_verdict& b) { return a.probability > b.probability; });
  for (const row_verdict& v : rows) {
    detail::product_fields(out, review, v.row);
    out.field(review.classes.at(static_cast<std::size_t>(v.suggested)))
        .field(static_cast<float>(v.probability));
    const bool file = detail::can_be_filed(review, v);
    out.field(static_cast<float>(v.known)).field(v.modality).field(file ? "yes" : "no");
    out.end_row();
  }
  out.commit();
}

AISLE_API void write_duplicates(const catalogue_review& review, const std::string& path,
                                csv_write_options how) {
  csv_writer out(path, how);
  detail::header(out, {"cluster", "by", "row", "line", "id", "name", "label", "differs"});
  std::map<std::int64_t, std::int32_t> labels;
  for (const row_verdict& v : review.labelled) labels.emplace(v.row, v.given);
  std::int64_t number = 0;
  for (const duplicate_cluster& d : review.duplicates) {
    ++number;
    std::string differs;
    for (const std::string& column : d.differs) differs += (differs.empty() ? "" : ", ") + column;
    for (const std::int64_t row : d.rows) {
      out.field(number).field(d.by);
      detail::product_fields(out, review, row);
      const auto label = labels.find(row);
      out.field(label == labels.end() ? std::string()
                                      : review.classes.at(static_cast<std::size_t>(label->second)));
      out.field(differs);
      out.end_row();
    }
  }
  out.commit();
}

AISLE_API std::vector<std::string> describe(const catalogue_review& review) {
  const auto rows = static_cast<std::int64_t>(review.labelled.size());
  std::int64_t confident = 0, unlike = 0, in_clusters = 0, fileable = 0;
  for (const label_issue& issue : review.issues) confident += issue.confident;
  for (const row_verdict& v : review.labelled) unlike += v.known < least_known;
  for (const duplicate_cluster& d : review.duplicates)
    in_clusters += static_cast<std::int64_t>(d.rows.size());
  for (const row_verdict& v : review.unlabelled) fileable += detail::can_be_filed(review, v);
  std::vector<std::string> out;
  out.push_back("of " + counted(rows, "label") + " " + std::to_string(confident) +
                (confident == 1 ? " is" : " are") + " likely wrong" +
                (review.knows_nothing ? ""
                                      : " (about " + std::to_string(std::llround(review.estimated_wrong)) +
                                            " by confident learning's counts)") +
                ", " + std::to_string(static_cast<std::int64_t>(review.issues.size()) - confident) +
                " more in doubt; " + counted(unlike, "row") + " like none of their class; " +
                counted(static_cast<std::int64_t>(review.duplicates.size()), "cluster") +
                " of near-duplicates (" + counted(in_clusters, "row") + ")");
  if (review.knows_nothing)
    out.emplace_back(
        "the classifier is no better than always naming the commonest class: what it says of labels says "
        "nothing");
  char line[240];
  if (review.filed.rows > 0)
    std::snprintf(
        line, sizeof line,
        "file without a person: from probability %.3f on %lld of %lld rows, of which %.2f %% are as "
        "labelled; %lld are left to review",
        std::floor(1000 * review.filed.threshold) / 1000, static_cast<long long>(review.filed.rows),
        static_cast<long long>(rows), 100 * review.filed.precision,
        static_cast<long long>(rows - review.filed.rows));
  else
    std::snprintf(line, sizeof line,
                  "file without a person: from no probability on %.4g %% of the rows are as labelled; wrong "
                  "labels count as mistakes",
                  100 * review.precision);
  out.emplace_back(line);
  if (!review.unlabelled.empty())
    out.push_back("of rows without a label " + std::to_string(review.unlabelled.size()) +
                  " have a suggestion, " + std::to_string(fileable) + " of them sure enough to file");
  return out;
}

AISLE_API void write_review_files(const catalogue_review& review, const std::string& folder,
                                  csv_write_options how) {
  write_review(review, join_path(folder, "review.csv"), how);
  write_suggested_labels(review, join_path(folder, "suggested_labels.csv"), how);
  write_duplicates(review, join_path(folder, "duplicates.csv"), how);
}

AISLE_API file_set review_files() {
  return {.index = "review.json",
          .names = {"review.json", "review.csv", "suggested_labels.csv", "duplicates.csv", "quality.csv",
                    "learning_curve.csv"}};
}

AISLE_API void write_review_index(const catalogue_review& review, const std::string& path) {
  const auto count = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
  const json out = json::object({{"labelled", count(review.labelled)},
                                 {"likely_wrong", count(review.issues)},
                                 {"estimated_wrong", review.estimated_wrong},
                                 {"knows_nothing", review.knows_nothing},
                                 {"precision", review.precision},
                                 {"filed", review.filed.rows},
                                 {"filed_from", review.filed.threshold},
                                 {"unlabelled", count(review.unlabelled)},
                                 {"duplicate_clusters", count(review.duplicates)}});
  write_file(path, out.dump(1) + "\n");
}

AISLE_NAMESPACE_END
