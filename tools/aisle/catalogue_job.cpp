#include "catalogue_job.hpp"

#include <algorithm>

#include <aisle/base/error.hpp>

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
                 "column of the pictures' paths, relative to the CSV (default: image_path)")
      ->type_name("COLUMN");
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
                                      .label_column = with_label ? common.label : std::string(),
                                      .limit = common.limit});
}

aisle::fusion_options catalogue_job::fusion_options() const {
  return {.kind = aisle::parse_fusion_kind(fusion)};
}

std::optional<aisle::embedding_table> catalogue_job::embed_texts(const aisle::catalogue& products,
                                                                 const std::string& model,
                                                                 progress_bar& bar) const {
  const auto has_text = [](const aisle::product& p) { return !p.text.empty(); };
  if (model == "none" || std::ranges::none_of(products.products, has_text)) return std::nullopt;
  return embed(*this, model, bar, [&](const auto& options) { return aisle::embed_texts(products, options); });
}

std::optional<aisle::embedding_table> catalogue_job::embed_images(const aisle::catalogue& products,
                                                                  const std::string& model,
                                                                  progress_bar& bar) const {
  const auto has_image = [](const aisle::product& p) { return !p.image_path.empty(); };
  if (model == "none" || std::ranges::none_of(products.products, has_image)) return std::nullopt;
  return embed(*this, model, bar,
               [&](const auto& options) { return aisle::embed_images(products, options); });
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

std::string command_line(const CLI::App& app) {
  std::string out = "aisle " + app.get_name();
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || option->get_lnames().empty()) continue;
    out += " --" + option->get_lnames().front();
    std::string value;
    for (const std::string& part : option->results()) value += (value.empty() ? "" : ",") + part;
    if (option->get_items_expected_max() == 0) continue;
    const bool plain = !value.empty() && value.find_first_of(" \t\n'\"\\$&;|<>()*?`#~") == std::string::npos;
    out += plain ? " " + value : " '" + value + "'";
  }
  return out;
}

}  // namespace aisle_command
