// Labels and texts as shops write them, through the command line.

#include "command.hpp"

#include <doctest/doctest.h>

#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>
#include <aisle/learn/classification_report.hpp>
#include <aisle/learn/significance.hpp>

namespace {

using command::has;

/// tiny-bert and a catalogue of text whose cells `cell(i)` gives, in the column `kind`.
template <class Cell>
void make_labels(const support::temporary_folder& work, int rows, Cell cell) {
  command::make_models(work);
  std::string csv = "sku,name,kind\n";
  for (int i = 0; i < rows; ++i)
    csv += std::to_string(i) + (i % 2 ? ",blue shirt " : ",red jeans ") +
           std::string(1, static_cast<char>('a' + i % 3)) + "," + cell(i) + "\n";
  aisle::write_file(work / "products.csv", csv);
}

const std::string run_line =
    "run --data products.csv --label kind --out out --text-model tiny-bert --image-model none "
    "--learners logistic_regression ";

aisle::json report_of(const support::temporary_folder& work) {
  return aisle::read_json(work / "out/report.json");
}

double accuracy_of(const command::outcome& o) {
  return aisle::parse_json(o.out, "scores").get<double>("accuracy");
}

}  // namespace

TEST_CASE("category paths: the first levels are the classes, of run, train and evaluate") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const char* ends[] = {" > Tools", "", " > Tools > Small"};
  make_labels(work, 24,
              [&](int i) { return std::string(i % 2 ? "Home > Kitchen" : "Home > Outdoor") + ends[i % 3]; });
  const auto o = command::run(work, run_line + "--label-separator '>' --label-level 2");
  CAPTURE(o.err);
  REQUIRE(o.code == 0);
  const aisle::json report = report_of(work);
  REQUIRE(report["classes"].size() == 2);
  CHECK(report["classes"].dump().find("\"Home > Kitchen\"") != std::string::npos);
  const auto p = command::run(work, "predict --model out --data products.csv --out p.csv");
  CAPTURE(p.err);
  REQUIRE(p.code == 0);
  const std::string line = "evaluate p.csv --data products.csv --label kind --json ";
  CHECK(accuracy_of(command::run(work, line)) < 100);
  CHECK(accuracy_of(command::run(work, line + "--label-level 2")) == 100);
  // Where the separator is forgotten no class is among the true ones.
  std::string slashes = aisle::read_file(work / "products.csv");
  for (std::size_t at; (at = slashes.find(" > ")) != std::string::npos;) slashes.replace(at, 3, "/");
  aisle::write_file(work / "slashes.csv", slashes);
  const std::string forgotten = "evaluate p.csv --data slashes.csv --label kind --json ";
  const auto other = command::run(work, forgotten);
  CAPTURE(other.err);
  CHECK(accuracy_of(other) == 0);
  CHECK(has(other.err, "no prediction is a true label ('Home > "));
  CHECK(has(other.err, "--label-separator or --label-level, give them here too"));
  CHECK(accuracy_of(command::run(work, forgotten + "--label-separator / --label-level 2")) == 100);
  std::string some = aisle::read_file(work / "p.csv");
  some.resize(some.find('\n', some.size() / 2) + 1);
  aisle::write_file(work / "some.csv", some);
  const auto part = command::run(work, "evaluate some.csv --data products.csv --label kind --label-level 2");
  CHECK(has(part.err, "of the 24 labelled rows of products.csv are judged"));
  CHECK(has(command::run(work, run_line + "--label-level 2 --text-columns name,kind").err,
            "the column of the labels, kind, is among --text-columns"));
  const auto t = command::run(work,
                              "train --data products.csv --label kind --label-level 2 --modality text "
                              "--text-model tiny-bert --out t.safetensors");
  CAPTURE(t.err);
  CHECK(t.code == 0);
  CHECK(command::run(work, run_line + "--label-level 0").code == 2);
  CHECK(command::run(work, run_line + "--label-level -1").code == 2);
  CHECK(command::run(work, run_line + "--label-separator ''").code == 2);
}

TEST_CASE("a class whose name has a line break is one line of the table") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  aisle::write_file(work / "p.csv", "True Labels,Predictions\n\"a\nb\",\"a\nb\"\nc,c\n");
  const auto o = command::run(work, "evaluate p.csv");
  CAPTURE(o.out);
  CHECK(o.code == 0);
  CHECK(has(o.out, "a\\nb"));
}

