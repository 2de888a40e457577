#pragma once

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/report/charts.hpp>
#include <aisle/catalogue/report/markdown.hpp>
#include <aisle/catalogue/report/text.hpp>
#include <aisle/io/json.hpp>

// The notebook: text cells, and code cells that read report.json and the results' CSV files beside it. Their
// outputs are those of this program; running the cells replaces them by Python's.

AISLE_NAMESPACE_BEGIN
namespace detail::report {

/// nbformat keeps texts as lists of lines, each with its line break.
AISLE_API json notebook_lines(std::string_view text) {
  json::array_type out;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
    out.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return json(std::move(out));
}

class notebook_writer {
 public:
  void text(std::string_view markdown) { add("markdown", json::object(), markdown); }
  /// A code cell with the outputs it has had.
  void code(std::string_view source, json::array_type outputs = {}) {
    ++count_;
    for (json& output : outputs)
      if (output.get<std::string>("output_type") == "execute_result")
        output["execution_count"] = json(count_);
    add("code", json::object({{"execution_count", count_}, {"outputs", json(std::move(outputs))}}), source);
  }
  std::string finish() && {
    json out =
        json::object({{"cells", json(std::move(cells_))},
                      {"metadata", json::object({{"kernelspec", json::object({{"display_name", "Python 3"},
                                                                              {"language", "python"},
                                                                              {"name", "python3"}})},
                                                 {"language_info", json::object({{"name", "python"}})}})},
                      {"nbformat", 4},
                      {"nbformat_minor", 5}});
    return out.dump(1) + "\n";
  }

 private:
  void add(const char* type, json more, std::string_view source) {
    json cell = json::object(
        {{"cell_type", type}, {"id", "cell-" + std::to_string(cells_.size())}, {"metadata", json::object()}});
    for (const auto& [key, value] : std::as_const(more).members()) cell[key] = value;
    cell["source"] = notebook_lines(source);
    cells_.push_back(std::move(cell));
  }
  json::array_type cells_;
  std::int64_t count_ = 0;
};

AISLE_API json markdown_output(const std::string& markdown) {
  return json::object({{"output_type", "execute_result"},
                       {"data", json::object({{"text/markdown", notebook_lines(markdown)},
                                              {"text/plain", notebook_lines(markdown)}})},
                       {"metadata", json::object()},
                       {"execution_count", nullptr}});
}

AISLE_API json chart_output(const std::string& chart, const char* what) {
  return json::object({{"output_type", "display_data"},
                       {"data", json::object({{"image/svg+xml", notebook_lines(standalone_svg(chart))},
                                              {"text/plain", notebook_lines(what)}})},
                       {"metadata", json::object()}});
}

/// A Python string literal: JSON's is one.
AISLE_API std::string python_string(const std::string& text) { return json(one_line(text)).dump(); }

AISLE_API std::string_view notebook_setup() {
  return R"py(import hashlib
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

metrics = json.loads(Path("metrics.json").read_text(encoding="utf-8")) if Path("metrics.json").exists() else {}


def checked(name):
    """A file beside this notebook; metrics.json knows whether it is of the same run."""
    path, known = Path(name), metrics.get("files", {})
    if path.exists() and name in known and hashlib.sha256(path.read_bytes()).hexdigest() != known[name]:
        raise ValueError(f"{name} is not the file that metrics.json names: results of two runs")
    return path


result = json.loads(checked("report.json").read_text(encoding="utf-8"))
classes = result["classes"]
classes_drawn = 40  # at most, in one drawing: nobody reads more
models = result["models"]


def model_of(modality, model):
    return next(m for m in models if (m["modality"], m["model"]) == (modality, model))


def predictions(modality, model):
    """True and predicted classes of the test rows: of the CSV file if it is there, else of report.json."""
    m = model_of(modality, model)
    path = checked(f"{modality}_results.csv")
    if m["chosen"] and path.exists():
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return table["True Labels"], table["Predictions"]
    counts = m.get("counts")  # of all, where only some rows are listed
    rows = counts["rows"] if counts else 1
    return tuple(pd.Series(np.repeat([classes[c] for c in (counts or m)[key]], rows), name=name)
                 for key, name in (("truth", "True Labels"), ("predicted", "Predictions")))


def most_confused(table, limit):
    """The classes of a confusion matrix of the most rows that are mixed up with another class."""
    counts = table.to_numpy()
    mixed_up = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
    order = np.lexsort((np.arange(len(counts)), -counts.sum(axis=1), -mixed_up))
    return table.index[np.sort(order[:limit])]


def roc(positive, score):
    order = np.argsort(-score, kind="stable")
    last = np.r_[np.diff(score[order]) != 0, True]
    found, false = np.cumsum(positive[order])[last], np.cumsum(~positive[order])[last]
    return np.r_[0, false / false[-1]], np.r_[0, found / found[-1]])py";
}

