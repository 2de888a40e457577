// Anything that makes vectors is an embedder: tables, streams and sinks take one of one's own.

#include <aisle/catalogue/embedder.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/embed_rows.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/row_source.hpp>
#include <aisle/catalogue/vector_parts.hpp>
#include <aisle/catalogue/vector_sink.hpp>

#include "support/support.hpp"

namespace {

/// A text's vector is its length and its first character; texts with an x are refused.
class measuring : public aisle::embedder {
 public:
  explicit measuring(std::string version, aisle::vector_kind kind = aisle::vector_kind::text) : kind_(kind) {
    identity_ = aisle::json::object({{"service", "measuring"}, {"version", std::move(version)}});
  }
  aisle::vector_kind kind() const noexcept override { return kind_; }
  const std::string& name() const noexcept override { return name_; }
  const std::string& treatment() const noexcept override { return treatment_; }
  const aisle::json& identity() const override { return identity_; }
  std::int64_t dimension() const override { return 2; }
  aisle::embedded encode(std::span<const aisle::embeddable> contents,
                         const aisle::embed_options& options) const override {
    const auto n = static_cast<std::int64_t>(contents.size());
    aisle::embedded out{.vectors = aisle::matrix<float>(n, 2),
                        .errors = std::vector<std::string>(contents.size()),
                        .tokens = {}};
    for (std::int64_t i = 0; i < n; ++i) {
      const std::string_view value = contents[static_cast<std::size_t>(i)].value();
      calls += 1;
      if (value.find('x') != std::string_view::npos) {
        out.errors[static_cast<std::size_t>(i)] = "has an x";
        continue;
      }
      out.vectors.row(i)[0] = static_cast<float>(value.size());
      if (value == breaks_at) throw aisle::error("the line broke");
      out.vectors.row(i)[1] = static_cast<float>(value.front());
      if (options.on_vector) options.on_vector(i, out.vectors.row(i));
    }
    return out;
  }
  mutable std::atomic<int> calls = 0;
  std::string breaks_at{};

 private:
  aisle::vector_kind kind_;
  std::string name_ = "measure", treatment_;
  aisle::json identity_;
};

}  // namespace

TEST_CASE("vectors that an embedder shows are kept as they come, also of a call that throws") {
  const support::temporary_folder work;
  aisle::write_file(work / "shop.csv", "sku,name\na,one\nb,three\nc,four\nd,five\n");
  const aisle::catalogue products = aisle::load_catalogue(work / "shop.csv");
  const auto first = std::make_shared<measuring>("1"), second = std::make_shared<measuring>("1");
  first->breaks_at = "four";
  CHECK_THROWS_WITH(aisle::embed_texts(products, first, {.folder = work / "kept"}), "the line broke");
  const aisle::embedding_table t = aisle::embed_texts(products, second, {.folder = work / "kept"});
  CHECK(t.reused == 2);
  CHECK(second->calls == 2);
  REQUIRE(t.vectors.rows() == 4);
  CHECK(t.vectors.row(1)[0] == 5);
  CHECK(t.vectors.row(1)[1] == 't');
  CHECK(t.vectors.row(3)[0] == 4);
}

TEST_CASE("a table of texts by an embedder of one's own: kept, taken over, refused rows named") {
  const support::temporary_folder work;
  aisle::write_file(work / "shop.csv", "sku,name\na,one\nb,three\nc,axe\nd,five\n");
  const aisle::catalogue products = aisle::load_catalogue(work / "shop.csv");
  const auto embed = [&](const std::shared_ptr<const measuring>& by) {
    return aisle::embed_texts(products, by, {.folder = work / "kept"});
  };
  const auto first = std::make_shared<const measuring>("1");
  const aisle::embedding_table t = embed(first);
  CHECK(t.model == "measure");
  CHECK(t.rows == aisle::index_vector{0, 1, 3});
  REQUIRE(t.vectors.rows() == 3);
  CHECK(t.vectors.row(1)[0] == 5);
  CHECK(t.vectors.row(1)[1] == 't');
  REQUIRE(t.problems.size() == 1);
  CHECK(t.problems[0].id == "c");
  CHECK(t.problems[0].reason == "has an x");
  CHECK(first->calls == 4);
  CHECK(aisle::file_exists(aisle::text_embeddings_path(work / "kept", "measure")));

  const auto again = std::make_shared<const measuring>("1");
  CHECK(embed(again).reused == 3);
  CHECK(again->calls == 1);  // the one that was refused
  const auto other = std::make_shared<const measuring>("2");
  CHECK(embed(other).reused == 0);
  CHECK(other->calls == 4);
  CHECK_THROWS_AS(aisle::embed_images(products, other, {}), aisle::option_error);
}

