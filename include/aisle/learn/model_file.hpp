#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <aisle/learn/classifier.hpp>
#include <aisle/learn/decision_tree.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/mlp.hpp>
#include <aisle/learn/random_forest.hpp>

AISLE_NAMESPACE_BEGIN

/// An unfitted learner by its kind ("decision_tree", "random_forest", "logistic_regression", "mlp") with
/// default options. Throws option_error for another kind.
template <class T = float>
std::unique_ptr<classifier<T>> make_classifier(std::string_view kind) {
  if (kind == "decision_tree") return std::make_unique<decision_tree<T>>();
  if (kind == "random_forest") return std::make_unique<random_forest<T>>();
  if (kind == "logistic_regression") return std::make_unique<logistic_regression<T>>();
  if (kind == "mlp") return std::make_unique<mlp<T>>();
  throw option_error("no classifier is called \"" + std::string(kind) +
                     "\"; there are decision_tree, random_forest, logistic_regression, mlp");
}

/// Reads what classifier::save wrote; the learner predicts as the saved one did. A file saved from double may
/// be read as float and the other way round. Throws format_error for anything else, damaged files included.
template <class T = float>
std::unique_ptr<classifier<T>> load_classifier(const std::string& path) {
  const detail::model_reader in(path);
  std::unique_ptr<classifier<T>> out;
  try {
    out = make_classifier<T>(in.text("kind"));
    out->load_into(in);
  } catch (const format_error&) {
    throw;
  } catch (const error& e) {  // a missing tensor, an unknown kind
    in.fail(e.what());
  }
  return out;
}

AISLE_NAMESPACE_END
