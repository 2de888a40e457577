// aisle embed --shard: one process's part of the work, in parts that appear whole, one after the other.

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/catalogue/results_folder.hpp>

#include "catalogue_job.hpp"
#include "embed_job.hpp"
#include "remote_embedder.hpp"

namespace aisle_command {

namespace {

/// Some minutes of work at most, as a process that is killed at once loses the part that it works on.
std::int64_t rows_of_part(const embed_command& o, const embed_job& job) {
  if (o.part_rows > 0) return o.part_rows;
  return job.by.image ? 2'048 : 16'384;
}

/// What decides the bytes of a part, beside the rows.
aisle::json made_with(const embed_command& o, const std::string& format, const embed_job& job,
                      const embed_input& input) {
  std::int64_t dimension = 0;
  aisle::json out = aisle::json::object({});
  for (const auto& by : {job.by.text, job.by.image})
    if (by) {
      dimension += by->dimension();
      out[by->kind() == aisle::vector_kind::text ? "text" : "image"] = by->identity();
    }
  out["dimension"] = dimension;
  out["format"] = format;
  out["vectors"] = o.vectors;
  out["part_rows"] = rows_of_part(o, job);
  out["html"] = o.columns.keep_html ? "kept" : "removed";
  out["limit"] = o.common.limit;
  if (!input.header.empty()) {
    out["id_column"] = o.columns.id_column;
    out["text_columns"] = aisle::json::array_of(o.columns.text_columns);
    out["image_column"] = o.columns.image_column;
    out["csv_safe"] = o.csv.spreadsheet_safe;
    out["delimiter"] = o.columns.delimiter == 0 ? "recognised" : std::string(1, o.columns.delimiter);
    out["encoding"] = o.columns.encoding.empty() ? "recognised" : o.columns.encoding;
    out["max_cell"] = o.columns.cell_limit;
  }
  if (job.by.image) {
    out["image_root"] = o.image_root;
    out["allow_outside"] = o.allow_outside;
  }
  return out;
}

/// The rows that the records of a part are; whether they are of all rows or of those with a vector alone
/// depends on the format.
void note_records(const aisle::embedded_batch& batch, const std::string& format, aisle::vector_part& part) {
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    const bool has_vector = batch.text_of[i] >= 0 || batch.image_of[i] >= 0;
    if (has_vector) ++part.vectors;
    if (part.shard.by == aisle::shard_selection::division::id_hash && (has_vector || format == "jsonl"))
      part.record_rows.push_back(batch.rows[i].row);
  }
}

std::vector<std::string> names_of(const std::string& stem, const std::string& format) {
  const std::string name = aisle::file_name(stem);
  if (format == "npy") return {name + ".npy", name + ".ids.csv", name + ".sha256"};
  return {name + "." + format};
}

aisle::vector_part make_part(const embed_command& o, const std::string& format, embed_job& job,
                             aisle::shard_rows& rows, const std::vector<std::string>& header,
                             aisle::vector_part part) {
  const std::string stem = aisle::part_stem(o.out, part.shard, part.number);
  const auto sink = job.make_sink(stem + "." + format, format, header);
  const std::size_t skipped_before = job.skipped.size();
  const std::int64_t whole = rows_of_part(o, job);
  const aisle::termination_hold until_written;  // SIGTERM: the part ends with the batch that is at work
  do {
    const aisle::embedded_batch batch = job.step(rows, *sink, std::min(job.batch(), whole - part.rows));
    if (batch.rows.empty()) break;
    note_records(batch, format, part);
    part.rows += static_cast<std::int64_t>(batch.rows.size());
  } while (part.rows < whole && !until_written.is_waited_for());
  sink->finish();
  part.last = rows.at_end();
  part.skipped.assign(job.skipped.begin() + static_cast<std::ptrdiff_t>(skipped_before), job.skipped.end());
  aisle::write_part(part, stem, names_of(stem, format));
  return part;
}

}  // namespace

int embed_shard(const embed_command& o, const std::string& format, embed_job& job, embed_input input) {
  aisle::shard_selection shard = aisle::parse_shard(o.shard);
  shard.by = o.shard_by == "id-hash" ? aisle::shard_selection::division::id_hash
                                     : aisle::shard_selection::division::range;
  const std::string path = input.rows->path(), folder = aisle::shard_folder(o.out, shard);
  const aisle::json with = made_with(o, format, job, input);
  std::int64_t total = input.rows->total();
  if (!o.in.empty()) {
    total = aisle::count_json_rows(o.in);
    if (o.common.limit > 0) total = std::min(total, o.common.limit);
  }
  const aisle::json source = aisle::json::object({{"path", path},
                                                  {"bytes", aisle::file_size(path)},
                                                  {"sha256", aisle::detail::sha256_of_file(path)},
                                                  {"rows", total}});
  aisle::expect_division(o.out, shard);
  aisle::make_folders(folder);
  const auto turn = wait_for_folder(folder);
  if (!o.resume && aisle::file_exists(aisle::part_stem(o.out, shard, 0) + ".json"))
    throw usage_error("--out " + o.out + ": has parts of " + aisle::describe(shard) +
                      " already; --resume goes on behind them");
  std::vector<aisle::vector_part> parts = aisle::resume_shard(o.out, shard, with, source, warn);
  aisle::shard_rows rows(std::move(input.rows), shard, total);
  job.total = rows.total();
  std::int64_t kept_rows = 0;
  for (const aisle::vector_part& p : parts) {
    kept_rows += p.rows;
    job.vectors += p.vectors;
    job.skipped_count += static_cast<std::int64_t>(p.skipped.size());
    job.skipped.insert(job.skipped.end(), p.skipped.begin(), p.skipped.end());
  }
  job.told = job.skipped.size();
  rows.skip(kept_rows);
  job.rows = kept_rows;
  const std::size_t kept = parts.size();
  while (parts.empty() || !parts.back().last)
    parts.push_back(make_part(o, format, job, rows, input.header,
                              {.path = {},
                               .shard = shard,
                               .number = static_cast<std::int64_t>(parts.size()),
                               .format = format,
                               .files = {},
                               .record_rows = {},
                               .skipped = {},
                               .made_with = with,
                               .input = source}));
  job.tell_rest();
  if (!o.skipped.empty()) aisle::write_skipped(o.skipped, job.skipped, o.csv);
  say(folder + ": " + aisle::counted(job.rows, "row") + ", " + aisle::counted(parts.size(), "part") +
      (kept > 0 ? ", " + std::to_string(kept) + " of them from before" : std::string()));
  if (job.by.text) report_cut(job.cut, job.texts, job.by.text->max_tokens());
  tell_spent(job.by.text.get());
  return finish_rows(job.rows, job.skipped_count);
}

}  // namespace aisle_command
