#include <doctest/doctest.h>

#include <limits>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/io/npy.hpp>
#include <aisle/io/safetensors.hpp>

#include "support/support.hpp"

namespace {

aisle::catalogue products_of(const support::temporary_folder& work) {
  aisle::write_file(work / "products.csv", "sku,name\nA,a\nB,b\nC,c\nD,d\n");
  return aisle::load_catalogue(work / "products.csv");
}

/// Vectors of C, A and of one that is no product.
aisle::matrix<float> three() {
  aisle::matrix<float> m(3, 2);
  for (std::int64_t i = 0; i < 6; ++i) m.data()[i] = static_cast<float>(i) + 0.5f;
  return m;
}

void check(const aisle::foreign_vectors& v, const std::string& path) {
  CHECK(v.table.rows == aisle::index_vector{0, 2});
  CHECK(v.table.vectors == three().rows(aisle::index_vector{1, 0}));
  CHECK(v.missing == 2);
  CHECK(v.unknown == 1);
  CHECK(v.table.file == path);
  CHECK(v.table.weights_sha256.size() == 64);
}

aisle::tensor as_tensor(const aisle::matrix<float>& m) {
  aisle::tensor t(aisle::dtype::f32, {m.rows(), m.cols()});
  std::copy_n(m.data(), m.rows() * m.cols(), t.data<float>().begin());
  return t;
}

}  // namespace

TEST_CASE("vectors made elsewhere are joined by id, whatever the file") {
  const support::temporary_folder work;
  const auto products = products_of(work);
  const auto read = [&](const std::string& name, aisle::vector_kind kind = aisle::vector_kind::text) {
    return aisle::read_vectors(products, work / name, kind);
  };
  aisle::write_npy(work / "v.npy", three());
  aisle::write_file(work / "v.ids.csv", "row,id\n0,C\n1,A\n2,X\n");
  check(read("v.npy"), work / "v.npy");
  aisle::write_file(work / "v.ids.csv", "sku\nC\nA\nX\n");
  check(read("v.npy"), work / "v.npy");

  aisle::write_file(work / "plain.csv", "key,x,y\nC,0.5,1.5\nA,2.5,+3.5\nX,4.5,5.5\n");
  check(read("plain.csv"), work / "plain.csv");
  // As `aisle embed` writes it: columns of the catalogue, both kinds of vectors, empty cells where one is
  // not.
  aisle::write_file(work / "aisle.csv",
                    "name,sku,text_1,text_2,image_0\nc,C,0.5,1.5,\na,A,2.5,3.5,7\nb,B,,,8\nx,X,4.5,5.5,9\n");
  check(read("aisle.csv"), work / "aisle.csv");
  const auto pictures = read("aisle.csv", aisle::vector_kind::image);
  CHECK(pictures.table.rows == aisle::index_vector{0, 1});
  CHECK(pictures.table.vectors(1, 0) == 8);

  const std::vector<aisle::named_tensor> tensors = {{"text_embeddings", as_tensor(three())}};
  aisle::write_safetensors(work / "v.safetensors", tensors,
                           {{"ids", "[\"C\",\"A\",\"X\"]"}, {"text_model", "some-model"}});
  const auto s = read("v.safetensors");
  check(s, work / "v.safetensors");
  CHECK(s.table.model == "some-model");
  CHECK_THROWS_WITH_AS(read("v.safetensors", aisle::vector_kind::image),
                       doctest::Contains("image_embeddings"), aisle::format_error);
}

