// Tables of other kinds than plain CSV through the command line: recognised, said, overruled; columns by
// name.

#include <doctest/doctest.h>

#include <aisle/io/csv.hpp>

#include "command.hpp"

namespace {

using command::has;

std::string utf16(std::string_view ascii) {
  std::string out = "\xFF\xFE";
  for (const char c : ascii) out.append(1, c).append(1, '\0');
  return out;
}

/// Embeds the texts of a table; its rows have the columns of `embed --format csv`.
command::outcome embed(const support::temporary_folder& work, const std::string& options) {
  return command::run(work, "embed --text-model tiny-bert --out t.csv " + options);
}

}  // namespace

TEST_CASE("tables of every kind are read, and what they are is said") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const std::pair<std::string, const char*> cases[] = {
      {"sku,name\n1,blue shirt\n2,red\n", ""},
      {"sku;name\n1;blue, shirt\n2;red\n", "p.txt: semicolon-separated, UTF-8\n"},
      {utf16("sku\tname\r\n1\tblue shirt\r\n2\tred\r\n"), "p.txt: tab-separated, UTF-16LE\n"},
      {"sku,name\n1,Caf\xE9 shirt\n2,red\n", "p.txt: comma-separated, Windows-1252\n"},
      {"{\"sku\":1,\"name\":\"blue shirt\"}\n{\"sku\":2,\"name\":\"red\"}\n", "p.txt: JSON lines, UTF-8\n"},
      {"[{\"sku\":1,\"name\":\"blue shirt\"},\n{\"sku\":2,\"name\":\"red\"}]",
       "p.txt: a JSON array, UTF-8\n"},
      {"sku, name\n1, \"blue shirt\"\n2, \"red\",\n,\n", ""}};
  for (const auto& [bytes, format] : cases) {
    const std::string said = format;
    CAPTURE(said);
    aisle::write_file(work / "p.txt", bytes);
    const auto o = embed(work, "--data p.txt");
    CAPTURE(o.err);
    CHECK(o.code == 0);
    CHECK((said.empty() ? !has(o.err, "separated") : has(o.err, said)));
    const auto t = aisle::read_csv(work / "t.csv");
    REQUIRE(t.rows.size() == 2);
    CHECK(t.at(0, "sku") == "1");
    CHECK(t.at(1, "name") == "red");
  }
}

TEST_CASE("--delimiter and --encoding overrule") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  aisle::write_file(work / "p.csv", "sku:name\n1:blue \xE9\n");
  const auto o = embed(work, "--data p.csv --delimiter : --encoding latin-1");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  CHECK(has(o.err, "p.csv: separated by ':', Latin-1"));
  CHECK(aisle::read_csv(work / "t.csv").at(0, "name") == "blue \xC3\xA9");
  for (const char* tab : {"tab", "'\\t'", "'\t'"}) {
    aisle::write_file(work / "t.txt", "sku\tname\n1\tblue\n");
    CHECK(embed(work, "--data t.txt --delimiter " + std::string(tab)).code == 0);
  }
  CHECK(embed(work, "--data p.csv --delimiter ';;'").code == 2);
  CHECK(embed(work, "--data p.csv --encoding klingon").code == 2);
  CHECK(has(command::run(work, "train --help").out, "--delimiter"));
}

