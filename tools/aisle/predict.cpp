// aisle predict: a trained pipeline applied to new products.

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/column_features.hpp>
#include <aisle/catalogue/picture_checks.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/nearest_name.hpp>

#include "catalogue_job.hpp"
#include "encoders.hpp"

namespace {

using namespace aisle_command;

struct options {
  catalogue_job job;
  std::string model, out, skipped;
  bool probabilities = false;
};

/// A model that the pipelines learnt from.
struct learnt_model {
  std::string id = "none";  ///< as an option would name it
  std::string lost = {};    ///< what to say where it is looked for and not there
};

/// The model that makes vectors as `trained` had them; `given` is the user's word on it. One that was named
/// by its path is where it was, or as near the `pipeline` as it was when both are moved together.
learnt_model model_of(const aisle::pipeline_input* trained, const common_options& common,
                      const std::string& given, const std::string& pipeline, const char* side) {
  namespace fs = std::filesystem;
  if (trained == nullptr) return {};
  if (!given.empty()) return {given};
  const std::string& place = trained->place;
  if (place.empty()) return {trained->model};
  const auto is_there = [](const std::string& path) {
    return aisle::folder_exists(path) || aisle::file_exists(path);
  };
  if (is_there(place)) return {place};
  const fs::path own =
      fs::absolute(aisle::folder_exists(pipeline) ? pipeline : aisle::parent_folder(pipeline))
          .lexically_normal();
  const fs::path folder = own.has_filename() ? own : own.parent_path(), above = folder.parent_path();
  for (const fs::path& from : {folder, above})
    for (fs::path rest = fs::path(place).relative_path(); !rest.empty();) {
      const std::string path = (from / rest).string();
      if (is_there(path) && aisle::identify_file(path) != aisle::identify_file(pipeline)) return {path};
      fs::path shorter;
      for (auto part = std::next(rest.begin()); part != rest.end(); ++part) shorter /= *part;
      rest = shorter;
    }
  if (common.find_model(trained->model)) return {trained->model};
  return {place, "the pipeline learnt from the model " + place +
                     ", which is not there, nor by the last parts of that path in " + folder.string() +
                     " or " + above.string() + ", nor in " +
                     aisle::join_path(common.weights, trained->model) + "; --" + side +
                     "-model names the place it has now"};
}

/// Vectors that were made elsewhere can come from there alone.
void check_vectors(const aisle::pipeline_input* trained, const std::string& given, const std::string& model,
                   const char* side) {
  if (trained && !trained->file.empty() && given.empty() && model.empty())
    throw usage_error("the pipeline learnt from the vectors of " + trained->file + "; --" + side +
                      "-embeddings names the file with those of the new products, --" + side +
                      "-model none does without");
}

void warn_of_others(const aisle::pipeline_input* trained, const aisle::embedding_table* now) {
  if (!trained || !now) return;
  if (trained->file.empty() && now->file.empty() && now->preset != trained->preset)
    warn(trained->model + " prepares its input by \"" + now->preset + "\", the pipeline learnt from what \"" +
         trained->preset + "\" prepared");
  if (now->weights_sha256 == trained->weights_sha256) return;
  if (trained->file.empty() && now->file.empty())
    warn("the weights of " + trained->model + " are not those that the pipeline was trained with");
  else
    warn("vectors of " + (now->file.empty() ? now->model : now->file) + " for a pipeline that learnt from " +
         (trained->file.empty() ? "model " + trained->model : trained->file) +
         ": they must be made by the same model");
}

/// The preset that the pipeline learnt with, where the model would not be given it anyway; else empty.
std::string other_preset(const common_options& common, const aisle::pipeline_input& trained) {
  const auto known = [&](const aisle::preset& p) { return p.name == trained.preset; };
  if (trained.preset.empty() || common.image_model == "none") return {};
  const auto& all = aisle::all_presets();
  if (std::none_of(all.begin(), all.end(), known)) return {};
  try {
    return known(preset_of(common, common.image_model)) ? std::string() : trained.preset;
  } catch (const aisle::machine_error&) {
    throw;
  } catch (const aisle::error&) {
    return trained.preset;
  }
}

/// Cells of columns of numbers that hold something else.
void tell_unreadable(const aisle::catalogue& products, const aisle::pipeline_set& set) {
  std::set<std::string> told;
  for (const aisle::pipeline& p : set.pipelines()) {
    std::vector<aisle::column_features::cells> cells;
    const std::vector<std::string> names = p.features.columns.names();
    for (const std::string& name : names) {
      const std::size_t at = products.find_column(name).value();
      cells.emplace_back();
      for (const aisle::product& row : products.products)
        cells.back().push_back(at < row.fields.size() ? std::string_view(row.fields[at])
                                                      : std::string_view());
    }
    const std::vector<std::int64_t> unreadable = p.features.columns.unreadable(cells);
    for (std::size_t c = 0; c < names.size(); ++c)
      if (unreadable[c] > 0 && told.insert(names[c]).second)
        warn(products.path + ": column " + names[c] + ": " + aisle::counted(unreadable[c], "cell") + " of " +
             std::to_string(cells[c].size()) + (unreadable[c] == 1 ? " is" : " are") +
             " no number as the pipeline learnt them (" + describe(p.features.columns.columns()[c]) +
             "): taken as missing");
  }
}

/// The user's columns, else those that the pipelines learnt from, where the catalogue has them.
aisle::catalogue load(const catalogue_job& job, const aisle::pipeline_set& set, const std::string& model) {
  aisle::catalogue_options reading = job.reading(false);
  reading.keep_html = false;
  aisle::restore_reading(set.reading(), reading, model);
  reading.label_column.clear();
  reading.missing_columns = true;
  if (!job.id_column.empty()) reading.id_column = job.id_column;
  if (!job.text_columns.empty()) reading.text_columns = job.text_columns;
  if (!job.image_column.empty()) reading.image_column = job.image_column;
  if (job.keep_html && !reading.keep_html && set.text())
    warn(
        "--keep-html: the pipeline learnt from texts that HTML was taken out of, and may say otherwise of "
        "these");
  reading.keep_html = reading.keep_html || job.keep_html;
  aisle::catalogue products = [&] {
    try {
      return aisle::load_catalogue(job.data, reading);
    } catch (const aisle::column_error& e) {
      const bool texts = e.role() == "text_columns", images = e.role() == "image_column";
      if (e.role() != "text_columns, image_column" && (!texts || !job.text_columns.empty()) &&
          (!images || !job.image_column.empty()))
        throw;
      if (!texts && !images && (!job.text_columns.empty() || !job.image_column.empty()))
        throw aisle::error(e.message("--text-columns, --image-column"));
      if (!texts && !images)
        throw aisle::error(
            e.message("which the pipeline learnt from; --text-columns and --image-column name others"));
      throw aisle::error(e.message(std::string("which the pipeline learnt from; --") +
                                   (texts ? "text-columns names others" : "image-column names another")));
    }
  }();
  tell_reading(products);
  std::vector<std::string> given = job.text_columns, wanted;
  if (!job.image_column.empty()) given.push_back(job.image_column);
  if (set.text()) wanted = reading.text_columns;
  if (set.image() && !reading.image_column.empty()) wanted.push_back(reading.image_column);
  for (const std::string& column : given)
    if (!products.find_column(column))
      throw aisle::missing_column(
          job.data, column, column == job.image_column ? "image_column" : "text_columns", products.header);
  for (const aisle::pipeline& p : set.pipelines())
    for (const std::string& column : p.features.columns.names())
      if (!products.find_column(column))
        throw aisle::error(aisle::missing_column(job.data, column, "extra_columns", products.header,
                                                 "; where it has no values its cells may be empty")
                               .message("which the pipeline learnt from"));
  tell_unreadable(products, set);
  for (const std::string& column : wanted)
    if (!products.find_column(column))
      warn(job.data + ": no column \"" + column + "\", which the pipeline learnt from" +
           aisle::did_you_mean(aisle::nearest_names(column, products.header)));
  return products;
}

const std::vector<std::string> prediction_columns = {"Prediction", "Probability", "Modality", "Reason",
                                                     "Known"};

/// Columns of the classes' probabilities: called as the classes, but for names that the other columns have.
std::vector<std::string> probability_columns(const std::vector<std::string>& classes,
                                             const std::string& id_column) {
  std::set<std::string> taken(prediction_columns.begin(), prediction_columns.end());
  taken.insert(id_column);
  const std::set<std::string> others = taken;
  taken.insert(classes.begin(), classes.end());
  std::vector<std::string> out = classes;
  for (std::string& name : out) {
    if (!others.contains(name)) continue;
    const std::string before = name;
    do name = "probability of " + name;
    while (!taken.insert(name).second);
    say("--probabilities: class '" + before +
        "' is called as another column; its probabilities are in column '" + name + "'");
  }
  return out;
}

void write_rows(aisle::csv_writer out, const options& o, const aisle::catalogue& products,
                const aisle::pipeline_set& set, const aisle::catalogue_prediction& found) {
  const auto& names = found.classes.names();
  out.field(products.options.id_column);
  for (const std::string& name : prediction_columns) out.field(name);
  if (o.probabilities)
    for (const std::string& name : probability_columns(names, products.options.id_column)) out.field(name);
  out.end_row();
  for (std::size_t i = 0; i < found.rows.size(); ++i) {
    const aisle::row_prediction& r = found.rows[i];
    const auto probabilities = found.probabilities.row(static_cast<std::int64_t>(i));
    const bool done = r.pipeline >= 0;
    out.field(r.id);
    if (done)
      out.field(names[static_cast<std::size_t>(r.label)])
          .field(probabilities[static_cast<std::size_t>(r.label)])
          .field(set.pipelines()[static_cast<std::size_t>(r.pipeline)].modality);
    else
      out.field("").field("").field("");
    out.field(r.reason);
    r.known >= 0 ? out.field(static_cast<float>(r.known)) : out.field("");
    if (o.probabilities)
      for (const float p : probabilities) done ? out.field(p) : out.field("");
    out.end_row();
  }
  out.commit();
}

void write(const options& o, const aisle::catalogue& products, const aisle::pipeline_set& set,
           const aisle::catalogue_prediction& found) {
  if (o.out == "-") {
    write_rows(aisle::csv_writer([](std::string_view text) { write_out(text); }, o.job.csv), o, products, set,
               found);
    flush_out();
  } else {
    write_rows(aisle::csv_writer(o.out, o.job.csv), o, products, set, found);
  }
}

/// "p.csv: 12 rows: 9 by multimodal, 2 by text, 1 without a prediction".
void tell_summary(const std::string& path, const aisle::pipeline_set& set,
                  const aisle::catalogue_prediction& found) {
  std::vector<std::int64_t> counts(set.pipelines().size());
  std::int64_t without = 0;
  for (const aisle::row_prediction& r : found.rows)
    ++(r.pipeline < 0 ? without : counts[static_cast<std::size_t>(r.pipeline)]);
  std::string line;
  for (std::size_t k = 0; k < counts.size(); ++k)
    if (counts[k] > 0)
      line += (line.empty() ? "" : ", ") + std::to_string(counts[k]) + " by " + set.pipelines()[k].modality;
  if (without > 0) line += (line.empty() ? "" : ", ") + std::to_string(without) + " without a prediction";
  say(path + ": " + aisle::counted(found.rows.size(), "row") + ": " + line);
}

int predict(const options& o) {
  output_guard guard;
  guard.writes("--out", o.out);
  guard.writes("--skipped", o.skipped);
  guard.reads(o.job.data);
  guard.reads_results(o.model);
  check_output_file("--out", o.out);
  check_output_file("--skipped", o.skipped);
  check_output_folder("--embeddings", o.job.embeddings);
  check_named_models(o.job.common);
  progress_bar bar;
  const aisle::pipeline_set set = aisle::pipeline_set::load(o.model);
  catalogue_job job = o.job;
  check_vectors(set.text(), job.text_vectors, job.common.text_model, "text");
  check_vectors(set.image(), job.image_vectors, job.common.image_model, "image");
  const learnt_model text = model_of(set.text(), job.common, o.job.common.text_model, o.model, "text"),
                     image = model_of(set.image(), job.common, o.job.common.image_model, o.model, "image");
  job.common.text_model = text.id;
  job.common.image_model = image.id;
  check_service_options(job.common);
  if (!set.text()) job.text_vectors.clear();
  if (!set.image()) job.image_vectors.clear();
  // Prepared as what was learnt from.
  if (set.text()) job.common.prompt = set.text()->preset;
  if (job.common.preset.empty() && set.image()) job.common.preset = other_preset(job.common, *set.image());
  job.tell_files(guard);
  const aisle::catalogue products = load(job, set, o.model);
  guard.reads_pictures(products);
  std::vector<aisle::skipped_row> bad = products.problems;
  job_inputs inputs;
  try {
    inputs = job.open_inputs(products);
  } catch (const aisle::file_error& e) {
    for (const learnt_model& m : {text, image})
      if (!m.lost.empty() && std::string_view(e.what()).find(m.id) != std::string_view::npos)
        throw aisle::error(m.lost);
    throw aisle::error(std::string(e.what()) +
                       "; --text-model and --image-model name other places of the pipeline's models");
  }
  const job_vectors vectors = job.embed(products, std::move(inputs), bar);
  const std::vector<aisle::skipped_row> unreadable = vectors.problems();
  bad.insert(bad.end(), unreadable.begin(), unreadable.end());
  if (vectors.image)
    if (const std::string none = aisle::no_picture_read(products, *vectors.image); !none.empty()) warn(none);
  warn_of_others(set.text(), vectors.texts());
  warn_of_others(set.image(), vectors.images());

  const aisle::catalogue_prediction found = [&] {
    try {
      return aisle::predict(set, products, vectors.texts(), vectors.images());
    } catch (const aisle::format_error& e) {  // which file does not fit: say what named it
      for (const auto& [option, file] : {std::pair("--text-embeddings ", &job.text_vectors),
                                         std::pair("--image-embeddings ", &job.image_vectors)})
        if (!file->empty() && e.where() == *file) throw aisle::error(option + std::string(e.what()));
      throw;
    }
  }();
  aisle::index_vector done;
  for (std::size_t r = 0; r < found.rows.size(); ++r)
    if (found.rows[r].pipeline >= 0) done.push_back(static_cast<std::int64_t>(r));
  add_left_out(bad, products, done, set.text() != nullptr && job.text_vectors.empty(),
               set.image() != nullptr && job.image_vectors.empty(), "the pipeline");
  tell_skipped(bad, skipped_list(o.skipped));
  std::optional<aisle::folder_lock> turn;
  if (!o.skipped.empty()) {
    turn = wait_for_turn(o.out);
    aisle::write_skipped(o.skipped, bad, o.job.csv);
  }
  write(o, products, set, found);
  if (done.empty()) {
    say("nothing to do: " + o.job.data + ": no row has what the pipeline needs");
    return exit_nothing;
  }
  tell_summary(o.out == "-" ? "stdout" : o.out, set, found);
  return bad.empty() ? exit_ok : exit_skipped;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  o->job.common.text_model = o->job.common.image_model = o->job.id_column = "";  // the pipeline's
  o->job.add_columns(app);
  app.add_option("--model", o->model,
                 "pipeline of `aisle run` or `aisle train`, or a results folder: its best, and for rows that "
                 "lack a modality the best that can do without")
      .required()
      .type_name("FILE|DIR");
  app.add_option("--out", o->out,
                 "predictions as CSV: id, Prediction, Probability, Modality, Reason, Known; - is stdout")
      .required()
      .type_name("FILE");
  app.add_flag("--probabilities", o->probabilities, "add a column with the probability of each class");
  app.add_option("--skipped", o->skipped, "write rows that could not be classified there, as CSV")
      .type_name("FILE");
  o->job.common.add(
      app, {common::text_model, common::service, common::image_model, common::preset, common::weights});
  for (const char* name : {"--id-column", "--text-model", "--image-model"})
    app.get_option(name).default_str("the pipeline's");
  o->job.add_embeddings(app, "not kept");
  o->job.common.add(app, {common::threads, common::precision, common::isa, common::limit});
  app.footer(
      "Every row of --data comes out, in its order: by the best pipeline that has what it needs of the row "
      "(Modality says\n"
      "which), or with the reason why there is none. Columns are those that the pipeline learnt from, unless "
      "given.\n"
      "Known: the share of the class's own rows that are as unlike it; near 0 the row is like none of the "
      "classes.\n"
      "\n"
      "Example:\n"
      "  aisle predict --model results --data new.csv --out predictions.csv");
  return [o] {
    name_stdout(o->out);
    return predict(*o);
  };
}

const registration entry{{"predict", "classes of new products by a trained pipeline", setup}};

}  // namespace
