// The options of every subcommand that reads a table, and what is said of a table that was read.

#include <algorithm>
#include <map>
#include <tuple>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/delimiter.hpp>
#include <aisle/io/detail/unread_encoding.hpp>
#include <aisle/io/utf8.hpp>

#include "catalogue_job.hpp"

namespace aisle_command {

namespace {

/// Passes what a function of the library does not throw for.
template <class Parse>
validator accepted_by(Parse parse) {
  return validator([parse](const std::string& text) {
    try {
      parse(text);
      return std::string();
    } catch (const aisle::error& e) {
      return std::string(e.what());
    }
  });
}

/// Names separated by commas, as a record of CSV.
std::vector<std::string> split_names(const std::string& list) {
  if (list.empty()) return {};
  return aisle::csv_reader(std::string_view(list), list, {.lenient = true}).header();
}

}  // namespace

void add_table_options(option_set app, aisle::catalogue_options& options) {
  app.add_option_function(
         "--delimiter",
         [&options](const std::string& name) { options.delimiter = aisle::parse_delimiter(name); },
         "what separates the columns: , ; tab | or another character (default: recognised)")
      .type_name("CHAR")
      .check(accepted_by([](const std::string& name) { aisle::parse_delimiter(name); }));
  app.add_option("--encoding", options.encoding,
                 "utf-8, utf-16, utf-16le, utf-16be, windows-1252 or latin-1 (default: recognised)")
      .type_name("NAME")
      .check(accepted_by([](const std::string& name) { aisle::parse_text_encoding(name); }));
  app.add_option("--max-cell", options.cell_limit, "bytes of one cell; rows with a longer one are skipped")
      .type_name("N")
      .check(within(std::uint64_t{1}, std::uint64_t{1} << 40))
      .capture_default_str();
}

option add_column_list(option_set app, const std::string& name, std::vector<std::string>& columns,
                       const std::string& help) {
  return app
      .add_option_function(
          name,
          [&columns](const std::vector<std::string>& lists) {
            columns.clear();
            for (const std::string& list : lists)
              for (std::string& column : split_names(list)) columns.push_back(std::move(column));
          },
          help + "; names that hold a comma in double quotes")
      .type_name("COLUMN,…")
      .check(accepted_by([](const std::string& list) {
        if (split_names(list).empty()) throw aisle::option_error("'' names no column");
      }));
}

void add_allow_outside(option_set app, bool& allow_outside) {
  app.add_flag(
      "--allow-outside", allow_outside,
      "read pictures that lie outside the catalogue's folder and --image-root too (absolute names, ../, "
      "links that lead out): for catalogues of your own, as one of somebody else's may name any file");
}

void add_csv_safe(option_set app, aisle::csv_write_options& how) {
  app.add_flag(
      "--csv-safe", how.spreadsheet_safe,
      "put ' in front of texts in CSV files that a spreadsheet would compute (they begin with = + - @ or "
      "a tab); the data are changed by it");
}

void tell_format(const std::string& path, const aisle::table_format& format) {
  if (!format.is_plain()) say(path + ": " + format.describe());
}

std::vector<std::string> modality_names() {
  std::vector<std::string> out;
  for (const aisle::product_inputs& inputs : aisle::all_inputs) out.emplace_back(inputs.name());
  return out;
}

void add_recipe(option_set app, std::string& recipe, double& time_limit, const std::string& help) {
  app.add_option("--recipe", recipe, help).check(one_of({"standard", "auto"})).capture_default_str();
  app.add_option("--time-limit", time_limit,
                 "with --recipe auto: search no longer, and take the best of what was tried by then")
      .check(positive())
      .type_name("SECONDS")
      .capture_default_str();
}

void tell_columns(const aisle::column_features& columns) {
  for (const aisle::column_encoding& column : columns.columns())
    say("extra column " + aisle::describe(column) + ", of the training rows");
}

void tell_padded(const std::string& path, const aisle::short_rows& rows) {
  if (rows.count > 0) warn(path + ": " + rows.describe());
}

bool is_beyond_ascii(const std::vector<std::string>& cells) {
  return aisle::ranges::any_of(cells, [](const std::string& cell) {
    return std::any_of(cell.begin(), cell.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; });
  });
}

void tell_encoding(const std::string& path, const aisle::catalogue_options& how,
                   const aisle::table_format& format, const std::vector<aisle::skipped_row>& bad,
                   std::int64_t beyond_ascii) {
  if (!how.encoding.empty() || format.encoding != aisle::text_encoding::utf8) return;
  const auto broken = std::count_if(bad.begin(), bad.end(), [&](const aisle::skipped_row& r) {
    return r.file == path && r.reason.starts_with(aisle::detail::invalid_utf8);
  });
  // Where more rows beyond ASCII can be read than not, it is UTF-8 that was damaged.
  if (broken > beyond_ascii)
    warn(path + ": " + aisle::counted(broken, "row") + " cannot be read: the file is " +
         aisle::detail::describe_unread_encoding(path, format.gzip));
}