TEST_CASE("rows of a stream get the vectors of both embedders, and errors of their own") {
  const support::temporary_folder work;
  aisle::write_file(work / "rows.jsonl",
                    "{\"id\": 1, \"text\": \"one\"}\n\n{\"text\": \"axe\", \"image\": \"p.png\"}\n"
                    "nonsense\n{\"id\": \"d\", \"image\": \"p.png\"}\n{}\n");
  aisle::write_file(work / "p.png", "a picture");
  CHECK(aisle::count_json_rows(work / "rows.jsonl") == 5);
  const auto texts = std::make_shared<const measuring>("1");
  const auto pictures = std::make_shared<const measuring>("1", aisle::vector_kind::image);
  aisle::json_rows rows(work / "rows.jsonl");
  std::vector<std::string> seen;
  const aisle::embedded_batch batch =
      aisle::embed_rows(rows.next(10), {.text = texts, .image = pictures},
                        {.on_picture = [&](const std::string& path) { seen.push_back(path); }});
  REQUIRE(batch.rows.size() == 5);
  CHECK(batch.at(0).text.size() == 2);
  CHECK(batch.at(0).image.empty());
  CHECK(batch.at(0).error.empty());
  CHECK(batch.at(1).text.empty());
  CHECK(batch.at(1).error == "has an x");
  REQUIRE(batch.at(1).image.size() == 2);
  CHECK(batch.at(1).image[1] == static_cast<float>((work / "p.png").front()));
  CHECK(batch.at(2).error.find("line 4") != std::string::npos);
  CHECK(batch.at(3).id == aisle::json("d"));
  CHECK(batch.at(4).error == "neither a text nor a picture");
  CHECK(seen.size() == 2);

  aisle::json_rows again(work / "rows.jsonl", {.limit = 4});
  again.skip(2);
  const auto rest = again.next(10);
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].row == 2);
  CHECK(rest[1].row == 3);
}

TEST_CASE("lines of a stream that each end in a comma are read") {
  const support::temporary_folder work;
  aisle::write_file(work / "rows.jsonl",
                    "{\"id\": 1, \"text\": \"a\"},\r\n{\"id\": 2, \"text\": \"b,\"} , \n,\n{\"id\": 3, "
                    "\"text\": \"c\"},,\n");
  aisle::json_rows rows(work / "rows.jsonl");
  const auto read = rows.next(10);
  REQUIRE(read.size() == 4);
  CHECK(read[0].error.empty());
  CHECK(read[0].text == "a");
  CHECK(read[1].error.empty());
  CHECK(read[1].text == "b,");
  CHECK_FALSE(read[2].error.empty());
  CHECK(read[3].error.find("line 4") != std::string::npos);
}

TEST_CASE("the rows of all shards are those of the input, each once") {
  const support::temporary_folder work;
  std::string csv = "sku,name\n";
  for (int i = 0; i < 101; ++i) csv += "p" + std::to_string(i) + ",a\n";
  aisle::write_file(work / "shop.csv", csv);
  for (const auto by : {aisle::shard_selection::division::range, aisle::shard_selection::division::id_hash})
    for (const std::int64_t count : {1, 2, 7, 150}) {
      std::vector<int> times(101);
      std::size_t most = 0;
      for (std::int64_t i = 0; i < count; ++i) {
        auto all = std::make_unique<aisle::catalogue_rows>(aisle::load_catalogue(work / "shop.csv"));
        aisle::shard_rows rows(std::move(all), {.index = i, .count = count, .by = by}, 101);
        std::size_t n = 0;
        while (!rows.at_end())
          for (const aisle::source_row& r : rows.next(4)) {
            ++times[static_cast<std::size_t>(r.row)];
            ++n;
          }
        most = std::max(most, n);
      }
      for (const int t : times) CHECK(t == 1);
      if (by == aisle::shard_selection::division::range)
        CHECK(most <= 101 / static_cast<std::size_t>(count) + 1);
    }
}

TEST_CASE("first_difference names the member, but not where weight files are") {
  const auto j = [](const char* text) { return aisle::parse_json(text, "test"); };
  CHECK(aisle::first_difference(j("{\"a\": {\"b\": 1}}"), j("{\"a\": {\"b\": 1}}")).empty());
  CHECK(aisle::first_difference(j("{\"a\": {\"b\": 1}}"), j("{\"a\": {\"b\": 2}}")) == "a.b");
  CHECK(aisle::first_difference(j("{\"a\": {\"b\": 1}}"), j("{\"a\": {}}")) == "a.b");
  CHECK(aisle::first_difference(j("{}"), j("{\"c\": 0}")) == "c");
  CHECK(aisle::first_difference(j("{\"a\": {\"weight_files\": 1}}"), j("{\"a\": {\"weight_files\": 2}}"))
            .empty());
  CHECK(aisle::first_difference(j("{\"a\": [1]}"), j("{\"a\": [2]}")) == "a");
}
