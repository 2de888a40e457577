// TF-IDF on one core: texts a second. The texts are the fashion set's names and descriptions, where
// AISLE_SHARED (default ../shared) has them, otherwise generated ones, and the label says so.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <aisle/base/file.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/text/tfidf.hpp>

namespace {

std::string table() {
  const char* set = std::getenv("AISLE_SHARED");
  return std::string(set ? set : "../shared") + "/data/fashion/products.csv";
}

const std::vector<std::string>& texts() {
  static const std::vector<std::string> instance = [] {
    std::vector<std::string> out;
    if (aisle::file_exists(table())) {
      aisle::csv_reader reader(table());
      const std::size_t name = reader.column("name"), description = reader.column("description");
      for (aisle::csv_row row; reader.next(row);)
        out.push_back(row.fields[name] + " " + row.fields[description]);
    } else {
      for (int i = 0; i < 1000; ++i)
        out.push_back("Acme Men's Blue Cotton Shirt no. " + std::to_string(i) + ". Casual. Summer 2012.");
    }
    return out;
  }();
  return instance;
}

void done(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(texts().size()));
  state.SetLabel(aisle::file_exists(table()) ? "fashion texts" : "generated");
}

void tfidf_fit(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(aisle::tfidf::fit(texts(), {.threads = 1}));
  done(state);
}
BENCHMARK(tfidf_fit)->Unit(benchmark::kMillisecond);

void tfidf_transform(benchmark::State& state) {
  const auto fitted = aisle::tfidf::fit(texts());
  for (auto _ : state) benchmark::DoNotOptimize(fitted.transform(texts(), 1));
  done(state);
}
BENCHMARK(tfidf_transform)->Unit(benchmark::kMillisecond);

}  // namespace
