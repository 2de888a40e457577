// aisle embed: vectors of a catalogue's text and pictures, or of a stream of JSON rows.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/picture_checks.hpp>
#include <aisle/catalogue/picture_paths.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/models/zoo.hpp>
#include <aisle/text/html.hpp>

#include "catalogue_job.hpp"
#include "command.hpp"
#include "lines.hpp"
#include "encoders.hpp"
#include "output_guard.hpp"
#include "sinks.hpp"

namespace {

using namespace aisle_command;

struct options {
  common_options common;
  std::string data, in, out, format, skipped, image_root;
  std::int64_t batch = 256;
  bool allow_outside = false;
  aisle::csv_write_options csv = {};
  aisle::catalogue_options columns;
};

/// One row of the input.
struct item {
  std::int64_t row = 0, line = 0;
  aisle::json id;
  std::string text, image, error;
  std::string image_problem;  ///< why the picture's name leads nowhere
  const aisle::product* source = nullptr;
};

/// Rows of the input, in its order; those that cannot be read carry an error.
class source {
 public:
  virtual ~source() = default;
  /// The next rows, at most `count`; none at the end.
  virtual std::vector<item> next(std::size_t count) = 0;
  virtual std::int64_t total() const { return 0; }  ///< 0: unknown
  virtual const std::string& path() const = 0;
};

class catalogue_source : public source {
 public:
  explicit catalogue_source(aisle::catalogue c) : catalogue_(std::move(c)) {
    for (const aisle::product& p : catalogue_.products)
      items_.push_back({p.row, p.line, p.id, p.text, p.image_path, {}, p.image_problem, &p});
    for (const aisle::skipped_row& p : catalogue_.problems) {
      const std::string column = p.column.empty() ? std::string() : "column " + p.column + ": ";
      items_.push_back({p.row,
                        p.line,
                        p.id.empty() ? aisle::json() : aisle::json(p.id),
                        {},
                        {},
                        column + p.reason,
                        {},
                        nullptr});
    }
    std::stable_sort(items_.begin(), items_.end(),
                     [](const item& a, const item& b) { return a.row < b.row; });
  }
  std::vector<item> next(std::size_t count) override {
    const std::size_t end = std::min(at_ + count, items_.size());
    std::vector<item> out(items_.begin() + static_cast<std::ptrdiff_t>(at_),
                          items_.begin() + static_cast<std::ptrdiff_t>(end));
    at_ = end;
    return out;
  }
  std::int64_t total() const override { return static_cast<std::int64_t>(items_.size()); }
  const std::string& path() const override { return catalogue_.path; }

 private:
  aisle::catalogue catalogue_;
  std::vector<item> items_;
  std::size_t at_ = 0;
};

class json_source : public source {
 public:
  json_source(const std::string& path, std::string image_root, bool allow_outside, std::int64_t limit,
              bool keep_html)
      : lines_(path),
        pictures_(path == "-" ? "." : aisle::parent_folder(path), std::move(image_root), allow_outside),
        limit_(limit),
        keep_html_(keep_html) {}
  std::vector<item> next(std::size_t count) override {
    std::vector<item> out;
    // What has arrived is worked on at once: a producer may wait for the answer to its row before it sends
    // the next.
    while (out.size() < count && (limit_ == 0 || rows_ < limit_) && (out.empty() || lines_.ready())) {
      if (!lines_.next(line_)) break;
      if (line_.find_first_not_of(" \t\r") == std::string::npos) continue;
      item i;
      i.row = rows_++;
      i.line = lines_.number();
      try {
        read(i);
      } catch (const aisle::machine_error&) {
        throw;  // no fault of the row
      } catch (const aisle::error& e) {
        i.error = e.what();
        i.line = 0;  // the message names it
      }
      out.push_back(std::move(i));
    }
    return out;
  }
  const std::string& path() const override { return lines_.path(); }