TEST_CASE("vectors of no use are refused by what is wrong with them") {
  const support::temporary_folder work;
  const auto products = products_of(work);
  const auto read = [&](const std::string& name) {
    return aisle::read_vectors(products, work / name, aisle::vector_kind::text);
  };
  const std::map<std::string, std::string> ids = {{"ids", "[\"C\",\"A\",\"X\"]"}};
  aisle::tensor line(aisle::dtype::f32, {3}), marks(aisle::dtype::f32, {3});
  std::fill_n(line.data<float>().begin(), 3, 1.0f);
  aisle::write_safetensors(work / "line.safetensors",
                           std::vector<aisle::named_tensor>{{"text_embeddings", line}}, ids);
  CHECK_THROWS_WITH_AS(read("line.safetensors"),
                       doctest::Contains("has shape [3], expected [rows, dimension]"), aisle::format_error);
  for (const float mark : {std::numeric_limits<float>::quiet_NaN(), 2.0f}) {
    std::fill_n(marks.data<float>().begin(), 3, 1.0f);
    marks.data<float>()[1] = mark;
    aisle::write_safetensors(
        work / "marks.safetensors",
        std::vector<aisle::named_tensor>{{"text_embeddings", as_tensor(three())}, {"has_text", marks}}, ids);
    CHECK_THROWS_WITH_AS(read("marks.safetensors"), doctest::Contains("has_text is not 0 or 1 at element 1"),
                         aisle::format_error);
  }
  for (const char* packed : {"v.npz", "v.PT"}) {
    aisle::write_file(work / packed, std::string("PK\3\4", 4));
    CHECK_THROWS_WITH_AS(read(packed), doctest::Contains("expected vectors as .npy"), aisle::format_error);
    CHECK_THROWS_WITH_AS(aisle::vector_kinds(work / packed), doctest::Contains("expected vectors as .npy"),
                         aisle::format_error);
  }
  aisle::write_file(work / "twice.csv", "sku,v0,v1,v1\nA,1,2,3\n");
  CHECK_THROWS_WITH_AS(read("twice.csv"), doctest::Contains("column v1 of its vectors is there twice"),
                       aisle::format_error);
  // Its square is no float.
  aisle::write_file(work / "huge.csv", "sku,v0,v1\nC,1,2\nA,1,-3e38\n");
  CHECK_THROWS_WITH_AS(read("huge.csv"), doctest::Contains("row 1 (A), component 1: "), aisle::format_error);
  aisle::write_file(work / "large.csv", "sku,v0,v1\nC,1,2\nA,1,-1e15\n");
  CHECK(read("large.csv").table.vectors(1, 1) == 2);
}

TEST_CASE("a table of vectors is read whatever its separator and encoding") {
  const support::temporary_folder work;
  const auto products = products_of(work);
  const auto read = [&](const std::string& bytes) {
    aisle::write_file(work / "v.csv", bytes);
    return aisle::read_vectors(products, work / "v.csv", aisle::vector_kind::text);
  };
  check(read("sku;v0;v1\nC;0.5;1.5\nA;2.5;3.5\nX;4.5;5.5\n"), work / "v.csv");
  // pandas' to_csv(sep=";", decimal=",").
  const auto commas = read("sku;v0;v1\nC;0,5;1,5\nA;2,5;3.5\nX;4,5;5,5\n");
  check(commas, work / "v.csv");
  REQUIRE(commas.notes.size() == 1);
  CHECK(commas.notes[0].starts_with("5 numbers have a comma"));
  for (const char* bad : {"sku;v0;v1\nA;1,2,3;4\n", "sku;v0;v1\nA;1.000,5;4\n", "sku;v0\nA;1,2\n"})
    CHECK_THROWS_AS(read(bad), aisle::format_error);
  std::string wide = "\xFF\xFE";
  for (const char c : std::string("sku\tv0\tv1\r\nC\t0.5\t1.5\r\nA\t2.5\t3.5\r\nX\t4.5\t5.5\r\n"))
    wide.append(1, c).append(1, '\0');
  check(read(wide), work / "v.csv");
  aisle::write_npy(work / "m.npy", three());
  aisle::write_file(work / "m.ids.csv", "id;row\nC;0\nA;1\nX;2\n");
  check(aisle::read_vectors(products, work / "m.npy", aisle::vector_kind::text), work / "m.npy");
}

