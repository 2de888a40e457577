#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>

#include "support/fuzz_folder.hpp"

namespace {

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t n = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
  return n;
}

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

// Any bytes are a report.json that pages are made of, whose script is the page's own alone, and that is
// written as it was read; or they throw aisle::error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const support::fuzz_folder scratch;
  const std::string first = scratch / "first.json", second = scratch / "second.json";
  try {
    support::put(scratch / "report.json", support::text_of(data, size));
    aisle::experiment_result result = aisle::load_result(scratch / "report.json");
    std::size_t cells = 0;
    for (const aisle::model_result& m : result.models) cells += m.truth.size() + m.history.size();
    if (result.classes.size() > 300 || cells > 2000 || result.products.size() > 500) return 0;
    for (aisle::product_card& p : result.products) p.image_path.clear();  // any file of this machine

    const std::string html = aisle::report_html(result, {.threads = 1});
    require(count(html, "<script") == 1 && count(html, "</script") == 1);
    require(aisle::find_invalid_utf8(html) == std::string_view::npos);
    require(aisle::find_invalid_utf8(aisle::report_markdown(result)) == std::string_view::npos);
    const std::string notebook = aisle::report_notebook(result);
    support::must([&] { return aisle::parse_json(notebook, "notebook", {.strict_unicode = true}); });
    aisle::condense_result(result, 3);

    support::must([&] { aisle::save_result(result, first); });
    support::must([&] { aisle::save_result(aisle::load_result(first), second); });
    require(aisle::read_file(first) == aisle::read_file(second));
  } catch (const aisle::error&) {
  }
  return 0;
}
