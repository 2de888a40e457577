// A table of products read by options: an input is a pipeline's reading options as JSON, a zero byte, and the
// file.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/reading.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>

#include "support/fuzz_folder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const support::fuzz_folder scratch;
  const std::string_view input = support::text_of(data, size);
  const std::size_t end = input.find('\0');
  if (end == input.npos) return 0;
  const std::string path = scratch / "products.csv", list = scratch / "skipped.csv";
  support::put(path, input.substr(end + 1));
  try {
    aisle::reading_options reading;
    const aisle::json stated = aisle::parse_json(input.substr(0, end), "reading");
    for (const auto& [name, value] : stated.members()) reading.emplace(name, value.as<std::string>());
    aisle::catalogue_options options;
    aisle::restore_reading(reading, options, "reading");
    // What is remembered of them reads the same.
    const aisle::reading_options kept = aisle::remember_reading(options);
    aisle::catalogue_options again;
    support::must([&] { aisle::restore_reading(kept, again, "remembered"); });
    if (aisle::remember_reading(again) != kept) std::abort();

    const aisle::catalogue c = aisle::load_catalogue(path, options);
    for (const aisle::product& p : c.products)
      if (p.row < 0 || p.row >= c.data_rows || p.id.empty() || p.fields.size() != c.header.size())
        std::abort();
    for (const aisle::skipped_row& p : c.problems)
      if (p.row < 0 || p.row >= c.data_rows || p.reason.empty()) std::abort();
    aisle::write_skipped(list, c.problems);
    const std::size_t listed = support::must([&] {
      std::size_t rows = 0;
      aisle::csv_reader written(list, {});
      for (aisle::csv_row row; written.next(row);) ++rows;
      return rows;
    });
    if (listed != c.problems.size()) std::abort();
  } catch (const aisle::error&) {
  }
  return 0;
}