TEST_CASE("which columns of a table make the vectors is said, and row numbers are not among them") {
  const support::temporary_folder work;
  const auto products = products_of(work);
  const auto read = [&](const std::string& csv) {
    aisle::write_file(work / "v.csv", csv);
    return aisle::read_vectors(products, work / "v.csv", aisle::vector_kind::text);
  };
  const auto plain = read("sku,v0,v1,v2\nA,1,2,3\nB,4,5,6\n");
  CHECK(plain.columns == "'v0' … 'v2'");
  CHECK(plain.notes.empty());
  // As DataFrame.to_csv writes it, and what becomes of that when it is read and written again.
  for (const char* index : {"", "Unnamed: 0"}) {
    const auto v = read(std::string(index) + ",sku,v0,v1\n0,A,1,2\n1,B,4,5\n");
    CHECK(v.table.vectors.cols() == 2);
    REQUIRE(v.notes.size() == 1);
    CHECK(v.notes[0].starts_with(index[0] == '\0' ? "column 1, which has no name, counts the rows"
                                                  : "column 1 ('Unnamed: 0') counts the rows"));
  }
  CHECK(read(",sku,v0\n0.5,A,1\n1,B,4\n").table.vectors.cols() == 2);  // counts nothing
  CHECK(read(",0,1\nA,0,1\nB,4,5\n").table.vectors.cols() == 2);       // the ids have no name

  // A comma at each line's end, or at some.
  for (const char* csv : {"sku,v0,v1,\nA,1,2,\nB,4,5,\n", "sku,v0,v1,\nA,1,2\nB,4,5,\n",
                          ",sku,v0,v1,\n0,A,1,2,\n1,B,4,5,\n", "sku,v0,v1,Unnamed: 3\nA,1,2,\nB,4,5,\n"}) {
    CAPTURE(csv);
    CHECK(read(csv).table.vectors.cols() == 2);
  }
  CHECK(read("sku,v0,\nA,1,2.5\nB,4,5\n").table.vectors.cols() == 2);  // numbers without a name
  CHECK(read("sku,v0\nA,1e-400\nB,-0.0001e-400\n").table.vectors(0, 0) == 0);

  const auto mixed = read("sku,v0,v1,price,v2\nA,1,2,9,3\nB,4,5,9,6\n");
  CHECK(mixed.table.vectors.cols() == 4);
  REQUIRE(mixed.notes.size() == 1);
  CHECK(mixed.notes[0].find("'price' is taken for a part of the vectors beside 'v0' … 'v2'") == 0);
  CHECK(mixed.notes[0].find("text_0, text_1") != std::string::npos);
  CHECK(read("sku,x,y\nA,1,2\n").columns == "'x', 'y'");
}

TEST_CASE("columns that are numbered make the vectors in the order of their numbers, wherever they stand") {
  const support::temporary_folder work;
  const auto products = products_of(work);
  const auto read = [&](const std::string& csv) {
    aisle::write_file(work / "v.csv", csv);
    return aisle::read_vectors(products, work / "v.csv", aisle::vector_kind::text);
  };
  const auto plain = read("sku,d0,d1,d2\nA,1,2,3\nB,4,5,6\n");
  for (const char* csv :
       {"d2,d1,sku,d0\n3,2,A,1\n6,5,B,4\n", "sku,text_11,text_9,text_10\nA,3,1,2\nB,6,4,5\n",
        "sku,2,0,1\nA,3,1,2\nB,6,4,5\n", ",sku,d002,d000,d001\n0,A,3,1,2\n1,B,6,4,5\n"}) {
    CAPTURE(csv);
    const auto v = read(csv);
    CHECK(v.table.vectors == plain.table.vectors);
    REQUIRE(!v.notes.empty());
    CHECK(v.notes.back().find("are taken in the order of their numbers") != std::string::npos);
  }
  CHECK(read("d2,d1,sku,d0\n3,2,A,1\n").columns == "'d0' … 'd2'");
  // Numbers that leave some out, and several words, stand as they are.
  for (const char* csv : {"sku,d5,d1,d0\nA,1,2,3\nB,4,5,6\n", "sku,b1,a0,a2\nA,1,2,3\nB,4,5,6\n",
                          "sku,z,y,x\nA,1,2,3\nB,4,5,6\n"}) {
    CAPTURE(csv);
    CHECK(read(csv).table.vectors == plain.table.vectors);
  }
}

