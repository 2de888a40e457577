#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <serve_interface.hpp>

// Any bytes are a request within the limits, or a request_error of the client's own fault.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const aisle_command::served_model model{.name = "m",
                                          .dimension = 8,
                                          .max_tokens = 6,
                                          .vocabulary = 30,
                                          .first = 2,
                                          .last = 3,
                                          .shortens = true,
                                          .max_inputs = 4};
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  try {
    const aisle_command::embeddings_request r = aisle_command::read_embeddings_request(body, model);
    const std::size_t inputs = r.texts.size() + r.ids.size();
    if (inputs == 0 || inputs > 4 || (!r.texts.empty() && !r.ids.empty())) std::abort();
    if (r.dimension < 1 || r.dimension > 8) std::abort();
    for (const auto& ids : r.ids)
      for (const std::int32_t id : ids)
        if (id < 0 || id >= 30) std::abort();
    aisle::matrix<float> vectors(static_cast<std::int64_t>(inputs), 8);
    for (std::size_t i = 0; i < inputs; ++i) vectors(i, 1) = 1;
    if (aisle_command::embeddings_body(vectors, r, model, 3).empty()) std::abort();
  } catch (const aisle_command::request_error& e) {
    if (e.status() < 400 || e.status() >= 500) std::abort();
    if (aisle_command::error_body(e).empty()) std::abort();
  }
  return 0;
}
