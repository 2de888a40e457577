#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <aisle/io/csv.hpp>

// Any bytes are a table whose problems lie inside the text, or throw csv_error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto lines =
      1 + std::count_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; });
  std::int64_t last_row = -1;
  const auto check = [&](const aisle::csv_problem& p) {
    if (p.line < 1 || p.line > lines || p.column < 1 || p.column > static_cast<std::int64_t>(size) ||
        p.row < last_row)
      std::abort();
    last_row = p.row;
  };
  aisle::csv_options options;
  options.replace_invalid_utf8 = (data[0] & 1u) != 0;
  if ((data[0] & 2u) != 0) options.delimiter = ';';
  options.lenient = (data[0] & 4u) != 0;
  options.on_problem = check;
  try {
    aisle::csv_reader reader(text, "fuzz", options);
    for (aisle::csv_row row; reader.next(row);) {
      if (row.fields.size() != reader.header().size() || row.last_line < row.line || row.last_line > lines ||
          row.row <= last_row || row.missing >= row.fields.size() || (row.missing > 0 && !options.lenient))
        std::abort();
      last_row = row.row;
    }
    if (reader.position() != reader.size()) std::abort();
  } catch (const aisle::csv_error& e) {
    check(e.problem());
  }
  return 0;
}
