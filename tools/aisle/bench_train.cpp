// aisle bench train: fit and predict of one learner on the arrays that the peers' train.py exports.

#include <functional>
#include <memory>

#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/npy.hpp>
#include <aisle/learn/decision_tree.hpp>
#include <aisle/learn/linear_svm.hpp>
#include <aisle/learn/logistic_regression.hpp>
#include <aisle/learn/metrics.hpp>
#include <aisle/learn/mlp.hpp>
#include <aisle/learn/random_forest.hpp>

#include "bench.hpp"

namespace aisle_command {

namespace {

struct options : bench_options {
  std::string learner, data;
  std::int64_t trees = 200, epochs = 20;
  std::string splits = "automatic";
};

/// The settings of bench/peers/train.py.
std::unique_ptr<aisle::classifier<float>> make_learner(const options& o) {
  const int threads = o.common.threads;
  const auto splits = o.splits == "exact"       ? aisle::tree_splits::exact
                      : o.splits == "histogram" ? aisle::tree_splits::histogram
                                                : aisle::tree_splits::automatic;
  if (o.learner == "rf")
    return std::make_unique<aisle::random_forest<float>>(
        aisle::forest_options{.trees = o.trees, .splits = splits, .seed = o.common.seed, .threads = threads});
  if (o.learner == "tree")
    return std::make_unique<aisle::decision_tree<float>>(
        aisle::tree_options{.splits = splits, .seed = o.common.seed, .threads = threads});
  if (o.learner == "logreg")
    return std::make_unique<aisle::logistic_regression<float>>(
        aisle::logistic_options{.tolerance = 1e-4, .threads = threads});
  if (o.learner == "svm")
    return std::make_unique<aisle::linear_svm<float>>(aisle::linear_svm_options{.threads = threads});
  return std::make_unique<aisle::mlp<float>>(aisle::mlp_options{
      .dropout = 0.4, .epochs = o.epochs, .validation_share = 0, .seed = o.common.seed, .threads = threads});
}

aisle::label_vector read_labels(const std::string& path) {
  const aisle::tensor t = aisle::read_npy(path);
  std::vector<std::int64_t> values;
  if (t.type() == aisle::dtype::i32)
    values.assign(t.data<std::int32_t>().begin(), t.data<std::int32_t>().end());
  else
    values.assign(t.data<std::int64_t>().begin(), t.data<std::int64_t>().end());
  return aisle::label_vector(values);
}

int run(const options& o) {
  const auto file = [&](const char* name) { return aisle::join_path(o.data, name); };
  const auto x = aisle::read_npy_matrix<float>(file("X_train.npy")),
             x_test = aisle::read_npy_matrix<float>(file("X_test.npy"));
  const aisle::label_vector y = read_labels(file("y_train.npy")), y_test = read_labels(file("y_test.npy"));
  const std::string workload = o.learner + "-" + aisle::file_name(o.data);

  aisle::reset_peak_resident();
  std::unique_ptr<aisle::classifier<float>> learner;
  bench_options fit = o;
  fit.repeats = std::min(o.repeats, 3);
  const auto fit_times = time_calls(fit, [&] {
    learner = make_learner(o);
    learner->fit(x, y);
  });
  const double peak = peak_mb();
  const auto predict_times = time_calls(o, [&] { (void)learner->predict(x_test); });
  // Labels are compared by name: a class may be missing on either side.
  const auto predicted = learner->predict(x_test);
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < predicted.size(); ++i) right += predicted[i] == y_test[i];
  const double accuracy =
      static_cast<double>(right) / static_cast<double>(std::max<std::int64_t>(predicted.size(), 1));
  const auto print = [&](const char* what, const std::vector<double>& times, std::int64_t items,
                         std::int64_t batch) {
    aisle::json row =
        bench_row(workload + "-" + what, o.common.threads, batch, "f32", times, items, o.splits);
    row["accuracy"] = accuracy;
    row["rss_peak_mb"] = peak;
    if (o.learner == "rf") row["trees"] = o.trees;
    if (const auto* linear = dynamic_cast<const aisle::linear_classifier<float>*>(learner.get())) {
      row["objective"] = linear->objective();
      row["iterations"] = linear->iterations();
    }
    print_row(row);
  };
  print("fit", fit_times, x.rows(), 0);
  print("predict", predict_times, x_test.rows(), x_test.rows());
  return exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("--learner", o->learner, "rf, tree, logreg, svm or mlp")
      .required()
      .check(one_of({"rf", "tree", "logreg", "svm", "mlp"}));
  app.add_option("--data", o->data,
                 "folder of X_train.npy, y_train.npy, X_test.npy, y_test.npy; its name names the workload")
      .required();
  app.add_option("--trees", o->trees, "trees of the forest").capture_default_str();
  app.add_option("--epochs", o->epochs, "epochs of the MLP").capture_default_str();
  app.add_option("--splits", o->splits, "where trees split: automatic, exact or histogram")
      .capture_default_str()
      .check(one_of({"automatic", "exact", "histogram"}));
  o->add(app, {common::threads, common::seed});
  return [o] { return run(*o); };
}

}  // namespace

const subcommand bench_train = {"train", "fit and predict of one learner", setup};

}  // namespace aisle_command