TEST_CASE("several category paths in a cell: the first counts, and how many cells had them is said once") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const char* cells[] = {"\"Home > Kitchen, Home > Mugs\"", "Home > Kitchen",
                         "\"Garden > Tools, Home > Mugs\"", "\"Garden > Pots, Pans\""};
  make_labels(work, 24, [&](int i) { return cells[i % 4]; });
  const auto o = command::run(work, run_line + "--label-level 2");
  CAPTURE(o.err);
  REQUIRE(o.code == 0);
  const std::string said =
      "12 cells of column kind name several category paths ('Home > Kitchen, Home > Mugs', say), of which "
      "the "
      "first is the label";
  REQUIRE(has(o.err, "products.csv: " + said));
  CHECK(o.err.find(said, o.err.find(said) + 1) == std::string::npos);
  const std::string classes = report_of(work)["classes"].dump();
  CHECK(report_of(work)["classes"].size() == 3);
  for (const char* name : {"\"Home > Kitchen\"", "\"Garden > Tools\"", "\"Garden > Pots, Pans\""})
    CHECK(has(classes, name));
  REQUIRE(command::run(work, "predict --model out --data products.csv --out p.csv").code == 0);
  const auto e = command::run(work, "evaluate p.csv --data products.csv --label kind --label-level 2 --json");
  CAPTURE(e.err);
  CHECK(e.code == 0);
  CHECK(has(e.err, "products.csv: " + said));
  CHECK(aisle::parse_json(e.out, "scores").get<int>("rows") == 24);
  CHECK_FALSE(has(command::run(work, run_line).err, "several category paths"));
  // A long cell is not shown whole.
  std::string many = "\"Home > Kitchen";
  for (int i = 0; i < 1000; ++i) many += ", Home > Mugs";
  make_labels(work, 24, [&](int i) { return i == 0 ? many + "\"" : std::string(cells[i % 4]); });
  const auto brief = command::run(work, run_line + "--label-level 2");
  CHECK(has(brief.err, "…', say), of which the first is the label"));
  CHECK(brief.err.size() < 4000);
}

TEST_CASE("a separator that no label holds is said") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const char* names[] = {"Home > Kitchen", "Home > Garden"};
  make_labels(work, 24, [&](int i) { return names[i % 2]; });
  const auto wrong = command::run(work, run_line + "--label-separator '|'");
  CHECK(has(wrong.err, "no label in column kind is a path: none holds '|' (--label-separator)"));
  const auto right = command::run(work, run_line + "--label-separator '>'");
  CHECK_FALSE(has(right.err, "is a path"));
}

TEST_CASE("odd classes are named before anything is embedded") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const char* names[] = {"Kitchen", "Outdoor", "KITCHEN", "nan", "Caf\xc3\xa9", "Cafe\xcc\x81"};
  make_labels(work, 36, [&](int i) { return names[i % 6]; });
  for (const std::string& line :
       {run_line,
        std::string("train --data products.csv --label kind --modality text --text-model tiny-bert --out "
                    "t.safetensors")}) {
    const auto o = command::run(work, line);
    CAPTURE(o.err);
    CHECK(o.code == 0);
    CHECK(has(o.err, "classes 'KITCHEN' (6 rows) and 'Kitchen' (6) differ in letter case alone"));
    CHECK(has(o.err, "'nan' is a class of 6 rows"));
    CHECK(has(o.err, "(6) differ in Unicode form alone"));
  }
}

