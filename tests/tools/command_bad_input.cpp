// Bad input through `aisle run` and `aisle embed`: every bad row named and listed, nothing lost that was
// there.

#include "command.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <set>

#include <aisle/io/csv.hpp>

namespace {

using command::has;

constexpr const char* models = " --text-model tiny-bert --image-model resnet18 ";
constexpr const char* header = "sku,name,image_path,class_id\n";

/// Twelve rows of two classes.
std::string good_rows() {
  std::string csv;
  for (int i = 0; i < 12; ++i)
    csv += std::to_string(i) + (i % 2 ? ",blue shirt,one.png,Shirts\n" : ",red jeans,two.png,Jeans\n");
  return csv;
}

struct bad_row {
  const char *record, *id, *reason;
};

// Rows 12 to 18.
constexpr bad_row bad_rows[] = {
    {"50,,folder.png,Jeans\n", "50", "folder.png: cannot read: is a directory"},
    {"51,,gone.png,Jeans\n", "51", "gone.png"},
    {"52,,broken.png,Jeans\n", "52", "broken.png"},
    {"53, ,,Jeans\n", "53", "neither a text nor a picture"},
    {"54,\xff\xfe,one.png,Jeans\n", "54", "UTF-8"},
    {"55,red, jeans,one.png,Jeans\n", "55", "5 fields"},
    {"0,cotton,one.png,Jeans\n", "0", "duplicate id, already in row 0"},
};

/// Good rows, bad rows, and two good ones behind them: one with a line break in its text, one with a damaged
/// picture whose text can be used.
void make_products(const support::temporary_folder& work) {
  command::make_models(work);
  command::make_catalogue(work);
  std::filesystem::create_directory(work / "folder.png");
  std::string csv = header + good_rows();
  for (const bad_row& b : bad_rows) csv += b.record;
  aisle::write_file(work / "products.csv", csv +
                                               "60,\"red\n\"\"jeans\"\", a\",two.png,Jeans\n"
                                               "61,blue,broken.png,Shirts\n");
  aisle::write_file(work / "good.csv", header + good_rows());
  std::string bad = header;
  for (const bad_row& b : bad_rows)
    if (!has(b.reason, "duplicate")) bad += b.record;
  // Two classes: one alone would be refused before a picture is looked at.
  aisle::write_file(work / "bad.csv", bad + "56,,gone.png,Shirts\n57,,gone.png,Shirts\n");
}

/// Every bad row once, with its number, in the file and on stderr.
void check_listed(const std::string& skipped_csv, const std::string& err) {
  const auto skipped = aisle::read_csv(skipped_csv);
  REQUIRE(skipped.rows.size() == std::size(bad_rows) + 1);
  for (std::size_t i = 0; i < skipped.rows.size(); ++i) {
    const bool last = i == std::size(bad_rows);  // row 20: the damaged picture
    const std::string row = std::to_string(last ? 20 : 12 + i);
    CAPTURE(row);
    CHECK(skipped.at(i, "file") == "products.csv");
    CHECK(skipped.at(i, "row") == row);
    CHECK(skipped.at(i, "id") == (last ? "61" : bad_rows[i].id));
    CHECK_MESSAGE(has(skipped.at(i, "reason"), last ? "broken.png" : bad_rows[i].reason),
                  skipped.at(i, "reason"));
    CHECK(has(err, "products.csv: row " + row));
  }
}

const std::string run_line =
    "run --label class_id --out out --learners logistic_regression" + std::string(models) + "--data ";

}  // namespace

