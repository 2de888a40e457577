#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/hash.hpp>
#include <aisle/catalogue/detail/embedding_checkpoint.hpp>
#include <aisle/catalogue/detail/embedding_files.hpp>
#include <aisle/io/json.hpp>

#include "support/fuzz_folder.hpp"

// Any bytes as a manifest (m), a CSV (c) or a checkpoint (p) give tables that hold together, or none.

namespace {

const support::fuzz_folder scratch;
const std::string csv = scratch / "e.csv";

void require_whole(const aisle::detail::stored_table& t, std::size_t columns) {
  const std::size_t rows = t.hashes.size();
  if (t.rows.vectors.rows() != static_cast<std::int64_t>(rows) || t.rows.leading.size() != rows ||
      (!t.tokens.empty() && t.tokens.size() != rows) || t.rows.has.size() != columns)
    std::abort();
  for (const auto& row : t.rows.leading)
    if (row.size() != columns) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const aisle::json key =
      aisle::json::object({{"format", std::string(aisle::detail::embeddings_format)}, {"kind", "text"}});
  const std::vector<std::string> columns = {"name", "sku"};
  if (data[0] == 'p') {
    const std::string path = csv + ".1-1.checkpoint";
    support::put(path, bytes);
    for (const auto& c : aisle::detail::read_checkpoints(csv, key, columns, {}))
      require_whole(c.table, columns.size());
    return 0;
  }
  aisle::json manifest = key;
  const std::string sum(64, 'a');
  manifest["dimension"] = 2;
  manifest["leading"] = sum;
  manifest["rows"] = aisle::json::object({{"sha256", aisle::json::array({sum, sum})}});
  if (data[0] == 'c') {
    support::put(csv, bytes);
    manifest["csv"] = aisle::to_hex(aisle::sha256::of(bytes));
    support::put(aisle::detail::manifest_path(csv), manifest.dump());
  } else {
    support::put(csv, "sku,text_1,text_2\na,1,2\nb,3,4\n");
    support::put(aisle::detail::manifest_path(csv), bytes);
  }
  std::string why;
  if (const auto stored = aisle::detail::read_stored(csv, key, columns, 1, why))
    require_whole(*stored, columns.size());
  return 0;
}
