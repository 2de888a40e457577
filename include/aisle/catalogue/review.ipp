#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/experiment_results.hpp>
#include <aisle/catalogue/detail/experiment_rows.hpp>
#include <aisle/catalogue/detail/experiment_trials.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/review.hpp>
#include <aisle/learn/calibration.hpp>
#include <aisle/learn/familiarity.hpp>
#include <aisle/learn/near_duplicates.hpp>
#include <aisle/learn/significance.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API void check_review_label(const catalogue& products) {
  if (products.options.label_column.empty())
    throw option_error(products.path + ": read without a label column, expected the column of the classes");
}

AISLE_API void check_review_size(const catalogue& products, const label_vector& labels,
                                 const review_options& options) {
  if (labels.size() > options.most_probabilities / labels.classes().size())
    throw nothing_to_do(products.path + ": " + counted(labels.size(), "label") + " of " +
                        counted(labels.classes().size(), "class", "classes") + " are more than the " +
                        std::to_string(options.most_probabilities) +
                        " probabilities that a review keeps (most_probabilities)");
}

AISLE_API experiment_options review_settings(const review_options& options, const std::string& what) {
  if (options.folds < 2)
    throw option_error(what + ": folds " + std::to_string(options.folds) + ", expected at least 2");
  if (!options.modality.empty() && !find_inputs(options.modality))
    throw option_error(what + ": modality \"" + options.modality + "\", expected " +
                       std::string(names_of_inputs));
  experiment_options out;
  out.threads = options.threads;
  out.progress = options.progress;
  return out;
}

/// The steps of a review, in order.
class review_run {
 public:
  review_run(const catalogue& products, const embedding_table* text, const embedding_table* image,
             const review_options& options)
      : products_(products),
        text_(text),
        image_(image),
        options_(options),
        settings_(review_settings(options, "review")),
        runner_({options.how}, settings_) {}

  catalogue_review run() {
    chosen_ = choose_rows(products_, nullptr, rows_with_vectors(products_.data_rows, text_, image_));
    labels_ = label_vector(chosen_.labels);
    if (labels_.classes().size() < 2)
      throw nothing_to_do(
          products_.path + ": fewer than two classes with two rows each: nothing to tell apart",
          chosen_.skipped);
    check_review_size(products_, labels_, options_);
    out_.classes = labels_.classes().names();
    out_.products = describe_experiment(products_, text_, image_, settings_).products;
    out_.precision = options_.precision;
    done_.assign(static_cast<std::size_t>(products_.data_rows), false);
    modalities_ = make_modalities(products_, text_, image_, chosen_, labels_, {}, options_.on_warning);
    // The wanted one first, the others for rows that it does not see.
    std::stable_partition(modalities_.begin(), modalities_.end(),
                          [&](const modality& m) { return m.name == options_.modality; });
    for (const modality& m : modalities_) look_at(m);
    judge();
    find_duplicates();
    return std::move(out_);
  }

 private:
  /// How known rows are to the classes that they are put into, by what the fit learnt from.
  static std::vector<double> known_of(const trial& t, const modality& m, const index_vector& train,
                                      const modality_rows& rows, const label_vector& classes) {
    const modality_rows learnt = m.data.select(train);
    const familiarity known = familiarity::fit(t.features.dense(learnt), m.labels.rows(train));
    return known.of(t.features.dense(rows), {classes.codes().begin(), classes.codes().end()});
  }

  void look_at(const modality& m) {
    const auto is_new = [&](std::int64_t row) { return !done_[static_cast<std::size_t>(row)]; };
    const index_vector all = m.all_rows();
    const index_vector others = unlabelled_rows(m);
    if (ranges::none_of(m.data.rows, is_new) && ranges::none_of(others, is_new)) return;
    const std::vector<row_sides> folds = folds_of(m, all, options_.folds, options_.seed);
    if (folds.empty()) return;
    std::vector<trial> trials = list_trials(std::vector<std::size_t>{folds.size()}, 1);
    std::vector<std::vector<double>> known(folds.size());
    runner_.run("review", trials, [&](trial& t) {
      const row_sides& sides = folds[t.part];
      runner_.fit(t, m, sides, options_.seed);
      if (t.failure.empty())
        known[t.part] = known_of(t, m, sides.train, m.data.select(sides.test), t.predicted);
      t.forget_fit();
    });
    std::vector<const trial*> fits;
    std::vector<double> known_rows;
    for (const trial& t : trials) {
      if (!t.failure.empty() && options_.on_warning)
        options_.on_warning("review of " + m.name + ": a fold is left out: " + t.failure);
      fits.push_back(&t);
      known_rows.insert(known_rows.end(), known[t.part].begin(), known[t.part].end());
    }
    const held_out_rows held_out = gather_held_out(fits, m.labels.classes().size());
    if (held_out.rows.empty()) return;
    const double temperature = fit_temperature(m.labels.rows(held_out.rows), held_out.probabilities);
    const matrix<float> calibrated = at_temperature(held_out.probabilities, temperature);
    for (std::size_t i = 0; i < held_out.rows.size(); ++i) {
      const auto at = static_cast<std::size_t>(held_out.rows[i]);
      const std::int64_t row = m.data.rows[at];
      if (is_new(row))
        add(out_.labelled, m, row, m.labels.codes()[at], calibrated.row(static_cast<std::int64_t>(i)),
            known_rows[i]);
    }
    suggest(m, all, others, temperature);
    for (const auto* rows : {&m.data.rows, &others})
      for (const std::int64_t r : *rows) done_[static_cast<std::size_t>(r)] = true;
  }

