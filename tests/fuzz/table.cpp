#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <aisle/io/table.hpp>

// Any bytes are a table whose rows come in order with a field for each column, or an error that is ours.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  constexpr const char* encodings[] = {"", "utf-8", "utf-16", "utf-16be", "windows-1252", "latin-1", "", ""};
  constexpr char delimiters[] = {0, ';', '\t', '|'};
  std::int64_t last_row = -1, last_line = 0;
  const auto in_order = [&](std::int64_t row, std::int64_t line, std::int64_t end) {
    if (row <= last_row || line < 1 || line > end || end > static_cast<std::int64_t>(size) * 2000)
      std::abort();
    last_row = row;
    last_line = line;
  };
  aisle::table_options options{.delimiter = delimiters[data[0] >> 3 & 3u],
                               .encoding = encodings[data[0] & 7u],
                               .expected = {"sku", "name"},
                               .memory_limit = std::uint64_t{1} << 20};
  options.on_problem = [&](const aisle::csv_problem& p) {
    if (p.column < 1 || p.reason.empty()) std::abort();
    in_order(p.row, p.line, p.line);
  };
  try {
    aisle::table_reader table(bytes, "fuzz", options);
    for (aisle::table_row row; table.next(row);) {
      if (row.fields.size() != table.header().size()) std::abort();
      for (std::size_t c = 0; c < row.fields.size(); ++c)
        if (row.lacks(c) && !row.fields[c].empty()) std::abort();
      in_order(row.row, row.line, row.last_line);
    }
    for (const std::string& name : table.header())
      if (!table.find_column(name)) std::abort();
    table.column("sku", "id_column");
  } catch (const aisle::error&) {
    return 0;
  }
  return 0;
}
