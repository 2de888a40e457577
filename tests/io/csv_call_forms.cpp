#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include <aisle/io/csv.hpp>
#include <aisle/io/table.hpp>

#include "support/support.hpp"

namespace {

void use(const std::string&) {}

}  // namespace

// As the docstrings of csv_reader and table_reader have them, but for the file.
TEST_CASE("csv: the examples of the docstrings compile as they stand") {
  const support::temporary_folder work;
  aisle::write_file(work / "products.csv", "sku,name\n1,a\n");
  std::filesystem::current_path(work.path());
  {
    using namespace aisle;
    csv_reader table("products.csv", {.required = {"name"}});
    const std::size_t name = table.column("name");
    for (csv_row row; table.next(row);) use(row.fields[name]);
    CHECK(name == 1);
  }
  {
    using namespace aisle;
    table_reader table("products.csv", {.expected = {"sku", "name"}});
    const std::size_t name = table.column("name");
    for (table_row row; table.next(row);) use(row.fields[name]);
    CHECK(name == 1);
  }
  std::filesystem::current_path(std::filesystem::temp_directory_path());
}
