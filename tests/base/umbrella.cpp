#include <doctest/doctest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include <aisle/base/file.hpp>

// all.hpp includes every public header. What is not public: folders named detail, and the parts of other
// headers that include/README.md lists.

namespace {

namespace fs = std::filesystem;
const std::string top = std::string(AISLE_SOURCE_FOLDER "/include/");

/// What `header` includes of ours, itself among them. Definitions (.ipp) are not part of aisle::compiled's
/// headers and do not count.
void collect(const std::string& header, std::set<std::string>& found) {
  if (!found.insert(header).second) return;
  const std::string text = aisle::read_file(top + header);
  static const std::regex ours("#include <(aisle/[a-z0-9_/]+\\.hpp)>");
  for (std::sregex_iterator at(text.begin(), text.end(), ours), end; at != end; ++at)
    collect((*at)[1].str(), found);
}

bool is_part(const std::string& header) {
  static const std::regex parts(
      R"(aisle/(.*/detail/.*|base/(ascii|blanks|counted|held_file|ranges|stream)\.hpp|catalogue/report/.*|)"
      R"(image/(bmp|gif|jpeg|libjpeg|picture_turn|png|webp)\.hpp|io/(content|delimiter|file_kind|gzip|inflate|json_records|)"
      R"(nearest_name|pickle|torch_wrapping|utf8|zip)\.hpp|nn/cpu/.*|simd/.*|tensor/eigen\.hpp|)"
      R"(text/(unicode.*|case_fold|character_tables|html_entities)\.hpp))");
  return std::regex_match(header, parts);
}

}  // namespace

TEST_CASE("all.hpp includes every public header") {
  std::set<std::string> reached;
  collect("aisle/all.hpp", reached);
  CHECK(reached.contains("aisle/learn/ranking_metrics.hpp"));
  CHECK(is_part("aisle/learn/detail/lbfgs.hpp"));
  int headers = 0;
  for (const auto& entry : fs::recursive_directory_iterator(top + "aisle")) {
    if (entry.path().extension() != ".hpp") continue;
    const std::string header = fs::relative(entry.path(), top).string();
    ++headers;
    CHECK_MESSAGE(
        (reached.contains(header) || is_part(header)),
        header << " is neither in all.hpp nor listed in include/README.md as a part of another header");
  }
  CHECK(headers > 50);
  CHECK_FALSE(reached.contains("aisle/tensor/eigen.hpp"));  // who has no Eigen includes all.hpp too
}
