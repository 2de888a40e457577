// aisle project: maps of embeddings, from every kind of file.

#include "command.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>

#include <aisle/base/random.hpp>
#include <aisle/io/base64.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/npy.hpp>
#include <aisle/learn/pca.hpp>
#include <aisle/learn/tsne.hpp>

namespace {

/// Sixty vectors of 8 numbers around three centres.
aisle::matrix<float> vectors() {
  aisle::random_generator random(8);
  aisle::matrix<float> out(60, 8);
  for (std::int64_t r = 0; r < 60; ++r)
    for (std::int64_t c = 0; c < 8; ++c)
      out(r, c) = static_cast<float>((c == r % 3 ? 6.0 : 0.0) + random.normal());
  return out;
}

std::string id_of(std::int64_t r) { return "p" + std::to_string(r); }

void write_npy_vectors(const support::temporary_folder& work) {
  aisle::write_npy(work / "v.npy", vectors());
  std::string ids = "id\n";
  for (std::int64_t r = 0; r < 60; ++r) ids += id_of(r) + "\n";
  aisle::write_file(work / "v.ids.csv", ids);
}

std::string number(float v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(v));
  return text;
}

/// As `aisle embed` writes texts: the catalogue's columns, then text_1, … .
std::string text_table() {
  const auto x = vectors();
  std::string out = "sku,name,class";
  for (int c = 1; c <= 8; ++c) out += ",text_" + std::to_string(c);
  for (std::int64_t r = 0; r < 60; ++r) {
    out += "\n" + id_of(r) + ",a name,c" + std::to_string(r % 3);
    for (const float v : x.row(r)) out += "," + number(v);
  }
  return out + "\n";
}

double value(const aisle::csv_table& t, std::int64_t row, const char* column) {
  return std::strtod(std::string(t.at(static_cast<std::size_t>(row), column)).c_str(), nullptr);
}

}  // namespace

TEST_CASE("principal components of .npy, with labels of a table, in two dimensions and three") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  write_npy_vectors(work);
  std::string data = "sku;class\n";
  for (std::int64_t r = 59; r >= 0; --r)
    data += id_of(r) + ";" + (r == 5 ? "=1+1" : "c" + std::to_string(r % 3)) + "\n";
  aisle::write_file(work / "products.csv", data);
  for (const int dims : {2, 3}) {
    const auto o = command::run(work, "project --embeddings v.npy --data products.csv --label class --dims " +
                                          std::to_string(dims) + " --out points.csv");
    CAPTURE(o.err);
    CHECK(o.code == 0);
    CHECK(o.out.empty());
    const auto t = aisle::read_csv(work / "points.csv");
    CHECK(t.header == (dims == 2 ? std::vector<std::string>{"id", "x", "y", "class"}
                                 : std::vector<std::string>{"id", "x", "y", "z", "class"}));
    REQUIRE(t.rows.size() == 60);
    const auto p = aisle::pca<float>::fit(vectors(), {.components = dims});
    const auto expected = p.transform(vectors());
    for (std::int64_t r = 0; r < 60; ++r) {
      CHECK(t.at(static_cast<std::size_t>(r), "id") == id_of(r));
      CHECK(t.at(static_cast<std::size_t>(r), "class") == (r == 5 ? "=1+1" : "c" + std::to_string(r % 3)));
      CHECK(value(t, r, "x") == static_cast<double>(expected(r, 0)));
      CHECK(value(t, r, "y") == static_cast<double>(expected(r, 1)));
      if (dims == 3) CHECK(value(t, r, "z") == static_cast<double>(expected(r, 2)));
    }
    CHECK(command::has(o.err, "% of the variance"));
  }
  CHECK(command::run(work,
                     "project --embeddings v.npy --data products.csv --label class --csv-safe --out p.csv")
            .code == 0);
  CHECK(aisle::read_csv(work / "p.csv").at(5, "class") == "'=1+1");
  const auto piped = command::run(work, "project --embeddings v.npy --out -");
  CHECK(piped.code == 0);
  CHECK(command::lines_of(piped.out).size() == 61);
  CHECK(command::lines_of(piped.out)[0] == "id,x,y");
}

