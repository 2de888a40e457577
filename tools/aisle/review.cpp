// aisle review: what a catalogue's own classifier says of its labels.

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/learning_curve.hpp>
#include <aisle/catalogue/quality.hpp>
#include <aisle/catalogue/review.hpp>

#include "catalogue_job.hpp"
#include "run_summary.hpp"

namespace {

using namespace aisle_command;

struct options {
  catalogue_job job;
  std::string out, learner = "logistic_regression", modality;
  double precision = 0.99;
  bool no_curve = false;
  std::int64_t most_probabilities = aisle::review_options{}.most_probabilities;
};

/// All of a review's files or none, in the place of an earlier review's.
void write_files(const review_findings& found, const options& o) {
  aisle::results_folder folder(o.out, aisle::review_files(), waiting_for(o.out));
  const auto path_of = [&](const char* name) { return aisle::join_path(folder.staged(), name); };
  aisle::write_review_files(*found.review, folder.staged(), o.job.csv);
  aisle::write_quality(found.quality, path_of("quality.csv"), o.job.csv);
  if (!o.no_curve) aisle::write_learning_curve(found.curve, path_of("learning_curve.csv"), o.job.csv);
  aisle::write_review_index(*found.review, path_of("review.json"));
  folder.commit();
}

int review(const options& o) {
  if (!o.job.has_texts() && !o.job.has_images())
    throw usage_error("--text-model none and --image-model none leave nothing to look at");
  output_guard guard;
  for (const std::string& name : aisle::review_files().names) {
    const std::string path = aisle::join_path(o.out, name);
    guard.writes("--out", path);
    if (aisle::file_exists(aisle::join_path(o.out, "metrics.json")))
      throw usage_error("--out " + o.out + " holds the results of `aisle run`, which has its own " + name +
                        "; expected another folder");
  }
  check_output_folder("--out", o.out);
  o.job.tell_files(guard);
  check_output_folder("--embeddings", o.job.embeddings);
  check_service_options(o.job.common);
  check_named_models(o.job.common);
  progress_bar bar;
  const aisle::catalogue products = o.job.load(true);
  guard.reads_pictures(products);
  std::vector<aisle::skipped_row> bad;  // rows without a label are looked at, too
  for (const aisle::skipped_row& p : products.problems)
    if (p.column != products.options.label_column || p.reason != "empty label") bad.push_back(p);
  tell_odd_labels(products);
  aisle::check_columns(products, o.job.extra_columns);
  try {
    job_vectors vectors = o.job.embed(products, o.job.open_inputs(products), bar);
    const std::vector<aisle::skipped_row> unreadable = vectors.problems();
    bad.insert(bad.end(), unreadable.begin(), unreadable.end());
    go_on_without_pictures(products, vectors.image, bad, vectors.text && !vectors.text->rows.empty());
    const aisle::review_options how{
        .modality = o.modality,
        .how = {.learner = o.learner, .fusion = o.job.fusion_options(), .columns = o.job.extra_columns},
        .seed = o.job.common.seed,
        .precision = o.precision,
        .most_probabilities = o.most_probabilities,
        .threads = o.job.common.threads,
        .progress = bar.callback(),
        .on_warning = [](std::string_view what) { warn(what); }};
    review_findings found;
    found.review = aisle::review_catalogue(products, vectors.texts(), vectors.images(), how);
    if (!o.no_curve)
      found.curve = aisle::find_learning_curve(products, vectors.texts(), vectors.images(), how);
    found.quality = aisle::check_quality(
        products,
        {.pictures = vectors.image.has_value(), .threads = o.job.common.threads, .progress = bar.callback()});
    write_files(found, o);
    tell_skipped(bad, {});
    tell_review(found);
    say("written: " + aisle::join_path(o.out, "review.csv") +
        ", suggested_labels.csv, duplicates.csv, quality.csv" + (o.no_curve ? "" : ", learning_curve.csv") +
        " and review.json, which names them");
  } catch (const aisle::nothing_to_do& nothing) {
    tell_skipped(nothing.rows().empty() ? bad : nothing.rows(), {});
    say(std::string("nothing to do: ") + nothing.what());
    return exit_nothing;
  }
  return bad.empty() ? exit_ok : exit_skipped;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  o->job.add_columns(app);
  o->job.add_label(app);
  app.get_option("--label").required();
  app.add_option("--out", o->out, "folder of the findings").required().type_name("DIR");
  app.add_option("--learner", o->learner, "classifier")
      .check(one_of(aisle::experiment_learners()))
      .type_name("NAME")
      .capture_default_str();
  app.add_option(
         "--modality", o->modality,
         "what it looks at first: text, image, multimodal (default: all there is); rows that lack some of "
         "it are looked at by what they have")
      .check(one_of(modality_names()))
      .type_name("NAME");
  app.add_option("--file-precision", o->precision,
                 "share that must be right of what is filed without a person")
      .check(within(0.5, 1.0))
      .type_name("SHARE")
      .capture_default_str();
  app.add_flag("--no-curve", o->no_curve,
               "leave out the learning curve, which takes about twice as long as the review itself");
  app.add_option("--most-probabilities", o->most_probabilities,
                 "refuse more labelled rows times classes than these; at the peak each takes 12 bytes")
      .check(positive())
      .type_name("N")
      .capture_default_str();
  o->job.add_groups(app);
  o->job.common.add(app, {common::text_model, common::prompt, common::service, common::image_model,
                          common::preset, common::weights});
  o->job.add_embeddings(app, "not kept");
  o->job.add_fusion(app);
  o->job.add_extra_columns(app);
  o->job.common.add(app, {common::seed, common::threads, common::precision, common::isa, common::limit});
  app.footer(
      "Every row is judged by a classifier that has not seen it, of 5 folds, with calibrated probabilities. "
      "Into DIR:\n"
      "review.csv (labels that are likely wrong, the likeliest first; rows unlike their class; "
      "near-duplicates "
      "with\n"
      "another label; what is not sure enough to file), suggested_labels.csv (of rows without a label), "
      "duplicates.csv,\n"
      "quality.csv (texts, pictures and classes that are odd), learning_curve.csv (what more rows would "
      "bring),\n"
      "review.json (totals; it comes last and names the sha256 of the others, which are of one review "
      "then).\n"
      "\n"
      "Example:\n"
      "  aisle review --data products.csv --label class_id --group-column style --embeddings Embeddings "
      "--out "
      "review");
  return [o] { return review(*o); };
}

const registration entry{
    {"review", "labels that are likely wrong, duplicates, labels for rows without", setup}};

}  // namespace
