#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/random.hpp>
#include <aisle/image/decode.hpp>
#include <aisle/io/json.hpp>

#include "support/support.hpp"

// What the tests of this folder share.

namespace image_data {

inline std::string file(const std::string& name) { return support::data("image/files/" + name); }

inline std::string read(const std::string& name) { return aisle::read_file(file(name)); }

inline std::string hash_of(const aisle::image& i) {
  return aisle::to_hex(aisle::fnv1a64::of({reinterpret_cast<const char*>(i.rgb().data()), i.rgb().size()}));
}

inline std::vector<aisle::json> rows_of(const std::string& path) {
  std::vector<aisle::json> out;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(aisle::parse_json(line, path));
  return out;
}
inline std::vector<aisle::json> rows(const std::string& name) {
  return rows_of(support::data("image/" + name));
}

inline aisle::image decode(std::string_view bytes) {
  return aisle::decode_image(std::as_bytes(std::span<const char>(bytes)), "test");
}

/// The message of the format_error that decoding throws; "" if it does not.
inline std::string refusal(std::string_view bytes) {
  try {
    decode(bytes);
  } catch (const aisle::format_error& e) {
    return e.what();
  }
  return "";
}

inline aisle::image noise(int width, int height, std::uint64_t seed) {
  aisle::random_generator r(seed);
  aisle::image out(width, height);
  for (auto& v : out.rgb()) v = static_cast<std::uint8_t>(r.below(256));
  return out;
}

}  // namespace image_data