TEST_CASE("t-SNE of a folder's table, the same for any number of threads") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  std::filesystem::create_directories(work / "E");
  aisle::write_file(work / "E/text_embeddings_tiny.csv", text_table());
  const std::string call = "project --embeddings E --method tsne --label class --seed 4 --out ";
  const auto o = command::run(work, call + "one.csv --threads 1");
  CAPTURE(o.err);
  REQUIRE(o.code == 0);
  CHECK(command::has(o.err, "perplexity 19.7, as there are 60 rows"));
  CHECK(command::has(o.err, "KL divergence 0."));
  CHECK(command::run(work, call + "two.csv --threads 3").code == 0);
  CHECK(aisle::read_file(work / "one.csv") == aisle::read_file(work / "two.csv"));
  const auto t = aisle::read_csv(work / "one.csv");
  const auto expected = aisle::tsne(vectors(), {.perplexity = 59.0 / 3, .seed = 4});
  for (std::int64_t r = 0; r < 60; ++r) {
    CHECK(t.at(static_cast<std::size_t>(r), "class") == "c" + std::to_string(r % 3));
    CHECK(value(t, r, "x") == doctest::Approx(expected.points(r, 0)));
    CHECK(value(t, r, "y") == doctest::Approx(expected.points(r, 1)));
  }
  CHECK(command::run(
            work,
            call + "other.csv --perplexity 5 --iterations 10 --start random --gradient barnes-hut --pca 4")
            .code == 0);
  CHECK(aisle::read_file(work / "one.csv") != aisle::read_file(work / "other.csv"));
  // The perplexity that was asked for is not changed.
  const auto high = command::run(work, call + "high.csv --perplexity 60");
  CHECK(high.code == 1);
  CHECK(command::has(high.err, "perplexity is 60.000000, expected from 1 to below the number of rows, 60"));
  CHECK_FALSE(aisle::file_exists(work / "high.csv"));

  // With a table of pictures beside it: one must be named.
  std::filesystem::copy_file(work / "E/text_embeddings_tiny.csv", work / "E/Embeddings_net.csv");
  const auto both = command::run(work, call + "both.csv");
  CHECK(both.code == 2);
  CHECK(command::has(both.err, "Embeddings_net.csv, text_embeddings_tiny.csv: name one of these files"));
  CHECK(command::run(work, call + "both.csv --modality text").code == 0);
  CHECK(aisle::read_file(work / "both.csv") == aisle::read_file(work / "one.csv"));
}

TEST_CASE("tables that a folder keeps may hold earlier rows of a product: the first counts") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  std::filesystem::create_directories(work / "E");
  std::string table = text_table();
  const std::string first = "p3,older,c9,1,2,3,4,5,6,7,8\n";
  aisle::write_file(work / "E/text_embeddings_tiny.csv", table + first);
  const auto twice = command::run(work, "project --embeddings E --out points.csv");
  CHECK(twice.code == 1);
  CHECK(command::has(twice.err, "row 60 (p3): the id of row 3 again"));
  aisle::write_file(work / "E/text_embeddings_tiny.csv.manifest.json", "{}");
  CHECK(command::run(work, "project --embeddings E --label class --out points.csv").code == 0);
  const auto t = aisle::read_csv(work / "points.csv");
  REQUIRE(t.rows.size() == 60);
  CHECK(t.at(3, "class") == "c0");
}