void tell_reading(const aisle::catalogue& products) {
  tell_format(products.path, products.format);
  tell_padded(products.path, products.padded);
  if (const std::int64_t n = products.missing_texts; n > 0)
    warn(products.path + ": " + aisle::counted(n, "cell") + " of columns of texts " +
         (n == 1 ? "says" : "say") + " NULL, nan or the like, which is no text");
  tell_encoding(products.path, products.options, products.format, products.problems,
                std::count_if(products.products.begin(), products.products.end(),
                              [](const aisle::product& p) { return is_beyond_ascii(p.fields); }));
}

void tell_several_paths(const std::string& path, const std::string& column, std::int64_t count,
                        const std::string& first) {
  if (count == 0) return;
  warn(path + ": " + aisle::counted(count, "cell") + " of column " + column +
       (count == 1 ? " names" : " name") + " several category paths ('" + aisle::with_ellipsis(first, 100) +
       (count == 1 ? "')" : "', say)") + ", of which the first is the label");
}

std::string column_message(const aisle::column_error& e) {
  if (e.role().empty()) return e.what();
  std::string option = e.role() == "label_column" ? "--label" : "--" + e.role();
  aisle::ranges::replace(option, '_', '-');
  std::string out = e.message(option);
  if (const auto* missing = dynamic_cast<const aisle::missing_column*>(&e);
      missing && option == "--text-columns")
    for (const std::string& name : missing->nearest())
      if (name.find(',') != std::string::npos) {
        out += " (a name that holds a comma goes in quotes: --text-columns '\"" + name + "\"')";
        break;
      }
  // One name that holds several: separated by what was not recognised.
  if (const auto* missing = dynamic_cast<const aisle::missing_column*>(&e);
      missing && option != "--text-columns" && !missing->nearest().empty()) {
    const std::string& name = missing->nearest().front();
    const std::size_t at = name.find_first_of("^:~;|!#$*,");
    if (at != std::string::npos && name[at] == ',')
      out += " (rows that are quoted as a whole are one column: write them without those quotes)";
    else if (at != std::string::npos)
      out += std::string(" (where '") + name[at] + "' separates the columns: --delimiter '" + name[at] + "')";
  }
  return out;
}

std::string fault_of(const aisle::skipped_row& row) {
  const std::string& reason = row.reason;
  // "pics/a.jpg: cannot open: …": the path is the row's own.
  std::size_t from = 0;
  if (const std::size_t colon = reason.find(": "); colon != std::string::npos)
    if (reason.substr(0, colon).find_first_of("./\\") != std::string::npos) from = colon;
  std::string out;
  using aisle::ascii::is_digit;
  for (std::size_t i = from; i < reason.size(); ++i) {
    const char c = reason[i];
    if (c == '\'' || c == '"') {
      const std::size_t end = reason.find(c, i + 1);
      if (end != std::string::npos) i = end;
      out += c;
    } else if (is_digit(c)) {
      while (i + 1 < reason.size() && is_digit(reason[i + 1])) ++i;
      out += '#';
    } else {
      out += c;
    }
  }
  return out;
}

void tell_skipped(const std::vector<aisle::skipped_row>& rows, const std::string& list) {
  constexpr std::size_t few = 3, most_lines = 20;
  using fault = std::tuple<std::string, std::string, std::string>;
  std::map<fault, std::pair<std::size_t, bool>> faults;  // rows, whether they were told of
  const auto key = [](const aisle::skipped_row& r) { return fault(r.file, r.column, fault_of(r)); };
  for (const aisle::skipped_row& r : rows) ++faults[key(r)].first;
  std::size_t lines = 0, told = 0;
  bool in_one_line = false;
  for (const aisle::skipped_row& r : rows) {
    auto& [count, done] = faults[key(r)];
    if (done || lines == most_lines) continue;
    const std::string which = aisle::row_name(r.row, r.line) + (r.id.empty() ? "" : ", id " + r.id);
    const std::string what = (r.column.empty() ? "" : ", column " + r.column) + ": " + r.reason;
    if (count > few) {
      done = in_one_line = true;
      warn(r.file + ": " + aisle::counted(count, "row") + " with one fault, the first of them " + which +
           what);
      told += count;
    } else {
      warn(r.file + ": " + which + what);
      ++told;
    }
    ++lines;
  }
  const std::string where = list.empty() ? "" : "; " + list + " lists them all";
  if (told < rows.size())
    warn(aisle::counted(rows.size() - told, "more problem") + " with rows" + where);
  else if (in_one_line && !list.empty())
    warn(aisle::counted(rows.size(), "problem") + " with rows" + where);
}

}  // namespace aisle_command