TEST_CASE("texts are embedded and shown without HTML, unless it is to be kept") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  aisle::write_file(work / "html.csv", "sku,name\n1,<p>blue</p><p>shirt</p>\n2,red &amp; blue\n");
  aisle::write_file(work / "plain.csv", "sku,name\n1,blue shirt\n2,red & blue\n");
  const auto vectors = [&](const std::string& arguments) {
    const auto o = command::run(work, "embed --text-model tiny-bert --out - " + arguments);
    CAPTURE(o.err);
    CHECK(o.code == 0);
    return o.out;
  };
  const std::string plain = vectors("--data plain.csv");
  CHECK(vectors("--data html.csv") == plain);
  CHECK(vectors("--data html.csv --keep-html") != plain);
  aisle::write_file(
      work / "html.jsonl",
      "{\"id\":\"1\",\"text\":\"<p>blue</p><p>shirt</p>\"}\n{\"id\":\"2\",\"text\":\"red &amp; blue\"}\n");
  CHECK(vectors("--in html.jsonl") == plain);
  CHECK(vectors("--in html.jsonl --keep-html") != plain);

  // Kept vectors: of each way its own, neither taken for the other.
  const std::string folder = "embed --text-model tiny-bert --data html.csv --out E/ ";
  REQUIRE(command::run(work, folder).code == 0);
  const std::string table = work / "E/text_embeddings_tiny-bert.csv", without = aisle::read_file(table);
  const auto again = command::run(work, folder);
  CHECK(has(again.err, "2 rows, 2 of them from before"));
  const auto kept = command::run(work, folder + "--keep-html");
  CAPTURE(kept.err);
  CHECK(has(kept.err, "other html"));
  CHECK(has(kept.err, "2 rows, 0 of them from before"));
  CHECK(aisle::read_csv(table).rows.size() == 2);
  CHECK(aisle::read_file(work / "E/text_embeddings_tiny-bert.old.csv") == without);
  CHECK(has(command::run(work, folder).err, "2 rows, 2 of them from before"));
  CHECK(aisle::read_file(table) == without);
  // A manifest from before texts lost their HTML does not say; it is not taken for one of either way.
  std::string manifest = aisle::read_file(table + ".manifest.json");
  const std::string member = "\"html\":\"removed\",";
  const std::size_t at = manifest.find(member);
  REQUIRE(at != std::string::npos);
  aisle::write_file(table + ".manifest.json", manifest.erase(at, member.size()));
  std::filesystem::remove(work / "E/text_embeddings_tiny-bert.old.csv");
  CHECK(has(command::run(work, folder).err, "2 rows, 0 of them from before"));
}

