#include "catalogue_job.hpp"

#include <algorithm>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/catalogue/picture_checks.hpp>
#include <aisle/models/zoo.hpp>

#include "manifest.hpp"

namespace aisle_command {

namespace {

template <class Embed>
std::optional<aisle::embedding_table> embed(const catalogue_job& job, const std::string& model,
                                            progress_bar& bar, Embed function) {
  aisle::embedding_options options;
  options.model_path = job.common.model_path(model);
  options.folder = job.embeddings;
  options.engine = job.common.engine();
  options.threads = job.common.threads;
  options.progress = bar.callback();
  options.on_warning = [](std::string_view what) { warn(what); };
  return function(options);
}

bool wants_texts(const aisle::catalogue& products, const std::string& model) {
  return model != "none" &&
         std::ranges::any_of(products.products, [](const aisle::product& p) { return !p.text.empty(); });
}

bool wants_images(const aisle::catalogue& products, const std::string& model) {
  return model != "none" && std::ranges::any_of(products.products, [](const aisle::product& p) {
           return !p.image_path.empty() || !p.image_url.empty();
         });
}

/// As a shell takes it for one word.
std::string shell_word(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-+./:,=@%").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, plain)) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

catalogue_job::catalogue_job() {
  common.text_model = "all-MiniLM-L6-v2";
  common.image_model = "efficientnet-lite0";
}

void catalogue_job::add_columns(CLI::App& app) {
  app.add_option("--data", data, "products as CSV")->required()->type_name("FILE");
  app.add_option("--id-column", id_column, "column of the ids")->type_name("COLUMN")->capture_default_str();
  app.add_option("--text-columns", text_columns,
                 "columns whose texts are joined (default: name, description)")
      ->type_name("COLUMN,…")
      ->delimiter(',');
  app.add_option("--image-column", image_column,
                 "column of the pictures' paths, relative to --image-root or the CSV (default: image_path)")
      ->type_name("COLUMN");
  app.add_option("--image-root", image_root,
                 "folder that the pictures' paths are relative to, or that pictures named by URL were "
                 "downloaded to (default: the CSV's)")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
}

void catalogue_job::add_embeddings(CLI::App& app, const std::string& default_text) {
  app.add_option("--embeddings", embeddings,
                 "folder of the embeddings; rows that have not changed are taken from there (default: " +
                     default_text + ")")
      ->type_name("DIR");
}

void catalogue_job::add_fusion(CLI::App& app) {
  app.add_option(
         "--fusion", fusion,
         "how text and image are joined: concat, or balanced (each less its training mean, at one norm)")
      ->check(CLI::IsMember({"concat", "balanced"}))
      ->type_name("NAME")
      ->capture_default_str();
}

aisle::catalogue catalogue_job::load(bool with_label) const {
  return aisle::load_catalogue(data, {.id_column = id_column,
                                      .text_columns = text_columns,
                                      .image_column = image_column,
                                      .image_root = image_root,
                                      .label_column = with_label ? common.label : std::string(),
                                      .limit = common.limit});
}

aisle::fusion_options catalogue_job::fusion_options() const {
  return {.kind = aisle::parse_fusion_kind(fusion)};
}

void catalogue_job::check_models(const aisle::catalogue& products, const std::string& text_model,
                                 const std::string& image_model) const {
  common.engine();
  if (wants_texts(products, text_model)) aisle::models::open_model(common.model_path(text_model));
  if (wants_images(products, image_model)) {
    aisle::models::open_model(common.model_path(image_model));
    preset_of(common, image_model);
    if (const std::string missing = aisle::missing_pictures(products); !missing.empty()) warn(missing);
  }
}

std::optional<aisle::embedding_table> catalogue_job::embed_texts(const aisle::catalogue& products,
                                                                 const std::string& model,
                                                                 progress_bar& bar) const {
  if (!wants_texts(products, model)) return std::nullopt;
  return embed(*this, model, bar, [&](const auto& options) { return aisle::embed_texts(products, options); });
}

std::optional<aisle::embedding_table> catalogue_job::embed_images(const aisle::catalogue& products,
                                                                  const std::string& model,
                                                                  progress_bar& bar) const {
  if (!wants_images(products, model)) return std::nullopt;
  return embed(*this, model, bar, [&](aisle::embedding_options& options) {
    options.preset = chosen_preset(common, model);
    return aisle::embed_images(products, options);
  });
}

std::vector<aisle::skipped_row> go_on_without_pictures(const aisle::catalogue& products,
                                                       std::optional<aisle::embedding_table>& images,
                                                       const std::vector<aisle::skipped_row>& bad,
                                                       bool has_text) {
  if (!images) return {};
  const std::string none = aisle::no_picture_read(products, *images);
  if (none.empty()) return {};
  if (!has_text) throw aisle::nothing_to_do(none, bad);
  warn(none + "; going on with the texts alone");
  std::vector<aisle::skipped_row> problems = std::move(images->problems);
  images.reset();
  return problems;
}

void tell_skipped(const std::vector<aisle::skipped_row>& rows, const std::string& where) {
  constexpr std::size_t shown = 20;
  for (std::size_t i = 0; i < rows.size() && i < shown; ++i) {
    const aisle::skipped_row& r = rows[i];
    warn(r.file + ": row " + std::to_string(r.row) + (r.id.empty() ? "" : " (" + r.id + ")") +
         (r.column.empty() ? "" : ", column " + r.column) + ": " + r.reason);
  }
  if (rows.size() > shown)
    warn(std::to_string(rows.size() - shown) + " more rows are skipped" +
         (where.empty() ? "" : ", see " + where));
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

std::string command_line(const CLI::App& app) {
  std::string out = "aisle " + app.get_name();
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || option->get_lnames().empty()) continue;
    out += " --" + option->get_lnames().front();
    std::string value;
    for (const std::string& part : option->results()) value += (value.empty() ? "" : ",") + part;
    if (option->get_items_expected_max() > 0) out += " " + shell_word(value);
  }
  return out;
}

}  // namespace aisle_command