TEST_CASE("ids beside a matrix need no line of names where they are as many as its rows") {
  const support::temporary_folder work;
  const auto products = products_of(work);
  const auto read = [&](const std::string& ids) {
    aisle::write_npy(work / "v.npy", three());
    aisle::write_file(work / "v.ids.csv", ids);
    return aisle::read_vectors(products, work / "v.npy", aisle::vector_kind::text);
  };
  const auto v = read("C\nA\nX\n");
  check(v, work / "v.npy");
  REQUIRE(v.notes.size() == 1);
  CHECK(v.notes[0].find("v.ids.csv has no line of names: 'C'") == 0);
  CHECK(aisle::read_vector_file(work / "v.npy", aisle::vector_kind::text, "sku").ids ==
        std::vector<std::string>{"C", "A", "X"});
  CHECK(read("key\nC\nA\nX\n").notes.empty());  // a name, of whatever kind
  // One id too few is not made good by the name.
  CHECK_THROWS_WITH_AS(read("key\nC\nA\n"), doctest::Contains("below 'key', which is no product's id"),
                       aisle::format_error);
  CHECK_THROWS_WITH_AS(read("key\nA1\nA2\n"), doctest::Contains("3 vectors and 2 ids"), aisle::format_error);
  CHECK_THROWS_WITH_AS(read("id\nC\nA\n"), doctest::Contains("3 vectors and 2 ids"), aisle::format_error);
  CHECK_THROWS_WITH_AS(read("C\nA\n"), doctest::Contains("3 vectors and 1 id"), aisle::format_error);
  const std::vector<aisle::named_tensor> tensors = {{"text_embeddings", as_tensor(three())}};
  aisle::write_safetensors(work / "v.safetensors", tensors);
  aisle::write_file(work / "v.ids.csv", "C\nA\nX\n");
  check(aisle::read_vectors(products, work / "v.safetensors", aisle::vector_kind::text),
        work / "v.safetensors");
}

TEST_CASE("vectors under no header are refused, and ids that lost their zeros hinted at") {
  const support::temporary_folder work;
  aisle::write_file(work / "products.csv", "sku,name\n007,a\n008,b\n");
  const auto products = aisle::load_catalogue(work / "products.csv");
  const auto refuse = [&](const std::string& csv, const char* says) {
    CAPTURE(csv);
    aisle::write_file(work / "v.csv", csv);
    CHECK_THROWS_WITH_AS(aisle::read_vectors(products, work / "v.csv", aisle::vector_kind::text),
                         doctest::Contains(says), aisle::format_error);
  };
  refuse("007,0.25,-1\n008,1,2\n", "its first line ('007', '0.25', …) is an id and numbers");
  refuse("A;3;1\nB;1;2\n", "expected the names of the columns");
  refuse("sku,0,1\n7,1,2\n8,3,4\n", "'7' is '007' in ");
  aisle::write_file(work / "v.csv", "sku,0,1\n007,1,2\n8,3,4\n");
  const auto v = aisle::read_vectors(products, work / "v.csv", aisle::vector_kind::text);
  REQUIRE(v.notes.size() == 1);
  CHECK(v.notes[0].find("'8' is '008'") == 0);
}

TEST_CASE("a matrix and ids of two calls are told by NAME.sha256, where there is one") {
  const support::temporary_folder work;
  const auto products = products_of(work);
  const auto read = [&] { return aisle::read_vectors(products, work / "v.npy", aisle::vector_kind::text); };
  CHECK(aisle::vector_ids_path("a.b/v.npy") == "a.b/v.ids.csv");
  CHECK(aisle::vector_sums_path("a.b/v") == "a.b/v.sha256");
  const std::string ids = "row,id\n0,C\n1,A\n2,X\n";
  aisle::write_npy(work / "v.npy", three());
  aisle::write_file(work / "v.ids.csv", ids);
  const auto sum = [&](const std::string& name) { return aisle::detail::sha256_of_file(work / name); };
  const std::string sums = sum("v.npy") + "  v.npy\n" + sum("v.ids.csv") + " *v.ids.csv\r\n";
  aisle::write_file(work / "v.sha256", sums);
  check(read(), work / "v.npy");
  aisle::write_file(work / "v.ids.csv", "row,id\n0,A\n1,C\n2,X\n");
  CHECK_THROWS_WITH_AS(read(), doctest::Contains("v.ids.csv: is not the file that v.sha256"),
                       aisle::format_error);
  aisle::write_file(work / "v.ids.csv", ids);
  check(read(), work / "v.npy");
  auto other = three();
  other(0, 0) += 1;
  aisle::write_npy(work / "v.npy", other);
  CHECK_THROWS_WITH_AS(read(), doctest::Contains("v.npy: is not the file that v.sha256"),
                       aisle::format_error);
  // Without sums: lines that were sorted by id, or copied, show it by their rows. Gaps are rows that were
  // skipped.
  aisle::remove_file(work / "v.sha256");
  aisle::write_npy(work / "v.npy", three());
  for (const char* moved :
       {"row,id\n1,A\n0,C\n2,X\n", "row,id\n0,C\n0,A\n0,X\n", "row,id\n0,C\nx,A\n2,X\n"}) {
    aisle::write_file(work / "v.ids.csv", moved);
    CHECK_THROWS_WITH_AS(read(), doctest::Contains("in the order of the vectors"), aisle::format_error);
  }
  aisle::write_file(work / "v.ids.csv", "row,id\n4,C\n9,A\n10,X\n");
  check(read(), work / "v.npy");
  // Sums of other files are none of ours.
  aisle::write_file(work / "v.sha256", std::string(64, '0') + "  w.npy\n\nv.npy\nx v.npy\n");
  CHECK_NOTHROW(read());
}