TEST_CASE("bad rows among good ones: each named and listed, the others done") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  SUBCASE("run") {
    const auto o = command::run(work, run_line + "products.csv");
    CAPTURE(o.err);
    CHECK(o.code == 3);
    check_listed(work / "out/skipped.csv", o.err);
    CHECK(aisle::file_exists(work / "out/multimodal_results.csv"));
    const auto texts = aisle::read_csv(work / "Embeddings/text_embeddings_tiny-bert.csv");
    REQUIRE(texts.rows.size() == 14);
    CHECK(texts.at(12, "name") == "red\n\"jeans\", a");
    CHECK(aisle::read_csv(work / "Embeddings/Embeddings_resnet18.csv").rows.size() == 13);
  }
  SUBCASE("embed into a file") {
    const auto o =
        command::run(work, "embed --data products.csv --out e.csv --skipped s.csv" + std::string(models));
    CAPTURE(o.err);
    CHECK(o.code == 3);
    check_listed(work / "s.csv", o.err);
    const auto table = aisle::read_csv(work / "e.csv");
    REQUIRE(table.rows.size() == 14);
    CHECK(table.at(12, "name") == "red\n\"jeans\", a");
    CHECK_FALSE(table.at(12, "image_0").empty());
  }
  SUBCASE("embed into a folder") {
    const auto o = command::run(work, "embed --data products.csv --out E/" + std::string(models));
    CAPTURE(o.err);
    CHECK(o.code == 3);
    check_listed(work / "E/skipped.csv", o.err);
    CHECK(aisle::read_csv(work / "E/text_embeddings_tiny-bert.csv").rows.size() == 14);
  }
}

TEST_CASE("all rows bad: nothing to do, and what an earlier call wrote stays") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  const std::size_t rows = aisle::read_csv(work / "good.csv").rows.size();
  REQUIRE(rows == 12);
  SUBCASE("run") {
    REQUIRE(command::run(work, run_line + "good.csv").code == 0);
    auto out = command::files_of(work / "out");
    const auto vectors = command::files_of(work / "Embeddings");
    const auto o = command::run(work, run_line + "bad.csv");
    CHECK(o.code == 4);
    CHECK(has(o.err, "bad.csv: row 5"));
    CHECK(aisle::read_csv(work / "out/skipped.failed.csv").rows.size() == 8);
    CHECK(command::files_of(work / "Embeddings") == vectors);
    auto left = command::files_of(work / "out");
    left.erase("skipped.failed.csv");
    CHECK(left == out);
    // It does not stand in the way of those who read the results, and goes with them.
    CHECK(command::run(work, "compare out out").code == 0);
    CHECK(command::run(work, run_line + "good.csv").code == 0);
    CHECK_FALSE(aisle::file_exists(work / "out/skipped.failed.csv"));
  }
  for (const std::string to : {"e.csv", "e.npy", "e.safetensors", "e.jsonl", "E/"}) {
    CAPTURE(to);
    const std::string model = has(to, "npy") ? " --text-model tiny-bert " : models;
    const auto embed = [&](const std::string& data) {
      return command::run(work, "embed --out " + to + model + "--skipped s.csv --data " + data);
    };
    REQUIRE(embed("good.csv").code == 0);
    std::filesystem::create_directories(work / "E");
    const std::string file = has(to, "/") ? "E/text_embeddings_tiny-bert.csv" : to;
    const std::string before = aisle::read_file(work / file);
    const auto o = embed("bad.csv");
    CAPTURE(o.err);
    CHECK(o.code == 4);
    CHECK(has(o.err, "bad.csv: row 5"));
    CHECK(aisle::read_csv(work / "s.csv").rows.size() == 8);
    CHECK((aisle::read_file(work / file) == before));
    for (const auto& f : command::files_of(work.path())) CHECK_FALSE(f.first.ends_with(".part"));
  }
}

