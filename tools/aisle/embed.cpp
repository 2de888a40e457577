// aisle embed: vectors of a catalogue's text and pictures, or of a stream of JSON rows.

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/picture_checks.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/row_source.hpp>

#include "catalogue_job.hpp"
#include "command.hpp"
#include "embed_job.hpp"
#include "encoders.hpp"
#include "output_guard.hpp"
#include "remote_embedder.hpp"

namespace {

using namespace aisle_command;

/// Into a folder: the files that `aisle run` keeps and reuses.
int embed_folder(const embed_command& o, const aisle::catalogue& products) {
  progress_bar bar;
  const aisle::embedding_options how{
      .folder = o.out, .threads = o.common.threads, .progress = bar.callback(), .on_warning = warn};
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
  std::shared_ptr<const aisle::embedder> texts, pictures;
  if (!o.common.text_model.empty()) texts = open_text_embedder(o.common);
  if (!o.common.image_model.empty()) pictures = open_picture_embedder(o.common);
  if (texts) {
    const aisle::embedding_table t = aisle::embed_texts(products, texts, how);
    account(t, aisle::text_embeddings_path(o.out, texts->stored_as()));
    tell_spent(texts.get());
    texts.reset();  // the memory of its weights
  }
  if (pictures) {
    const aisle::embedding_table t = aisle::embed_images(products, pictures, how);
    account(t, aisle::image_embeddings_path(o.out, pictures->stored_as()));
  }
  add_left_out(skipped, products, done, !o.common.text_model.empty(), !o.common.image_model.empty(),
               "the model");
  const std::string list = o.skipped.empty() ? aisle::join_path(o.out, "skipped.csv") : o.skipped;
  aisle::make_folders(o.out);
  aisle::write_skipped(list, skipped, o.csv);
  tell_skipped(skipped, list);
  if (done.empty()) throw_nothing(o.data, products.data_rows);
  return finish_rows(products.data_rows, static_cast<std::int64_t>(skipped.size()));
}

/// --format, or what the path says; "" is a folder.
std::string format_of(const embed_command& o) {
  if (!o.format.empty()) return o.format;
  if (!o.shard.empty()) return o.common.text_model.empty() || o.common.image_model.empty() ? "npy" : "jsonl";
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

/// --shard auto: the number that Slurm, Kubernetes or MPI gave this process, and of how many.
std::string shard_of_environment(const std::string& text) {
  const auto variable = [](const char* name) -> std::optional<std::int64_t> {
    const char* value = name == nullptr ? nullptr : std::getenv(name);
    if (value == nullptr) return std::nullopt;
    std::int64_t n = 0;
    const char* end = value + std::strlen(value);
    const auto read = std::from_chars(value, end, n);
    if (read.ec != std::errc() || read.ptr != end)
      throw usage_error("--shard auto: " + std::string(name) + " is '" + value + "', expected a number");
    return n;
  };
  struct scheduler {
    const char *index, *count, *first, *last;
  };
  std::string looked_for;
  for (const scheduler& s : {scheduler{"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT",
                                       "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX"},
                             scheduler{"JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", nullptr, nullptr},
                             scheduler{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", nullptr, nullptr},
                             scheduler{"SLURM_PROCID", "SLURM_NTASKS", nullptr, nullptr}}) {
    looked_for += (looked_for.empty() ? "" : ", ") + std::string(s.index);
    const auto index = variable(s.index);
    if (!index) continue;
    const std::string own = std::to_string(*index);
    if (text != "auto") return own + text.substr(4);  // auto/16
    const auto count = variable(s.count);
    if (!count)
      throw usage_error("--shard auto: " + std::string(s.index) + " is set, " + s.count +
                        " is not: --shard auto/N says how many there are");
    // An array that begins elsewhere or leaves tasks out may be a part of another one, submitted again.
    const auto first = variable(s.first), last = variable(s.last);
    if (first.value_or(0) != 0 || last.value_or(*count - 1) != *count - 1)
      throw usage_error("--shard auto: " + std::string(s.index) + " goes from " +
                        std::to_string(first.value_or(0)) + " to " +
                        std::to_string(last.value_or(*count - 1)) + " in " + aisle::counted(*count, "task") +
                        ", expected all from 0 on (--array=0-" + std::to_string(*count - 1) +
                        "); of a part of them --shard auto/N says how many shards " +
                        "there are, of which it takes number " + own);
    return own + "/" + std::to_string(*count);
  }
  throw usage_error("--shard auto: none of " + looked_for + " is set; --shard I/N says which it is");
}

/// What --shard, --resume and --part-rows need.
void check_shard(embed_command& o, const std::string& format) {
  if (o.shard.empty()) {
    if (o.resume) throw usage_error("--resume goes with --shard (0/1 for one process alone)");
    if (o.part_rows > 0) throw usage_error("--part-rows goes with --shard");
    return;
  }
  if (o.shard == "auto" || o.shard.starts_with("auto/")) o.shard = shard_of_environment(o.shard);
  try {
    aisle::parse_shard(o.shard);
  } catch (const aisle::option_error& e) {
    throw usage_error(std::string("--") + e.what());
  }
  if (o.in == "-") throw usage_error("--shard needs a file to take its rows from; --in - is a stream");
  if (o.out == "-") throw usage_error("--shard writes into a folder: --out FOLDER");
  if (aisle::file_exists(o.out)) throw usage_error("--out " + o.out + ": is a file, --shard needs a folder");
  if (format == "safetensors")
    throw usage_error("--format safetensors: parts of a shard are npy, csv or jsonl");
  if (format == "npy" && !o.common.text_model.empty() && !o.common.image_model.empty())
    throw usage_error("a .npy file holds one matrix: give one model, or --format jsonl or csv");
}

int run(embed_command& o) {
  if (o.data.empty() == o.in.empty()) throw usage_error("expected one of --data and --in");
  for (std::string* model : {&o.common.text_model, &o.common.image_model})
    if (*model == "none") model->clear();  // as other subcommands call it
  if (o.common.text_model.empty() && o.common.image_model.empty())
    throw usage_error("expected --text-model, --image-model or both");
  if (o.vectors == "base64" && format_of(o) != "jsonl")
    throw usage_error("--vectors base64 is for JSON lines (--format jsonl)");
  if (o.dry_run && (!is_remote_model(o.common.text_model) || o.data.empty()))
    throw usage_error("--dry-run tells what a text model openai:NAME would cost of --data");
  const std::string format = format_of(o);
  check_shard(o, format);
  output_guard guard;
  if (!o.shard.empty())
    guard.writes_shards(o.out);
  else if (format.empty())
    guard.writes_embeddings("--out", o.out, stored_name(o.common.text_model, o.common.service.dimensions),
                            o.common.image_model);
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
  const bool into_folder = format.empty() || !o.shard.empty();
  const std::string folder = into_folder ? o.out : aisle::parent_folder(o.out);
  if (into_folder || !aisle::folder_exists(folder))
    check_output_folder("--out", folder);  // made if need be
  else
    check_output_file("--out", o.out);
  check_output_file("--skipped", o.skipped);
  check_service_options(o.common);
  check_named_models(o.common);

  embed_input input;
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
    if (o.dry_run) {
      std::vector<std::string_view> texts;
      for (const aisle::product& p : products.products) texts.push_back(p.text);
      tell_estimate(o.common, texts);
      return exit_ok;
    }
    if (format.empty()) return embed_folder(o, products);
    o.columns = products.options;
    input.header = products.header;
    input.rows = std::make_unique<aisle::catalogue_rows>(std::move(products));
  } else {
    if (format.empty())
      throw usage_error("a folder of embeddings needs --data; rows of JSON go to a file or -");
    input.rows =
        std::make_unique<aisle::json_rows>(o.in, aisle::json_rows_options{.image_root = o.image_root,
                                                                          .allow_outside = o.allow_outside,
                                                                          .keep_html = o.columns.keep_html,
                                                                          .limit = o.common.limit});
  }

  const bool sharded = !o.shard.empty();
  embed_job j{.o = o, .guard = guard, .by = {}};
  if (!o.common.text_model.empty()) j.by.text = make_text_embedder(o.common, sharded);
  if (!o.common.image_model.empty()) j.by.image = make_picture_embedder(o.common, sharded);
  if (sharded) return embed_shard(o, format, j, std::move(input));
  if (o.out != "-") aisle::make_folders(aisle::parent_folder(o.out));
  const auto sink = j.make_sink(o.out, format, input.header);
  const std::string path = input.rows->path();
  j.total = input.rows->total();
  while (!j.step(*input.rows, *sink, j.batch()).rows.empty()) {
  }
  j.tell_rest();
  std::optional<aisle::folder_lock> turn;
  if (format == "npy" || !o.skipped.empty()) turn = wait_for_turn(o.out);
  if (!o.skipped.empty()) aisle::write_skipped(o.skipped, j.skipped, o.csv);
  // An output of an earlier call stays. Of a stream all there is has been answered: nothing in, nothing out.
  if (j.vectors == 0 && o.out != "-") throw_nothing(path, j.rows);
  sink->finish();
  if (j.by.text) report_cut(j.cut, j.texts, j.by.text->max_tokens());
  tell_spent(j.by.text.get());
  return finish_rows(j.rows, j.skipped_count);
}

action setup(option_set app) {
  auto o = std::make_shared<embed_command>();
  app.add_option("--data", o->data, "products: CSV of any separator, JSON lines or a JSON array, also gzip")
      .type_name("FILE");
  app.add_option("--in", o->in, "rows as JSON lines; - is stdin").type_name("FILE.jsonl|-");
  o->common.add(app,
                {common::text_model, common::prompt, common::service, common::image_model, common::preset});
  app.add_option("--out", o->out, "file, folder or - for stdout").type_name("PATH|-").required();
  app.add_option("--format", o->format, "what to write (default: what --out's ending says; - is jsonl)")
      .check(one_of({"csv", "npy", "safetensors", "jsonl"}));
  app.add_flag("--dry-run", o->dry_run,
               "ask nobody: tell how many tokens the texts of --data are for openai:NAME and what they cost "
               "(--price)");
  app.add_option("--shard", o->shard,
                 "work on one of N shards of the rows, counted from 0, and write it in parts into the folder "
                 "--out; auto takes I (and N) from Slurm, Kubernetes or MPI")
      .type_name("I/N|auto[/N]");
  app.add_option("--shard-by", o->shard_by, "how rows are divided: in their order, or by a hash of the id")
      .check(one_of({"range", "id-hash"}))
      .capture_default_str();
  app.add_option("--part-rows", o->part_rows, "rows of a part (default: 16384 of texts, 2048 with pictures)")
      .type_name("N")
      .check(within(std::int64_t{1}, std::int64_t{1} << 24));
  app.add_flag("--resume", o->resume, "keep the parts of a shard that are there and go on behind them");
  app.add_option(
         "--vectors", o->vectors,
         "vectors of JSON lines: lists of numbers, or little-endian float32 in base64, a quarter as long")
      .check(one_of({"floats", "base64"}))
      .capture_default_str();
  app.add_option(
         "--batch", o->batch,
         "rows to work on at a time (default: 256; of texts 16384 for static embeddings, for a service 2048 "
         "for each request of --concurrency)")
      .type_name("N")
      .check(within(std::int64_t{1}, std::int64_t{1} << 20));
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
      "               calls reuse for every row that has not changed; a service (openai:NAME) is asked for "
      "each text\n"
      "               once: vectors are kept as they come, also those of a call that is killed. A file keeps "
      "none\n"
      "               before its end\n"
      "With --shard, DIR/shard-00000-of-00004/part-00000.npy and so on, each with a manifest. A process that "
      "is killed\n"
      "is started again with --resume; `aisle verify DIR` says what is there, `aisle merge DIR` makes one "
      "file "
      "of it.\n"
      "A row that cannot be done never stops the others: exit code 3 says that there were some.\n"
      "\n"
      "Examples:\n"
      "  aisle embed --data products.csv --text-model all-MiniLM-L6-v2 --out text.npy\n"
      "  aisle embed --data products.csv --text-model all-MiniLM-L6-v2 --image-model resnet50 --out "
      "Embeddings/\n"
      "  aisle embed --data products.csv --text-model all-MiniLM-L6-v2 --shard 0/4 --resume --out parts/\n"
      "  cat rows.jsonl | aisle embed --in - --image-model resnet50 --out - > vectors.jsonl");
  return [o] {
    name_stdout(o->out);
    return run(*o);
  };
}

const registration entry{{"embed", "embeddings of a catalogue's text and images, or of JSON lines", setup}};

}  // namespace
