#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <aisle/io/utf8.hpp>
#include <aisle/text/html.hpp>

// Any bytes give a text that is not longer, UTF-8 where they were, and the same bytes where nothing in them
// can begin markup.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string plain = aisle::strip_html(text);
  if (plain.size() > text.size()) std::abort();
  constexpr auto npos = std::string_view::npos;
  if (text.find_first_of("<&") == npos && plain != text) std::abort();
  if (aisle::find_invalid_utf8(text) == npos && aisle::find_invalid_utf8(plain) != npos) std::abort();
  return 0;
}