TEST_CASE("the map as a page: the points of the CSV, names, classes, nearest products") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  aisle::write_file(work / "t.csv", text_table());
  for (const char* dims : {"2", "3"}) {
    const auto o =
        command::run(work, std::string("project --embeddings t.csv --method tsne --label class --out p.csv "
                                       "--page p.html --dims ") +
                               dims);
    CAPTURE(o.err);
    REQUIRE(o.code == 0);
    const std::string page = aisle::read_file(work / "p.html");
    const auto begin = page.find("<template id=\"data\">") + 20;
    const aisle::json data =
        aisle::parse_json(page.substr(begin, page.find("</template>", begin) - begin), "page");
    CHECK(data["ids"].size() == 60);
    CHECK(data["ids"].elements()[59].as<std::string>() == "p59");
    CHECK(data["names"].elements()[0].as<std::string>() == "a name");
    CHECK(data["classes"].size() == 3);
    CHECK(data["models"].size() == 0);
    CHECK(data["map"].get<std::int64_t>("tsne_width") == dims[0] - '0');
    const std::string bytes = aisle::decode_base64(data["map"].get<std::string>("tsne")).value_or("");
    REQUIRE(bytes.size() == 60 * sizeof(float) * static_cast<std::size_t>(dims[0] - '0'));
    float first[2];
    std::memcpy(first, bytes.data(), sizeof first);
    const auto t = aisle::read_csv(work / "p.csv");
    CHECK(static_cast<double>(first[0]) == doctest::Approx(value(t, 0, "x")));
    CHECK(static_cast<double>(first[1]) == doctest::Approx(value(t, 0, "y")));
    CHECK(command::has(page, "t-SNE, 3-D") == (dims[0] == '3'));
    CHECK_FALSE(command::has(page, "Right or wrong"));  // nobody was asked
  }
  const auto plain = command::run(work, "project --embeddings t.csv --out q.csv --page q.html");
  CHECK(plain.code == 0);
  CHECK_FALSE(command::has(aisle::read_file(work / "q.html"), ">t-SNE<"));
}

TEST_CASE("what project refuses and what it leaves out") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  write_npy_vectors(work);
  const auto fails = [&](const std::string& arguments, int code, const std::string& message) {
    const auto o = command::run(work, "project " + arguments);
    CAPTURE(arguments);
    CAPTURE(o.err);
    CHECK(o.code == code);
    CHECK(command::has(o.err, message));
    CHECK_FALSE(aisle::file_exists(work / "points.csv"));
  };
  fails("--embeddings v.npy --out points.html", 2, "expected a name that ends in .csv");
  fails("--embeddings v.npy --out points.csv --page map.htm", 2, "expected a name that ends in .html");
  fails("--embeddings v.npy --out points.csv --page v.ids.csv.html/x.html", 1, "v.ids.csv.html");
  fails("--embeddings v.npy --out points.csv --dims 4", 2, "--dims");
  fails("--embeddings v.npy --out points.csv --data v.ids.csv", 2, "--data goes with --label");
  fails("--embeddings v.npy --out v.ids.csv", 2, "v.ids.csv");
  fails("--embeddings v.npy --out points.csv --pca 3", 2, "--pca goes with --method tsne");
  fails("--embeddings none.npy --out points.csv", 1, "none.npy");
  fails("--embeddings v.npy --out points.csv --label colour", 1, "--label");
  fails("--embeddings v.npy --out no/points.csv", 1, "no/points.csv");
  std::filesystem::create_directories(work / "E");
  fails("--embeddings E --out points.csv", 1, "E: no embeddings in this folder");
  auto bad = vectors();
  bad(9, 1) = std::nanf("");
  aisle::write_npy(work / "v.npy", bad);
  fails("--embeddings v.npy --out points.csv", 1, "row 9 (p9), component 1: NaN");
  aisle::write_file(work / "one.csv", "id,text_1,text_2\na,1,2\nb,,\n");
  fails("--embeddings one.csv --out points.csv", 4, "one.csv: 1 vector, expected at least 2");
  aisle::write_file(work / "both.csv", "id,text_1,text_2,image_0\na,1,2,1\nb,3,5,\nc,1,2,7\n");
  fails("--embeddings both.csv --out points.csv", 2, "--modality");
  fails("--embeddings both.csv --out points.csv --modality image", 1, "components is 2");

  aisle::write_file(work / "gap.csv", "id,text_1,text_2\na,1,2\nb,,\nc,3,5\nd,4,1\n");
  const auto o = command::run(work, "project --embeddings gap.csv --out points.csv");
  CHECK(o.code == 3);
  CHECK(command::has(o.err, "gap.csv: 1 row without a vector is left out"));
  CHECK(aisle::read_csv(work / "points.csv").rows.size() == 3);
  CHECK(command::has(command::run(work, "project --help").out, "--perplexity"));
}
