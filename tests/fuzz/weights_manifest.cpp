#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <aisle/base/error.hpp>

#include <embedded.hpp>
#include <manifest.hpp>

#include "support/memory_file.hpp"

std::string_view aisle_command::embedded(std::string_view) { return R"({"schema": 1, "models": []})"; }

// Any bytes are a manifest that names files below a model's own folder alone, or throw aisle::error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const support::memory_file file(data, size);
  const auto leads_out = [](const std::string& path) {
    return path.empty() || path.front() == '/' || ("/" + path + "/").find("/../") != std::string::npos;
  };
  try {
    for (const aisle_command::manifest_model& m : aisle_command::read_manifest(file.path())) {
      if (m.problem.empty() ? leads_out(m.id) || m.id.find('/') != std::string::npos : !m.sources.empty())
        std::abort();
      m.vouched_for();
      for (const aisle_command::manifest_source& s : m.sources) {
        s.title();
        for (const aisle_command::manifest_file& f : s.files) {
          s.url(f);
          if (leads_out(f.path) || f.size < 0 || (!f.sha256.empty() && f.sha256.size() != 64)) std::abort();
        }
      }
    }
  } catch (const aisle::error&) {
  }
  return 0;
}
