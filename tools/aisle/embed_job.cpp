#include "embed_job.hpp"

#include <optional>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/process.hpp>

#include "catalogue_job.hpp"

namespace aisle_command {

std::unique_ptr<aisle::vector_sink> embed_job::make_sink(const std::string& path, const std::string& format,
                                                         const std::vector<std::string>& header) const {
  const auto model = [&](const std::shared_ptr<const aisle::embedder>& e, const std::string& id) {
    return e ? id : std::string();
  };
  const aisle::vector_sink_options options{.path = path,
                                           .format = format,
                                           .csv = o.csv,
                                           .id_column = o.columns.id_column,
                                           .header = header,
                                           .text_dimension = by.text ? by.text->dimension() : 0,
                                           .image_dimension = by.image ? by.image->dimension() : 0,
                                           .text_model = model(by.text, o.common.text_model),
                                           .image_model = model(by.image, o.common.image_model),
                                           .kernel = aisle::select_table(o.common.engine()).name,
                                           .base64 = o.vectors == "base64",
                                           .output = {.write = write_out, .flush = flush_out}};
  try {
    return aisle::make_sink(options);
  } catch (const aisle::option_error& e) {
    throw usage_error(e.what());
  }
}

std::int64_t embed_job::batch() const {
  if (o.batch > 0) return o.batch;
  // Pictures take so long that no more of them stand in one batch because of their texts.
  return by.image ? by.image->contents_at_once() : by.text->contents_at_once();
}

aisle::embedded_batch embed_job::step(aisle::row_source& input, aisle::vector_sink& sink, std::int64_t most) {
  check_interrupt();
  std::vector<aisle::source_row> next = input.next(static_cast<std::size_t>(most));
  if (next.empty()) return {};
  // Who feeds a stream waits for the rows that were taken.
  std::optional<aisle::termination_hold> whole_batch;
  if (o.out == "-") whole_batch.emplace();
  aisle::embedded_batch batch = aisle::embed_rows(
      std::move(next), by,
      {.threads = o.common.threads,
       .progress =
           [this](const aisle::progress_event& e) {
             bar.show("embed", rows * kinds() + e.done, total * kinds(), "vectors");
           },
       .on_picture = [this](const std::string& path) { guard.reads(path); }});  // of a stream: as they come
  texts += static_cast<std::int64_t>(batch.texts.errors.size());
  cut += batch.texts.truncated;
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    const aisle::embedded_row r = batch.at(i);
    vectors += !r.text.empty() + !r.image.empty();
    sink.put(r);
    if (!r.error.empty()) skip(input, batch.rows[i]);
  }
  sink.flush();
  rows += static_cast<std::int64_t>(batch.rows.size());
  bar.show("embed", rows * kinds(), total * kinds(), "vectors");
  return batch;
}

/// Remembered to a limit: a stream may go on for ever. The first rows of a stream are told of at once, as who
/// feeds it may want to know; what is left is told of at the end.
void embed_job::skip(const aisle::row_source& input, const aisle::source_row& r) {
  constexpr std::size_t shown = 3, kept = 1'000'000;
  ++skipped_count;
  if (skipped.size() == kept) return;
  skipped.push_back({input.path(), r.row,
                     r.id.is_string() ? r.id.as<std::string>()
                     : r.id.is_null() ? ""
                                      : r.id.dump(),
                     "", r.error, r.line});
  if (total > 0 || told == shown) return;
  tell_skipped({skipped.back()}, {});
  ++told;
}

void embed_job::tell_rest() const {
  tell_skipped({skipped.begin() + static_cast<std::ptrdiff_t>(told), skipped.end()}, skipped_list(o.skipped));
}

[[noreturn]] void throw_nothing(const std::string& input, std::int64_t rows) {
  throw aisle::nothing_to_do(
      input + ": " +
      (rows == 0 ? "no rows"
                 : aisle::counted(rows, "row") + (rows == 1 ? ", not usable" : ", none of them usable")));
}

int finish_rows(std::int64_t rows, std::int64_t skipped_count) {
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

}  // namespace aisle_command