 private:
  void read(item& i) {
    const std::string where = "line " + std::to_string(lines_.number());  // whoever tells it names the file
    if (lines_.too_long()) throw aisle::format_error(where, "longer than 64 MB");
    const aisle::json j = parse_json_line(line_, where);
    if (!j.is_object()) j.fail("expected an object such as {\"id\":1,\"text\":\"...\",\"image\":\"path\"}");
    if (const aisle::json* id = j.find("id")) i.id = *id;
    const std::string text = j.get("text", "");
    i.text = aisle::trimmed(keep_html_ ? text : aisle::strip_html(text));
    aisle::picture_reference picture = pictures_.resolve(aisle::trimmed(j.get("image", "")));
    i.image = std::move(picture.path);
    i.image_problem = std::move(picture.problem);
  }
  line_reader lines_;
  aisle::picture_finder pictures_;
  std::string line_;
  std::int64_t limit_, rows_ = 0;
  bool keep_html_;
};

/// The models, and what is counted over the whole job.
struct job {
  const options& o;
  const output_guard& guard;
  std::optional<aisle::text_encoder> text;
  std::optional<aisle::image_encoder> image;
  progress_bar bar{};
  std::int64_t rows = 0, total = 0, texts = 0, cut = 0, vectors = 0;
  std::vector<aisle::skipped_row> skipped{};

  std::int64_t kinds() const { return text.has_value() + image.has_value(); }
  aisle::progress_callback progress(std::int64_t before) {
    return [this, before](const aisle::progress_event& e) {
      bar.show("embed", rows * kinds() + before + e.done, total * kinds(), "vectors");
    };
  }

  aisle::matrix<float> encode_texts(const std::vector<item>& items, std::vector<std::int64_t>& at) {
    std::vector<std::string> texts_of;
    for (std::size_t i = 0; i < items.size(); ++i)
      if (items[i].error.empty() && !items[i].text.empty()) {
        at[i] = static_cast<std::int64_t>(texts_of.size());
        texts_of.push_back(items[i].text);
      }
    const aisle::text_encode_options how{
        .threads = o.common.threads, .progress = progress(0), .prompt = o.common.prompt};
    const aisle::tokenized_texts tokens = text->tokenize(texts_of, how);
    texts += static_cast<std::int64_t>(texts_of.size());
    cut += tokens.truncated();
    return text->encode(tokens, how);
  }

  /// Pictures that cannot be read leave their reason in the item.
  aisle::matrix<float> encode_images(std::vector<item>& items, std::vector<std::int64_t>& at) {
    std::vector<std::string> paths;
    std::vector<std::size_t> from;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].error.empty()) items[i].error = items[i].image_problem;
      if (!items[i].error.empty() || items[i].image.empty()) continue;
      guard.reads(items[i].image);  // of a stream they are known as they come
      at[i] = static_cast<std::int64_t>(paths.size());
      paths.push_back(items[i].image);
      from.push_back(i);
    }
    return image->encode_files(paths,
                               {.threads = o.common.threads,
                                .progress = progress(text ? static_cast<std::int64_t>(items.size()) : 0),
                                .on_error = [&](std::int64_t row, const std::string& reason) {
                                  const std::size_t i = from[static_cast<std::size_t>(row)];
                                  items[i].error = reason;
                                  at[i] = -1;
                                }});
  }

  std::string nothing_in(const item& i) const {
    if ((text && !i.text.empty()) || (image && !(i.image.empty() && i.image_problem.empty()))) return {};
    return text && image ? "neither a text nor a picture" : text ? "no text" : "no picture";
  }

  void run(source& input, vector_sink& sink) {
    total = input.total();
    for (;;) {
      check_interrupt();
      std::vector<item> items = input.next(static_cast<std::size_t>(o.batch));
      if (items.empty()) break;
      for (item& i : items)
        if (i.error.empty()) i.error = nothing_in(i);
      std::vector<std::int64_t> text_at(items.size(), -1), image_at(items.size(), -1);
      aisle::matrix<float> texts_now, images_now;
      if (text) texts_now = encode_texts(items, text_at);
      if (image) images_now = encode_images(items, image_at);
      for (std::size_t i = 0; i < items.size(); ++i) {
        embedded_row r{.row = items[i].row,
                       .id = items[i].id,
                       .fields = items[i].source ? &items[i].source->fields : nullptr,
                       .image_path = items[i].image,
                       .text = {},
                       .image = {},
                       .error = items[i].error};
        if (text_at[i] >= 0) r.text = texts_now.row(text_at[i]);
        if (image_at[i] >= 0) r.image = images_now.row(image_at[i]);
        vectors += !r.text.empty() + !r.image.empty();
        sink.put(r);
        if (!r.error.empty()) skip(input, items[i]);
      }
      sink.flush();
      rows += static_cast<std::int64_t>(items.size());
      bar.show("embed", rows * kinds(), total * kinds(), "vectors");
    }
  }

  /// Remembered to a limit: a stream may go on for ever. The first rows of a stream are told of at once, as
  /// who feeds it may want to know; what is left is told of at the end.
  void skip(const source& input, const item& i) {
    constexpr std::size_t shown = 3, kept = 1'000'000;
    ++skipped_count;
    if (skipped.size() == kept) return;
    skipped.push_back({input.path(), i.row,
                       i.id.is_string() ? i.id.as<std::string>()
                       : i.id.is_null() ? ""
                                        : i.id.dump(),
                       "", i.error, i.line});
    if (input.total() > 0 || told == shown) return;
    tell_skipped({skipped.back()}, {});
    ++told;
  }
  void tell_rest() const {
    tell_skipped({skipped.begin() + static_cast<std::ptrdiff_t>(told), skipped.end()},
                 skipped_list(o.skipped));
  }
  std::size_t told = 0;
  std::int64_t skipped_count = 0;
};

