#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <aisle/base/file.hpp>

#include "support/support.hpp"

// Who may include whom, and what may stand where (include/README.md says why). Each rule is tried on a
// made-up line that breaks it, then on every header of the library.

namespace {

namespace fs = std::filesystem;

/// The floors of the house: a folder includes itself and those before it.
constexpr std::array floors = {"base",   "tensor", "simd",  "kernels", "io",       "nn",
                               "models", "text",   "image", "learn",   "catalogue"};

std::size_t floor_of(std::string_view path) {
  const std::string_view folder = path.substr(0, path.find('/'));
  return static_cast<std::size_t>(std::find(floors.begin(), floors.end(), folder) - floors.begin());
}

struct rule {
  const char* what;
  std::regex forbidden;  ///< in a line without its comment
  std::regex allowed;    ///< paths below include/aisle that may have it
  const char* example;
};

const std::vector<rule>& rules() {
  static const std::vector<rule> all = [] {
    const auto r = [](const char* what, const char* forbidden, const char* allowed, const char* example) {
      return rule{what, std::regex(forbidden), std::regex(allowed), example};
    };
    return std::vector<rule>{
        r("stb only in image/", "#include <stb_", "image/.*\\.ipp", "#include <stb_image.h>"),
        r("the implementation of stb nowhere", "#define STB_IMAGE(_WRITE)?_IMPLEMENTATION", "",
          "#define STB_IMAGE_IMPLEMENTATION"),
        r("Eigen only in tensor/eigen.hpp and learn/", "#include <Eigen", "tensor/eigen\\.hpp|learn/.*",
          "#include <Eigen/Core>"),
        r("no heavy Eigen headers", "#include <Eigen/(Dense|SVD|Sparse)|BDCSVD|JacobiSVD", "",
          "#include <Eigen/SVD>"),
        r("POSIX headers only in base/",
          "#include "
          "<(unistd|fcntl|pthread|sched|dirent|dlfcn|poll|netdb|termios|signal|sys/|linux/|asm/|arpa/)",
          "base/.*\\.ipp", "#include <sys/stat.h>"),
        r("threads are started in base/parallel.ipp only",
          "#include <(thread|omp\\.h|future)>|std::(jthread|async)\\b|#pragma omp",
          "base/(parallel|openmp)\\.ipp", "#pragma omp parallel for"),
        r("no thread_local state", "\\bthread_local\\b", "base/(detail/parallel_region|parallel)\\.ipp",
          "static thread_local int scratch;"),
        r("target pragmas only in simd/target.hpp",
          "#pragma (GCC|clang) (target|attribute)|__attribute__\\(\\(target|"
          "AISLE_PRAGMA\\((GCC|clang) (target|push|attribute)",
          "simd/target\\.hpp|base/hash\\.ipp", "#pragma GCC target(\"avx2\")"),
        r("ISA regions are opened in kernels/dispatch.hpp only", "AISLE_TARGET_(BEGIN|END)",
          "simd/target\\.hpp|kernels/dispatch\\.hpp", "AISLE_TARGET_BEGIN(\"avx2\")"),
        r("random numbers only through base/random.hpp", "#include <random>|\\bstd::rand\\b|\\bmt19937\\b",
          "", "#include <random>"),
        r("the library prints nothing",
          "#include <iostream>|\\b(std::)?(printf|puts|fprintf|putchar)\\(|std::c(out|err)\\b", "",
          "std::cerr << 1;"),
        r("a header is included by its full name", "#include \"", "", "#include \"matrix.hpp\""),
    };
  }();
  return all;
}

/// What is wrong with `line` of the header `path` (below include/aisle); empty if nothing is.
std::string complaint(const std::string& path, std::string line) {
  if (const auto comment = line.find("//"); comment != std::string::npos) line.resize(comment);
  for (const rule& r : rules())
    if (std::regex_search(line, r.forbidden) && !std::regex_match(path, r.allowed)) return r.what;
  std::smatch match;
  static const std::regex ours("#include <aisle/([a-z_]+)/");
  // The umbrella headers stand above every floor.
  if (path.find('/') == std::string::npos || !std::regex_search(line, match, ours)) return {};
  const std::size_t from = floor_of(path), to = floor_of(match.str(1));
  if (to == floors.size()) return "no such floor: " + match.str(1);
  if (from == floors.size()) return "in no floor";
  if (to > from) return std::string(floors[from]) + " is below " + floors[to];
  return {};
}

/// Lines of a file with their numbers, as "path:3".
template <class Body>
void each_line(const std::string& file, const std::string& path, Body body) {
  const std::string text = aisle::read_file(file);
  std::size_t number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    body(path + ":" + std::to_string(number), text.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) found.push_back(fs::relative(entry.path(), folder).string());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("each rule of the layout notices what breaks it") {
  for (const rule& r : rules()) CHECK_MESSAGE(!complaint("nn/made_up.hpp", r.example).empty(), r.what);
  CHECK(complaint("tensor/matrix.hpp", "#include <aisle/nn/graph.hpp>") == "tensor is below nn");
  CHECK(complaint("io/npy.hpp", "#include <aisle/cellar/mop.hpp>") == "no such floor: cellar");
  CHECK(complaint("learn/mlp.hpp", "#include <aisle/kernels/gemm.hpp>").empty());
  CHECK(complaint("nn/graph.hpp", "// #include <random> would give other numbers elsewhere").empty());
}

TEST_CASE("headers include only floors above their own, and heavy headers stand where they may" *
          doctest::skip(support::sanitized)) {
  const std::string include = std::string(AISLE_SOURCE_FOLDER "/include/aisle");
  int headers = 0;
  for (const std::string& path : files_below(include)) {
    ++headers;
    const std::string extension = fs::path(path).extension().string();
    CHECK_MESSAGE((extension == ".hpp" || extension == ".ipp" || extension == ".inl" || extension == ".cu" ||
                   extension == ".cuh"),
                  path);
    int lines = 0;
    bool guarded = false;
    each_line(include + "/" + path, path, [&](const std::string& where, const std::string& line) {
      ++lines;
      guarded = guarded || line == "#pragma once";
      const std::string wrong = complaint(path, line);
      CHECK_MESSAGE(wrong.empty(), where << ": " << wrong);
    });
    if (extension != ".inl") CHECK_MESSAGE(guarded, path << ": no #pragma once");
    CHECK_MESSAGE(lines <= 600, path << ": " << lines << " lines, more than anyone reads in one sitting");
  }
  CHECK(headers > 10);
}

TEST_CASE("no file names a machine's own folders" * doctest::skip(support::sanitized)) {
  // Written in parts, so that this file passes.
  const std::regex machine(
      "/"
      "home/|/"
      "root/|/"
      "work/(main|shared)|/"
      "var/tmp");
  CHECK(std::regex_search(std::string("cd /") + "home/me", machine));
  const fs::path top = AISLE_SOURCE_FOLDER;
  int files = 0;
  for (const char* folder : {"include", "tests", "bench", "tools", "examples", ".ci", ".github"})
    for (const std::string& path : files_below(top / folder)) {
      const std::string extension = fs::path(path).extension().string();
      if (std::string(folder) == "tests" && path.starts_with("data/")) continue;
      if (extension == ".jpg" || extension == ".png" || path.find("corpus/") != std::string::npos) continue;
      ++files;
      each_line((top / folder / path).string(), std::string(folder) + "/" + path,
                [&](const std::string& where, const std::string& line) {
                  CHECK_MESSAGE(!std::regex_search(line, machine), where);
                });
    }
  CHECK(files > 10);
}

TEST_CASE("one file of the command line includes CLI11, which takes longer to compile than the rest of any") {
  const fs::path tools = fs::path(AISLE_SOURCE_FOLDER) / "tools/aisle";
  const auto includes = [&](const std::string& path) {
    return aisle::read_file((tools / path).string()).find("#include <CLI/") != std::string::npos;
  };
  for (const std::string& path : files_below(tools))
    CHECK_MESSAGE(includes(path) == (path == "option_set.cpp"), path);
}
