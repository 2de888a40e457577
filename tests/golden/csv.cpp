#include <filesystem>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>

#include "golden.hpp"

// Golden csv/expected.jsonl: what a strict reader should make of each file in files/.

namespace {

using aisle::json;

/// Code points of valid UTF-8.
std::int64_t code_points(const std::string& text) {
  std::int64_t n = 0;
  for (const char c : text) n += (c & 0xC0) != 0x80;
  return n;
}

bool same_field(const json& expected, const std::string& found) {
  if (expected.is_string()) return expected.as<std::string>() == found;
  return expected.get<std::int64_t>("chars") == code_points(found) &&
         expected.get<std::string>("fnv") == aisle::to_hex(aisle::fnv1a64::of(found));
}

std::string content_of(const json& row, const std::string& folder) {
  const json* make = row.find("make");
  if (make == nullptr) return aisle::read_file(folder + "/files/" + row.get<std::string>("file"));
  std::string out = make->get<std::string>("before");
  for (std::int64_t i = make->get<std::int64_t>("times"); i > 0; --i) out += make->get<std::string>("repeat");
  return out + make->get<std::string>("after");
}

struct record {
  std::vector<std::string> fields;
  std::int64_t last_line;
};

/// Fields and last lines that differ from those of Python's csv module, whose records of no field (empty
/// lines) are no rows.
std::int64_t mismatches(const json& row, const std::vector<record>& found, std::int64_t& of) {
  of = 0;
  std::int64_t wrong = 0;
  if (row.at("csv").is_string()) {  // many_columns.csv: "the numbers 0..2999 under c0..c2999"
    of = 6000;
    if (found.size() != 2 || found[0].fields.size() != 3000 || found[1].fields.size() != 3000) return of;
    for (std::size_t i = 0; i < 3000; ++i) {
      wrong += found[0].fields[i] != "c" + std::to_string(i);
      wrong += found[1].fields[i] != std::to_string(i);
    }
    return wrong;
  }
  const auto expected = row.at("csv").elements(), lines = row.at("csv_last_line_of_record").elements();
  std::size_t next = 0;
  for (std::size_t r = 0; r < expected.size(); ++r) {
    const auto fields = expected[r].elements();
    if (fields.empty()) continue;
    of += static_cast<std::int64_t>(fields.size()) + 1;
    if (next == found.size() || found[next].fields.size() != fields.size()) {
      wrong += static_cast<std::int64_t>(fields.size()) + 1;
      if (next < found.size()) ++next;
      continue;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) wrong += !same_field(fields[i], found[next].fields[i]);
    // The header's last line is not part of the interface.
    wrong += next > 0 && lines[r].as<std::int64_t>() != found[next].last_line;
    ++next;
  }
  return wrong + static_cast<std::int64_t>(found.size() - next);
}

void run_case(const json& row, const std::string& folder, golden::session& s) {
  const std::string file = row.get<std::string>("file"), name = "csv/" + file;
  const std::string content = content_of(row, folder);
  if (static_cast<std::int64_t>(content.size()) != row.get<std::int64_t>("bytes"))
    return s.fail(name, "the file has " + std::to_string(content.size()) + " bytes");
  aisle::csv_options options;
  // The catalogue asks for the columns it needs; of these tables only this one is there to lack one.
  if (file == "missing_required_column.csv") options.required = {"class_id"};
  const bool should_read = row.get<std::string>("recommend") == "read";
  std::vector<record> found;
  try {
    aisle::csv_reader reader(content, file, options);
    found.push_back({reader.header(), 0});
    for (aisle::csv_row r; reader.next(r);) found.push_back({r.fields, r.last_line});
  } catch (const aisle::csv_error& e) {
    const auto& p = e.problem();
    const std::string place = std::to_string(p.line) + ":" + std::to_string(p.column);
    if (should_read) return s.fail(name, "refused at " + place + ": " + p.reason);
    const std::string expected = row.at("error_line").dump() + ":" + row.at("error_column").dump();
    return s.matches(name, place != expected, 1, 0, "error at " + place + " expected " + expected);
  }
  if (!should_read) return s.fail(name, "read, expected an error");
  std::int64_t of = 0;
  const std::int64_t wrong = mismatches(row, found, of);
  s.matches(name, wrong, of);
}

void run(const std::string& path, golden::session& s) {
  const std::string content = aisle::read_file(path), folder = aisle::parent_folder(path);
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.find('\n', at), content.size());
    const json row = aisle::parse_json(std::string_view(content).substr(at, end - at), path);
    run_case(row, folder, s);
    at = end + 1;
  }
}

const golden::registration csv{{"csv",
                                [](const std::string& folder, const std::string& file) {
                                  return folder == "csv" && file == "expected.jsonl";
                                },
                                run}};

}  // namespace