TEST_CASE("weights that are truncated or hostile: named, and nothing is touched") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  REQUIRE(command::run(work, run_line + "good.csv").code == 0);
  REQUIRE(command::run(work, "embed --data good.csv --out e.csv" + std::string(models)).code == 0);
  const auto vectors = command::files_of(work / "Embeddings");
  const std::string metrics = aisle::read_file(work / "out/metrics.json"),
                    table = aisle::read_file(work / "e.csv");
  // More rows than before: work to do for both models.
  aisle::write_file(work / "good.csv", header + good_rows() + "70,cotton shirt a,one.png,Shirts\n");
  for (const std::string model : {"tiny-bert", "resnet18"}) {
    const std::string path = work / ("weights/" + model + "/model.safetensors");
    const std::string whole = aisle::read_file(path);
    std::vector<std::string> damaged;
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{7}, std::size_t{20}, whole.size() / 2, whole.size() - 1})
      damaged.push_back(whole.substr(0, size));
    damaged.push_back(std::string(8, '\xff') + whole.substr(8));  // a header of 2^64 - 1 bytes
    damaged.push_back(whole.substr(0, 8) + '[' + whole.substr(9));
    std::string huge = whole;  // an entry that ends far behind the file
    const std::size_t at = huge.find("\"data_offsets\":[") + 16, end = huge.find(']', at);
    huge.replace(at, end - at, "0," + std::string(end - at - 2, '9'));
    damaged.push_back(huge);
    for (std::size_t i = 0; i < damaged.size(); ++i) {
      CAPTURE(model);
      CAPTURE(i);
      aisle::write_file(path, damaged[i]);
      for (const std::string& line :
           {run_line + "good.csv", "embed --data good.csv --out e.csv" + std::string(models),
            "embed --data good.csv --out Embeddings/" + std::string(models)}) {
        const auto o = command::run(work, line);
        CAPTURE(o.err);
        CHECK(o.code == 1);
        CHECK(has(o.err, model + "/model.safetensors"));
      }
      CHECK(command::files_of(work / "Embeddings") == vectors);
      CHECK((aisle::read_file(work / "out/metrics.json") == metrics));
      CHECK((aisle::read_file(work / "e.csv") == table));
    }
    aisle::write_file(path, whole);
  }
}

TEST_CASE("a disk that fills up: the file named, nothing half written, nothing lost") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  // A limit on the size of files is a full disk to the program that reaches it. In units of 512 bytes.
  const auto limited = [&](const std::string& line, int blocks) {
    return command::run(work, line, {}, "trap '' XFSZ; ulimit -f " + std::to_string(blocks) + ";");
  };
  const auto no_parts = [&] {
    for (const auto& file : command::files_of(work.path()))
      CHECK_MESSAGE(!(file.first.ends_with(".part") || file.first.ends_with(".learner")), file.first);
  };
  REQUIRE(command::run(work, run_line + "good.csv").code == 0);
  REQUIRE(command::run(work, "embed --data good.csv --out e.csv" + std::string(models)).code == 0);
  const auto vectors = command::files_of(work / "Embeddings");
  const auto results = command::files_of(work / "out");
  const std::string table = aisle::read_file(work / "e.csv");

  // No room for the new embeddings.
  aisle::write_file(work / "good.csv", header + good_rows() + "70,cotton shirt a,one.png,Shirts\n");
  auto o = limited(run_line + "good.csv", 8);
  CAPTURE(o.err);
  CHECK(o.code == 1);
  CHECK(has(o.err, "text_embeddings_tiny-bert.next.csv: cannot write: File too large"));
  CHECK(command::files_of(work / "Embeddings") == vectors);
  for (const auto& file : results)
    CHECK_MESSAGE(aisle::read_file(work / ("out/" + file.first)) == file.second, file.first);
  no_parts();
  o = limited("embed --data good.csv --out e.csv" + std::string(models), 8);
  CHECK(o.code == 1);
  CHECK(has(o.err, "e.csv: cannot write"));
  CHECK((aisle::read_file(work / "e.csv") == table));
  no_parts();

  // Room for them, not for the report: what was embedded is there for the next run.
  o = limited(run_line + "good.csv", 64);
  CHECK(o.code == 1);
  CHECK(has(o.err, "cannot write: File too large"));
  CHECK(command::files_of(work / "Embeddings") != vectors);
  CHECK(aisle::read_file(work / "out/report.html") == results.at("report.html"));
  no_parts();
  o = command::run(work, run_line + "good.csv --verbose");
  CHECK(o.code == 0);
  CHECK(has(o.err, "cross-validation"));
  CHECK_FALSE(has(o.err, "load text model"));
  CHECK_FALSE(has(o.err, "load image model"));

  const std::string line = "cd '" + work.path() + "' && '" + command::program() +
                           "' embed --data good.csv --out - --text-model tiny-bert > /dev/full 2> err";
  CHECK(WEXITSTATUS(std::system(line.c_str())) == 1);
  CHECK(has(aisle::read_file(work / "err"), "stdout: No space left on device"));
}

