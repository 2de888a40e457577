#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <utility>

#include <aisle/base/random.hpp>
#include <aisle/catalogue/detail/experiment_rows.hpp>
#include <aisle/catalogue/detail/experiment_trials.hpp>
#include <aisle/catalogue/learning_curve.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

inline constexpr std::array<double, 4> curve_shares = {0.12, 0.25, 0.5, 1};

/// The first of a modality's rows that a share takes, class by class in an order drawn from the seed. A group
/// counts for the class of its first row. Ascending.
AISLE_API index_vector share_of_rows(const modality& m, const index_vector& rows, double share,
                                     std::uint64_t seed) {
  const std::vector<std::int64_t> groups = m.groups_of(rows);
  std::map<std::int64_t, std::size_t> of_group;
  std::vector<index_vector> units;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto place =
        of_group.emplace(groups.empty() ? static_cast<std::int64_t>(i) : groups[i], units.size());
    if (place.second) units.emplace_back();
    units[place.first->second].push_back(rows[i]);
  }
  const auto class_of = [&](const index_vector& unit) {
    return static_cast<std::size_t>(m.labels.codes()[static_cast<std::size_t>(unit.front())]);
  };
  std::vector<std::int64_t> all(static_cast<std::size_t>(m.labels.classes().size()), 0), taken = all;
  for (const index_vector& unit : units) all[class_of(unit)] += static_cast<std::int64_t>(unit.size());
  random_generator random(seed);
  for (std::size_t i = units.size(); i > 1; --i)
    std::swap(units[i - 1], units[static_cast<std::size_t>(random.below(i))]);
  index_vector out;
  for (const index_vector& unit : units) {
    const std::size_t c = class_of(unit);
    if (static_cast<double>(taken[c]) >= share * static_cast<double>(all[c])) continue;
    taken[c] += static_cast<std::int64_t>(unit.size());
    out.insert(out.end(), unit.begin(), unit.end());
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Of 95 %, both sides.
AISLE_API double student_t(std::size_t degrees) {
  constexpr std::array<double, 10> table = {12.706, 4.303, 3.182, 2.776, 2.571,
                                            2.447,  2.365, 2.306, 2.262, 2.228};
  return table[std::min(degrees, table.size()) - 1];  // degrees > 0
}

/// Fold by fold, the scores at each share.
struct curve_fold {
  std::vector<double> class_rows, class_f1;
};

AISLE_API std::optional<curve_forecast> forecast_of(std::int64_t code,
                                                    const std::vector<std::array<double, 3>>& folds,
                                                    double rows) {
  if (folds.size() < 3) return std::nullopt;
  curve_forecast out;
  out.code = code;
  out.more_rows = rows;
  const auto n = static_cast<double>(folds.size());
  double last = 0, squares = 0;
  for (const auto& f : folds)
    out.f1 += f[2] / n, out.gain += (f[2] - f[0]) / 2 / n, last += (f[2] - f[1]) / n;
  for (const auto& f : folds) {
    const double off = (f[2] - f[0]) / 2 - out.gain;
    squares += off * off;
  }
  const double half = student_t(folds.size() - 1) * std::sqrt(squares / (n - 1) / n);
  const double left = 100 - out.f1;
  out.low = std::min(out.gain - half, left), out.high = std::min(out.gain + half, left);
  const bool flat = last < out.gain / 2;
  out.gain = std::min(out.gain, left);
  if (flat || out.low <= 0 || out.gain < 2) return std::nullopt;
  return out;
}

}  // namespace detail

