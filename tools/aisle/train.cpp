// aisle train: one classifier, on every row that has a label.

#include <optional>

#include <aisle/base/process.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/picture_checks.hpp>

#include "catalogue_job.hpp"

namespace {

using namespace aisle_command;

struct options {
  catalogue_job job;
  std::string out, skipped, learner = "logistic_regression", recipe = "standard";
  std::string modality{aisle::all_inputs[0].name()};
  double time_limit = aisle::find_recipe_options{}.seconds;
};

/// The recipe of the options, or the one that does best.
aisle::recipe choose_recipe(const options& o, const aisle::catalogue& products, const job_vectors& vectors,
                            progress_bar& bar) {
  if (o.recipe != "auto")
    return {.learner = o.learner, .fusion = o.job.fusion_options(), .columns = o.job.extra_columns};
  const aisle::recipe_search found = aisle::find_recipe(products, vectors.texts(), vectors.images(),
                                                        {.seconds = o.time_limit,
                                                         .extra_columns = o.job.extra_columns,
                                                         .seed = o.job.common.seed,
                                                         .threads = o.job.common.threads,
                                                         .progress = bar.callback()});
  say("recipe of " + found.modality + ": " + aisle::describe(found));
  return found.tried.front().how;
}

int train(const options& o) {
  catalogue_job job = o.job;
  const aisle::product_inputs inputs = *aisle::find_inputs(o.modality);
  if (!inputs.image) job.common.image_model = "none", job.image_vectors.clear();
  if (!inputs.text) job.common.text_model = "none", job.text_vectors.clear();
  output_guard guard;
  for (const auto& [option, path] : {std::pair("--out", &o.out), std::pair("--skipped", &o.skipped)}) {
    guard.writes(option, *path);
    check_output_file(option, *path);
  }
  job.tell_files(guard);
  check_output_folder("--embeddings", o.job.embeddings);
  check_service_options(o.job.common);
  check_named_models(o.job.common);
  progress_bar bar;
  const aisle::catalogue products = job.load(true);
  guard.reads_pictures(products);
  std::vector<aisle::skipped_row> bad = products.problems;
  tell_odd_labels(products);
  aisle::check_columns(products, o.job.extra_columns);
  try {
    // Vectors made elsewhere need no text and no picture in the row.
    aisle::check_training(products, {.text = inputs.text && job.text_vectors.empty(),
                                     .image = inputs.image && job.image_vectors.empty()});
  } catch (const aisle::nothing_to_do& nothing) {
    tell_skipped(nothing.rows(), skipped_list(o.skipped));
    if (!o.skipped.empty()) aisle::write_skipped(o.skipped, nothing.rows(), o.job.csv);
    say(std::string("nothing to do: ") + nothing.what());
    return exit_nothing;
  }
  const job_vectors vectors = job.embed(products, job.open_inputs(products), bar);
  const std::vector<aisle::skipped_row> unreadable = vectors.problems();
  bad.insert(bad.end(), unreadable.begin(), unreadable.end());
  if (vectors.image)
    if (const std::string none = aisle::no_picture_read(products, *vectors.image); !none.empty()) warn(none);
  const bool complete = (vectors.text || !inputs.text) && (vectors.image || !inputs.image);
  add_left_out(
      bad, products,
      complete ? aisle::join_modalities(vectors.texts(), vectors.images()).rows : aisle::index_vector{},
      inputs.text && job.text_vectors.empty(), inputs.image && job.image_vectors.empty(),
      "modality " + o.modality);
  tell_skipped(bad, skipped_list(o.skipped));
  const auto tell_bad = [&] {
    if (!o.skipped.empty()) aisle::write_skipped(o.skipped, bad, o.job.csv);
  };
  if (!complete) {
    tell_bad();
    say("nothing to do: " + o.job.data + ": no row has what modality " + o.modality + " looks at");
    return exit_nothing;
  }
  try {
    const aisle::pipeline trained = aisle::train_pipeline(products, vectors.texts(), vectors.images(),
                                                          {.how = choose_recipe(o, products, vectors, bar),
                                                           .seed = o.job.common.seed,
                                                           .threads = o.job.common.threads});
    tell_columns(trained.features.columns);
    std::optional<aisle::folder_lock> turn;
    if (!o.skipped.empty()) turn = wait_for_turn(o.out);
    tell_bad();
    trained.save(o.out);
  } catch (const aisle::nothing_to_do& nothing) {
    tell_bad();
    say(std::string("nothing to do: ") + nothing.what());
    return exit_nothing;
  } catch (...) {
    if (!aisle::interrupted()) tell_bad();
    throw;
  }
  return bad.empty() ? exit_ok : exit_skipped;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  o->job.add_columns(app);
  o->job.add_label(app);
  app.get_option("--label").required();
  app.add_option("--out", o->out, "file of the trained pipeline (safetensors)").required().type_name("FILE");
  app.add_option("--skipped", o->skipped, "write rows that could not be learnt from there, as CSV")
      .type_name("FILE");
  add_recipe(
      app, o->recipe, o->time_limit,
      "standard: the --learner; auto: the recipe (learner, its strength, words of the texts or not) that "
      "does best in cross-validation on all rows");
  app.add_option("--learner", o->learner, "classifier")
      .check(one_of(aisle::experiment_learners()))
      .type_name("NAME")
      .capture_default_str();
  app.add_option("--modality", o->modality, "what it looks at: text, image, multimodal")
      .check(one_of(modality_names()))
      .type_name("NAME")
      .capture_default_str();
  o->job.common.add(app, {common::text_model, common::prompt, common::service, common::image_model,
                          common::preset, common::weights});
  o->job.add_embeddings(app, "not kept");
  o->job.add_fusion(app);
  o->job.add_extra_columns(app);
  o->job.common.add(app, {common::seed, common::threads, common::precision, common::isa, common::limit});
  app.footer(
      "Trains on all rows, for use; `aisle run` is what judges classifiers. With the --embeddings of an "
      "earlier run\n"
      "nothing is embedded again.\n"
      "\n"
      "Example:\n"
      "  aisle train --data products.csv --label class_id --learner mlp --embeddings Embeddings --out "
      "mlp.safetensors\n"
      "  aisle train --data products.csv --label class_id --recipe auto --embeddings Embeddings --out "
      "best.safetensors");
  return [o] { return train(*o); };
}

const registration entry{{"train", "one classifier, as a pipeline for `aisle predict`", setup}};

}  // namespace
