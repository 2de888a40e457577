#include "catalogue_job.hpp"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/catalogue/picture_checks.hpp>

#include "encoders.hpp"
#include "remote_embedder.hpp"

namespace aisle_command {

namespace {

aisle::embedding_table vectors_of(const aisle::catalogue& products, const std::string& path,
                                  aisle::vector_kind kind) {
  aisle::foreign_vectors v = aisle::read_vectors(products, path, kind);
  say(path + ": vectors of " + std::to_string(v.table.rows.size()) + " of " +
      aisle::counted(products.products.size(), "product") +
      (v.unknown > 0 ? "; " + std::to_string(v.unknown) +
                           (v.unknown == 1 ? " of its ids is no product's" : " of its ids are no product's")
                     : "") +
      "; each of " + aisle::counted(v.table.vectors.cols(), "value") +
      (v.columns.empty() ? "" : ", the columns " + v.columns));
  for (const std::string& note : v.notes) warn(path + ": " + note);
  return std::move(v.table);
}

bool wants_texts(const aisle::catalogue& products, const std::string& model) {
  return model != "none" && std::any_of(products.products.begin(), products.products.end(),
                                        [](const aisle::product& p) { return !p.text.empty(); });
}

bool wants_images(const aisle::catalogue& products, const std::string& model) {
  return model != "none" && aisle::ranges::any_of(products.products, [](const aisle::product& p) {
           return !p.image_path.empty() || !p.image_problem.empty();
         });
}

/// Where a model is that was named by its path: its id says it to nobody else. Empty where the id is enough.
std::string named_place(const common_options& common, const std::string& id) {
  const auto found = common.find_model(id);
  const bool is_name = id.find('/') == std::string::npos;
  if (!found || (is_name && *found == aisle::join_path(common.weights, id))) return {};
  std::filesystem::path whole = std::filesystem::absolute(*found).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();  // "models/mine/"
  return whole.string();
}

/// As a shell takes it for one word.
std::string shell_word(const std::string& text) {
  const auto plain = [](char c) {
    return aisle::ascii::is_letter(c) || aisle::ascii::is_digit(c) ||
           std::string_view("_-+./:,=@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

catalogue_job::catalogue_job() {
  common.text_model = "all-MiniLM-L6-v2";
  common.image_model = "efficientnet-lite0";
}

void catalogue_job::add_columns(option_set app) {
  app.add_option("--data", data, "products: CSV of any separator, JSON lines or a JSON array, also gzip")
      .required()
      .type_name("FILE");
  app.add_option("--id-column", id_column, "column of the ids").type_name("COLUMN").capture_default_str();
  add_column_list(app, "--text-columns", text_columns,
                  "columns whose texts are joined (default: name, description)");
  app.add_option("--image-column", image_column,
                 "column of the pictures' paths, relative to --image-root or the CSV (default: image_path)")
      .type_name("COLUMN");
  app.add_option("--image-root", image_root,
                 "folder that the pictures' paths are relative to, or that pictures named by URL were "
                 "downloaded to (default: the CSV's)")
      .type_name("DIR")
      .check(existing_folder());
  add_allow_outside(app, allow_outside);
  add_csv_safe(app, csv);
  add_keep_html(app, keep_html);
  add_table_options(app, table);
}

void catalogue_job::add_label(option_set app) {
  common.add(app, {common::label});
  add_label_treatment(app, labels);
}

void catalogue_job::add_groups(option_set app) {
  app.add_option(
         "--group-column", group_column,
         "column of what variants of a product have in common (colours, sizes): rows of one group are "
         "never on both sides of a split; an empty cell is a product of its own")
      .type_name("COLUMN");
}

void catalogue_job::add_embeddings(option_set app, const std::string& default_text) {
  app.add_option("--embeddings", embeddings,
                 "folder of the embeddings; rows that have not changed are taken from there (default: " +
                     default_text + ")")
      .type_name("DIR");
  for (const auto& [name, path, what] : {std::tuple("--text-embeddings", &text_vectors, "texts"),
                                         std::tuple("--image-embeddings", &image_vectors, "pictures")})
    app.add_option(name, *path,
                   std::string("vectors of the ") + what +
                       " that were made elsewhere, joined by id: .npy with NAME.ids.csv beside it, CSV or "
                       "safetensors; no model is loaded for them")
        .type_name("FILE");
}

void catalogue_job::add_fusion(option_set app) {
  app.add_option(
         "--fusion", fusion,
         "how text and image are joined: concat, balanced (each less its training mean, at one norm), late "
         "(a "
         "classifier for each, their probabilities multiplied by weights learnt out of fold) or stacked (a "
         "logistic regression of them)")
      .check(one_of({"concat", "balanced", "late", "stacked"}))
      .type_name("NAME")
      .capture_default_str();
}

void catalogue_job::add_extra_columns(option_set app) {
  add_column_list(
      app, "--extra-columns", extra_columns,
      "columns that are looked at beside texts and pictures (price, manufacturer): numbers by their "
      "size, anything else as categories");
}

aisle::catalogue_options catalogue_job::reading(bool with_label) const {
  aisle::label_treatment treatment = labels;
  treatment.keep_entities = keep_html;
  return {.id_column = id_column,
          .text_columns = text_columns,
          .image_column = image_column,
          .image_root = image_root,
          .allow_outside = allow_outside,
          .label_column = with_label ? common.label : std::string(),
          .labels = treatment,
          .keep_html = keep_html,
          .limit = common.limit,
          .bare_rows = !text_vectors.empty() || !image_vectors.empty(),
          .delimiter = table.delimiter,
          .encoding = table.encoding,
          .cell_limit = table.cell_limit,
          .group_column = with_label ? group_column : std::string()};
}

aisle::catalogue catalogue_job::load(bool with_label) const {
  aisle::catalogue out = aisle::load_catalogue(data, reading(with_label));
  tell_reading(out);
  return out;
}

aisle::fusion_options catalogue_job::fusion_options() const {
  return {.kind = aisle::parse_fusion_kind(fusion)};
}

void catalogue_job::tell_files(output_guard& guard) const {
  const std::string text = text_vectors.empty() ? common.text_model : "",
                    image = image_vectors.empty() ? common.image_model : "";
  guard.writes_embeddings("--embeddings", embeddings, stored_name(text, common.service.dimensions), image);
  for (const std::string& file : {data, common.split}) guard.reads(file);
  for (const std::string& vectors : {text_vectors, image_vectors}) guard.reads_vectors(vectors);
  for (const std::string& model : {text, image})
    if (const auto path = common.find_model(model)) guard.reads_model(*path);
}

job_inputs catalogue_job::open_inputs(const aisle::catalogue& products) const {
  common.engine();
  job_inputs out;
  if (!text_vectors.empty()) {
    out.text = vectors_of(products, text_vectors, aisle::vector_kind::text);
  } else if (wants_texts(products, common.text_model)) {
    out.texts = open_text_embedder(common);
  }
  if (!image_vectors.empty())
    out.image = vectors_of(products, image_vectors, aisle::vector_kind::image);
  else if (wants_images(products, common.image_model))
    out.pictures = open_picture_embedder(common);
  if (out.pictures)
    if (const std::string missing = aisle::missing_pictures(products); !missing.empty()) warn(missing);
  return out;
}

job_vectors catalogue_job::embed(const aisle::catalogue& products, job_inputs inputs,
                                 progress_bar& bar) const {
  job_vectors out{std::move(inputs.text), std::move(inputs.image)};
  const aisle::embedding_options how{.folder = embeddings,
                                     .threads = common.threads,
                                     .progress = bar.callback(),
                                     .on_warning = [](std::string_view what) { warn(what); }};
  if (inputs.texts) {
    out.text = aisle::embed_texts(products, inputs.texts, how);
    out.text->place = named_place(common, common.text_model);
    tell_spent(inputs.texts.get());
    inputs.texts.reset();  // the memory of its weights
  }
  if (inputs.pictures) {
    out.image = aisle::embed_images(products, inputs.pictures, how);
    out.image->place = named_place(common, common.image_model);
  }
  return out;
}

std::vector<aisle::skipped_row> go_on_without_pictures(const aisle::catalogue& products,
                                                       std::optional<aisle::embedding_table>& images,
                                                       const std::vector<aisle::skipped_row>& bad,
                                                       bool has_text) {
  if (!images) return {};
  const std::string none = aisle::no_picture_read(products, *images);
  if (none.empty()) return {};
  if (!has_text) throw aisle::nothing_to_do(none, bad);
  // Why nearly all names lead nowhere open_inputs() has said.
  const std::string told = aisle::missing_pictures(products);
  warn(none.substr(0, none.size() - (told.empty() ? 0 : told.size() + 2)) +
       "; going on with the texts alone");
  std::vector<aisle::skipped_row> problems = std::move(images->problems);
  images.reset();
  return problems;
}

void add_left_out(std::vector<aisle::skipped_row>& skipped, const aisle::catalogue& products,
                  const aisle::index_vector& done, bool looks_at_text, bool looks_at_image,
                  const std::string& who) {
  std::vector<bool> known(static_cast<std::size_t>(products.data_rows), false);
  for (const std::int64_t r : done) known[static_cast<std::size_t>(r)] = true;
  for (const aisle::skipped_row& r : skipped) known[static_cast<std::size_t>(r.row)] = true;
  for (const aisle::product& p : products.products) {
    if (known[static_cast<std::size_t>(p.row)]) continue;
    const bool text = looks_at_text && p.text.empty(), image = looks_at_image && p.image_path.empty();
    const std::string what = text && image ? "text and no picture"
                             : text        ? "text"
                             : image       ? "picture"
                                           : "vector";
    skipped.push_back(products.problem(p, image && !text ? products.options.image_column : "",
                                       "no " + what + ", which " + who + " needs"));
  }
  std::stable_sort(skipped.begin(), skipped.end(),
                   [](const auto& a, const auto& b) { return a.row < b.row; });
}

std::string command_line(option_set app) {
  std::string out = "aisle " + app.name();
  for (const option_set::given_option& given : app.given()) {
    out += " " + given.name;
    std::string value;
    for (const std::string& part : given.values) value += (value.empty() ? "" : ",") + part;
    if (!given.values.empty()) out += " " + shell_word(value);
  }
  return out;
}

}  // namespace aisle_command