  /// Data rows without a label that have what a modality looks at.
  index_vector unlabelled_rows(const modality& m) const {
    std::vector<bool> without(static_cast<std::size_t>(products_.data_rows), false);
    for (const product& p : products_.products) without[static_cast<std::size_t>(p.row)] = p.label.empty();
    index_vector out;
    for (const std::int64_t r : join_modalities(m.text, m.image).rows)
      if (without[static_cast<std::size_t>(r)]) out.push_back(r);
    return out;
  }

  void suggest(const modality& m, const index_vector& all, const index_vector& others, double temperature) {
    const modality_rows joined = join_modalities(m.text, m.image, &products_);
    index_vector places;
    for (std::size_t i = 0, o = 0; i < joined.rows.size() && o < others.size(); ++i)
      if (joined.rows[i] == others[o]) places.push_back(static_cast<std::int64_t>(i)), ++o;
    const modality_rows rows = joined.select(places);
    if (rows.rows.empty()) return;
    std::vector<trial> one(1);
    runner_.run("suggestions", one, [&](trial& t) { runner_.fit(t, m, {all, {}}, options_.seed); });
    const trial& t = one.front();
    if (!t.failure.empty()) {
      if (options_.on_warning) options_.on_warning("no suggestions of " + m.name + ": " + t.failure);
      return;
    }
    const feature_set<float> x = t.features.transform(rows);
    const matrix<float> raw = t.fitted->predict_proba(x.view());
    const std::vector<double> known = known_of(t, m, all, rows, t.fitted->likeliest(raw));
    const matrix<float> p = at_temperature(raw, temperature);
    for (std::size_t i = 0; i < rows.rows.size(); ++i)
      if (!done_[static_cast<std::size_t>(rows.rows[i])])
        add(out_.unlabelled, m, rows.rows[i], -1, p.row(static_cast<std::int64_t>(i)), known[i]);
  }

  void add(std::vector<row_verdict>& to, const modality& m, std::int64_t row, std::int32_t given,
           std::span<const float> p, double known) {
    const auto best = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
    to.push_back({row, m.name, given, static_cast<std::int32_t>(best), static_cast<double>(p[best]),
                  given < 0 ? 0 : static_cast<double>(p[static_cast<std::size_t>(given)]), known,
                  likeliest(p)});
    if (given >= 0) probabilities_.emplace(row, std::vector<float>(p.begin(), p.end()));
  }

  /// Likely wrong labels, and what can be filed.
  void judge() {
    for (auto* rows : {&out_.labelled, &out_.unlabelled})
      std::sort(rows->begin(), rows->end(),
                [](const row_verdict& a, const row_verdict& b) { return a.row < b.row; });
    if (out_.labelled.empty())
      throw nothing_to_do(products_.path + ": no row could be looked at by a classifier of others");
    matrix<float> p(static_cast<std::int64_t>(out_.labelled.size()), labels_.classes().size());
    std::vector<std::int32_t> codes;
    std::vector<double> confidence;
    std::vector<std::uint8_t> right;
    std::int64_t agreed = 0;
    for (const row_verdict& v : out_.labelled) {
      const std::vector<float>& from = probabilities_.at(v.row);
      std::copy(from.begin(), from.end(), p.row(static_cast<std::int64_t>(codes.size())).begin());
      codes.push_back(v.given);
      agreed += v.given == v.suggested;
      if (v.probability < least_filed_probability) continue;
      confidence.push_back(v.probability);
      right.push_back(v.given == v.suggested);
    }
    probabilities_.clear();
    const label_issues found = find_label_issues(label_vector(codes, labels_.shared_classes()), p);
    out_.issues = found.issues;
    out_.estimated_wrong = found.wrong();
    out_.filed = precision_threshold(confidence, right, options_.precision);
    if (out_.filed.rows < least_filed_rows) out_.filed = {};
    out_.knows_nothing = knows_nothing(codes, agreed);
  }

