#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <aisle/io/json.hpp>

// Any bytes either parse, and then what is dumped parses to the same value, or throw format_error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const aisle::json value = aisle::parse_json(text, "fuzz");
    for (const int indent : {0, 2})
      if (!(aisle::parse_json(value.dump(indent), "dumped", {.strict_unicode = true}) == value)) std::abort();
  } catch (const aisle::format_error& e) {
    if (e.where().starts_with("dumped")) std::abort();
  }
  return 0;
}
