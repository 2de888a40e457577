#include "picture_status.hpp"

#include <charconv>
#include <cstdio>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/number.hpp>
#include <aisle/io/csv.hpp>

namespace aisle_command {

namespace {

constexpr const char* columns[] = {"row",   "line",   "id",    "url",    "file",    "status", "error",
                                   "bytes", "sha256", "width", "height", "seconds", "form"};
constexpr const char* journal_suffix = "journal";

void put(aisle::csv_writer& out, const picture_status& r) {
  const bool made = r.status == "ok";
  const auto number = [&](bool known, std::int64_t value) {
    if (known)
      out.field(value);
    else
      out.field("");
  };
  number(r.row >= 0, r.row);
  number(r.line > 0, r.line);
  out.field(r.id).field(r.url).field(r.file).field(r.status).field(r.error);
  number(made, r.bytes);
  out.field(r.sha256);
  number(made, r.width);
  number(made, r.height);
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.3f", r.seconds);
  out.field(made || r.status == "failed" ? seconds : "").field(r.form);
  out.end_row();
}

void put_header(aisle::csv_writer& out) {
  for (const char* name : columns) out.field(name);
  out.end_row();
}

/// What stands in one of these files; rows that are cut or damaged are passed over.
std::vector<picture_status> read_rows(const std::string& path) {
  aisle::csv_reader table(path, {.lenient = true, .on_problem = [](const aisle::csv_problem&) {}});
  std::size_t at[std::size(columns)];
  for (std::size_t i = 0; i < std::size(columns); ++i) at[i] = table.column(columns[i]);
  std::vector<picture_status> out;
  for (aisle::csv_row row; table.next(row);) {
    if (row.missing > 0) continue;
    const auto text = [&](std::size_t i) -> std::string& { return row.fields[at[i]]; };
    const auto number = [&](std::size_t i, auto& value) {
      std::from_chars(text(i).data(), text(i).data() + text(i).size(), value);
    };
    picture_status r;
    r.row = -1;
    number(0, r.row);
    number(1, r.line);
    r.id = std::move(text(2));
    r.url = std::move(text(3));
    r.file = std::move(text(4));
    r.status = std::move(text(5));
    r.error = std::move(text(6));
    number(7, r.bytes);
    r.sha256 = std::move(text(8));
    number(9, r.width);
    number(10, r.height);
    aisle::parse_number(text(11).data(), text(11).data() + text(11).size(), r.seconds);
    r.form = std::move(text(12));
    if (r.status != "ok" || aisle::digest_from_hex(r.sha256)) out.push_back(std::move(r));
  }
  return out;
}

}  // namespace

std::vector<picture_status> read_status(const std::string& path) { return read_rows(path); }

void write_status(const std::string& path, const std::vector<picture_status>& rows) {
  aisle::csv_writer out(path);
  put_header(out);
  for (const picture_status& r : rows) put(out, r);
  out.commit();
}

status_journal::status_journal(const std::string& path)
    : file_(aisle::held_file::create(path, journal_suffix)) {
  aisle::csv_writer out([this](std::string_view line) { lines_ += line; });
  put_header(out);
}

void status_journal::add(const picture_status& row) {
  aisle::csv_writer out([this](std::string_view line) { lines_ += line; });
  put(out, row);
}

void status_journal::flush() {
  if (lines_.empty()) return;
  file_.append(lines_);
  lines_.clear();
}

void status_journal::remove() noexcept { file_.remove(); }

left_journals read_left_journals(const std::string& path) {
  left_journals out;
  for (const std::string& file : aisle::held_files(path, journal_suffix)) {
    if (!aisle::held_file::take(file)) continue;  // its writer lives
    out.files.push_back(file);
    try {
      for (picture_status& r : read_rows(file)) out.rows.push_back(std::move(r));
    } catch (const aisle::format_error&) {  // killed before the first line was whole
    }
  }
  return out;
}

}  // namespace aisle_command