TEST_CASE("an encoding that is not read is said once, with what to do") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const std::string kettle = "\xBA\xEC\xC9\xAB\xCB\xAE\xBA\xF8",  // GBK
      said = "cannot be read: the file is neither UTF-8 nor UTF-16 nor Windows-1252";
  std::string csv = "sku,name\n", all = csv;
  for (int i = 0; i < 12; ++i) {
    csv += std::to_string(i) + "," + (i % 2 ? "cup" : kettle) + "\n";
    all += std::to_string(i) + "," + kettle + "\n";
  }
  aisle::write_file(work / "p.csv", csv);
  aisle::write_file(work / "all.csv", all);
  const auto o = embed(work, "--data p.csv");
  CAPTURE(o.err);
  CHECK(o.code == 3);
  CHECK(has(o.err, "p.csv: 6 rows " + said));
  CHECK(o.err.find(said) == o.err.rfind(said));
  CHECK(has(o.err, "--encoding"));
  CHECK(has(o.err, "iconv -f ENCODING -t UTF-8 p.csv > NEW_FILE"));
  CHECK(has(embed(work, "--data all.csv").err, "all.csv: 12 rows " + said));
  const auto e = command::run(work, "evaluate p.csv --data all.csv --label name");
  CHECK(has(e.err, "all.csv: 12 rows " + said));
  CHECK_FALSE(has(embed(work, "--data p.csv --encoding utf-8").err, "iconv"));
  // Of a file in UTF-8 a row may be damaged.
  aisle::write_file(work / "damaged.csv", "sku,name\n1,caf\xC3\xA9\n2,cup\n3,caf\xC3\n");
  CHECK_FALSE(has(embed(work, "--data damaged.csv").err, "iconv"));
}

TEST_CASE("a list of columns names some") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  aisle::write_file(work / "p.csv", "sku,name\n1,cup\n");
  const auto o = embed(work, "--data p.csv --text-columns ''");
  CAPTURE(o.err);
  CHECK(o.code == 2);
  CHECK(has(o.err, "--text-columns: '' names no column"));
}

TEST_CASE("files that are no tables are named, with what to do") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  aisle::write_file(work / "p.csv", "PK\x03\x04 xl/workbook.xml");
  const auto o = embed(work, "--data p.csv");
  CHECK(o.code == 1);
  CHECK(has(o.err, "p.csv: an Excel workbook (xlsx), expected a table as text"));
}

TEST_CASE("a missing column is named with its option and the nearest ones") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  aisle::write_file(work / "p.csv", " SKU,Name ,Class_ID,\"Long, text\"\n1,blue shirt,a,cotton\n");
  CHECK(has(embed(work, "--data p.csv").err,
            "p.csv: no column 'sku' (--id-column); columns: 'SKU', 'Name', 'Class_ID', 'Long, text', did you "
            "mean 'SKU'?"));
  CHECK(has(
      command::run(work, "train --data p.csv --id-column SKU --text-columns Name --label class --out x").err,
      "no column 'class' (--label);"));
  const auto comma = embed(work, "--data p.csv --id-column SKU --text-columns 'Long, text'");
  CHECK(has(comma.err, "no column 'Long' (--text-columns);"));
  CHECK(has(comma.err, "--text-columns '\"Long, text\"'"));
  for (const char* columns :
       {"--text-columns 'Name,\"Long, text\"'", "--text-columns Name --text-columns '\"Long, text\"'"}) {
    const auto o = command::run(
        work, "embed --data p.csv --id-column SKU --text-model tiny-bert --out - " + std::string(columns));
    CAPTURE(o.err);
    CHECK(o.code == 0);
    aisle::write_file(work / "one.csv", "sku,name\n1,blue shirt cotton\n");
    CHECK(o.out == command::run(work, "embed --data one.csv --text-model tiny-bert --out -").out);
  }
  aisle::write_file(work / "title.csv", "Product export,\nsku,name\n1,blue\n");
  CHECK(has(embed(work, "--data title.csv").err, "line 2 looks like the header"));
}

TEST_CASE("a fault that many rows have is one line with their number") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  std::string csv = "sku,name\n";
  for (int i = 0; i < 100; ++i) csv += std::to_string(i) + (i % 2 ? ",blue\n" : ",b,c\n");
  aisle::write_file(work / "p.csv", csv + "1,again\n");
  const auto o = embed(work, "--data p.csv --skipped s.csv");
  CAPTURE(o.err);
  CHECK(o.code == 3);
  CHECK(has(o.err,
            "p.csv: 50 rows with one fault, the first of them row 0 (line 2), id 0: 3 fields, "
            "expected 2"));
  CHECK(has(o.err, "p.csv: row 100 (line 102), id 1"));
  CHECK(has(o.err, "s.csv lists them all"));
  CHECK(command::lines_of(o.err).size() < 8);
  const auto skipped = aisle::read_csv(work / "s.csv");
  REQUIRE(skipped.rows.size() == 51);
  CHECK(skipped.at(0, "line") == "2");
}