TEST_CASE("Ctrl-C during a run: what was embedded is kept, nothing is half written") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  std::string csv = header;
  for (int i = 0; i < 4000; ++i)
    csv += std::to_string(i) + (i % 2 ? ",blue shirt,one.png,Shirts\n" : ",red jeans,two.png,Jeans\n");
  aisle::write_file(work / "many.csv", csv);
  REQUIRE(command::run(work, run_line + "good.csv").code == 0);
  const auto results = command::files_of(work / "out");
  const std::string pictures = aisle::read_file(work / "Embeddings/Embeddings_resnet18.csv");
  const std::string manifest = work / "Embeddings/text_embeddings_tiny-bert.csv.manifest.json";
  std::filesystem::remove(manifest);

  aisle::write_file(work / "err", "");
  const int err = ::open((work / "err").c_str(), O_WRONLY), in = ::open("/dev/null", O_RDONLY);
  // When the texts are written there are 4000 pictures yet to do.
  const pid_t child =
      command::start(work,
                     {"run", "--data", "many.csv", "--label", "class_id", "--out", "out", "--text-model",
                      "tiny-bert", "--image-model", "resnet18", "--isa", "generic"},
                     in, err);
  ::close(err);
  ::close(in);
  CHECK(command::appears(manifest));
  ::kill(child, SIGINT);
  CHECK(command::wait_for(child) == 130);
  CHECK(has(aisle::read_file(work / "err"), "aisle: interrupted\n"));
  CHECK(command::files_of(work / "out") == results);
  CHECK((aisle::read_file(work / "Embeddings/Embeddings_resnet18.csv") == pictures));
  for (const auto& file : command::files_of(work.path())) CHECK_FALSE(file.first.ends_with(".part"));

  const auto o = command::run(work, run_line + "many.csv --limit 20 --isa generic --verbose");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  CHECK_FALSE(has(o.err, "load text model"));
}

TEST_CASE("no output replaces the file that is read") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  const std::string before = aisle::read_file(work / "good.csv");
  for (const char* line : {"embed --data good.csv --text-model tiny-bert --out ./good.csv",
                           "embed --data good.csv --text-model tiny-bert --out t.npy --skipped good.csv",
                           "embed --in good.csv --text-model tiny-bert --out good.csv --format jsonl",
                           "train --data good.csv --label class_id --out good.csv",
                           "preprocess good.csv --preset torchvision_resnet50_v1 --out good.csv",
                           "predict --model out --data good.csv --out good.csv",
                           "predict --model good.csv --data other.csv --out good.csv"}) {
    CAPTURE(line);
    const auto o = command::run(work, line);
    CHECK(o.code == 2);
    CHECK(has(o.err, "is the file that is read"));
    CHECK((aisle::read_file(work / "good.csv") == before));
  }
}

TEST_CASE("messages say what can be done") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  const auto fails = [&](const std::string& line, int code, const std::string& message) {
    const auto o = command::run(work, line);
    CAPTURE(line);
    CAPTURE(o.err);
    CHECK(o.code == code);
    CHECK(has(o.err, message));
  };
  const std::string run = "run --data good.csv --label class_id --out none ";
  fails(run + "--text-model none --image-model none", 2, "leave nothing to look at");
  for (const char* seed : {"-1", "99999999999999999999", "9007199254740993", "1.5", "x"})
    fails(run + "--seed " + seed, 2, "expected a whole number from 0 to 9007199254740992");
  fails(run + "--threads -1", 2, "-1: expected a whole number from 0");
  fails(run + "--limit -1", 2, "-1: expected a whole number from 0 to 9223372036854775807");
  fails(run + "--most-probabilities 0", 2, "Value 0 is not above 0");
  fails("tokenize --text-model nobody", 1, "`aisle weights list` names those that can be fetched");
  fails("tokenize --text-model all-MiniLM-L6-v2", 1, "`aisle weights get all-MiniLM-L6-v2` fetches it");
  fails("embed --data good.csv --image-model resnet50 --out a.npy", 1,
        "`aisle weights get resnet50 --allow-unverified` fetches it");
  fails("evaluate", 2, "expected a file of predictions");
  std::filesystem::create_directories(work / "empty");
  fails("predict --model empty --data good.csv --out p.csv", 1, "holds no metrics.json");
}