AISLE_API std::string_view notebook_scores() {
  return R"py(scores = pd.DataFrame(
    {"modality": m["modality"], "model": m["model"], "chosen": m["chosen"], **split}
    for m in models for split in m["splits"])
scores.groupby(["modality", "model", "chosen"])[["accuracy", "macro_f1"]].agg(["mean", "std"]).round(1))py";
}

AISLE_API std::string_view notebook_confusion() {
  return R"py(truth, predicted = predictions(modality, model)
occurring = set(truth) | set(predicted)
both = [c for c in classes if c in occurring]
table = pd.crosstab(truth, predicted).reindex(index=both, columns=both, fill_value=0)
share = table.div(table.sum(axis=1).clip(lower=1), axis=0)
drawn = most_confused(table, classes_drawn)
table, share = table.loc[drawn, drawn], share.loc[drawn, drawn]
fig, ax = plt.subplots(figsize=(2 + 0.45 * len(table.columns), 2 + 0.4 * len(table)))
ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
ax.set_xticks(range(len(table.columns)), table.columns, rotation=60, ha="right")
ax.set_yticks(range(len(table)), table.index)
for i, j in zip(*np.nonzero(table.to_numpy())):  # both axes have the same classes
    colour = "white" if share.iat[i, j] > 0.5 else "black"
    ax.text(j, i, table.iat[i, j], ha="center", va="center", color=colour)
ax.set(xlabel="Predicted class", ylabel="True class", title="Confusion matrix" if len(drawn) == len(both) else
       f"The {len(drawn)} of {len(both)} classes that are mixed up most")
plt.show())py";
}

AISLE_API std::string_view notebook_roc() {
  return R"py(m = model_of(modality, model)
rows = slice(m.get("sampled"))  # of many, an even sample
truth, probabilities = np.array(m["truth"])[rows], np.array(m["probabilities"], dtype=float)[rows]
fig, ax = plt.subplots(figsize=(6, 6))
grid, mean, curves = np.linspace(0, 1, 501), 0, []
for c, name in enumerate(classes):
    if 0 < (truth == c).sum() < len(truth):
        fpr, tpr = roc(truth == c, probabilities[:, c])
        curves.append((np.sum(np.diff(fpr) * (tpr[1:] + tpr[:-1]) / 2), name, fpr, tpr))
        mean = mean + np.interp(grid, fpr, tpr)
for area, name, fpr, tpr in sorted(curves, key=lambda curve: curve[0])[:classes_drawn]:  # the weakest
    ax.plot(fpr, tpr, lw=1, label=f"{name} ({area:.3f})")
ax.plot(grid, mean / max(len(curves), 1), "k", lw=2.5, label="macro average")
ax.plot([0, 1], [0, 1], ":", color="grey")
ax.set(xlabel="False positive rate", ylabel="True positive rate", title="One against the rest (AUC)")
ax.legend(fontsize=7, loc="lower right")
plt.show())py";
}

AISLE_API std::string_view notebook_training() {
  return R"py(m = model_of(modality, "mlp")
history = pd.DataFrame(m["history"], dtype=float)
history.index += 1
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
history[["loss", "validation_loss"]].plot(ax=left, xlabel="Epoch", ylabel="Loss")
(100 * history["validation_accuracy"]).plot(ax=right, xlabel="Epoch", ylabel="Validation accuracy, %")
for ax in (left, right):
    ax.axvline(m["best_epoch"] + 1, ls="--", color="grey")
plt.show())py";
}