TEST_CASE("evaluate treats both sides alike") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const auto judge = [&](const std::string& predictions, const std::string& truth) {
    aisle::write_file(work / "p.csv", predictions);
    aisle::write_file(work / "t.csv", truth);
    return command::run(work, "evaluate p.csv --data t.csv --label label --json");
  };
  SUBCASE("white space") {
    const auto o =
        judge("sku,Prediction\n 1 ,Kitchen \n2, Outdoor\n", "sku,label\n1,Kitchen\n2\xc2\xa0,Outdoor \n");
    CHECK(o.code == 0);
    CHECK(accuracy_of(o) == 100);
  }
  SUBCASE("numbers that became floats") {
    const auto o = judge("sku,Prediction\n1,5.0\n2,7.0\n", "sku,label\n1,5\n2,7\n");
    CAPTURE(o.err);
    CHECK(o.code == 0);
    CHECK(accuracy_of(o) == 100);
    CHECK(has(o.err, "2 classes of p.csv are written otherwise in t.csv"));
    CHECK(has(o.err, "'5.0' and '5'"));
  }
  SUBCASE("the other way round") {
    CHECK(accuracy_of(judge("sku,Prediction\n1,5\n2,7\n", "sku,label\n1,5.0\n2,7.0\n")) == 100);
  }
  SUBCASE("leading zeros of ids") {
    const auto o = judge("sku,Prediction\n7,a\n8,b\n", "sku,label\n007,a\n008,b\n");
    CAPTURE(o.err);
    CHECK(o.code == 0);
    CHECK(accuracy_of(o) == 100);
    CHECK(has(o.err, "2 ids of p.csv are written otherwise in t.csv"));
  }
  SUBCASE("leading zeros of ids that are not all numbers: said, not guessed") {
    const auto o = judge("sku,Prediction\n7,a\nB8,b\n", "sku,label\n007,a\nB8,b\n");
    CAPTURE(o.err);
    CHECK(o.code == 3);
    CHECK(has(o.err, "1 id of p.csv is not found in t.csv"));
    CHECK(has(o.err, "'7' and '007'"));
    CHECK(has(o.err, "1 prediction has no label"));
    CHECK(aisle::parse_json(o.out, "scores").get<int>("rows") == 1);
  }
  SUBCASE("zeros inside of ids, two ids of one number, ids that are there twice") {
    auto o = judge("sku,Prediction\nA7,a\nB8,b\n", "sku,label\nA07,a\nB8,b\n");
    CHECK(has(o.err, "'A7' and 'A07'"));
    o = judge("sku,Prediction\n001,a\nx,b\n", "sku,label\n1,a\n01,b\nx,b\n");
    CHECK(has(o.err, "'001' and '1'"));
    o = judge("sku,Prediction\n1,a\n1,b\n2,b\n", "sku,label\n1,a\n2,b\n2,a\n");
    CHECK(has(o.err, "t.csv: 1 row has the id of a row above ('2', say); the first row counts"));
    CHECK(has(o.err, "p.csv: 1 row has the id of a row above ('1', say); each row is judged"));
  }
  SUBCASE("predictions of the first levels") {
    const auto o = judge("sku,Prediction\n1,Home\n2,Toys\n", "sku,label\n1,Home > Garden\n2,Toys > Cars\n");
    CHECK(has(o.err, "--label-level"));
  }
  SUBCASE("predictions of whole paths, true labels of the first levels") {
    const std::string predictions = "sku,Prediction\n1,Home > Garden\n2,Toys > Cars\n",
                      truth = "sku,label\n1,Home\n2,Toys\n3,Office\n";
    const auto o = judge(predictions, truth);
    CAPTURE(o.err);
    CHECK(has(o.err, "some true label is the beginning of each"));
    CHECK(has(o.err, "--label-level"));
    CHECK(accuracy_of(o) == 0);
    const auto cut = command::run(work, "evaluate p.csv --data t.csv --label label --label-level 1 --json");
    CHECK(accuracy_of(cut) == 100);
    CHECK_FALSE(has(cut.err, "--label-level"));
    CHECK_FALSE(has(judge("sku,Prediction\n1,Home > Garden\n2,Toys\n", truth).err, "--label-level"));
    CHECK_FALSE(has(judge("sku,Prediction\n1,Homes\n2,Toyshop\n", truth).err, "--label-level"));
  }
  SUBCASE("letter case of ids: said, not guessed") {
    const auto o = judge(
        "sku,Prediction\nA1,a\n\xc3\x89"
        "2,b\nx3,b\n",
        "sku,label\na1,a\n\xc3\xa9"
        "2,b\nx3,b\n");
    CAPTURE(o.err);
    CHECK(o.code == 3);
    CHECK(has(o.err, "2 ids of p.csv are not found in t.csv"));
    CHECK(has(o.err, "differ in letter case alone ('A1' and 'a1', say)"));
    CHECK(has(judge("sku,Prediction\nA1,a\n", "sku,label\na1,a\n").err, "letter case alone"));
    CHECK_FALSE(has(judge("sku,Prediction\nA1,a\nx,b\n", "sku,label\nA1,a\n").err, "letter case"));
  }
  SUBCASE("a delimiter that is the one file's alone") {
    const std::string semicolons = "sku;Prediction\n1;a\n2;b\n", commas = "sku,label\n1,a\n2,b\n";
    aisle::write_file(work / "p.csv", semicolons);
    aisle::write_file(work / "t.csv", commas);
    const auto both = [&] {
      return command::run(work, "evaluate p.csv --data t.csv --label label --json --delimiter ';'");
    };
    auto o = both();
    CAPTURE(o.err);
    CHECK(accuracy_of(o) == 100);
    CHECK(has(o.err, "t.csv: has none of its columns by --delimiter"));
    aisle::write_file(work / "p.csv", "sku,Prediction\n1,a\n2,b\n");
    aisle::write_file(work / "t.csv", "sku;label\n1;a\n2;b\n");
    o = both();
    CHECK(accuracy_of(o) == 100);
    CHECK(has(o.err, "p.csv: has none of its columns by --delimiter"));
    aisle::write_file(work / "t.csv", commas);  // neither file has it
    CHECK(both().code == 1);
  }
  SUBCASE("two ids that are one number are told apart") {
    const auto o = judge("sku,Prediction\n7,a\n007,b\n", "sku,label\n7,a\n007,b\n");
    CHECK(o.code == 0);
    CHECK(accuracy_of(o) == 100);
    CHECK_FALSE(has(o.err, "same numbers"));
  }
  SUBCASE("case alone is said") {
    const auto o = judge("sku,Prediction\n1,kitchen\n2,Kitchen\n", "sku,label\n1,Kitchen\n2,Kitchen\n");
    CHECK(accuracy_of(o) == 50);
    CHECK(has(o.err, "classes 'Kitchen' (3 rows) and 'kitchen' (1) differ in letter case alone"));
  }
  SUBCASE("rows without a prediction are not judged") {
    const auto o = judge("sku,Prediction\n1,a\n2,\n", "sku,label\n1,a\n2,a\n");
    CHECK(o.code == 3);
    CHECK(has(o.err, "1 row without a prediction"));
    CHECK(accuracy_of(o) == 100);
  }
  SUBCASE("a results file") {
    aisle::write_file(work / "r.csv", "Predictions,True Labels\n5.0,5\n 7 ,7\n");
    CHECK(accuracy_of(command::run(work, "evaluate r.csv --json")) == 100);
  }
  SUBCASE("a results file with another separator and encoding, recognised or named") {
    aisle::write_file(work / "r.csv",
                      "Predictions;True Labels\nK\xfc"
                      "che;K\xfc"
                      "che\nM\xf6"
                      "bel;M\xf6"
                      "bel\n");
    for (const char* how : {"", " --delimiter ';' --encoding windows-1252"}) {
      CAPTURE(how);
      const auto o = command::run(work, "evaluate r.csv --json" + std::string(how));
      CAPTURE(o.err);
      CHECK(o.code == 0);
      CHECK(accuracy_of(o) == 100);
      CHECK(has(o.out,
                "K\xc3\xbc"
                "che"));
      CHECK(has(o.err, "r.csv: semicolon-separated, Windows-1252"));
    }
    const auto o = command::run(work, "evaluate r.csv --json --delimiter ,");
    CHECK(o.code == 1);
    CHECK(has(o.err, "no column 'True Labels'"));
  }
  SUBCASE("predictions and a catalogue with other separators") {
    aisle::write_file(work / "p.csv", "sku;Prediction\n1;a\n2;b\n");
    aisle::write_file(work / "t.csv", "sku;label\n1;a\n2;b\n");
    for (const char* how : {"", " --delimiter ';'"}) {
      const auto o =
          command::run(work, "evaluate p.csv --data t.csv --label label --json" + std::string(how));
      CAPTURE(o.err);
      CHECK(o.code == 0);
      CHECK(accuracy_of(o) == 100);
    }
  }
  SUBCASE("bad records of a results file are passed over and named") {
    aisle::write_file(work / "r.csv", "Predictions,True Labels\na,a\nb,b,b\nc,c\nb\n");
    const auto o = command::run(work, "evaluate r.csv --json");
    CHECK(o.code == 3);
    CHECK(accuracy_of(o) == 100);
    CHECK(has(o.err, "r.csv: row 1 (line 3): 3 fields"));
    CHECK(has(o.err, "r.csv: 1 row ends before the last column, row 3 (line 5)"));
    CHECK(has(o.err, "1 row without a true label not judged"));
  }
}