[[noreturn]] void throw_nothing(const std::string& input, std::int64_t rows) {
  throw aisle::nothing_to_do(
      input + ": " +
      (rows == 0 ? "no rows"
                 : aisle::counted(rows, "row") + (rows == 1 ? ", not usable" : ", none of them usable")));
}

int finish(std::int64_t rows, std::int64_t skipped_count) {
  if (skipped_count > 0)
    warn(std::to_string(skipped_count) + " of " + aisle::counted(rows, "row") +
         (rows == 1 ? " was skipped" : " were skipped"));
  return skipped_count > 0 ? exit_skipped : exit_ok;
}

void report_cut(std::int64_t cut, std::int64_t texts, std::int64_t max_tokens) {
  if (cut > 0)
    warn(std::to_string(cut) + " of " + aisle::counted(texts, "text") +
         (texts == 1 ? " was cut" : " were cut") +
         (max_tokens > 0 ? " to " + aisle::counted(max_tokens, "token") : ""));
}

/// Into a folder: the files that `aisle run` keeps and reuses.
int embed_folder(const options& o, const aisle::catalogue& products) {
  progress_bar bar;
  aisle::embedding_options e{.model_path = {},
                             .name = {},
                             .prompt = {},
                             .folder = o.out,
                             .opened = {},
                             .engine = o.common.engine(),
                             .preset = {},
                             .threads = o.common.threads,
                             .progress = bar.callback(),
                             .on_warning = warn};
  std::vector<aisle::skipped_row> skipped = products.problems;
  aisle::index_vector done;
  const auto account = [&](const aisle::embedding_table& t, const std::string& path) {
    skipped.insert(skipped.end(), t.problems.begin(), t.problems.end());
    done.insert(done.end(), t.rows.begin(), t.rows.end());
    if (const std::string none = aisle::no_picture_read(products, t); !none.empty()) warn(none);
    report_cut(t.truncated, static_cast<std::int64_t>(t.rows.size()), 0);
    say(path + ": " + aisle::counted(static_cast<std::int64_t>(t.rows.size()), "row") + ", " +
        std::to_string(t.reused) + " of them from before");
  };
  // Both are looked at before the first of them works.
  std::shared_ptr<aisle::models::opened_model> text, image;
  if (!o.common.text_model.empty()) text = open_checked(o.common, true);
  if (!o.common.image_model.empty()) image = open_checked(o.common, false);
  if (text) {
    e.model_path = o.common.model_path(o.common.text_model);
    e.opened = std::move(text);
    e.prompt = o.common.prompt;
    const aisle::embedding_table t = embed_texts(products, e);
    account(t, aisle::text_embeddings_path(o.out, t.model));
  }
  if (image) {
    e.model_path = o.common.model_path(o.common.image_model);
    e.opened = std::move(image);
    e.preset = chosen_preset(o.common, o.common.image_model);
    const aisle::embedding_table t = embed_images(products, e);
    account(t, aisle::image_embeddings_path(o.out, t.model));
  }
  add_left_out(skipped, products, done, !o.common.text_model.empty(), !o.common.image_model.empty(),
               "the model");
  const std::string list = o.skipped.empty() ? aisle::join_path(o.out, "skipped.csv") : o.skipped;
  aisle::make_folders(o.out);
  aisle::write_skipped(list, skipped, o.csv);
  tell_skipped(skipped, list);
  if (done.empty()) throw_nothing(o.data, products.data_rows);
  return finish(products.data_rows, static_cast<std::int64_t>(skipped.size()));
}

