// aisle train: one classifier, on every row that has a label.

#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/picture_checks.hpp>

#include "catalogue_job.hpp"

namespace {

using namespace aisle_command;

struct options {
  catalogue_job job;
  std::string out, skipped, learner = "logistic_regression", modality = "multimodal";
};

int train(const options& o) {
  check_not_input("--out", o.out, {o.job.data});
  check_not_input("--skipped", o.skipped, {o.job.data});
  progress_bar bar;
  const aisle::catalogue products = o.job.load(true);
  std::vector<aisle::skipped_row> bad = products.problems;
  const bool uses_text = o.modality != "image", uses_image = o.modality != "text";
  const std::string text_model = uses_text ? o.job.common.text_model : "none",
                    image_model = uses_image ? o.job.common.image_model : "none";
  o.job.check_models(products, text_model, image_model);
  const auto text = o.job.embed_texts(products, text_model, bar);
  const auto image = o.job.embed_images(products, image_model, bar);
  if (image) bad.insert(bad.end(), image->problems.begin(), image->problems.end());
  if (image)
    if (const std::string none = aisle::no_picture_read(products, *image); !none.empty()) warn(none);
  const bool complete = (text || !uses_text) && (image || !uses_image);
  add_left_out(bad, products,
               complete ? aisle::join_modalities(text ? &*text : nullptr, image ? &*image : nullptr).rows
                        : aisle::index_vector{},
               uses_text, uses_image, "modality " + o.modality);
  tell_skipped(bad, o.skipped);
  if (!o.skipped.empty()) aisle::write_skipped(o.skipped, bad);
  if (!complete) {
    say("nothing to do: " + o.job.data + ": no row has what modality " + o.modality + " looks at");
    return exit_nothing;
  }
  try {
    aisle::train_pipeline(products, text ? &*text : nullptr, image ? &*image : nullptr,
                          {.learner = o.learner,
                           .fusion = o.job.fusion_options(),
                           .seed = o.job.common.seed,
                           .threads = o.job.common.threads})
        .save(o.out);
  } catch (const aisle::nothing_to_do& nothing) {
    say(std::string("nothing to do: ") + nothing.what());
    return exit_nothing;
  }
  return bad.empty() ? exit_ok : exit_skipped;
}

action setup(CLI::App& app) {
  auto o = std::make_shared<options>();
  o->job.add_columns(app);
  o->job.common.add(app, {common::label});
  app.get_option("--label")->required();
  app.add_option("--out", o->out, "file of the trained pipeline (safetensors)")
      ->required()
      ->type_name("FILE");
  app.add_option("--skipped", o->skipped, "write rows that could not be learnt from there, as CSV")
      ->type_name("FILE");
  app.add_option("--learner", o->learner, "classifier")
      ->check(CLI::IsMember(aisle::experiment_learners()))
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--modality", o->modality, "what it looks at: text, image, multimodal")
      ->check(CLI::IsMember({"text", "image", "multimodal"}))
      ->type_name("NAME")
      ->capture_default_str();
  o->job.common.add(app, {common::text_model, common::image_model, common::preset, common::weights});
  o->job.add_embeddings(app, "not kept");
  o->job.add_fusion(app);
  o->job.common.add(app, {common::seed, common::threads, common::precision, common::isa, common::limit});
  app.footer(
      "Trains on all rows, for use; `aisle run` is what judges classifiers. With the --embeddings of an "
      "earlier run\n"
      "nothing is embedded again.\n"
      "\n"
      "Example:\n"
      "  aisle train --data products.csv --label class_id --learner mlp --embeddings Embeddings --out "
      "mlp.safetensors");
  return [o] { return train(*o); };
}

const registration entry{{"train", "one classifier, as a pipeline for `aisle predict`", setup}};

}  // namespace
