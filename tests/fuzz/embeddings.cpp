#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h>

#include <aisle/base/hash.hpp>
#include <aisle/catalogue/detail/embedding_checkpoint.hpp>
#include <aisle/catalogue/detail/embedding_files.hpp>
#include <aisle/io/json.hpp>

// Any bytes as a manifest (m), a CSV (c) or a checkpoint (p) give tables that hold together, or none.

namespace {

struct scratch_folder {
  std::string path =
      (std::filesystem::temp_directory_path() / ("aisle-fuzz-" + std::to_string(::getpid()))).string();
  scratch_folder() { std::filesystem::create_directories(path); }
  ~scratch_folder() {
    std::error_code code;
    std::filesystem::remove_all(path, code);
  }
};
const scratch_folder scratch;
const std::string csv = scratch.path + "/e.csv";

void require_whole(const aisle::detail::stored_table& t, std::size_t columns) {
  const std::size_t rows = t.hashes.size();
  if (t.rows.vectors.rows() != static_cast<std::int64_t>(rows) || t.rows.leading.size() != rows ||
      (!t.tokens.empty() && t.tokens.size() != rows) || t.rows.has.size() != columns)
    std::abort();
  for (const auto& row : t.rows.leading)
    if (row.size() != columns) std::abort();
}

void put(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
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
    put(path, bytes);
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
    put(csv, bytes);
    manifest["csv"] = aisle::to_hex(aisle::sha256::of(bytes));
    put(aisle::detail::manifest_path(csv), manifest.dump());
  } else {
    put(csv, "sku,text_1,text_2\na,1,2\nb,3,4\n");
    put(aisle::detail::manifest_path(csv), bytes);
  }
  std::string why;
  if (const auto stored = aisle::detail::read_stored(csv, key, columns, 1, why))
    require_whole(*stored, columns.size());
  return 0;
}
