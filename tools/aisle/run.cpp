// aisle run: from a products CSV to embeddings, classifiers, scores and a report.

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/report.hpp>

#include "catalogue_job.hpp"

namespace {

using namespace aisle_command;

struct options {
  catalogue_job job;
  std::string out;
  std::vector<std::string> learners;
  std::string command;
};

class stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

void tell_scores(const aisle::experiment_result& result) {
  char line[160];
  std::snprintf(line, sizeof line, "%-12s %-20s %9s %9s %9s", "modality", "classifier", "accuracy",
                "macro F1", "CV F1");
  say(line);
  for (const auto& r : result.models) {
    std::snprintf(line, sizeof line, "%-12s %-20s %8.2f%% %8.2f%% %8.2f%%%s", r.modality.c_str(),
                  r.model.c_str(), r.over_splits(&aisle::model_result::split_score::accuracy).mean,
                  r.over_splits(&aisle::model_result::split_score::macro_f1).mean,
                  r.cross_validation_macro_f1, r.chosen ? "  chosen" : "");
    say(line);
  }
}

void tell_phases(const aisle::experiment_result& result) {
  char line[160];
  double total = 0;
  for (const auto& [name, seconds] : result.phases) {
    std::snprintf(line, sizeof line, "%-24s %8.2f s", name.c_str(), seconds);
    say(line);
    total += seconds;
  }
  std::snprintf(line, sizeof line, "%-24s %8.2f s, peak %.0f MB", "total", total, result.peak_mb);
  say(line);
}

int run(const options& o) {
  using phase_list = std::vector<std::pair<std::string, double>>;
  if (o.job.common.text_model == "none" && o.job.common.image_model == "none")
    throw usage_error("--text-model none and --image-model none leave nothing to look at");
  progress_bar bar;
  phase_list phases;
  stopwatch watch;
  aisle::split_file splits;
  if (!o.job.common.split.empty()) splits = aisle::read_splits(o.job.common.split);
  const aisle::catalogue products = o.job.load(true);
  phases.emplace_back("read catalogue", watch.lap());
  const std::string skipped = aisle::join_path(o.out, "skipped.csv");
  aisle::make_folders(o.out);

  std::vector<aisle::skipped_row> bad = products.problems;
  const auto tell_bad = [&] {
    aisle::write_skipped(skipped, bad);
    tell_skipped(bad, skipped);
  };
  try {
    if (products.products.empty())
      throw aisle::nothing_to_do(o.job.data + ": " + std::to_string(products.data_rows) +
                                 " rows, none of them usable");
    aisle::experiment_options options;
    options.learners = o.learners;
    options.fusion = o.job.fusion_options();
    options.test_size = o.job.common.test_size;
    options.seed = o.job.common.seed;
    options.splits = o.job.common.split.empty() ? nullptr : &splits;
    options.threads = o.job.common.threads;
    options.progress = bar.callback();
    options.on_warning = [](std::string_view what) { warn(what); };
    // What is wrong with what was asked for is said before anything takes long.
    aisle::check_experiment(products, options);
    o.job.check_models(products, o.job.common.text_model, o.job.common.image_model);
    phases.emplace_back("check", watch.lap());
    auto text = o.job.embed_texts(products, o.job.common.text_model, bar);
    auto image = o.job.embed_images(products, o.job.common.image_model, bar);
    for (const auto* table : {&text, &image})
      if (*table) phases.insert(phases.end(), (*table)->phases.begin(), (*table)->phases.end());
    if (image) bad.insert(bad.end(), image->problems.begin(), image->problems.end());
    const auto unread = go_on_without_pictures(products, image, bad, text && !text->rows.empty());
    if (text && text->truncated > 0)
      warn(std::to_string(text->truncated) + " of " + std::to_string(text->rows.size()) +
           " texts are longer than the model takes and were cut");

    aisle::experiment e =
        aisle::run_experiment(products, text ? &*text : nullptr, image ? &*image : nullptr, options);
    e.result.skipped.insert(e.result.skipped.end(), unread.begin(), unread.end());
    std::ranges::stable_sort(e.result.skipped, {}, &aisle::skipped_row::row);
    bad = e.result.skipped;
    phases.insert(phases.end(), e.result.phases.begin(), e.result.phases.end());
    e.result.phases = phases;
    e.result.command = o.command;

    watch.lap();
    aisle::write_experiment(e, o.out);
    e.result.phases.emplace_back("write results", watch.lap());
    aisle::write_reports(e.result, o.out, {.threads = o.job.common.threads, .on_warning = warn});
    e.result.phases.emplace_back("write reports", watch.lap());
    e.result.peak_mb = static_cast<double>(aisle::peak_resident_bytes()) / 1e6;
    aisle::write_metrics(e.result, aisle::join_path(o.out, "metrics.json"));
    tell_skipped(bad, skipped);
    tell_scores(e.result);
    tell_phases(e.result);
  } catch (const aisle::nothing_to_do& nothing) {
    if (!nothing.rows().empty()) bad = nothing.rows();
    tell_bad();
    say(std::string("nothing to do: ") + nothing.what());
    return exit_nothing;
  } catch (...) {
    if (aisle::interrupted()) throw;
    // What is known of bad rows is told even when nothing comes of the rest. On a full disk the first error
    // is the one to hear of.
    try {
      tell_bad();
    } catch (const aisle::file_error& e) {
      warn(e.what());
    }
    throw;
  }
  if (!bad.empty()) say(std::to_string(bad.size()) + " rows were skipped, see " + skipped);
  return bad.empty() ? exit_ok : exit_skipped;
}

action setup(CLI::App& app) {
  auto o = std::make_shared<options>();
  o->learners = aisle::experiment_learners();
  o->job.add_columns(app);
  o->job.common.add(app, {common::label});
  app.get_option("--label")->required();
  app.add_option("--out", o->out, "folder of the results")->required()->type_name("DIR");
  o->job.common.add(app, {common::text_model, common::image_model, common::preset, common::weights});
  o->job.add_embeddings(app, "Embeddings/ beside --out");
  o->job.add_fusion(app);
  app.add_option("--learners", o->learners, "classifiers to train")
      ->delimiter(',')
      ->check(CLI::IsMember(o->learners))
      ->type_name("NAME,…")
      ->capture_default_str();
  o->job.common.add(app, {common::test_size, common::seed, common::split, common::threads, common::precision,
                          common::isa, common::limit});
  app.footer(
      "Trains random forest, logistic regression and a multilayer perceptron on text, image and both, "
      "chooses the\n"
      "best of each by cross-validation on the training rows, and writes into DIR: metrics.json,\n"
      "{multimodal,image,text}_results.csv, every classifier's results and pipeline, skipped.csv and "
      "report.html.\n"
      "A model called \"none\" leaves that modality out. Files of --split: {\"splits\": [{\"seed\": 1, "
      "\"test\": [row, …]}]}.\n"
      "\n"
      "Example:\n"
      "  aisle run --data products.csv --label class_id --out results");
  return [o, &app] {
    if (o->job.embeddings.empty())
      o->job.embeddings = aisle::join_path(
          aisle::parent_folder(o->out.ends_with('/') ? o->out.substr(0, o->out.size() - 1) : o->out),
          "Embeddings");
    o->command = command_line(app);
    return run(*o);
  };
}

const registration entry{{"run", "the whole job: embed, train, evaluate, report", setup}};

}  // namespace
