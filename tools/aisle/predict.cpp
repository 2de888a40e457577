// aisle predict: a trained pipeline applied to new products.

#include <algorithm>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/picture_checks.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>
#include <aisle/models/preset.hpp>

#include "catalogue_job.hpp"

namespace {

using namespace aisle_command;

struct options {
  catalogue_job job;
  std::string model, out, skipped;
  bool probabilities = false;
};

/// The pipeline file; of a results folder, the chosen classifier of the richest modality.
std::string find_pipeline(const std::string& path) {
  if (!aisle::folder_exists(path)) return path;
  const std::string file = aisle::join_path(path, "metrics.json");
  if (!aisle::file_exists(file))
    throw aisle::file_error(
        path, "holds no metrics.json, expected a folder that `aisle run` wrote, or a pipeline file");
  const aisle::json metrics = aisle::read_json(file);
  for (const char* modality : {"multimodal", "image", "text"})
    for (const aisle::json& m : metrics.at("models").elements())
      if (m.get<bool>("chosen") && m.get<std::string>("modality") == modality)
        return aisle::join_path(path,
                                std::string(modality) + "_" + m.get<std::string>("model") + ".safetensors");
  throw aisle::file_error(path, "metrics.json names no chosen classifier; name a pipeline file");
}

/// The id or path of the model that makes vectors as `trained` had them; `given` is the user's word on it.
std::string model_of(const aisle::pipeline_input& trained, const std::string& given) {
  return given.empty() ? trained.model : given;
}

void warn_of_other_weights(const aisle::pipeline_input& trained,
                           const std::optional<aisle::embedding_table>& now) {
  if (now && now->weights_sha256 != trained.weights_sha256)
    warn("the weights of " + trained.model + " are not those that the pipeline was trained with");
}

void write(const options& o, const aisle::catalogue& products, const aisle::pipeline_prediction& found) {
  const auto& classes = found.labels.classes();
  std::vector<std::string> ids(static_cast<std::size_t>(products.data_rows));
  for (const aisle::product& p : products.products) ids[static_cast<std::size_t>(p.row)] = p.id;
  aisle::csv_writer out(o.out);
  for (const std::string& name :
       {products.options.id_column, std::string("Prediction"), std::string("Probability")})
    out.field(name);
  if (o.probabilities)
    for (const std::string& name : classes.names()) out.field(name);
  out.end_row();
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    const auto r = static_cast<std::int64_t>(i);
    const auto code = found.labels.codes()[i];
    out.field(ids[static_cast<std::size_t>(found.rows[i])]).field(classes.name(code));
    out.field(found.probabilities(r, code));
    if (o.probabilities)
      for (const float p : found.probabilities.row(r)) out.field(p);
    out.end_row();
  }
  out.commit();
}

int predict(const options& o) {
  check_not_input("--out", o.out, {o.job.data, o.model});
  check_not_input("--skipped", o.skipped, {o.job.data, o.model});
  progress_bar bar;
  const aisle::pipeline p = aisle::pipeline::load(find_pipeline(o.model));
  catalogue_job job = o.job;
  if (p.uses_text() && job.text_columns.empty()) job.text_columns = p.text.text_columns;
  // Pictures are prepared as they were for training, where that has a name.
  if (job.common.preset.empty() && std::ranges::any_of(aisle::all_presets(), [&](const auto& known) {
        return known.name == p.image.preset;
      }))
    job.common.preset = p.image.preset;
  const aisle::catalogue products = job.load(false);
  std::vector<aisle::skipped_row> bad = products.problems;
  const std::string text_model = p.uses_text() ? model_of(p.text, o.job.common.text_model) : "none",
                    image_model = p.uses_images() ? model_of(p.image, o.job.common.image_model) : "none";
  try {
    job.check_models(products, text_model, image_model);
  } catch (const aisle::file_error& e) {
    throw aisle::error(std::string(e.what()) +
                       "; --text-model and --image-model name other places of the pipeline's models");
  }
  const auto text = job.embed_texts(products, text_model, bar);
  const auto image = job.embed_images(products, image_model, bar);
  if (image) bad.insert(bad.end(), image->problems.begin(), image->problems.end());
  if (image)
    if (const std::string none = aisle::no_picture_read(products, *image); !none.empty()) warn(none);
  warn_of_other_weights(p.text, text);
  warn_of_other_weights(p.image, image);

  aisle::pipeline_prediction found;
  if ((text || !p.uses_text()) && (image || !p.uses_images()))
    found = aisle::predict(p, text ? &*text : nullptr, image ? &*image : nullptr);
  add_left_out(bad, products, found.rows, p.uses_text(), p.uses_images(), "the pipeline");
  tell_skipped(bad, o.skipped);
  if (!o.skipped.empty()) aisle::write_skipped(o.skipped, bad);
  if (found.rows.empty()) {
    say("nothing to do: " + o.job.data + ": no row has what the pipeline needs");
    return exit_nothing;
  }
  write(o, products, found);
  return bad.empty() ? exit_ok : exit_skipped;
}

action setup(CLI::App& app) {
  auto o = std::make_shared<options>();
  o->job.common.text_model = o->job.common.image_model = "";  // the pipeline's
  o->job.add_columns(app);
  app.add_option("--model", o->model,
                 "pipeline of `aisle run` or `aisle train`, or a results folder: its best")
      ->required()
      ->type_name("FILE|DIR");
  app.add_option("--out", o->out, "predictions as CSV: id, Prediction, Probability")
      ->required()
      ->type_name("FILE");
  app.add_flag("--probabilities", o->probabilities, "add a column with the probability of each class");
  app.add_option("--skipped", o->skipped, "write rows that could not be classified there, as CSV")
      ->type_name("FILE");
  o->job.common.add(app, {common::text_model, common::image_model, common::preset, common::weights});
  for (const char* name : {"--text-model", "--image-model"})
    app.get_option(name)->default_str("the pipeline's");
  o->job.add_embeddings(app, "not kept");
  o->job.common.add(app, {common::threads, common::precision, common::isa, common::limit});
  app.footer("Example:\n  aisle predict --model results --data new.csv --out predictions.csv");
  return [o] { return predict(*o); };
}

const registration entry{{"predict", "classes of new products by a trained pipeline", setup}};

}  // namespace