TEST_CASE("evaluate does not let class names command a terminal") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  aisle::write_file(work / "r.csv",
                    "Predictions,True Labels\na\x1b]0;title\x07,b\na\x1b[31m,a\x1b[31m\nb,b\nb,b\n"
                    "c\xc2\x9b,c\xc2\x9b\nd\xe2\x80\xae,d\xe2\x80\xae\n");
  const auto o = command::run(work, "evaluate r.csv");
  CHECK(o.code == 0);
  for (const std::string& text : {o.out, o.err})
    for (const char* odd : {"\x1b", "\x07", "\xc2\x9b", "\xe2\x80\xae"}) CHECK_FALSE(has(text, odd));
  CHECK(has(o.out, "a\\x1b[31m"));
  CHECK(has(o.out, "d\\xe2\\x80\\xae"));
}

TEST_CASE("evaluate says how far its scores can be trusted, and less far where rows are variants") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  std::string truth = "sku,family,kind\n", predictions = "sku,Prediction\n";
  std::vector<std::string> labels, found;
  for (int i = 0; i < 120; ++i) {
    const std::string id = std::to_string(i), label = i % 3 == 0 ? "shoe" : "shirt";
    // Six variants of a product are right or wrong together.
    const bool wrong = i / 6 % 5 == 0;
    truth += id + "," + (i < 60 ? "f" + std::to_string(i / 6) : "") + "," + label + "\n";
    labels.push_back(label);
    found.push_back(wrong ? (label == "shoe" ? "shirt" : "shoe") : label);
    predictions += id + "," + found.back() + "\n";
  }
  aisle::write_file(work / "t.csv", truth);
  aisle::write_file(work / "p.csv", predictions);
  const std::string line = "evaluate p.csv --data t.csv --label kind ";
  const auto interval_of = [&](const std::string& more, const char* which) {
    const auto o = command::run(work, line + "--json " + more);
    CAPTURE(o.err);
    CHECK(o.code == 0);
    const aisle::json j = aisle::parse_json(o.out, "evaluate");
    return std::pair(j.at(which)[0].as<double>(), j.at(which)[1].as<double>());
  };
  const auto accuracy = interval_of("", "accuracy_interval");
  const aisle::interval wilson = aisle::wilson_interval(0.8, 120);
  CHECK(accuracy.first == doctest::Approx(100 * wilson.low));
  CHECK(accuracy.second == doctest::Approx(100 * wilson.high));
  const aisle::interval f1 =
      aisle::bootstrap_macro_f1(aisle::label_vector(labels), aisle::label_vector(found));
  CHECK(interval_of("", "macro_f1_interval").first == doctest::Approx(100 * f1.low));
  CHECK(interval_of("", "macro_f1_interval").second == doctest::Approx(100 * f1.high));

  const auto grouped = interval_of("--group-column family", "accuracy_interval");
  CHECK(grouped.first < accuracy.first - 1);
  CHECK(grouped.second > accuracy.second + 1);
  const auto grouped_f1 = interval_of("--group-column family", "macro_f1_interval");
  CHECK(grouped_f1.second - grouped_f1.first > 100 * (f1.high - f1.low) + 1);

  // The table on stdout stays what it was.
  const auto table = command::run(work, line + "--group-column family");
  CHECK(table.out ==
        aisle::classification_report(aisle::label_vector(labels), aisle::label_vector(found), {.digits = 4}));
  CHECK(command::has(table.err, "95 % intervals: accuracy "));
  CHECK(command::has(table.err, "(of 70 groups)"));
  const auto missing = command::run(work, line + "--group-column nothing");
  CHECK(missing.code == 1);
  CHECK(command::has(missing.err, "nothing"));
  CHECK(command::run(work, "evaluate p.csv --group-column family").code == 2);
}

