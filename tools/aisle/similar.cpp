// aisle similar: the products that are nearest to words, a picture or another product.

#include <algorithm>
#include <optional>

#include <aisle/base/ascii.hpp>
#include <aisle/base/blanks.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/detail/missing_value.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/catalogue/picture_checks.hpp>
#include <aisle/catalogue/similar.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/text_encoder.hpp>

#include "catalogue_job.hpp"
#include "encoders.hpp"

namespace {

using namespace aisle_command;

struct options {
  catalogue_job job;
  std::string query, id, by, embeddings, out = "-";
  option query_option, id_option;
  std::optional<std::string> query_prompt;
  std::int64_t top = 10;
  bool json = false;
};

bool is_file(const std::string& path) { return aisle::file_exists(path) && !aisle::folder_exists(path); }

/// Whether words end like the name of a picture.
bool named_like_picture(const std::string& query) {
  const std::size_t dot = query.find_last_of('.');
  if (dot == std::string::npos) return false;
  const std::string ending = aisle::ascii::lower(query.substr(dot + 1));
  for (const char* known : {"jpg", "jpeg", "png", "webp", "gif", "bmp"})
    if (ending == known) return true;
  return false;
}

/// "text" or "image": --by, or what the query is.
std::string side_of(const options& o) {
  const bool file = is_file(o.query);
  if (!o.by.empty()) {
    if (o.id.empty() && o.by == "image" && !file)
      throw usage_error("--by image: --query " + o.query + " is no file, expected a picture");
    return o.by;
  }
  if (!o.id.empty()) return {};  // known once the catalogue is
  if (!file && named_like_picture(o.query))
    throw usage_error("--query " + o.query + ": no such picture; --by text takes it as words");
  return file ? "image" : "text";
}

/// What a product is compared by: its text, where there are vectors of texts and it has one.
std::string side_of(const options& o, const aisle::product& p) {
  if (is_file(o.embeddings)) {
    const auto kinds = aisle::vector_kinds(o.embeddings);
    if (kinds.size() == 1) return kinds.front() == aisle::vector_kind::text ? "text" : "image";
    if (kinds.empty()) return "text";
  }
  return !p.text.empty() && o.job.common.text_model != "none" ? "text" : "image";
}

std::vector<float> vector_of(const aisle::matrix<float>& m) { return {m.row(0).begin(), m.row(0).end()}; }

std::vector<float> encode_query(const options& o, const aisle::catalogue& products, bool text) {
  const common_options& common = o.job.common;
  if (text) {
    std::string words = products.text_of(o.query);
    if (aisle::detail::is_missing_text(o.query))
      words = aisle::trimmed(o.query);  // whoever asks for "NULL" means the word
    if (words.empty()) throw usage_error("--query has no words");
    return vector_of(load_text_encoder(common).encode(
        std::vector<std::string>{words},
        {.threads = common.threads, .prompt = o.query_prompt ? o.query_prompt : common.prompt}));
  }
  return vector_of(load_image_encoder(common).encode_files(std::vector<std::string>{o.query},
                                                           {.threads = common.threads}));
}

/// A query of another model than the products' says nothing.
void check_model(const options& o, const aisle::embedding_table& table, std::size_t width, bool text) {
  const std::string& model = text ? o.job.common.text_model : o.job.common.image_model;
  const std::string option = text ? "; --text-model" : "; --image-model";
  if (table.vectors.cols() != static_cast<std::int64_t>(width))
    throw aisle::error("--embeddings " + o.embeddings + ": vectors of " +
                       aisle::counted(table.vectors.cols(), "number") + ", the query's of " + model +
                       " has " + std::to_string(width) + option + " names the model that made them");
  if (!table.file.empty() && !table.model.empty() && table.model != aisle::file_name(model))
    warn("--embeddings " + o.embeddings + ": vectors of " + table.model + ", the query's is of " + model +
         option + " names the model that made them");
}

struct answer {
  std::string by, model;
  std::vector<aisle::similar_product> found;
};

void write_csv(aisle::csv_writer& out, const aisle::catalogue& products, const answer& a,
               const std::vector<const aisle::product*>& of_row) {
  for (const char* name : {"rank", "cosine", "row", "line", "id", "name"}) out.field(name);
  out.end_row();
  std::int64_t rank = 0;
  for (const aisle::similar_product& s : a.found) {
    const aisle::product& p = *of_row.at(static_cast<std::size_t>(s.row));
    out.field(++rank).field(static_cast<float>(s.cosine)).field(p.row);
    out.field(p.line > 0 ? std::to_string(p.line) : "").field(p.id).field(product_name(products, p));
    out.end_row();
  }
  out.commit();
}

std::string as_json(const options& o, const aisle::catalogue& products, const answer& a,
                    const std::vector<const aisle::product*>& of_row) {
  aisle::json list = aisle::json::array();
  std::int64_t rank = 0;
  for (const aisle::similar_product& s : a.found) {
    const aisle::product& p = *of_row.at(static_cast<std::size_t>(s.row));
    list.push_back(aisle::json::object({{"rank", ++rank},
                                        {"cosine", s.cosine},
                                        {"row", p.row},
                                        {"line", p.line},
                                        {"id", p.id},
                                        {"name", product_name(products, p)},
                                        {"image", p.image_path}}));
  }
  return aisle::json::object({{o.id.empty() ? "query" : "query_id", o.id.empty() ? o.query : o.id},
                              {"by", a.by},
                              {"model", a.model},
                              {"products", std::move(list)}})
             .dump(2) +
         "\n";
}

void write(const options& o, const aisle::catalogue& products, const answer& a) {
  std::vector<const aisle::product*> of_row(static_cast<std::size_t>(products.data_rows));
  for (const aisle::product& p : products.products) of_row.at(static_cast<std::size_t>(p.row)) = &p;
  if (o.json) {
    const std::string text = as_json(o, products, a, of_row);
    if (o.out == "-")
      write_out(text);
    else
      aisle::write_file(o.out, text);
  } else if (o.out == "-") {
    aisle::csv_writer out([](std::string_view text) { write_out(text); }, o.job.csv);
    write_csv(out, products, a, of_row);
  } else {
    aisle::csv_writer out(o.out, o.job.csv);
    write_csv(out, products, a, of_row);
  }
}

/// Vectors of one side of the products.
aisle::embedding_table embed(const options& o, const aisle::catalogue& products, bool text,
                             std::vector<aisle::skipped_row>& bad) {
  progress_bar bar;
  job_vectors vectors = o.job.embed(products, o.job.open_inputs(products), bar);
  const std::vector<aisle::skipped_row> unreadable = vectors.problems();
  bad.insert(bad.end(), unreadable.begin(), unreadable.end());
  std::optional<aisle::embedding_table>& table = text ? vectors.text : vectors.image;
  if (!table || table->rows.empty()) {
    tell_skipped(bad, {});
    throw aisle::nothing_to_do(products.path + ": no product has a " +
                               (table
                                    ? std::string(table->lacking(text ? "text" : "picture that can be read"))
                                    : std::string(text ? "text" : "picture")));
  }
  return std::move(*table);
}

int similar(options& o) {
  if (o.query_option.count() + o.id_option.count() != 1)
    throw usage_error("expected one of --query and --query-id");
  o.query = std::string(aisle::trimmed(o.query));
  o.id = std::string(aisle::trimmed(o.id));
  if (o.query.empty() && o.id.empty())
    throw usage_error(o.id_option.count() ? "--query-id is empty"
                                          : "--query is empty, expected words or a picture");
  answer a;
  a.by = side_of(o);
  output_guard guard;
  guard.writes("--out", o.out);
  guard.reads(o.job.data);
  if (a.by == "image" && o.id.empty()) guard.reads(o.query);
  check_output_file("--out", o.out);

  const std::string& path = o.embeddings;
  const bool file =
      is_file(path) || path.ends_with(".npy") || path.ends_with(".safetensors") || path.ends_with(".csv");
  if (file) {
    o.job.text_vectors = path;  // rows with vectors alone are products, too
    guard.reads_vectors(path);
  }
  const aisle::catalogue products = o.job.load(false);
  const aisle::product* of_id = o.id.empty() ? nullptr : &find_product(products, o.id);
  if (a.by.empty()) a.by = side_of(o, *of_id);
  const bool text = a.by == "text";
  (text ? o.job.common.image_model : o.job.common.text_model) = "none";
  a.model = text ? o.job.common.text_model : o.job.common.image_model;
  o.job.text_vectors = file && text ? path : "";
  o.job.image_vectors = file && !text ? path : "";
  o.job.embeddings = file ? "" : path;
  o.job.tell_files(guard);
  if (!text) guard.reads_pictures(products);
  check_output_folder("--embeddings", o.job.embeddings);
  if (!(file && of_id)) {
    if (a.model == "none")
      throw usage_error(std::string(text ? "--text-model" : "--image-model") +
                        " none leaves nothing that a query of this kind could be compared by");
    check_named_models(o.job.common);
  }
  if (products.products.empty()) {
    tell_skipped(products.problems, {});
    throw aisle::nothing_to_do(o.job.data + ": no product that could be compared");
  }

  std::vector<float> query;
  if (!of_id) query = encode_query(o, products, text);
  std::vector<aisle::skipped_row> bad = products.problems;
  const aisle::embedding_table table = embed(o, products, text, bad);
  tell_skipped(bad, {});
  if (table.rows.size() < products.products.size())
    say("compared with " + aisle::counted(table.rows.size(), "product") + "; " +
        std::to_string(products.products.size() - table.rows.size()) + " have no " +
        std::string(table.lacking(text ? "text" : "picture that can be read")));
  const aisle::similar_options how{.k = o.top, .threads = o.job.common.threads};
  if (of_id) {
    if (!std::binary_search(table.rows.begin(), table.rows.end(), of_id->row))
      throw aisle::error("--query-id " + o.id + ": this product has no " +
                         std::string(table.lacking(text ? "text" : "picture that can be read")) +
                         (file   ? ""
                          : text ? "; --by image looks at its picture"
                                 : "; --by text looks at its text"));
    a.found = similar_products(table, of_id->row, how);
    if (!table.model.empty()) a.model = table.model;
  } else {
    check_model(o, table, query.size(), text);
    a.found = similar_products(table, query, how);
  }
  write(o, products, a);
  return bad.empty() ? exit_ok : exit_skipped;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  o->query_option =
      app.add_option("--query", o->query, "words, or the path of a picture").type_name("TEXT|PICTURE");
  o->id_option =
      app.add_option("--query-id", o->id, "a product of --data; it is not listed itself").type_name("ID");
  app.add_option("--top", o->top, "products to list")
      .check(within(std::int64_t{1}, std::int64_t{1} << 30))
      .type_name("N")
      .capture_default_str();
  app.add_option(
         "--by", o->by,
         "compare texts or pictures: text, image (default: what the query is; of --query-id its text, "
         "where it has one)")
      .check(one_of({"text", "image"}))
      .type_name("NAME");
  app.add_option("--out", o->out, "CSV: rank, cosine, row, line, id, name; - is stdout")
      .type_name("FILE.csv|-")
      .capture_default_str();
  app.add_flag("--json", o->json, "write one JSON object instead");
  o->job.add_columns(app);
  app.add_option(
         "--embeddings", o->embeddings,
         "the products' vectors: a folder as `aisle embed` and `aisle run` keep it (rows that are new "
         "are added), or a file of vectors joined by id (.npy, CSV, safetensors); default: embedded "
         "anew, not kept")
      .type_name("DIR|FILE");
  o->job.common.add(app, {common::text_model, common::prompt});
  app.add_option("--query-prompt", o->query_prompt, "the same for the query (default: as --prompt)")
      .type_name("NAME");
  o->job.common.add(app, {common::image_model, common::preset, common::weights, common::threads,
                          common::precision, common::isa, common::limit});
  app.footer(
      "Exact: the query is compared with every product, by the cosine of their vectors (1: the same "
      "direction).\n"
      "Like is compared with like: words with texts, a picture with pictures.\n"
      "\n"
      "Examples:\n"
      "  aisle similar --data products.csv --query 'something to drink tea from' --embeddings Embeddings\n"
      "  aisle similar --data products.csv --query photo.jpg --top 5 --json\n"
      "  aisle similar --data products.csv --query-id 100001 --embeddings text.npy --out similar.csv");
  return [o] {
    name_stdout(o->out);
    return similar(*o);
  };
}

const registration entry{{"similar", "the products nearest to words, a picture or another product", setup}};

}  // namespace
