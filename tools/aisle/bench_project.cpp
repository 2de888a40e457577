// aisle bench project: principal components and t-SNE of the arrays that the peers' train.py exports.

#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/io/npy.hpp>
#include <aisle/learn/pca.hpp>
#include <aisle/learn/tsne.hpp>

#include "bench.hpp"

namespace aisle_command {

namespace {

struct options : bench_options {
  std::string method, data, points;
  std::int64_t components = 50;
};

int run(const options& o) {
  const auto x = aisle::read_npy_matrix<float>(o.data);
  const int threads = o.common.threads;
  bench_options timed = o;
  timed.repeats = std::min(o.repeats, 3);
  aisle::reset_peak_resident();
  // The folder of the array names the workload, as for train.
  const std::string of = "-" + aisle::file_name(aisle::parent_folder(o.data));
  aisle::json row;
  if (o.method == "pca") {
    double explained = 0;
    const auto times = time_calls(timed, [&] {
      const auto p = aisle::pca<float>::fit(x, {.components = o.components, .threads = threads});
      (void)p.transform(x, threads);
      explained = 0;
      for (const double r : p.explained_variance_ratio()) explained += r;
    });
    row =
        bench_row("pca" + std::to_string(o.components) + of, threads, 0, "f32", times, x.rows(), "automatic");
    row["explained"] = explained;
  } else {
    aisle::tsne_result found;
    const auto times =
        time_calls(timed, [&] { found = aisle::tsne(x, {.seed = o.common.seed, .threads = threads}); });
    row = bench_row("tsne" + of, threads, 0, "f32", times, x.rows(), "automatic");
    row["kl"] = found.kl_divergence;
    if (!o.points.empty()) aisle::write_npy<double>(o.points, found.points);
  }
  row["rss_peak_mb"] = peak_mb();
  print_row(row);
  return exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("--method", o->method, "pca or tsne").required().check(one_of({"pca", "tsne"}));
  app.add_option("--data", o->data, "rows as .npy; the folder's name names the workload").required();
  app.add_option("--components", o->components, "principal components")
      .check(positive())
      .capture_default_str();
  app.add_option("--points", o->points, "write the points of t-SNE here (.npy)");
  o->add(app, {common::threads, common::seed});
  return [o] { return run(*o); };
}

}  // namespace

const subcommand bench_project = {"project", "principal components or t-SNE", setup};

}  // namespace aisle_command
