#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include <aisle/catalogue/compare.hpp>
#include <aisle/catalogue/report/scores.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A test row of a run's best classifier.
struct tested_product {
  const product_card* card = nullptr;
  std::string label, said;
  float probability = 0;
  bool right() const { return label == said; }
};

AISLE_API std::map<std::string, tested_product> tested_products(const experiment_result& r,
                                                                const model_result& m, bool by_id) {
  std::map<std::string, tested_product> out;
  for (std::size_t i = 0; i < m.test_rows.size(); ++i) {
    tested_product p;
    p.card = r.product_of(m.test_rows[i]);
    p.label = r.classes[static_cast<std::size_t>(m.truth[i])];
    p.said = r.classes[static_cast<std::size_t>(m.predicted[i])];
    p.probability = m.probabilities.empty() ? std::numeric_limits<float>::quiet_NaN()
                                            : m.probabilities(static_cast<std::int64_t>(i), m.predicted[i]);
    const std::string id = by_id && p.card != nullptr ? p.card->id : std::string();
    if (by_id && id.empty()) continue;
    out.emplace(by_id ? id : std::to_string(m.test_rows[i]), std::move(p));
  }
  return out;
}

AISLE_API bool has_ids(const experiment_result& r) {
  return std::any_of(r.products.begin(), r.products.end(),
                     [](const product_card& p) { return !p.id.empty(); });
}

AISLE_API void compare_products(const experiment_result& a, const model_result& of_a,
                                const experiment_result& b, const model_result& of_b,
                                results_comparison& out) {
  const bool by_id = has_ids(a) && has_ids(b);
  const auto before = tested_products(a, of_a, by_id), after = tested_products(b, of_b, by_id);
  for (const auto& [key, p] : before) {
    const auto found = after.find(key);
    if (found == after.end()) continue;
    const tested_product& q = found->second;
    ++out.tested_by_both;
    out.test.only_first += p.right() && !q.right();
    out.test.only_second += !p.right() && q.right();
    product_change c{.id = by_id ? key : "row " + key,
                     .name = q.card != nullptr ? q.card->name : "",
                     .label_before = p.label,
                     .label_after = q.label,
                     .said_before = p.said,
                     .said_after = q.said,
                     .right_before = p.right(),
                     .right_after = q.right(),
                     .probability_before = p.probability,
                     .probability_after = q.probability};
    if (p.label != q.label) out.relabelled.push_back(c);
    if (c.right_before != c.right_after) (c.right_after ? out.better : out.worse).push_back(std::move(c));
  }
  out.test = mcnemar_test(out.test.only_first, out.test.only_second);
  const auto surest = [](const product_change& x, const product_change& y) {
    const auto sure = [](float p) { return std::isnan(p) ? -1.0f : p; };
    return sure(x.probability_after) > sure(y.probability_after);
  };
  for (auto* list : {&out.worse, &out.better, &out.relabelled})
    std::stable_sort(list->begin(), list->end(), surest);
  out.sampled = of_a.sampled >= 0 || of_b.sampled >= 0;
}

AISLE_API void add_class_scores(const report::report_scores& all, bool later,
                                std::map<std::string, class_change>& to) {
  const report::model_scores* m = all.best();
  if (m == nullptr) return;
  for (std::size_t i = 0; i < m->labels.size(); ++i) {
    const std::string& name = all.result->classes[static_cast<std::size_t>(m->labels[i])];
    class_change& c = to[name];
    c.name = name;
    (later ? c.f1_after : c.f1_before) = 100 * m->per_class.scores[i].f1;
    (later ? c.rows_after : c.rows_before) = m->per_class.support[i];
  }
}

}  // namespace detail

AISLE_API results_comparison compare_results(const experiment_result& before,
                                             const experiment_result& after) {
  results_comparison out;
  const detail::report::report_scores a = detail::report::score_result(before),
                                      b = detail::report::score_result(after);
  const auto name_of = [](const detail::report::model_scores* m) {
    return m == nullptr ? std::string() : m->model->modality + " " + m->model->model;
  };
  out.best_before = name_of(a.best()), out.best_after = name_of(b.best());
  const auto add_scores = [](const detail::report::model_scores* m, double& accuracy, double& macro_f1,
                             std::int64_t& splits) {
    if (m == nullptr || m->model->splits.empty()) return;
    accuracy = m->model->splits.front().accuracy;
    macro_f1 = m->model->splits.front().macro_f1;
    splits = static_cast<std::int64_t>(m->model->splits.size());
  };
  add_scores(a.best(), out.accuracy_before, out.macro_f1_before, out.splits_before);
  add_scores(b.best(), out.accuracy_after, out.macro_f1_after, out.splits_after);
  out.rows_before = before.usage.used(), out.rows_after = after.usage.used();
  out.review_before = before.totals, out.review_after = after.totals;
  const std::set<std::string> old(before.classes.begin(), before.classes.end()),
      now(after.classes.begin(), after.classes.end());
  std::set_difference(old.begin(), old.end(), now.begin(), now.end(), std::back_inserter(out.classes_gone));
  std::set_difference(now.begin(), now.end(), old.begin(), old.end(), std::back_inserter(out.classes_new));
  std::map<std::string, class_change> classes;
  detail::add_class_scores(a, false, classes);
  detail::add_class_scores(b, true, classes);
  for (auto& [name, c] : classes) out.classes.push_back(std::move(c));
  std::stable_sort(out.classes.begin(), out.classes.end(), [](const class_change& x, const class_change& y) {
    return std::abs(x.change()) > std::abs(y.change());
  });
  if (a.best() != nullptr && b.best() != nullptr)
    detail::compare_products(before, *a.best()->model, after, *b.best()->model, out);
  return out;
}

AISLE_NAMESPACE_END
