// golden/learn/{data,trees}*.json: class weights, scalers, trees and forests against scikit-learn's.

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>
#include <aisle/learn/decision_tree.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/random_forest.hpp>
#include <aisle/learn/scaler.hpp>
#include <aisle/learn/split.hpp>

#include "golden.hpp"
#include "learn.hpp"
#include "learn_scores.hpp"
#include "learn_set.hpp"

namespace golden::learn {
namespace {

using aisle::json;

void check_weights(const std::string& name, const aisle::label_vector& labels, const json& expected,
                   session& s) {
  difference d;
  std::vector<double> counts;
  for (const auto n : labels.counts())
    if (n > 0) counts.push_back(static_cast<double>(n));
  std::vector<double> balanced;
  for (const double w : aisle::class_weights::balanced().resolve(labels))
    if (w > 0) balanced.push_back(w);
  std::vector<std::string> present;
  for (std::size_t c = 0; c < labels.counts().size(); ++c)
    if (labels.counts()[c] > 0) present.push_back(labels.classes().names()[c]);
  d.add(counts, numbers(expected["counts"]));
  d.add(balanced, numbers(expected["balanced"]));
  const bool order = present == texts(expected["classes"]);
  s.error(name, order ? d.worst() : 1e9, 1e-12, order ? "" : "classes in another order");
}

void run_data(const std::string& path, session& s) {
  const json file = aisle::read_json(path);
  for (const auto& [name, expected] : file.members()) {
    if (expected.contains("label")) {
      check_catalogue(name, expected, s);
      continue;
    }
    const data_set set(path, name);
    check_weights(name + "/class_weight_all", set.labels, expected["class_weight_all"], s);
    check_weights(name + "/class_weight_train", set.labels.rows(set.train), expected["class_weight_train"],
                  s);
    const auto scaler = aisle::standard_scaler<double>::fit(set.x.rows(set.train));
    relative d;
    d.add(scaler.mean(), numbers(expected["scaler_train"]["mean"]));
    d.add(scaler.variance(), numbers(expected["scaler_train"]["var"]));
    d.add(scaler.scale(), numbers(expected["scaler_train"]["scale"]));
    s.error(name + "/scaler", d.worst(), 1e-12);
  }
}

void check_tree(const std::string& name, const data_set& set, const aisle::class_weights& weights,
                const json& expected, session& s) {
  seed_scores scores(set);
  const auto x = narrow(set.x);
  const auto train = set.labels.rows(set.train);
  double wrong = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    aisle::decision_tree<float> tree{{.weights = weights, .seed = static_cast<std::uint64_t>(seed)}};
    tree.fit(x.rows(set.train), train);
    scores.add(tree.predict(x.rows(set.test)));
    wrong += expected.get<double>("train_accuracy") - aisle::accuracy(train, tree.predict(x.rows(set.train)));
  }
  scores.check(name, expected, s);
  s.error(name + "/train_accuracy", std::abs(wrong), 1e-12);
}

void check_forest(const std::string& name, const data_set& set, const aisle::class_weights& weights,
                  const json& expected, session& s) {
  seed_scores scores(set);
  const auto x = narrow(set.x);
  std::vector<double> importances(static_cast<std::size_t>(x.cols()), 0.0);
  double oob = 0;
  for (int seed = 0; seed < seeds; ++seed) {
    aisle::random_forest<float> forest{
        {.trees = 200, .out_of_bag = true, .weights = weights, .seed = static_cast<std::uint64_t>(seed)}};
    forest.fit(x.rows(set.train), set.labels.rows(set.train));
    scores.add(forest.predict(x.rows(set.test)));
    oob += forest.oob_score() / seeds;
    for (std::size_t f = 0; f < importances.size(); ++f) importances[f] += forest.importances()[f] / seeds;
  }
  scores.check(name, expected, s);
  // Beyond the limits asked for: both means are known to a standard error; five of them (and a rounded
  // digit).
  const auto count = expected.get<double>("seeds");
  const double errors = 5 * std::sqrt(1.0 / seeds + 1.0 / count);
  const double half_row = 0.5 / static_cast<double>(set.train.size());
  s.error(name + "/oob", std::abs(oob - expected["oob"].get<double>("mean")),
          errors * expected["oob"].get<double>("sd") + half_row);
  double worst = 0;
  const auto mean = numbers(expected["importance_mean"]), sd = numbers(expected["importance_sd"]);
  for (std::size_t f = 0; f < importances.size(); ++f)
    worst = std::max(worst, (std::abs(importances[f] - mean[f]) - 2e-6) / (errors * std::max(sd[f], 1e-6)));
  s.error(name + "/importances", worst, 1, "(of the band)");
}

/// A tree node for node: every number of it follows from the nodes and the rows that reach them.
void check_one_feature(const json& expected, session& s) {
  const auto x = table(expected["X"]);
  const auto y = labels(expected["y"]);
  aisle::decision_tree<float> tree;
  tree.fit(narrow(x), y);
  const auto nodes = tree.nodes();
  const auto n = static_cast<std::int64_t>(nodes.size());
  if (n != static_cast<std::int64_t>(expected["left"].size()))
    return s.fail("one_feature",
                  std::to_string(n) + " nodes, expected " + std::to_string(expected["left"].size()));
  std::vector<std::vector<double>> counts(nodes.size(), std::vector<double>(y.classes().names().size()));
  for (std::int64_t r = 0; r < x.rows(); ++r)
    for (std::size_t i = 0;;
         i = x(r, nodes[i].feature) <= nodes[i].threshold ? i + 1 : static_cast<std::size_t>(nodes[i].next)) {
      ++counts[i][static_cast<std::size_t>(y.codes()[static_cast<std::size_t>(r)])];
      if (nodes[i].feature < 0) break;
    }
  std::int64_t mismatches = 0;
  difference d;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto& node = nodes[static_cast<std::size_t>(i)];
    const bool leaf = node.feature < 0;
    double rows = 0, squares = 0;
    for (const double c : counts[static_cast<std::size_t>(i)]) rows += c;
    std::vector<double> shares;
    for (const double c : counts[static_cast<std::size_t>(i)]) {
      shares.push_back(c / rows);
      squares += c / rows * (c / rows);
    }
    mismatches += expected["left"][i].as<std::int64_t>() != (leaf ? -1 : i + 1);
    mismatches += expected["right"][i].as<std::int64_t>() != (leaf ? -1 : node.next);
    mismatches += expected["feature"][i].as<std::int64_t>() != (leaf ? -2 : node.feature);
    mismatches += expected["threshold"][i].as<double>() != (leaf ? -2 : node.threshold);
    mismatches += expected["n_node_samples"][i].as<double>() != rows;
    if (node.feature == aisle::tree_node::pure_leaf)
      mismatches += shares[static_cast<std::size_t>(node.next)] != 1;
    d.add(1 - squares, expected["impurity"][i].as<double>());
    d.add(shares, numbers(expected["value"][i]));
  }
  s.matches("one_feature/nodes", mismatches, n * 5);
  s.error("one_feature/values", d.worst(), 1e-15);
}