TEST_CASE("vectors made elsewhere that make no sense are refused, and say where") {
  const support::temporary_folder work;
  const auto products = products_of(work);
  const auto refuse = [&](const std::string& csv, const char* says) {
    CAPTURE(csv);
    aisle::write_file(work / "v.csv", csv);
    CHECK_THROWS_WITH_AS(aisle::read_vectors(products, work / "v.csv", aisle::vector_kind::text),
                         doctest::Contains(says), aisle::format_error);
  };
  refuse("sku,x\nA,1\nB,nan\n", "column x: \"nan\"");
  refuse("sku,x\nA,1\nB,inf\n", "expected a finite number");
  refuse("sku,x,y\nA,1,2\nB,1,\n", "(B), column y");
  refuse("sku,x\nA,1\nB,red\n", "\"red\"");
  refuse("sku,x\nA,1\nA,2\n", "the id of row 0 again");
  refuse("sku,x\nA,1\n,2\n", "no id");
  refuse("sku,x\nA,1\nB\n", "line 3 (B): 1 field, expected 2");
  refuse("sku,x,y\nA,1,2\nB,1\n", "line 3 (B): 2 fields, expected 3");
  refuse("sku\nA\n", "those of a vector");
  refuse("sku,\nA,\n", "those of a vector");
  for (const char* beyond : {"1e39", "1e400", "-1e400", "0.001e312", "1e99999999999999999999"})
    refuse("sku,x\nA,1\nB," + std::string(beyond) + "\n", "expected a finite number");
  // A vector in one cell: what is read instead, in a message that does not hold the vector.
  std::string many = "[0.125";
  for (int i = 1; i < 768; ++i) many += ", 0.125";
  for (const std::string& csv : std::initializer_list<std::string>{
           "sku,embedding\nA,\"" + many + "]\"\n", "sku,e\nA,0.5 1.5 2.5\n",
           "sku,name,e\nA,red cup,\"[1, 2]\"\n", "{\"sku\":\"A\",\"e\":[1,2]}\n"}) {
    refuse(csv, "a vector in one cell, expected a column for each component (id,0,1,…); .npy with");
    aisle::write_file(work / "v.csv", csv);
    CHECK(support::message_of<aisle::format_error>([&] {
            aisle::read_vectors(products, work / "v.csv", aisle::vector_kind::text);
          }).size() < 300 + work.path().size());
  }
  refuse("sku,x\nQ,1\n", "none of its 1 id");

  auto m = three();
  m(1, 1) = std::numeric_limits<float>::quiet_NaN();
  aisle::write_npy(work / "v.npy", m);
  const auto npy = [&] { return aisle::read_vectors(products, work / "v.npy", aisle::vector_kind::text); };
  CHECK_THROWS_WITH_AS(npy(), doctest::Contains("v.ids.csv"), aisle::file_error);
  aisle::write_file(work / "v.ids.csv", "row,id\n0,C\n1,A\n");
  CHECK_THROWS_WITH_AS(npy(), doctest::Contains("3 vectors and 2 ids"), aisle::format_error);
  aisle::write_file(work / "v.ids.csv", "row,id\n0,C\n1,A\n2,B\n");
  CHECK_THROWS_WITH_AS(npy(), doctest::Contains("row 1 (A), component 1: NaN"), aisle::format_error);
}
