// What the README shows: the same text, compiled and run where the weights are.

#include <doctest/doctest.h>

#include <iostream>
#include <sstream>

#include <aisle/aisle.hpp>

#include "support/support.hpp"

namespace {

// The first test below compares what stands between the marks with the README.
// clang-format off

void first_screen() {
// README: first screen
  const auto text = aisle::text_encoder::load("weights/all-MiniLM-L6-v2");
  const aisle::matrix<float> v = text.encode({"a red cotton shirt", "crimson tee"});
  std::cout << v.rows() << " unit vectors of " << v.cols() << " dimensions\n";
// README: end
}

void use_it(const std::vector<std::string>& titles, const std::vector<std::string>& paths,
            const std::vector<std::string>& categories) {
// README: use it from C++
const auto text  = aisle::text_encoder::load("weights/all-MiniLM-L6-v2");
const auto image = aisle::image_encoder::load("weights/efficientnet-lite0");
aisle::matrix<float> t = text.encode(titles);          // [n, 384], unit rows
aisle::matrix<float> v = image.encode_files(paths);    // [n, 1280]

const aisle::label_vector labels{categories};          // strings or integers
const auto [train, test] = aisle::stratified_split(labels, {.test_size = 0.3, .seed = 42});

const auto fusion = aisle::balanced_fusion::fit({t.rows(train), v.rows(train)});
const aisle::matrix<float> x = fusion.transform({t, v});

aisle::random_forest<float> forest{{.trees = 200, .seed = 42}};
forest.fit(x.rows(train), labels.rows(train));
std::cout << aisle::classification_report(labels.rows(test), forest.predict(x.rows(test)));
// README: end
}

// clang-format on

/// What stands between two lines that begin so.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t at = text.find(begin);
  if (at == std::string::npos) return "no " + begin;
  const std::size_t from = text.find('\n', at) + 1;
  return text.substr(from, text.find(end, from) - from);
}

/// What a call prints to std::cout.
template <class Call>
std::string printed(Call call) {
  std::ostringstream out;
  struct redirection {
    std::streambuf* before;
    ~redirection() { std::cout.rdbuf(before); }
  } redirected{std::cout.rdbuf(out.rdbuf())};
  call();
  return out.str();
}

}  // namespace

TEST_CASE("the README's examples are those that are compiled here") {
  const std::string root = std::string(AISLE_SOURCE_FOLDER "/");
  const std::string page = aisle::read_file(root + "README.md"),
                    here = aisle::read_file(root + "tests/catalogue/readme.cpp");
  CHECK(between(here, "// README: first screen\n", "// README: end") ==
        between(page, "int main() {", "}\n```"));
  const std::string use = page.substr(page.find("## Use it from C++"));
  CHECK(between(here, "// README: use it from C++\n", "// README: end") == between(use, "```cpp", "```"));
}

TEST_CASE("the README's examples run") {
  const std::string weights = support::shared("weights");
  if (weights.empty() || !std::filesystem::exists(weights + "/efficientnet-lite0")) return;
  const std::string folder = std::string(AISLE_SOURCE_FOLDER "/examples/catalogue/images/");
  std::vector<std::string> titles, paths, categories;
  for (int i = 0; i < 10; ++i) {
    titles.push_back(i % 2 ? "a blue shirt" : "a coffee maker");
    paths.push_back(folder + std::to_string(100001 + i) + ".jpg");
    categories.push_back(i % 2 ? "clothes" : "kitchen");
  }
  // Its paths begin with weights/.
  struct folder_change {
    std::filesystem::path before = std::filesystem::current_path();
    ~folder_change() { std::filesystem::current_path(before); }
  } changed;
  std::filesystem::current_path(std::filesystem::path(weights).parent_path());
  CHECK(printed(first_screen) == "2 unit vectors of 384 dimensions\n");
  const std::string report = printed([&] { use_it(titles, paths, categories); });
  CHECK(report.find("accuracy") != std::string::npos);
  CHECK(report.find("kitchen") != std::string::npos);
}
