// Vectors that were made elsewhere: an input is 'n' (.npy), 's' (.safetensors) or 'c' (CSV), the length of
// the list of ids beside it, that list, and the file.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/tensor/finite.hpp>

#include "support/fuzz_folder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const support::fuzz_folder scratch;
  static const aisle::catalogue products = [] {
    aisle::catalogue out;
    out.data_rows = 3;
    for (const char* id : {"a", "b", "c"}) {
      aisle::product p;
      p.row = static_cast<std::int64_t>(out.products.size());
      p.id = id;
      out.products.push_back(p);
    }
    return out;
  }();
  if (size < 2) return 0;
  const std::string path = scratch / (data[0] == 'n' ? "v.npy" : data[0] == 's' ? "v.safetensors" : "v.csv");
  const std::string ids = aisle::vector_ids_path(path);
  const std::size_t listed = std::min<std::size_t>(data[1], size - 2);
  support::put(path, support::text_of(data + 2 + listed, size - 2 - listed));
  if (listed > 0) support::put(ids, support::text_of(data + 2, listed));
  try {
    const auto kind = size % 2 ? aisle::vector_kind::text : aisle::vector_kind::image;
    const aisle::foreign_vectors v = aisle::read_vectors(products, path, kind);
    const auto& table = v.table;
    if (table.rows.empty() || table.vectors.rows() != static_cast<std::int64_t>(table.rows.size()) ||
        v.missing != 3 - table.vectors.rows() || v.unknown < 0)
      std::abort();
    for (std::int64_t r = 0; r < table.vectors.rows(); ++r)
      for (const float value : table.vectors.row(r))
        if (!aisle::is_finite(value)) std::abort();
  } catch (const aisle::error&) {
  }
  if (listed > 0) aisle::remove_file(ids);
  return 0;
}
