// aisle project: a map of embeddings in two or three dimensions.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <unordered_map>

#include <aisle/base/counted.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/catalogue/product_map.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/table.hpp>
#include <aisle/learn/pca.hpp>
#include <aisle/learn/tsne.hpp>

#include "catalogue_job.hpp"

namespace {

using namespace aisle_command;

struct options {
  std::string embeddings, out, page, modality;
  std::string label, data, id_column = "sku";
  std::string method = "pca", gradient = "auto", start = "pca";
  std::int64_t first_components = 0, iterations = 500;
  double perplexity = 30;
  option perplexity_option;
  int dims = 2;
  common_options common;
  aisle::csv_write_options csv = {};
};

/// What every way of showing a map needs.
struct point_map {
  std::vector<std::string> ids;
  aisle::matrix<double> points;
  std::string label_column;  ///< empty: none
  std::vector<std::string> labels;
  std::vector<std::string> names;  ///< of the products; empty: not known
};

/// What the table of --label says of an id.
struct row_of_table {
  std::string label, name;
};

/// The report's page with nothing on it but the map and its products.
std::string page_of(const point_map& map, const aisle::matrix<float>& vectors, aisle::vector_kind kind,
                    const std::string& embeddings, const options& o) {
  aisle::experiment_result page;
  page.catalogue = embeddings;
  page.label = o.label;
  const std::int64_t rows = vectors.rows();
  page.rows = rows;
  std::map<std::string, std::int32_t> classes;
  for (const std::string& label : map.labels)
    if (!label.empty()) classes.emplace(label, 0);
  for (auto& [name, code] : classes) {
    code = static_cast<std::int32_t>(page.classes.size());
    page.classes.push_back(name);
    page.class_counts.push_back(std::count(map.labels.begin(), map.labels.end(), name));
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto at = static_cast<std::size_t>(r);
    aisle::product_card& card = page.products.emplace_back();
    card.id = map.ids[at];
    if (!map.names.empty()) card.name = map.names[at];
    page.map.rows.push_back(r);
    if (!map.labels.empty() && !map.labels[at].empty())
      page.verdicts.push_back({.row = r, .given = classes.at(map.labels[at]), .likely = {}});
  }
  const bool text = kind == aisle::vector_kind::text;
  page.map.of = text ? "text" : "image";
  (text ? page.rows_with_text : page.rows_with_image) = rows;
  const std::int64_t axes = std::min<std::int64_t>({3, rows, vectors.cols()});
  const auto p = aisle::pca<float>::fit(vectors, {.components = axes, .threads = o.common.threads});
  const aisle::matrix<float> along = p.transform(vectors, o.common.threads);
  page.map.axes = aisle::matrix<float>(rows, 3);
  for (std::int64_t k = 0; k < axes; ++k) {
    page.map.explained += p.explained_variance_ratio()[static_cast<std::size_t>(k)];
    for (std::int64_t r = 0; r < rows; ++r) page.map.axes(r, k) = along(r, k);
  }
  if (o.method == "tsne") {
    page.map.tsne = aisle::matrix<float>(rows, map.points.cols());
    std::transform(map.points.data(), map.points.data() + rows * map.points.cols(), page.map.tsne.data(),
                   [](double v) { return static_cast<float>(v); });
    page.map.laid_out = rows;
    page.map.dimensions = o.first_components;
  }
  constexpr std::int64_t most = 50'000;  // every row is compared with every other
  if (rows <= most)
    page.map.nearest = aisle::detail::neighbours_on_map(vectors, page.map.rows, o.common.threads);
  else
    page.map.nearest = aisle::matrix<std::int64_t>(rows, 0);
  return aisle::report_html(page, {.threads = o.common.threads});
}

/// The points, and the page where there is one: of both the page goes first and comes last, so that it never
/// stands beside points that it does not show.
void write_outputs(const point_map& map, const std::string& page_text, const options& o) {
  std::optional<aisle::atomic_file> page;
  if (!o.page.empty()) {
    page.emplace(o.page);
    page->write(page_text);
  }
  const auto remove_page = [&] {
    if (page) aisle::remove_file(aisle::follow_links(o.page));
  };
  const auto write = [&](aisle::csv_writer& out) {
    out.field("id");
    for (std::int64_t d = 0; d < map.points.cols(); ++d) out.field(std::string(1, "xyz"[d]));
    if (!map.label_column.empty()) out.field(map.label_column);
    out.end_row();
    for (std::size_t i = 0; i < map.ids.size(); ++i) {
      out.field(map.ids[i]);
      for (const double v : map.points.row(i)) out.field(v);
      if (!map.label_column.empty()) out.field(map.labels[i]);
      out.end_row();
    }
    remove_page();
    out.commit();
  };
  if (o.out == "-") {
    aisle::csv_writer out([](std::string_view text) { write_out(text); }, o.csv);
    write(out);
    flush_out();
  } else {
    aisle::csv_writer out(o.out, o.csv);
    write(out);
  }
  if (page) page->commit();
}

bool has_kind(const std::string& modality, aisle::vector_kind kind) {
  return modality.empty() || modality == (kind == aisle::vector_kind::text ? "text" : "image");
}

/// --embeddings, or the one table of that folder.
std::string embeddings_file(const options& o) {
  if (!aisle::folder_exists(o.embeddings)) return o.embeddings;
  std::vector<std::string> tables;
  for (const std::string& name : aisle::folder_entries(o.embeddings)) {
    const bool text = name.starts_with("text_embeddings_"), image = name.starts_with("Embeddings_");
    if (!name.ends_with(".csv") || name.ends_with(".old.csv") || name.ends_with(".next.csv")) continue;
    if ((text && has_kind(o.modality, aisle::vector_kind::text)) ||
        (image && has_kind(o.modality, aisle::vector_kind::image)))
      tables.push_back(name);
  }
  std::sort(tables.begin(), tables.end());
  const std::string expected =
      "expected one text_embeddings_MODEL.csv or Embeddings_MODEL.csv, as `aisle "
      "embed` and `aisle run` write them";
  if (tables.empty())
    throw aisle::file_error(o.embeddings,
                            (o.modality.empty() ? "no embeddings" : "no " + o.modality + " embeddings") +
                                std::string(" in this folder, ") + expected);
  if (tables.size() == 1) return aisle::join_path(o.embeddings, tables.front());
  std::string list;
  for (const std::string& name : tables) list += (list.empty() ? "" : ", ") + name;
  throw usage_error("--embeddings " + o.embeddings + " has " + list +
                    ": name one of these files, or --modality where it leaves one");
}

aisle::vector_kind kind_of(const std::string& path, const options& o) {
  if (!o.modality.empty()) return o.modality == "text" ? aisle::vector_kind::text : aisle::vector_kind::image;
  const std::vector<aisle::vector_kind> kinds = aisle::vector_kinds(path);
  if (kinds.size() > 1)
    throw usage_error("--embeddings " + path +
                      " has vectors of texts and of pictures: --modality text or image says which");
  return kinds.empty() ? aisle::vector_kind::text : kinds.front();
}

/// Labels of the ids, and names where there is a column of them, from --data or the file of the embeddings
/// itself.
void read_labels(const options& o, const std::string& embeddings, point_map& map,
                 std::vector<aisle::skipped_row>& bad) {
  std::string path = o.data;
  if (path.empty()) path = embeddings.ends_with(".npy") ? aisle::vector_ids_path(embeddings) : embeddings;
  if (path.ends_with(".safetensors")) throw usage_error("--label wants --data: " + path + " has no columns");
  aisle::table_reader table(
      path, {.expected = {o.id_column, o.label}, .on_problem = [&](const aisle::csv_problem& p) {
               bad.push_back(aisle::skipped_record(path, p));
             }});
  const std::size_t label = table.column(o.label, "label_column");
  std::size_t id = 0;
  if (const auto named = table.find_column(o.id_column))
    id = *named;
  else if (!o.data.empty())
    id = table.column(o.id_column, "id_column");
  else if (const auto plain = table.find_column("id"))
    id = *plain;
  std::optional<std::size_t> name = table.find_column("name");
  if (!name) name = table.find_column("title");
  std::unordered_map<std::string, row_of_table> known;
  aisle::short_rows padded;
  for (aisle::table_row row; table.next(row); padded.add(row))
    known.emplace(aisle::trimmed(row.fields[id]),
                  row_of_table{std::string(aisle::trimmed(row.fields[label])),
                               name ? std::string(aisle::trimmed(row.fields[*name])) : std::string()});
  tell_padded(path, padded);
  std::size_t unknown = 0;
  for (const std::string& each : map.ids) {
    const auto found = known.find(each);
    map.labels.push_back(found == known.end() ? "" : found->second.label);
    if (name) map.names.push_back(found == known.end() ? "" : found->second.name);
    unknown += found == known.end();
  }
  if (unknown == map.ids.size())
    throw aisle::format_error(path, "none of the " + aisle::counted(map.ids.size(), "id") + " (" +
                                        map.ids.front() + ", …) is in column " + table.header()[id]);
  if (unknown > 0)
    warn(aisle::counted(static_cast<std::int64_t>(unknown), "id") + " of " + embeddings +
         (unknown == 1 ? " is" : " are") + " not in " + path + ": no label");
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

aisle::matrix<double> widened(const aisle::matrix<float>& x) {
  aisle::matrix<double> out(x.rows(), x.cols());
  std::copy_n(x.data(), x.rows() * x.cols(), out.data());
  return out;
}

aisle::matrix<float> principal(const options& o, const aisle::matrix<float>& x, std::int64_t components,
                               progress_bar& bar) {
  const auto p = aisle::pca<float>::fit(x, {.components = components,
                                            .seed = o.common.seed,
                                            .threads = o.common.threads,
                                            .progress = bar.callback()});
  double all = 0;
  std::string shares;
  for (const double r : p.explained_variance_ratio()) {
    all += r;
    shares += (shares.empty() ? "" : " + ") + percent(r);
  }
  say(aisle::counted(components, "component") + (components == 1 ? " explains " : " explain ") +
      percent(all) + " of the variance" + (components > 1 && components < 4 ? " (" + shares + ")" : ""));
  return p.transform(x, o.common.threads);
}

aisle::matrix<double> neighbour_map(const options& o, aisle::matrix<float> x, progress_bar& bar) {
  if (o.first_components > 0) x = principal(o, x, o.first_components, bar);
  static const std::map<std::string, aisle::tsne_gradient> gradients = {
      {"auto", aisle::tsne_gradient::automatic},
      {"exact", aisle::tsne_gradient::exact},
      {"barnes-hut", aisle::tsne_gradient::barnes_hut},
      {"interpolation", aisle::tsne_gradient::interpolation}};
  double perplexity = o.perplexity;
  const double most = std::max(1.0, static_cast<double>(x.rows() - 1) / 3);
  if (o.perplexity_option.count() == 0 && perplexity > most) {
    perplexity = most;
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", perplexity);
    say("perplexity " + std::string(text) + ", as there are " + aisle::counted(x.rows(), "row"));
  }
  const aisle::tsne_result found =
      aisle::tsne(x, {.dims = o.dims,
                      .perplexity = perplexity,
                      .iterations = o.iterations,
                      .start = o.start == "pca" ? aisle::tsne_start::pca : aisle::tsne_start::random,
                      .gradient = gradients.at(o.gradient),
                      .seed = o.common.seed,
                      .threads = o.common.threads,
                      .progress = bar.callback()});
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", found.kl_divergence);
  say("KL divergence " + std::string(text));
  return found.points;
}

int project(const options& o) {
  if (o.out != "-" && !o.out.ends_with(".csv"))
    throw usage_error("--out " + o.out + ": expected a name that ends in .csv, or -");
  if (!o.page.empty() && !o.page.ends_with(".html"))
    throw usage_error("--page " + o.page + ": expected a name that ends in .html");
  if (!o.data.empty() && o.label.empty()) throw usage_error("--data goes with --label");
  if (o.first_components != 0 && o.method != "tsne") throw usage_error("--pca goes with --method tsne");
  if (o.dims == 3 && o.gradient == "interpolation")
    throw usage_error("--gradient interpolation goes with --dims 2");
  output_guard guard;
  guard.writes("--out", o.out);
  if (!o.page.empty()) guard.writes("--page", o.page);
  const std::string path = embeddings_file(o);
  guard.reads_vectors(path);
  guard.reads(o.data);
  check_output_file("--out", o.out);
  if (!o.page.empty()) check_output_file("--page", o.page);
  const aisle::vector_kind kind = kind_of(path, o);
  const aisle::vector_file file = aisle::read_vector_file(path, kind, o.id_column);
  for (const std::string& note : file.notes) warn(path + ": " + note);
  if (file.missing > 0)
    warn(path + ": " + aisle::counted(file.missing, "row") + " without a vector " +
         (file.missing == 1 ? "is" : "are") + " left out");
  if (file.vectors.rows() < 2) {
    say("nothing to do: " + path + ": " + aisle::counted(file.vectors.rows(), "vector") +
        ", expected at least 2");
    return exit_nothing;
  }
  point_map map{file.ids, {}, o.label, {}, {}};
  std::vector<aisle::skipped_row> bad;
  if (!o.label.empty()) try {
      read_labels(o, path, map, bad);
    } catch (const aisle::column_error& e) {
      throw aisle::error(column_message(e));
    }
  tell_skipped(bad, {});
  progress_bar bar;
  map.points = o.method == "pca" ? widened(principal(o, file.vectors, o.dims, bar))
                                 : neighbour_map(o, file.vectors, bar);
  write_outputs(map, o.page.empty() ? std::string() : page_of(map, file.vectors, kind, path, o), o);
  return file.missing > 0 || !bad.empty() ? exit_skipped : exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option(
         "--embeddings", o->embeddings,
         "vectors as `aisle embed` writes them (CSV, .npy, .safetensors), or a folder with one table of them")
      .required()
      .type_name("PATH");
  app.add_option("--method", o->method, "pca, or tsne, which keeps neighbours together")
      .check(one_of({"pca", "tsne"}))
      .type_name("NAME")
      .capture_default_str();
  app.add_option("--dims", o->dims, "dimensions of the map, 2 or 3")
      .check(one_of({2, 3}))
      .type_name("N")
      .capture_default_str();
  app.add_option("--out", o->out, "points as CSV: id, x, y, z and the label; - is stdout")
      .required()
      .type_name("FILE.csv|-");
  app.add_option("--page", o->page,
                 "the map as a page, too: zoom, lasso, search, classes, in two and three dimensions")
      .type_name("FILE.html");
  app.add_option("--modality", o->modality, "which vectors, where there are both: text or image")
      .check(one_of({"text", "image"}))
      .type_name("NAME");
  app.add_option("--label", o->label, "column that is written beside the points; of the embeddings or --data")
      .type_name("COLUMN");
  app.add_option("--data", o->data, "table with the column of --label, joined by id").type_name("FILE");
  app.add_option("--id-column", o->id_column, "column of the ids").type_name("COLUMN").capture_default_str();
  o->perplexity_option =
      app.add_option("--perplexity", o->perplexity,
                     "of t-SNE: about how many neighbours a row has (a third of the rows where they are few)")
          .check(within(1.0, 1e6))
          .type_name("X")
          .capture_default_str();
  app.add_option("--iterations", o->iterations, "of t-SNE, after 250 with exaggeration")
      .check(within(std::int64_t{0}, std::int64_t{1} << 30))
      .type_name("N")
      .capture_default_str();
  app.add_option("--pca", o->first_components,
                 "of t-SNE: look at so many principal components (0: at the vectors)")
      .check(within(std::int64_t{0}, std::int64_t{1} << 30))
      .type_name("N")
      .capture_default_str();
  app.add_option("--start", o->start, "of t-SNE: pca or random")
      .check(one_of({"pca", "random"}))
      .type_name("NAME")
      .capture_default_str();
  app.add_option("--gradient", o->gradient,
                 "of t-SNE: exact, barnes-hut, interpolation, or auto: by the number of rows")
      .check(one_of({"auto", "exact", "barnes-hut", "interpolation"}))
      .type_name("NAME")
      .capture_default_str();
  add_csv_safe(app, o->csv);
  o->common.add(app, {common::seed, common::threads});
  app.footer(
      "The same map for a seed whatever the number of threads. Of t-SNE, distances between clusters say "
      "little.\n"
      "\n"
      "Examples:\n"
      "  aisle project --embeddings Embeddings --modality text --method tsne --out points.csv --page "
      "map.html\n"
      "  aisle project --embeddings text.npy --data products.csv --label class_id --dims 3 --out points.csv");
  return [o] {
    name_stdout(o->out);
    return project(*o);
  };
}

const registration entry{{"project", "a map of embeddings: principal components or t-SNE", setup}};

}  // namespace