TEST_CASE("evaluate takes the predictions.csv of aisle run, one modality of it") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  aisle::write_file(
      work / "predictions.csv",
      "row,line,id,name,modality,true_label,predicted,probability,side\n"
      "0,2,A,a,text,x,y,0.6,test\n0,2,A,a,multimodal,x,x,0.9,test\n"
      "1,3,B,b,text,y,y,0.6,test\n1,3,B,b,multimodal,y,y,0.9,test\n2,4,C,c,text,x,y,0.6,test\n");
  const auto alone = command::run(work, "evaluate predictions.csv --json");
  CAPTURE(alone.err);
  CHECK(alone.code == 0);
  CHECK(accuracy_of(alone) == 100);
  CHECK(
      has(alone.err, "rows of multimodal, text; judged are those of multimodal (--modality names another)"));
  const auto texts = command::run(work, "evaluate predictions.csv --modality text --json");
  CHECK(aisle::parse_json(texts.out, "scores").get<int>("rows") == 3);
  CHECK(accuracy_of(texts) == doctest::Approx(100.0 / 3));
  // Against labels that were mended since.
  aisle::write_file(work / "t.csv", "sku,label\nA,y\nB,y\nC,x\n");
  const auto joined = command::run(work, "evaluate predictions.csv --data t.csv --label label --json");
  CAPTURE(joined.err);
  CHECK(joined.code == 0);
  CHECK(accuracy_of(joined) == 50);
  CHECK_FALSE(has(joined.err, "the id of a row above"));

  CHECK(has(command::run(work, "evaluate predictions.csv --modality image").err,
            "has rows of multimodal, text"));
  aisle::write_file(work / "p.csv", "sku,Prediction\nA,y\n");
  CHECK(command::run(work, "evaluate p.csv --data t.csv --label label --modality text").code == 2);
}