TEST_CASE("rows that end too early are read as far as they go; predict knows every id") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  std::string csv = "sku,name,class_id,note\n";
  for (int i = 0; i < 12; ++i)
    csv += std::to_string(i) + (i % 2 ? ",blue shirt,Shirts" : ",red jeans,Jeans") + (i < 4 ? "\n" : ",x\n");
  aisle::write_file(work / "products.csv", csv);
  const std::string none = " --image-model none ";
  const auto o = command::run(work,
                              "run --data products.csv --label class_id --out out --text-model tiny-bert "
                              "--learners logistic_regression" +
                                  none);
  CAPTURE(o.err);
  REQUIRE(o.code == 0);
  CHECK(has(o.err,
            "products.csv: 4 rows end before the last column, the first of them row 0 (line 2): the cells "
            "that they lack are empty"));
  CHECK(has(o.err, "left out 0"));
  aisle::write_file(work / "new.csv",
                    "sku,name,note\na,red jeans\nb\nc,red,jeans,x\nd,\"red\n\"s,x\ne,\"bl\"ue,y\n");
  const auto p = command::run(work, "predict --model out --data new.csv --out p.csv");
  CAPTURE(p.err);
  CHECK(p.code == 3);
  const auto table = aisle::read_csv(work / "p.csv");
  REQUIRE(table.rows.size() == 5);
  const char* expected[][2] = {{"a", ""}, {"b", "neither"}, {"c", "4 fields"}, {"d", "closing"}, {"e", ""}};
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(table.at(i, "sku") == expected[i][0]);
    CHECK(table.at(i, "Prediction").empty() == (expected[i][1][0] != '\0'));
    CHECK(has(table.at(i, "Reason"), expected[i][1]));
  }
  // The labels of such rows are missing ones.
  aisle::write_file(work / "truth.csv", "sku,class_id\na,Jeans\ne\n");
  const auto e = command::run(work, "evaluate p.csv --data truth.csv --label class_id --json");
  CHECK(e.code == 3);
  CHECK(has(e.err, "truth.csv: 1 row ends before the last column, row 1 (line 3)"));
}

TEST_CASE("the limit of cells holds for every command that reads products") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  std::string csv = "sku,name,class_id\n";
  for (int i = 0; i < 12; ++i)
    csv += std::to_string(i) + (i % 2 ? ",blue shirt,Shirts\n" : ",red jeans,Jeans\n");
  aisle::write_file(work / "products.csv", csv + "long,blue shirt and red jeans,Jeans\n");
  const auto o = command::run(work,
                              "train --data products.csv --label class_id --out t.safetensors --text-model "
                              "tiny-bert --modality text --max-cell 20");
  CAPTURE(o.err);
  CHECK(o.code == 3);
  CHECK(has(o.err, "row 12 (line 14), id long: a field of 24 bytes, more than the limit of 20"));
}

TEST_CASE("ids in JSON lines come back digit by digit") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const auto o = command::run(work, "embed --in - --format jsonl --out - --text-model tiny-bert",
                              "{\"id\":12345678901234567890,\"text\":\"blue\"}\n"
                              "{\"id\":-123456789012345678901234,\"text\":\"red\"}\n");
  CHECK(o.code == 0);
  const auto lines = command::lines_of(o.out);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with("{\"id\":12345678901234567890,"));
  CHECK(lines[1].starts_with("{\"id\":-123456789012345678901234,"));
}