void run_trees(const std::string& path, session& s) {
  std::map<std::string, std::unique_ptr<data_set>> sets;
  const json file = aisle::read_json(path);
  for (const auto& [name, expected] : file.members()) {
    if (name == "one_feature") {
      check_one_feature(expected, s);
      continue;
    }
    const auto parts = split_name(name);
    if (parts.size() != 3) {
      s.skip(name, "a case this program does not know");
      continue;
    }
    auto& set = sets[parts[0]];
    if (!set) set = std::make_unique<data_set>(path, parts[0]);
    const auto weights = parts[2] == "balanced" ? aisle::class_weights::balanced() : aisle::class_weights{};
    if (parts[1] == "tree")
      check_tree(name, *set, weights, expected, s);
    else if (parts[1] == "forest200")
      check_forest(name, *set, weights, expected, s);
    else
      s.skip(name, "a case this program does not know");
  }
}

template <int Kind>
bool claims(const std::string& folder, const std::string& file) {
  constexpr const char* names[] = {"data", "trees"};
  return folder == "learn" && file.starts_with(names[Kind]) && file.ends_with(".json");
}
const registration data{{"learn/data", claims<0>, run_data}};
const registration trees{{"learn/trees", claims<1>, run_trees}};

}  // namespace
}  // namespace golden::learn

namespace golden::learn {

void check_catalogue(const std::string& name, const aisle::json& expected, session& s) {
  const std::string path = s.shared() + "/data/" + name + "/products.csv";
  if (!aisle::file_exists(path)) return s.skip(name, path + " is not there");
  const auto products = aisle::read_csv(path);
  const auto column = expected.get<std::string>("label");
  std::vector<std::string> classes;
  for (std::size_t r = 0; r < products.rows.size(); ++r) classes.push_back(products.at(r, column));
  s.matches(name + "/rows", static_cast<std::int64_t>(classes.size()) != expected.get<std::int64_t>("rows"),
            1);
  const aisle::label_vector all(classes);
  const auto train = expected["train"].as_vector<std::int64_t>(),
             test = expected["test"].as_vector<std::int64_t>();
  check_weights(name + "/class_weight_all", all, expected["class_weight_all"], s);
  check_weights(name + "/class_weight_train", all.rows(train), expected["class_weight_train"], s);
  // Our own split has the same rows of each class on each side; single rows stop both.
  const auto share = static_cast<double>(test.size()) / static_cast<double>(classes.size());
  const auto ours = aisle::stratified_split(all, {.test_size = share - 1e-9});
  std::int64_t off = 0;
  const auto a = all.rows(ours.train).counts(), b = all.rows(train).counts();
  for (std::size_t c = 0; c < a.size(); ++c) off += std::abs(a[c] - b[c]);
  // Classes with equal remainders are drawn at random, there as here.
  s.matches(name + "/split counts", off, static_cast<std::int64_t>(a.size()), 2);
}

}  // namespace golden::learn
