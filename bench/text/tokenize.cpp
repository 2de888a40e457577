// WordPiece tokenisation on one core: texts and bytes a second.
//
// The vocabulary is that of weights/all-MiniLM-L6-v2 and the texts are the fashion set's titles, where
// AISLE_SHARED (default
// ../shared) has them; without them, a small vocabulary and generated titles, and the label says so.

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <aisle/base/file.hpp>
#include <aisle/text/normalizer.hpp>
#include <aisle/text/wordpiece.hpp>

namespace {

std::string shared(const std::string& path) {
  const char* set = std::getenv("AISLE_SHARED");
  return std::string(set ? set : "../shared") + "/" + path;
}

const aisle::wordpiece& tokenizer() {
  static const aisle::wordpiece instance = [] {
    const std::string folder = shared("weights/all-MiniLM-L6-v2");
    if (aisle::folder_exists(folder)) return aisle::wordpiece::load(folder);
    std::vector<std::string> tokens = {"[UNK]", "[CLS]", "[SEP]", "blue", "shirt", "men", "cotton", "."};
    for (char c = 'a'; c <= 'z'; ++c) {
      tokens.push_back({c});
      tokens.push_back({'#', '#', c});
    }
    return aisle::wordpiece(tokens);
  }();
  return instance;
}

const std::vector<std::string>& texts() {
  static const std::vector<std::string> instance = [] {
    std::vector<std::string> lines;
    const std::string path = shared("data/fashion/products.csv");
    if (aisle::file_exists(path)) {
      // Name and description, as far as plain commas tell: quoting does not matter to a timing.
      std::istringstream in(aisle::read_file(path));
      std::string line, sku, name, description;
      std::getline(in, line);
      while (std::getline(in, line)) {
        std::istringstream fields(line);
        std::getline(fields, sku, ',');
        std::getline(fields, name, ',');
        std::getline(fields, description, ',');
        lines.push_back(name + " " + description);
      }
    } else {
      for (int i = 0; i < 1000; ++i)
        lines.push_back("Acme Men's Blue Cotton Shirt no. " + std::to_string(i) + ". Casual. Summer 2012.");
    }
    return lines;
  }();
  return instance;
}

std::string label() {
  return tokenizer().vocabulary_size() > 1000 && texts().size() != 1000 ? "fashion texts" : "generated";
}

std::int64_t total_bytes() {
  std::size_t n = 0;
  for (const std::string& t : texts()) n += t.size();
  return static_cast<std::int64_t>(n);
}

void titles(benchmark::State& state) {
  std::vector<std::int32_t> ids;
  for (auto _ : state) {
    for (const std::string& t : texts()) {
      ids.clear();
      benchmark::DoNotOptimize(tokenizer().encode(t, 256, ids));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(texts().size()));
  state.SetBytesProcessed(state.iterations() * total_bytes());
  state.SetLabel(label());
}
BENCHMARK(titles)->Unit(benchmark::kMillisecond);

void normalize(benchmark::State& state) {
  for (auto _ : state)
    for (const std::string& t : texts()) benchmark::DoNotOptimize(aisle::normalize_text(t));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(texts().size()));
  state.SetBytesProcessed(state.iterations() * total_bytes());
  state.SetLabel(label());
}
BENCHMARK(normalize)->Unit(benchmark::kMillisecond);

/// One text of 1 MB: what its cut form costs although 256 ids are kept.
void long_text(benchmark::State& state, const char* word) {
  std::string text;
  while (text.size() < 1 << 20) text += word;
  std::vector<std::int32_t> ids;
  for (auto _ : state) {
    ids.clear();
    benchmark::DoNotOptimize(tokenizer().encode(text, 256, ids));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(long_text, latin, "Men's blue cotton shirt ")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(long_text, accents, "Crème brûlée für Günther ")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(long_text, chinese, "蓝色衬衫")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(long_text, worst_case, "jzqxkjzqxkjzqxkjzqxkjzqxkjzqxkjzqxkjzqxkjzqxk ")
    ->Unit(benchmark::kMillisecond);

void load(benchmark::State& state) {
  const std::string folder = shared("weights/all-MiniLM-L6-v2");
  if (!aisle::folder_exists(folder)) {
    state.SkipWithError("needs weights/all-MiniLM-L6-v2");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(aisle::wordpiece::load(folder));
}
BENCHMARK(load)->Unit(benchmark::kMillisecond);

}  // namespace