TEST_CASE("a bad picture does not cost the text's vector, whatever the format") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  const auto o = command::run(work, "embed --in - --out - --text-model tiny-bert --image-model resnet18",
                              "{\"id\":1,\"text\":\"blue shirt\",\"image\":\"nowhere.png\"}\n");
  CHECK(o.code == 3);
  const aisle::json row = aisle::parse_json(o.out, "out");
  CHECK(has(row.get<std::string>("error"), "nowhere.png"));
  CHECK(row["text_embedding"].size() == 32);
  CHECK_FALSE(row.contains("image_embedding"));
}

TEST_CASE("a report calls products by their first text column where none is called name") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_products(work);
  std::string csv = "No,Title,Long text,kind\n";
  for (int i = 0; i < 20; ++i)
    csv += std::to_string(i) + (i % 2 ? ",blue shirt,cotton,a\n" : ",red jeans,denim,b\n");
  aisle::write_file(work / "own.csv", csv + "20,,wool,a\n");
  const auto o =
      command::run(work,
                   "run --data own.csv --id-column No --text-columns 'Title,Long text' --label kind "
                   "--text-model tiny-bert --image-model none --learners logistic_regression "
                   "--out own");
  CAPTURE(o.err);
  REQUIRE(o.code == 0);
  const aisle::json products = aisle::read_json(work / "own/report.json").at("products");
  CHECK(products.at(1).get<std::string>("name") == "blue shirt");
  CHECK(products.at(20).get<std::string>("name") == "20");
}

TEST_CASE("control characters of files do not reach the terminal") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  aisle::write_file(
      work / "esc.csv",
      "sku,name\nA\x1b[2J,blue\nA\x1b[2J,red\nB\xc2\x9b,a\nB\xc2\x9b,b\nC\xc3\xa9,c\nC\xc3\xa9,c\n");
  const auto r =
      command::run(work, "embed --data esc.csv --text-model tiny-bert --weights weights --out v.csv");
  CHECK(r.code == 3);
  CHECK(r.err.find('\x1b') == std::string::npos);
  CHECK(r.err.find("\xc2\x9b") == std::string::npos);
  CHECK(command::has(r.err, "A\\x1b[2J"));
  CHECK(command::has(r.err, "B\\xc2\\x9b"));
  CHECK(command::has(r.err, "C\xc3\xa9"));
}

TEST_CASE("messages do not get into an output when stderr is closed") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  aisle::write_file(work / "d.csv", "sku,name\nA,blue\n,red\nC,a b\n");
  const std::string job = "embed --data d.csv --text-model tiny-bert --weights weights --out ";
  CHECK(command::run(work, job + "open.csv").code == 3);
  const std::string line = "cd '" + work.path() + "' && '" + command::program() + "' " + job;
  const auto code = [&](const std::string& rest) { return WEXITSTATUS(std::system((line + rest).c_str())); };
  CHECK(code("closed.csv 2>&-") == 3);
  CHECK(aisle::read_file(work / "closed.csv") == aisle::read_file(work / "open.csv"));
  CHECK(code("all.csv <&- >&- 2>&-") == 3);
  CHECK(aisle::read_file(work / "all.csv") == aisle::read_file(work / "open.csv"));
  CHECK(code("- >&- 2>/dev/null") == 1);  // vectors that were asked for and have no place to go
}
