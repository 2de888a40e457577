#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/progress.hpp>
#include <aisle/learn/classifier.hpp>
#include <aisle/learn/decision_tree.hpp>
#include <aisle/learn/extra_trees.hpp>
#include <aisle/learn/kernel_ridge.hpp>
#include <aisle/learn/linear_svm.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/mlp.hpp>
#include <aisle/learn/random_forest.hpp>

AISLE_NAMESPACE_BEGIN

/// What experiments set of a learner; each takes what it has.
struct learner_settings {
  std::uint64_t seed = 42;
  int threads = 0;
  double c = 1;                     ///< of linear learners: inverse strength of the penalty
  progress_callback progress = {};  ///< after every tree, epoch, iteration; may throw to end the fit
};

/// A kind of learner: how model files and experiments come to one.
template <class T>
struct learner_kind {
  using pointer = std::unique_ptr<classifier<T>>;
  const char* name;   ///< what classifier::kind() says
  pointer (*make)();  ///< with default options
  /// As experiments train it; null: they do not.
  pointer (*make_for_experiment)(const learner_settings& with);
  bool standard;  ///< one of those that an experiment trains unless others are named
};

/// Every kind there is, in the order of an experiment's results. To add a learner: its file and a row here.
template <class T>
inline constexpr std::array<learner_kind<T>, 7> learner_kinds{{
    {"random_forest", []() -> std::unique_ptr<classifier<T>> { return std::make_unique<random_forest<T>>(); },
     [](const learner_settings& with) -> std::unique_ptr<classifier<T>> {
       return std::make_unique<random_forest<T>>(forest_options{
           .trees = 200, .seed = with.seed, .threads = with.threads, .progress = with.progress});
     },
     true},
    {"logistic_regression",
     []() -> std::unique_ptr<classifier<T>> { return std::make_unique<logistic_regression<T>>(); },
     [](const learner_settings& with) -> std::unique_ptr<classifier<T>> {
       return std::make_unique<logistic_regression<T>>(logistic_options{
           .c = with.c, .max_iterations = 1000, .threads = with.threads, .progress = with.progress});
     },
     true},
    {"mlp", []() -> std::unique_ptr<classifier<T>> { return std::make_unique<mlp<T>>(); },
     [](const learner_settings& with) -> std::unique_ptr<classifier<T>> {
       return std::make_unique<mlp<T>>(mlp_options{.hidden = {128, 64},
                                                   .weights = class_weights::balanced(),
                                                   .seed = with.seed,
                                                   .threads = with.threads,
                                                   .progress = with.progress});
     },
     true},
    {"decision_tree", []() -> std::unique_ptr<classifier<T>> { return std::make_unique<decision_tree<T>>(); },
     nullptr, false},
    {"linear_svm", []() -> std::unique_ptr<classifier<T>> { return std::make_unique<linear_svm<T>>(); },
     [](const learner_settings& with) -> std::unique_ptr<classifier<T>> {
       return std::make_unique<linear_svm<T>>(
           linear_svm_options{.c = with.c, .threads = with.threads, .progress = with.progress});
     },
     false},
    {"extra_trees", []() -> std::unique_ptr<classifier<T>> { return std::make_unique<extra_trees<T>>(); },
     [](const learner_settings& with) -> std::unique_ptr<classifier<T>> {
       return std::make_unique<extra_trees<T>>(extra_trees_options{
           .trees = 200, .seed = with.seed, .threads = with.threads, .progress = with.progress});
     },
     false},
    {"kernel_ridge", []() -> std::unique_ptr<classifier<T>> { return std::make_unique<kernel_ridge<T>>(); },
     [](const learner_settings& with) -> std::unique_ptr<classifier<T>> {
       return std::make_unique<kernel_ridge<T>>(
           kernel_ridge_options{.threads = with.threads, .progress = with.progress});
     },
     false},
}};

/// The row of that name; throws option_error naming all of them.
template <class T = float>
const learner_kind<T>& find_learner(std::string_view name) {
  std::string names;
  for (const learner_kind<T>& kind : learner_kinds<T>) {
    if (kind.name == name) return kind;
    names += (names.empty() ? "" : ", ") + std::string(kind.name);
  }
  throw option_error("no learner is called \"" + std::string(name) + "\"; there are " + names);
}

namespace detail {
/// What a model file, or a section of one, holds of one of them. Throws format_error.
template <class T>
std::unique_ptr<classifier<T>> read_learner(const model_reader& in) {
  std::unique_ptr<classifier<T>> out;
  try {
    out = find_learner<T>(in.text("kind")).make();
  } catch (const option_error& e) {
    in.fail(e.what());
  }
  return load_into(std::move(out), in);
}
}  // namespace detail

AISLE_NAMESPACE_END