AISLE_API learning_curve find_learning_curve(const catalogue& products, const embedding_table* text,
                                             const embedding_table* image, const review_options& options) {
  using namespace detail;
  check_review_label(products);
  check_columns(products, options.how.columns);
  const experiment_options settings = review_settings(options, "learning curve");
  trial_runner runner({options.how}, settings);
  const chosen_rows chosen =
      choose_rows(products, nullptr, rows_with_vectors(products.data_rows, text, image));
  const label_vector labels(chosen.labels);
  if (labels.classes().size() < 2)
    throw nothing_to_do(products.path + ": fewer than two classes with two rows each: no learning curve",
                        chosen.skipped);
  check_review_size(products, labels, options);
  const std::vector<modality> modalities =
      make_modalities(products, text, image, chosen, labels, {}, options.on_warning);
  const auto named = std::find_if(modalities.begin(), modalities.end(),
                                  [&](const modality& m) { return m.name == options.modality; });
  if (modalities.empty())
    throw nothing_to_do(products.path + ": no rows that a learning curve could be drawn of", chosen.skipped);
  const modality& m = named == modalities.end() ? modalities.front() : *named;
  learning_curve out;
  out.modality = m.name;
  out.learner = options.how.learner;
  out.classes = m.labels.classes().names();
  const index_vector all = m.all_rows();
  const std::vector<row_sides> folds = folds_of(m, all, options.folds, options.seed);
  out.folds = static_cast<std::int64_t>(folds.size());

  // A trial's learner is the only one; its modality stands for the share.
  std::vector<trial> trials = list_trials(std::vector<std::size_t>(curve_shares.size(), folds.size()), 1);
  std::vector<curve_fold> scores(trials.size());
  const std::size_t classes = out.classes.size();
  const double none = std::numeric_limits<double>::quiet_NaN();
  const auto place = [&](const trial& t) { return t.modality * folds.size() + t.part; };
  runner.run("learning curve", trials, [&](trial& t) {
    row_sides sides = folds[t.part];
    sides.train = share_of_rows(m, sides.train, curve_shares[t.modality], options.seed + t.part);
    curve_fold& score = scores[place(t)];
    for (const std::int64_t n : m.labels.rows(sides.train).counts())
      score.class_rows.push_back(static_cast<double>(n));
    runner.fit(t, m, sides, options.seed);
    score.class_f1.assign(classes, none);
    if (t.failure.empty()) {
      const label_vector truth = m.labels.rows(sides.test);
      const class_scores of = precision_recall_f1(truth, t.predicted, {.labels = out.classes});
      for (std::size_t c = 0; c < classes; ++c)
        if (of.support[c] > 0) score.class_f1[c] = 100 * of.scores[c].f1;
    }
    t.forget();
  });

  for (std::size_t s = 0; s < curve_shares.size(); ++s) {
    curve_point p;
    p.share = curve_shares[s];
    p.class_rows.assign(classes, 0.0);
    std::vector<double> sums(classes, 0.0), counts(classes, 0.0);
    double fitted = 0;
    for (std::size_t f = 0; f < folds.size(); ++f) {
      const trial& t = trials[s * folds.size() + f];
      const curve_fold& score = scores[place(t)];
      if (!t.failure.empty()) {
        if (options.on_warning) options.on_warning("learning curve: a fold is left out: " + t.failure);
        continue;
      }
      ++fitted, p.accuracy += t.own.accuracy, p.macro_f1 += t.own.macro_f1;
      for (std::size_t c = 0; c < classes; ++c) {
        p.class_rows[c] += score.class_rows[c];
        if (is_finite(score.class_f1[c])) sums[c] += score.class_f1[c], ++counts[c];
      }
    }
    if (fitted == 0) return out;  // no curve without one of its points
    p.accuracy /= fitted, p.macro_f1 /= fitted;
    for (std::size_t c = 0; c < classes; ++c) {
      p.class_rows[c] /= fitted;
      p.rows += p.class_rows[c];
      p.class_f1.push_back(counts[c] > 0 ? sums[c] / counts[c] : none);
    }
    out.points.push_back(std::move(p));
  }
  for (std::size_t c = 0; c < classes; ++c) {
    std::vector<std::array<double, 3>> of_folds;
    for (std::size_t f = 0; f < folds.size(); ++f) {
      std::array<double, 3> f1{};
      bool whole = true;
      for (std::size_t s = 0; s < 3; ++s) {
        f1[s] = scores[(s + 1) * folds.size() + f].class_f1[c];
        whole = whole && is_finite(f1[s]);
      }
      if (whole) of_folds.push_back(f1);
    }
    if (const auto forecast =
            forecast_of(static_cast<std::int64_t>(c), of_folds, out.points.back().class_rows[c]))
      out.forecasts.push_back(*forecast);
  }
  std::stable_sort(out.forecasts.begin(), out.forecasts.end(),
                   [](const curve_forecast& a, const curve_forecast& b) { return a.gain > b.gain; });
  return out;
}

AISLE_API void write_learning_curve(const learning_curve& curve, const std::string& path,
                                    csv_write_options how) {
  csv_writer out(path, how);
  for (const char* name :
       {"share", "training_rows", "accuracy", "macro_f1", "class", "class_rows", "class_f1"})
    out.field(name);
  out.end_row();
  for (const curve_point& p : curve.points) {
    out.field(p.share).field(p.rows).field(p.accuracy).field(p.macro_f1).field("").field("").field("");
    out.end_row();
    for (std::size_t c = 0; c < curve.classes.size(); ++c) {
      out.field(p.share).field("").field("").field("").field(curve.classes[c]).field(p.class_rows[c]);
      if (is_finite(p.class_f1[c]))
        out.field(p.class_f1[c]);
      else
        out.field("");
      out.end_row();
    }
  }
  out.commit();
}

AISLE_API std::vector<std::string> describe(const learning_curve& curve) {
  if (curve.points.empty()) return {};
  std::string shares, f1s, accuracies;
  char text[256];
  for (const curve_point& p : curve.points) {
    const char* comma = shares.empty() ? "" : ", ";
    std::snprintf(text, sizeof text, "%s%.0f", comma, p.rows);
    shares += text;
    std::snprintf(text, sizeof text, "%s%.1f", comma, p.macro_f1);
    f1s += text;
    std::snprintf(text, sizeof text, "%s%.1f", comma, p.accuracy);
    accuracies += text;
  }
  std::vector<std::string> out = {"learning curve: from " + shares + " rows macro F1 is " + f1s +
                                  " %, accuracy " + accuracies + " % (means of " +
                                  std::to_string(curve.folds) + " folds)"};
  for (std::size_t i = 0; i < std::min<std::size_t>(5, curve.forecasts.size()); ++i) {
    const curve_forecast& f = curve.forecasts[i];
    std::snprintf(
        text, sizeof text,
        " would bring about %.0f points of its F1, now %.1f %% (95 %% interval %.0f to %.0f), if it "
        "goes on as over the last two doublings",
        f.gain, f.f1, f.low, f.high);
    out.push_back(std::to_string(std::llround(f.more_rows)) + " more rows of '" +
                  curve.classes[static_cast<std::size_t>(f.code)] + "'" + text);
  }
  return out;
}

AISLE_NAMESPACE_END
