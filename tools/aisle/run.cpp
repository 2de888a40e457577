// aisle run: from a products CSV to embeddings, classifiers, scores and a report.

#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/product_map.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/review.hpp>

#include "catalogue_job.hpp"
#include "picture_options.hpp"
#include "picture_plan.hpp"
#include "run_summary.hpp"

namespace {

using namespace aisle_command;

struct options {
  catalogue_job job;
  fetch_first fetch;
  std::string out;
  std::vector<std::string> learners;
  std::string recipe = "standard";
  double time_limit = aisle::experiment_options{}.search_seconds;
  int repeats = 1;
  bool no_review = false, no_curve = false, no_map = false;
  double file_precision = 0.99;
  std::int64_t most_probabilities = aisle::review_options{}.most_probabilities;
  bool verbose = false;
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

/// None where nothing was chosen. What is too much for a review is looked at without.
std::optional<review_findings> review(const options& o, const aisle::catalogue& products,
                                      const job_vectors& vectors, const aisle::experiment_result& result,
                                      progress_bar& bar) {
  const aisle::model_result* best = result.best();
  if (o.no_review || best == nullptr) return std::nullopt;
  const aisle::review_options how{.modality = best->modality,
                                  .how = best->how,
                                  .seed = o.job.common.seed,
                                  .precision = o.file_precision,
                                  .most_probabilities = o.most_probabilities,
                                  .threads = o.job.common.threads,
                                  .progress = bar.callback(),
                                  .on_warning = [](std::string_view what) { warn(what); }};
  review_findings out;
  try {
    out.review = aisle::review_catalogue(products, vectors.texts(), vectors.images(), how);
    if (!o.no_curve) out.curve = aisle::find_learning_curve(products, vectors.texts(), vectors.images(), how);
  } catch (const aisle::nothing_to_do& nothing) {
    warn(std::string("no review: ") + nothing.what());
  }
  out.quality = aisle::check_quality(
      products,
      {.pictures = vectors.image.has_value(), .threads = o.job.common.threads, .progress = bar.callback()});
  return out;
}

/// Of the vectors that the best classifier looks at.
aisle::product_map draw_map(const options& o, const job_vectors& vectors,
                            const aisle::experiment_result& result, progress_bar& bar) {
  aisle::map_options how;
  if (const aisle::model_result* best = result.best()) how.modality = best->modality;
  how.seed = o.job.common.seed;
  how.threads = o.job.common.threads;
  how.progress = bar.callback();
  for (const aisle::product_verdict& v : result.verdicts)
    if (v.suspect >= 0 && v.suspect < how.rows / 4) how.always.push_back(v.row);
  return aisle::map_products(vectors.texts(), vectors.images(), how);
}

/// Into the folder of results.
void write_findings(const review_findings& found, const std::string& folder, const options& o) {
  if (found.review) aisle::write_review_files(*found.review, folder, o.job.csv);
  if (found.review && !o.no_curve)
    aisle::write_learning_curve(found.curve, aisle::join_path(folder, "learning_curve.csv"), o.job.csv);
  aisle::write_quality(found.quality, aisle::join_path(folder, "quality.csv"), o.job.csv);
}

int run(options& o) {
  using phase_list = std::vector<std::pair<std::string, double>>;
  if (!o.job.has_texts() && !o.job.has_images())
    throw usage_error("--text-model none and --image-model none leave nothing to look at");
  output_guard guard;
  guard.writes_results("--out", o.out);
  if (!o.fetch.folder.empty()) guard.writes("--fetch-images", status_file(o.fetch.folder));
  o.job.tell_files(guard);
  check_output_folder("--out", o.out);
  check_output_folder("--embeddings", o.job.embeddings);
  check_output_folder("--fetch-images", o.fetch.folder);
  check_service_options(o.job.common);
  check_named_models(o.job.common);
  progress_bar bar;
  phase_list phases;
  stopwatch watch;
  aisle::split_file splits;
  if (!o.job.common.split.empty()) splits = aisle::read_splits(o.job.common.split);
  if (!o.fetch.folder.empty()) {
    fetch_pictures_of(o.job, o.fetch, bar);
    phases.emplace_back("fetch pictures", watch.lap());
  }
  const aisle::catalogue products = o.job.load(true);
  tell_urls(products, o.fetch);
  guard.reads_pictures(products);
  phases.emplace_back("read catalogue", watch.lap());
  const std::string skipped = aisle::join_path(o.out, "skipped.csv");
  // Held to the end: of two runs into one folder the second is refused at once.
  std::optional<aisle::results_folder> out;
  aisle::make_folders(o.out);
  const bool keeps_embeddings_there = aisle::identify_file(o.out) == aisle::identify_file(o.job.embeddings);
  if (!keeps_embeddings_there) out.emplace(o.out);
  if (out && !out->locked()) warn(o.out + ": no locks on this file system, nothing keeps a second run out");

  std::vector<aisle::skipped_row> bad = products.problems;
  const auto tell_bad = [&] {
    const std::string list = aisle::failed_skipped_path(o.out);
    aisle::write_skipped(list, bad, o.job.csv);
    tell_skipped(bad, list);
  };
  try {
    if (products.products.empty())
      throw aisle::nothing_to_do(o.job.data + ": " + aisle::counted(products.data_rows, "row") +
                                 ", none of them usable");
    aisle::experiment_options options;
    options.recipes = o.recipe == "auto" ? aisle::recipe_choice::search : aisle::recipe_choice::standard;
    options.search_seconds = o.time_limit;
    options.learners = o.learners;
    options.fusion = o.job.fusion_options();
    options.extra_columns = o.job.extra_columns;
    options.test_size = o.job.common.test_size;
    options.seed = o.job.common.seed;
    options.repeats = o.repeats;
    options.splits = o.job.common.split.empty() ? nullptr : &splits;
    options.threads = o.job.common.threads;
    options.progress = bar.callback();
    options.on_warning = [](std::string_view what) { warn(what); };
    // What is wrong with what was asked for is said before anything takes long.
    tell_odd_labels(products);
    // Vectors made elsewhere need no text and no picture in the row.
    const bool foreign = !o.job.text_vectors.empty() || !o.job.image_vectors.empty();
    if (foreign)
      aisle::check_experiment(products, options);
    else
      aisle::check_experiment(products, options,
                              aisle::modality_use{.text = o.job.has_texts(), .image = o.job.has_images()});
    if (!foreign) tell_missing_modalities(products, o.job.common);
    job_inputs inputs = o.job.open_inputs(products);
    phases.emplace_back("check", watch.lap());
    job_vectors vectors = o.job.embed(products, std::move(inputs), bar);
    for (const aisle::embedding_table* table : {vectors.texts(), vectors.images()})
      if (table) phases.insert(phases.end(), table->phases.begin(), table->phases.end());
    const std::vector<aisle::skipped_row> unreadable = vectors.problems();
    bad.insert(bad.end(), unreadable.begin(), unreadable.end());
    const std::vector<aisle::skipped_row> unread =
        go_on_without_pictures(products, vectors.image, bad, vectors.text && !vectors.text->rows.empty());
    if (const auto* text = vectors.texts(); text && text->truncated > 0)
      warn(std::to_string(text->truncated) + " of " + aisle::counted(text->rows.size(), "text") +
           (text->truncated == 1 ? " is longer than the model takes and was cut"
                                 : " are longer than the model takes and were cut"));

    aisle::experiment e = aisle::run_experiment(products, vectors.texts(), vectors.images(), options);
    // What is wrong with pictures that were given up is the better reason where a row has nothing else, and
    // had one sentence for all.
    std::set<std::int64_t> given_up;
    for (const aisle::skipped_row& u : unread) given_up.insert(u.row);
    std::erase_if(e.result.skipped, [&](const aisle::skipped_row& s) { return given_up.contains(s.row); });
    const std::vector<aisle::skipped_row> untold = e.result.skipped;
    e.result.skipped.insert(e.result.skipped.end(), unread.begin(), unread.end());
    aisle::ranges::stable_sort(e.result.skipped, {}, &aisle::skipped_row::row);
    bad = e.result.skipped;
    phases.insert(phases.end(), e.result.phases.begin(), e.result.phases.end());
    e.result.phases = phases;
    e.result.command = o.command;

    watch.lap();
    const std::optional<review_findings> found = review(o, products, vectors, e.result, bar);
    if (found) {
      e.result.phases.emplace_back("review", watch.lap());
      if (found->review) aisle::add_review(e.result, *found->review);
      e.result.review = review_lines(*found);
      e.result.curve = found->curve;
      e.result.quality = found->quality.counts();
    }
    if (!o.no_map) {
      e.result.map = draw_map(o, vectors, e.result, bar);
      e.result.phases.emplace_back("map", watch.lap());
    }
    if (!out) out.emplace(o.out);  // whoever kept the embeddings had the folder to itself
    aisle::write_experiment(e, *out, o.job.csv);
    if (found) write_findings(*found, out->staged(), o);
    e.result.phases.emplace_back("write results", watch.lap());
    aisle::write_reports(e.result, out->staged(), {.threads = o.job.common.threads, .on_warning = warn});
    e.result.phases.emplace_back("write reports", watch.lap());
    e.result.peak_mb = static_cast<double>(aisle::peak_resident_bytes()) / 1e6;
    aisle::write_metrics(e.result, aisle::join_path(out->staged(), "metrics.json"));
    out->commit();
    tell_skipped(untold, skipped);
    if (!bad.empty())
      say(aisle::counted(static_cast<std::int64_t>(bad.size()), "problem") + " with rows, see " + skipped);
    tell_trust(e.result);
    tell_recipes(e.result);
    for (const aisle::pipeline& p : e.pipelines)
      if (p.features.columns.fitted()) {
        tell_columns(p.features.columns);
        break;  // of the same rows, if not by all
      }
    tell_scores(e.result);
    if (o.verbose) tell_phases(e.result);
    if (found) tell_review(*found);
    tell_findings(e.result);
    say("report: " + aisle::join_path(o.out, "report.html"));
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
  return bad.empty() ? exit_ok : exit_skipped;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  o->learners = aisle::standard_learners();
  o->job.add_columns(app);
  o->job.add_label(app);
  app.get_option("--label").required();
  app.add_option("--out", o->out, "folder of the results").required().type_name("DIR");
  add_fetch_first(app, o->fetch);
  o->job.common.add(app, {common::text_model, common::prompt, common::service, common::image_model,
                          common::preset, common::weights});
  o->job.add_embeddings(app, "Embeddings/ beside --out");
  add_recipe(
      app, o->recipe, o->time_limit,
      "standard: the --learners on each modality; auto: on each the recipe (learner, its strength, words of "
      "the texts or not) that does best in cross-validation on the training rows");
  o->job.add_fusion(app);
  o->job.add_extra_columns(app);
  app.add_option("--learners", o->learners, "classifiers to train")
      .delimiter(',')
      .check(one_of(aisle::experiment_learners()))
      .type_name("NAME,…")
      .capture_default_str();
  o->job.add_groups(app);
  o->job.common.add(app, {common::test_size, common::seed, common::split, common::threads, common::precision,
                          common::isa, common::limit});
  app.add_option(
         "--repeats", o->repeats,
         "splits into training and test rows, with the seeds from --seed on; scores are means over them")
      .check(within(1, 1000))
      .type_name("N")
      .capture_default_str()
      .excludes(app.get_option("--split"));
  app.add_flag(
      "--no-curve", o->no_curve,
      "leave the learning curve out of the review, which takes about twice as long as the rest of it");
  app.add_flag("--no-map", o->no_map, "leave out of the report the map of the products by their vectors");
  app.add_flag("--no-review", o->no_review, "leave out the review of all labels (see `aisle review`)");
  app.add_option("--file-precision", o->file_precision,
                 "share that must be right of what the review files without a person")
      .check(within(0.5, 1.0))
      .type_name("SHARE")
      .capture_default_str();
  app.add_option("--most-probabilities", o->most_probabilities,
                 "leave the review out where labelled rows times classes are more than these")
      .check(positive())
      .type_name("N")
      .capture_default_str();
  app.add_flag("--verbose", o->verbose, "say how long each phase took");
  app.footer(
      "Trains random forest, logistic regression and a multilayer perceptron on text, image and both, "
      "chooses the\n"
      "best of each by cross-validation on the training rows, trains it again on all rows, and writes into "
      "DIR:\n"
      "report.html, predictions.csv (each test row), {multimodal,image,text}.safetensors (of all rows, for "
      "`aisle\n"
      "predict --model DIR`), every classifier's results and pipeline of the training rows, metrics.json and "
      "skipped.csv; and of all labels, as the best recipe sees them out of fold, review.csv, "
      "suggested_labels.csv,\n"
      "duplicates.csv, quality.csv and learning_curve.csv.\n"
      "A model called \"none\" leaves that modality out. Files of --split: {\"splits\": [{\"seed\": 1, "
      "\"test\": [row, …]}]}.\n"
      "\n"
      "Example:\n"
      "  aisle run --data products.csv --label class_id --out results");
  return [o, app] {
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
