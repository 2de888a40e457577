// Any bytes as metrics.json ('m'; 's': with the sums of the other files put in), report.json ('r') and a
// table of results ('t') of a folder whose pipelines are good: what reads such folders takes or refuses them.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/experiment.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/io/json.hpp>

#include "support/fuzz_folder.hpp"

namespace {

struct results {
  support::fuzz_folder scratch;
  std::string folder = scratch.path();
  results() {
    const std::string corpus = AISLE_SOURCE_FOLDER "/tests/fuzz/corpus/pipeline/";
    for (const char* name : {"text", "text_logistic_regression"})
      support::put(scratch / (std::string(name) + ".safetensors"),
                   aisle::read_file(corpus + "text_logistic_regression"));
    support::put(scratch / "image.safetensors", aisle::read_file(corpus + "image_random_forest"));
  }
  void restore() const {
    for (const std::string& name : aisle::result_file_names())
      if (!name.ends_with(".safetensors")) aisle::remove_file(scratch / name);
  }
};

/// metrics.json that names all that is there by its sum, where it is an object at all.
std::string with_sums(std::string_view text, const std::string& folder) {
  aisle::json metrics = aisle::parse_json(text, "metrics");
  if (!metrics.is_object()) return std::string(text);
  std::vector<std::string> names;
  for (const std::string& name : aisle::result_file_names())
    if (name != "metrics.json" && aisle::file_exists(aisle::join_path(folder, name))) names.push_back(name);
  metrics["files"] = aisle::detail::sums_of(folder, names);
  return metrics.dump();
}

template <class Call>
bool succeeds(Call call) {
  try {
    call();
    return true;
  } catch (const aisle::error&) {
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const results all;
  const std::string index = all.scratch / "metrics.json";
  std::string_view with;
  for (const std::string_view part : support::parts_of(support::text_of(data, size))) {
    if (part.starts_with('m')) support::put(index, part.substr(1));
    if (part.starts_with('r')) support::put(all.scratch / "report.json", part.substr(1));
    if (part.starts_with('t')) support::put(all.scratch / "text_results.csv", part.substr(1));
    if (part.starts_with('s')) with = part.substr(1);
  }
  if (!with.empty()) succeeds([&] { support::put(index, with_sums(with, all.folder)); });

  const bool whole = succeeds([&] { aisle::check_results(all.folder); });
  succeeds([&] {
    if (aisle::pipeline_set::load(all.folder).pipelines().empty()) std::abort();
  });
  succeeds([&] { aisle::read_results(all.scratch / "text_results.csv"); });
  succeeds([&] {
    aisle::experiment_result result = aisle::load_result(all.folder);
    if (result.classes.size() > 100 || result.products.size() > 100 || result.models.size() > 20) return;
    for (aisle::product_card& p : result.products) p.image_path.clear();  // any file of this machine
    // New pages leave a folder that was whole whole.
    const bool written = succeeds([&] { aisle::write_reports(result, all.folder, {.threads = 1}); });
    if (whole && written)
      support::must([&] {
        aisle::check_results(all.folder);
        aisle::load_result(all.folder);
      });
  });
  all.restore();
  return 0;
}