AISLE_API std::string_view notebook_catalogue() {
  return R"py(counts = pd.Series(result["class_counts"], index=classes).sort_values().tail(classes_drawn)
fig, (left, right) = plt.subplots(1, 2, figsize=(12, 0.25 * len(counts) + 2))
counts.plot.barh(ax=left, title="Products in each class" if len(counts) == len(classes) else
                 f"Products in the {len(counts)} largest of {len(classes)} classes")
if result["text_tokens"]:
    right.hist(result["text_tokens"], weights=result.get("text_rows"), bins=24)
right.set(title="Length of the texts", xlabel="Tokens", ylabel="Products")
plt.tight_layout()
plt.show())py";
}

/// Of more classes nobody reads a drawing, and the file would grow with the square of their number.
inline constexpr std::size_t classes_drawn = 40;

/// "\n\nDrawn: the 40 of 300 classes …"; nothing where all are.
AISLE_API std::string drawn_note(std::size_t all, const char* which) {
  if (all <= classes_drawn) return {};
  return "\n\nDrawn: " + std::to_string(classes_drawn) + " of " + grouped(static_cast<std::int64_t>(all)) +
         " classes, " + which + ".";
}

AISLE_API void modality_cells(notebook_writer& out, const report_scores& all, const std::string& modality) {
  const model_scores& m = *all.chosen(modality);
  if (!m.labels.empty()) {
    out.text("## " + escape_markdown(modality_title(modality)) + " · " +
             escape_markdown(model_title(m.model->model)) + "\n\n" + classes_markdown(all, m) +
             "\n### Most frequent mix-ups\n\n" + mix_ups_markdown(all, m) +
             "\n### Most confident mistakes\n\n" + mistakes_markdown(all, m) +
             drawn_note(m.labels.size(), "those that are mixed up most"));
    out.code("modality, model = " + python_string(modality) + ", " + python_string(m.model->model) + "\n\n" +
                 std::string(notebook_confusion()),
             {chart_output(heat_map(all, m, most_confused(m, classes_drawn)), "Confusion matrix")});
    if (m.curves.size() > classes_drawn)
      out.text("### ROC curves" + drawn_note(m.curves.size(), "those of the smallest areas"));
    if (!m.curves.empty())
      out.code(notebook_roc(),
               {chart_output(roc_chart(all, m, weakest_curves(m, classes_drawn)), "ROC curves")});
  }
  for (const model_scores* each : all.of(modality))
    if (each->model->model == "mlp" && !each->model->history.empty()) {
      out.text("### How the network learned (" + escape_markdown(modality_title(modality)) +
               ")\n\nDashed: training loss. Solid: loss and accuracy on held-out training rows.");
      out.code("modality = " + python_string(modality) + "\n\n" + std::string(notebook_training()),
               {chart_output(loss_chart(*each->model), "Loss by epoch"),
                chart_output(accuracy_chart(*each->model), "Validation accuracy by epoch")});
    }
}

}  // namespace detail::report

AISLE_API std::string report_notebook(const experiment_result& result) {
  namespace parts = detail::report;
  const parts::report_scores all = parts::score_result(result);
  parts::notebook_writer out;
  out.text("# Catalogue report: " + parts::escape_markdown(result.catalogue) + "\n\n" +
           parts::headline_markdown(all));
  out.code(parts::notebook_setup());
  if (!all.models.empty()) {
    out.text("## Scores");
    out.code(parts::notebook_scores(), {parts::markdown_output(parts::scores_markdown(all))});
  }
  for (const std::string& modality : all.modalities) parts::modality_cells(out, all, modality);
  out.text("## Catalogue\n\n" + parts::catalogue_markdown(all));
  json::array_type charts;
  if (!result.text_tokens.empty())
    charts.push_back(parts::chart_output(
        parts::histogram(result.text_tokens, result.text_rows, 24, "Tokens", "Length of the texts"),
        "Length of the texts"));
  out.code(parts::notebook_catalogue(), std::move(charts));
  out.text("### Skipped rows\n\n" + parts::skipped_markdown(all) + "\n## Run\n\n" + parts::run_markdown(all));
  return std::move(out).finish();
}

AISLE_NAMESPACE_END