/// --format, or what the path says; "" is a folder.
std::string format_of(const options& o) {
  if (!o.format.empty()) return o.format;
  if (o.out == "-") return "jsonl";
  if (aisle::folder_exists(o.out) || o.out.ends_with('/')) return "";
  const std::string name = aisle::file_name(o.out);
  const std::size_t dot = name.find_last_of('.');
  if (dot == std::string::npos) return "";
  const std::string extension = name.substr(dot + 1);
  if (extension == "ndjson") return "jsonl";
  for (const char* known : {"csv", "npy", "safetensors", "jsonl"})
    if (extension == known) return known;
  throw usage_error("--out " + o.out +
                    ": its ending says no format; --format csv, npy, safetensors or jsonl does");
}

int run(options& o) {
  if (o.data.empty() == o.in.empty()) throw usage_error("expected one of --data and --in");
  for (std::string* model : {&o.common.text_model, &o.common.image_model})
    if (*model == "none") model->clear();  // as other subcommands call it
  if (o.common.text_model.empty() && o.common.image_model.empty())
    throw usage_error("expected --text-model, --image-model or both");
  const std::string format = format_of(o);
  output_guard guard;
  if (format.empty())
    guard.writes_embeddings("--out", o.out, o.common.text_model, o.common.image_model);
  else if (format == "npy")
    guard.writes_vectors("--out", o.out);
  else
    guard.writes("--out", o.out);
  guard.writes("--skipped",
               format.empty() && o.skipped.empty() ? aisle::join_path(o.out, "skipped.csv") : o.skipped);
  for (const std::string& file : {o.data, o.in}) guard.reads(file);
  for (const std::string& id : {o.common.text_model, o.common.image_model})
    if (const auto model = o.common.find_model(id)) guard.reads_model(*model);
  o.common.engine();
  const std::string folder = format.empty() ? o.out : aisle::parent_folder(o.out);
  if (format.empty() || !aisle::folder_exists(folder))
    check_output_folder("--out", folder);  // made if need be
  else
    check_output_file("--out", o.out);
  check_output_file("--skipped", o.skipped);
  check_named_models(o.common);

  std::unique_ptr<source> input;
  std::vector<std::string> header;
  if (!o.data.empty()) {
    o.columns.limit = o.common.limit;
    o.columns.image_root = o.image_root;
    o.columns.allow_outside = o.allow_outside;
    aisle::catalogue products = aisle::load_catalogue(o.data, o.columns);
    tell_reading(products);
    guard.reads_pictures(products);
    if (products.data_rows == 0) throw_nothing(o.data, 0);
    tell_missing_modalities(products, o.common);
    if (const std::string missing = aisle::missing_pictures(products);
        !missing.empty() && !o.common.image_model.empty())
      warn(missing);
    if (format.empty()) return embed_folder(o, products);
    header = products.header;
    input = std::make_unique<catalogue_source>(std::move(products));
  } else {
    if (format.empty())
      throw usage_error("a folder of embeddings needs --data; rows of JSON go to a file or -");
    input = std::make_unique<json_source>(o.in, o.image_root, o.allow_outside, o.common.limit,
                                          o.columns.keep_html);
  }

  job j{.o = o, .guard = guard, .text = {}, .image = {}};
  if (!o.common.text_model.empty()) j.text = load_text_encoder(o.common);
  if (!o.common.image_model.empty()) j.image = load_image_encoder(o.common);
  const auto sink =
      make_sink({.path = o.out,
                 .format = format,
                 .csv = o.csv,
                 .id_column = o.columns.id_column,
                 .header = std::move(header),
                 .text_dimension = j.text ? j.text->dimension() : 0,
                 .image_dimension = j.image ? j.image->dimension() : 0,
                 .text_model = o.common.text_model,
                 .image_model = o.common.image_model,
                 .kernel = j.text ? j.text->network().table().name : j.image->network().table().name});
  j.run(*input, *sink);
  j.tell_rest();
  std::optional<aisle::folder_lock> turn;
  if (format == "npy" || !o.skipped.empty()) turn = wait_for_turn(o.out);
  if (!o.skipped.empty()) aisle::write_skipped(o.skipped, j.skipped, o.csv);
  if (j.vectors == 0) throw_nothing(input->path(), j.rows);  // an output of an earlier call stays
  sink->finish();
  if (j.text) report_cut(j.cut, j.texts, j.text->max_tokens());
  return finish(j.rows, j.skipped_count);
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("--data", o->data, "products: CSV of any separator, JSON lines or a JSON array, also gzip")
      .type_name("FILE");
  app.add_option("--in", o->in, "rows as JSON lines; - is stdin").type_name("FILE.jsonl|-");
  o->common.add(app, {common::text_model, common::prompt, common::image_model, common::preset});
  app.add_option("--out", o->out, "file, folder or - for stdout").type_name("PATH|-").required();
  app.add_option("--format", o->format, "what to write (default: what --out's ending says; - is jsonl)")
      .check(one_of({"csv", "npy", "safetensors", "jsonl"}));
  app.add_option("--batch", o->batch, "rows to work on at a time")
      .type_name("N")
      .check(within(std::int64_t{1}, std::int64_t{1} << 20))
      .capture_default_str();
  app.add_option("--id-column", o->columns.id_column, "column of the ids")
      .type_name("COLUMN")
      .capture_default_str();
  add_column_list(app, "--text-columns", o->columns.text_columns,
                  "columns whose texts are joined (default: name,description)");
  app.add_option("--image-column", o->columns.image_column,
                 "column of the pictures' paths (default: image_path)")
      .type_name("COLUMN");
  add_keep_html(app, o->columns.keep_html);
  add_table_options(app, o->columns);
  app.add_option("--image-root", o->image_root,
                 "folder that the pictures' paths are relative to, or that pictures named by URL were "
                 "downloaded to (default: the input's)")
      .type_name("DIR");
  add_allow_outside(app, o->allow_outside);
  add_csv_safe(app, o->csv);
  app.add_option("--skipped", o->skipped,
                 "list the rows that were skipped, as CSV (a folder gets skipped.csv in any case)")
      .type_name("FILE.csv");
  o->common.add(app, {common::limit, common::threads, common::precision, common::isa, common::weights});
  app.footer(
      "Rows in: a table of products, or JSON lines {\"id\":..., \"text\":\"...\", \"image\":\"path\"}.\n"
      "Rows out, in the same order:\n"
      "  jsonl        {\"id\":...,\"text_embedding\":[...],\"image_embedding\":[...]}; of a row "
      "that cannot\n"
      "               be done {\"id\":...,\"error\":\"...\"} and the vector that it has all the same;\n"
      "               each batch is flushed, and rows that arrive slowly are answered as they come\n"
      "  csv          the columns of the input, then text_1,... and image_0,...; pictures alone: "
      "ImageName,\n"
      "               the id, image_0,...\n"
      "  npy          one float32 matrix, and NAME.ids.csv beside NAME.npy with row and id of each of its "
      "rows\n"
      "  safetensors  rows, text_embeddings, image_embeddings; the ids are in the metadata\n"
      "  a folder     text_embeddings_MODEL.csv and Embeddings_MODEL.csv with manifests, which `aisle run` "
      "and later\n"
      "               calls reuse for every row that has not changed\n"
      "A row that cannot be done never stops the others: exit code 3 says that there were some.\n"
      "\n"
      "Examples:\n"
      "  aisle embed --data products.csv --text-model all-MiniLM-L6-v2 --out text.npy\n"
      "  aisle embed --data products.csv --text-model all-MiniLM-L6-v2 --image-model resnet50 --out "
      "Embeddings/\n"
      "  cat rows.jsonl | aisle embed --in - --image-model resnet50 --out - > vectors.jsonl");
  return [o] { return run(*o); };
}

const registration entry{{"embed", "embeddings of a catalogue's text and images, or of JSON lines", setup}};

}  // namespace