  /// Whether so many rows would be right of a classifier that always names the commonest class.
  static bool knows_nothing(const std::vector<std::int32_t>& codes, std::int64_t agreed) {
    std::map<std::int32_t, std::int64_t> counts;
    std::int64_t commonest = 0;
    for (const std::int32_t c : codes) commonest = std::max(commonest, ++counts[c]);
    const auto rows = static_cast<double>(codes.size());
    return wilson_interval(static_cast<double>(agreed) / rows, rows).low <=
           static_cast<double>(commonest) / rows;
  }

  void find_duplicates() {
    constexpr std::int64_t most = 50'000;  // all are compared with all
    std::map<std::int64_t, const product*> product_of;
    for (const product& p : products_.products) product_of.emplace(p.row, &p);
    for (const embedding_table* table : {text_, image_}) {
      if (!table) continue;
      const auto rows = static_cast<std::int64_t>(table->rows.size());
      if (rows > most) {
        if (options_.on_warning)
          options_.on_warning("near-duplicates are not looked for among " + std::to_string(rows) +
                              " rows, at most among " + std::to_string(most));
        continue;
      }
      for (const index_vector& cluster : near_duplicates(table->vectors, {.threads = options_.threads})) {
        duplicate_cluster d{table == text_ ? "text" : "image", {}, {}};
        for (const std::int64_t i : cluster) d.rows.push_back(table->rows[static_cast<std::size_t>(i)]);
        for (std::size_t c = 0; c < products_.header.size(); ++c) {
          std::set<std::string_view> cells;
          for (const std::int64_t r : d.rows)
            if (const auto p = product_of.find(r); p != product_of.end() && c < p->second->fields.size())
              cells.insert(p->second->fields[c]);
          if (cells.size() > 1) d.differs.push_back(products_.header[c]);
        }
        out_.duplicates.push_back(std::move(d));
      }
    }
  }

  const catalogue& products_;
  const embedding_table *text_, *image_;
  const review_options& options_;
  const experiment_options settings_;
  trial_runner runner_;
  catalogue_review out_;
  chosen_rows chosen_;
  label_vector labels_;
  std::vector<modality> modalities_;
  std::vector<bool> done_;                                    // data rows that were looked at
  std::map<std::int64_t, std::vector<float>> probabilities_;  // of labelled rows
};

}  // namespace detail

AISLE_API catalogue_review review_catalogue(const catalogue& products, const embedding_table* text,
                                            const embedding_table* image, const review_options& options) {
  detail::check_review_label(products);
  check_columns(products, options.how.columns);
  return detail::review_run(products, text, image, options).run();
}

AISLE_API void add_review(experiment_result& result, const catalogue_review& review) {
  std::map<std::string_view, std::int32_t> codes;
  for (std::size_t c = 0; c < result.classes.size(); ++c)
    codes.emplace(result.classes[c], static_cast<std::int32_t>(c));
  std::vector<std::int32_t> code_of;
  for (const std::string& name : review.classes) {
    const auto found = codes.find(name);
    code_of.push_back(found == codes.end() ? -1 : found->second);
  }
  std::map<std::int64_t, std::int64_t> suspects;  // data row, place
  for (const label_issue& issue : review.issues)
    if (issue.confident)
      suspects.emplace(review.labelled[static_cast<std::size_t>(issue.row)].row, std::ssize(suspects));
  result.totals = {.labelled = std::ssize(review.labelled),
                   .unlabelled = std::ssize(review.unlabelled),
                   .suspects = std::ssize(suspects),
                   .estimated_wrong = review.estimated_wrong,
                   .precision = review.precision,
                   .threshold = review.filed.threshold,
                   .filed = review.filed.rows,
                   .filed_precision = review.filed.precision};
  result.verdicts.clear();
  for (const auto* verdicts : {&review.labelled, &review.unlabelled})
    for (const row_verdict& v : *verdicts) {
      product_verdict out{.row = v.row, .given = -1, .likely = v.likely, .suspect = -1};
      if (v.given >= 0) out.given = code_of[static_cast<std::size_t>(v.given)];
      for (likely_class& l : out.likely) l.code = code_of[static_cast<std::size_t>(l.code)];
      std::erase_if(out.likely, [](const likely_class& l) { return l.code < 0; });
      if (const auto found = suspects.find(v.row); found != suspects.end()) out.suspect = found->second;
      if (!out.likely.empty() && (v.given < 0 || out.given >= 0)) result.verdicts.push_back(std::move(out));
    }
  std::sort(result.verdicts.begin(), result.verdicts.end(),
            [](const product_verdict& a, const product_verdict& b) { return a.row < b.row; });
}

AISLE_NAMESPACE_END
