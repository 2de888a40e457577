#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <aisle/base/error.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/detail/openai_protocol.hpp>

// Any bytes are the answer of a server: vectors of one length, all finite, as many as were asked for, or
// aisle::error; and as an answer of another status, a message on one line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace openai = aisle::detail::openai;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) try {
      const openai::read_vectors read = openai::read_answer(body, count, "a server");
      if (read.rows.size() != count) std::abort();
      std::size_t length = 0;
      for (const auto& row : read.rows) {
        if (row.empty()) continue;
        if (length != 0 && row.size() != length) std::abort();
        length = row.size();
        for (const float v : row)
          if (!std::isfinite(v)) std::abort();
      }
    } catch (const aisle::error&) {
    }
  const openai::fault fault = openai::read_fault(body);
  if (fault.message.empty() || fault.message.find('\n') != std::string::npos) std::abort();
  static_cast<void>(openai::is_too_long(400, fault));
  const std::string_view first = body.substr(0, size / 2), second = body.substr(size / 2);
  const double delay = openai::retry_delay(first, second, 3, 0.5);
  if (!(delay >= 0 && delay <= 60)) std::abort();
  if (openai::approximate_tokens(body) < 0) std::abort();
  if (aisle::utf8_prefix(body, size / 2).size() > size / 2) std::abort();
  return 0;
}
