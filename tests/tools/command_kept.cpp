// What a command must leave alone: files that it reads, under whatever name, and folders that somebody else
// writes into; and outputs that belong together.

#include "command.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <filesystem>

#include <aisle/base/folder_lock.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/io/csv.hpp>

namespace {

namespace fs = std::filesystem;
using command::has;

constexpr const char* models = " --text-model tiny-bert --image-model resnet18 ";

std::string rows(const char* first, const char* second) {
  std::string csv = "sku,name,image_path,class_id,other\n";
  for (int i = 0; i < 24; ++i)
    csv += std::to_string(i) + (i % 2 ? ",blue shirt,one.png," : ",red jeans,two.png,") +
           (i % 2 ? first : second) + (i / 3 % 2 ? ",x\n" : ",y\n");
  return csv;
}

void make_shop(const support::temporary_folder& work) {
  command::make_models(work);
  command::make_catalogue(work);
  aisle::write_file(work / "shop.csv", rows("Shirts", "Jeans"));
}

const std::string run_line =
    "run --data shop.csv --label class_id --learners logistic_regression" + std::string(models);

}  // namespace

TEST_CASE("no output takes the place of a file that is read, under whatever name") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  REQUIRE(command::run(work, run_line + "--out o").code == 0);
  REQUIRE(command::run(work, "embed --data shop.csv --text-model tiny-bert --out v.npy").code == 0);
  REQUIRE(command::run(work,
                       "train --data shop.csv --label class_id --modality text --text-model tiny-bert "
                       "--out p.safetensors")
              .code == 0);
  fs::create_hard_link(work / "one.png", work / "hard.csv");
  fs::create_hard_link(work / "weights/tiny-bert/vocab.txt", work / "hard.safetensors");
  fs::create_symlink("shop.csv", work / "soft.jsonl");
  fs::create_symlink("../shop.csv", work / "o/report.md.link");
  fs::create_directories(work / "linked");
  fs::create_hard_link(work / "one.png", work / "linked/report.html");
  fs::create_directories(work / "data");
  fs::create_hard_link(work / "shop.csv", work / "data/text_mlp_results.csv");
  aisle::write_file(work / "splits.json", "{\"splits\": [{\"test\": [0, 1, 2, 3, 4, 5]}]}");
  fs::create_hard_link(work / "splits.json", work / "linked/predictions.csv");
  aisle::write_file(work / "rows.jsonl", "{\"id\": 1, \"text\": \"red\", \"image\": \"two.png\"}\n");
  aisle::write_file(work / "stdin", "");
  const auto before = command::files_of(work.path());
  const std::string embed = "embed --data shop.csv --text-model tiny-bert ",
                    predict = "predict --data shop.csv --model o ";
  for (const std::string& line : std::vector<std::string>{
           embed + "--out weights/tiny-bert/model.safetensors",
           embed + "--format csv --out weights/tiny-bert/config.json",
           embed + "--format csv --out weights/tiny-bert/vocab.txt",
           embed + "--out hard.safetensors",
           embed + "--out soft.jsonl",
           embed + "--format csv --out o.csv --skipped one.png",
           "embed --data shop.csv --image-model resnet18 --format csv --out one.png",
           "embed --data shop.csv --image-model resnet18 --out hard.csv",
           "embed --in rows.jsonl --image-model resnet18 --format jsonl --out two.png",
           "embed --data Embeddings/text_embeddings_tiny-bert.csv --id-column sku --text-columns name "
           "--text-model tiny-bert --out Embeddings",
           predict + "--out o/metrics.json",
           predict + "--out o/text.safetensors",
           predict + "--out o/predictions.csv",
           predict + "--out one.png",
           predict + "--out weights/resnet18/model.safetensors",
           predict + "--out q.csv --skipped o/text_results.csv",
           predict + "--out Embeddings/Embeddings_resnet18.csv --embeddings Embeddings",
           "predict --data shop.csv --model p.safetensors --out p.safetensors",
           "predict --data shop.csv --model p.safetensors --text-embeddings v.npy --out v.ids.csv",
           "predict --data shop.csv --model p.safetensors --out q.csv --skipped ./q.csv",
           "train --data shop.csv --label class_id --text-model tiny-bert --modality text --out "
           "weights/tiny-bert/model.safetensors",
           "train --data shop.csv --label class_id --text-embeddings v.npy --modality text --out v.npy",
           "run --data o/text_results.csv --label Predictions --id-column Predictions --out o",
           "run --data Embeddings/text_embeddings_tiny-bert.csv --label class_id --out n --embeddings "
           "Embeddings --image-model none --text-model tiny-bert",
           run_line + "--out data",
           run_line + "--out linked",
           "run --data rows.csv --label class_id --split splits.json --out linked" + std::string(models),
           "report --results o --out linked",
           "preprocess one.png --image-model resnet18 --out one.png",
           "preprocess one.png --image-model resnet18 --out weights/resnet18/model.safetensors",
           "weights convert weights/tiny-bert weights/tiny-bert/model.safetensors"}) {
    CAPTURE(line);
    const auto o = command::run(work, line);
    CAPTURE(o.err);
    CHECK(o.code == 2);
    // What a pipeline reads of stored embeddings is known later than that they are some.
    if (has(line, "--out Embeddings/Embeddings_resnet18.csv"))
      CHECK(has(o.err, "is a table of stored embeddings"));
    else
      CHECK((has(o.err, "is the file that is read") || has(o.err, "is also written by")));
    auto now = command::files_of(work.path());
    for (const char* ours : {"stdin", "stdout", "stderr"}) now.erase(ours);
    for (const auto& file : before)
      if (const std::string& name = file.first; name != "stdin" && name != "stdout" && name != "stderr")
        CHECK_MESSAGE(now[name] == file.second, name);
  }
  // Where nothing is read, nothing is in the way; an output may be written again.
  CHECK(command::run(work, run_line + "--out o").code == 0);
  CHECK(command::run(work, embed + "--out v.npy").code == 0);
  CHECK(command::run(work, embed + "--out weights/tiny-bert/v.npy").code == 0);
  CHECK(command::run(work, embed + "--out weights/tiny-bert/v.npy").code == 0);
  CHECK(command::run(work,
                     "run --data shop.csv --label class_id --learners logistic_regression "
                     "--text-embeddings Embeddings/text_embeddings_tiny-bert.csv --image-model none "
                     "--out o")
            .code == 0);
  CHECK(command::run(work, "report --results o --image-root .").code == 0);
}

TEST_CASE("two writers of one folder: the second is refused by name, and nothing of the first is touched") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  REQUIRE(command::run(work, run_line + "--out o").code == 0);
  const auto before = command::files_of(work / "o");
  {
    const aisle::folder_lock lock(work / "o");
    for (const std::string& line : {run_line + "--out o", std::string("report --results o")}) {
      const auto o = command::run(work, line);
      CAPTURE(o.err);
      CHECK(o.code == 1);
      CHECK(has(o.err, "aisle: error: o: "));
      CHECK(has(o.err, "is writing into it"));
      CHECK(command::files_of(work / "o") == before);
    }
    CHECK(command::run(work, "predict --data shop.csv --model o --out p.csv").code == 0);
  }
  CHECK(command::run(work, run_line + "--out o").code == 0);
  // Embeddings and results in one folder have one writer, too.
  const auto one = command::run(work, run_line + "--out both --embeddings both");
  CAPTURE(one.err);
  CHECK(one.code == 0);
  CHECK(command::run(work, "predict --data shop.csv --model both --out p.csv").code == 0);
}

TEST_CASE("two runs at once into one folder leave the results of one") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  const int null = ::open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; ++i) {
    std::vector<pid_t> children;
    for (const char* label : {"class_id", "other"})
      children.push_back(command::start(
          work,
          {"run", "--data", "shop.csv", "--label", label, "--out", "o", "--embeddings", "E", "--learners",
           "logistic_regression", "--text-model", "tiny-bert", "--image-model", "none"},
          null, null));
    int good = 0;
    for (const pid_t child : children) good += command::wait_for(child) == 0;
    CHECK(good >= 1);
    CHECK_NOTHROW(aisle::check_results(work / "o"));
    CHECK(command::run(work, "predict --data shop.csv --model o --out p.csv").code == 0);
    CHECK(command::run(work, "report --results o --image-root .").code == 0);
  }
  ::close(null);
}

TEST_CASE("results of two runs in one folder: predict and report say so") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  REQUIRE(command::run(work, run_line + "--out a").code == 0);
  aisle::write_file(work / "shop.csv", rows("Trousers", "Hats"));
  REQUIRE(command::run(work, run_line + "--out b").code == 0);
  const auto put = [&](const std::string& name) {
    fs::copy_file(work / ("b/" + name), work / ("a/" + name), fs::copy_options::overwrite_existing);
  };
  put("text.safetensors");
  auto o = command::run(work, "predict --data shop.csv --model a --out p.csv");
  CHECK(o.code == 1);
  CHECK(has(o.err, "a/text.safetensors: is not the file that metrics.json beside it names"));
  CHECK_FALSE(aisle::file_exists(work / "p.csv"));
  CHECK(command::run(work, "report --results a --image-root .").code == 0);
  put("report.json");
  o = command::run(work, "report --results a");
  CHECK(o.code == 1);
  CHECK(has(o.err, "a/report.json: is not the file"));
  fs::remove(work / "a/metrics.json");
  for (const std::string& line :
       {std::string("report --results a"), std::string("predict --data shop.csv --model a --out p.csv")}) {
    o = command::run(work, line);
    CHECK(o.code == 1);
    CHECK(has(o.err, "no metrics.json, which comes last"));
  }
}

TEST_CASE("a matrix and its ids are of one call, or told apart") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  const auto embed = [&](const std::string& data, const std::string& to) {
    return command::run(work, "embed --data " + data + " --text-model tiny-bert --out " + to);
  };
  aisle::write_file(work / "same.csv", "sku,name\n7,red\n8,blue\n9,jeans\n");
  aisle::write_file(work / "size.csv", "sku,name\n7,cotton\n9,shirt\n8,a b\n");
  REQUIRE(embed("same.csv", "v.npy").code == 0);
  REQUIRE(embed("size.csv", "w.npy").code == 0);
  const std::string use =
      "train --data shop.csv --label class_id --modality text --out p.safetensors "
      "--text-embeddings ";
  CHECK(command::run(work, use + "v.npy").code == 3);
  CHECK(std::system(("cd '" + work.path() + "' && sha256sum --quiet -c v.sha256").c_str()) == 0);
  for (const char* ending : {".npy", ".ids.csv"}) {
    fs::copy(work / "v.npy", work / "m.npy"), fs::copy(work / "v.ids.csv", work / "m.ids.csv");
    std::string sums = aisle::read_file(work / "v.sha256");
    for (std::size_t at; (at = sums.find("  v.")) != std::string::npos;) sums.replace(at, 4, "  m.");
    aisle::write_file(work / "m.sha256", sums);
    CHECK(command::run(work, use + "m.npy").code == 3);
    fs::copy_file(work / (std::string("w") + ending), work / (std::string("m") + ending),
                  fs::copy_options::overwrite_existing);
    const auto o = command::run(work, use + "m.npy");
    CHECK(o.code == 1);
    CHECK(has(o.err, "is not the file that m.sha256 beside it names"));
    fs::remove(work / "m.sha256");
    CHECK(command::run(work, use + "m.npy").code == 3);  // whoever removes the sums knows
    for (const char* file : {"m.npy", "m.ids.csv"}) fs::remove(work / file);
  }
  // A call that fails leaves the pair that was there, whole, and nothing of its own.
  const auto before = command::files_of(work.path());
  fs::create_directory(work / "x.ids.csv");
  const auto limited = command::run(work, "embed --data shop.csv --text-model tiny-bert --out v.npy", {},
                                    "trap '' XFSZ; ulimit -f 4;");
  CHECK(limited.code == 1);
  CHECK(has(limited.err, "v.npy: cannot write"));
  for (const char* name : {"v.npy", "v.ids.csv", "v.sha256"})
    CHECK(aisle::read_file(work / name) == before.at(name));
  for (const auto& e : fs::directory_iterator(work.path())) CHECK_FALSE(e.path().string().ends_with(".part"));
}

TEST_CASE("files keep their permissions and links, also those that go first and come last") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  aisle::write_file(work / "next.csv", rows("Trousers", "Hats") + "24,green,one.png,Hats,x\n");
  const auto change = [&](const std::vector<std::string>& files, int mode) {
    for (const std::string& f : files)
      fs::permissions(work / f, static_cast<fs::perms>(mode), fs::perm_options::replace);
  };
  const auto keep = [&](const std::vector<std::string>& files, int mode) {
    for (const std::string& f : files) {
      CAPTURE(f);
      CHECK(static_cast<int>(fs::status(work / f).permissions()) == mode);
    }
  };
  const auto embed = [&](const std::string& data, const std::string& model, const std::string& to) {
    return command::run(work, "embed --data " + data + " --text-model " + model + " --out " + to).code;
  };
  const std::vector<std::string> matrix = {"v.npy", "v.ids.csv", "v.sha256"};
  REQUIRE(embed("shop.csv", "tiny-bert", "v.npy") == 0);
  change(matrix, 0600);
  REQUIRE(embed("next.csv", "tiny-bert", "v.npy") == 0);
  keep(matrix, 0600);

  const std::string csv = "E/text_embeddings_tiny-bert.csv";
  REQUIRE(embed("shop.csv", "tiny-bert", "E/") == 0);
  REQUIRE(aisle::file_exists(work / csv));
  const std::vector<std::string> stored = {csv, csv + ".manifest.json"};
  change(stored, 0600);
  REQUIRE(embed("next.csv", "tiny-bert", "E/") == 0);
  keep(stored, 0600);
  // Kept on a larger disk, say.
  fs::create_directory(work / "far");
  fs::rename(work / csv, work / "far/big.csv");
  fs::create_symlink("../far/big.csv", work / csv);
  REQUIRE(embed("shop.csv", "tiny-bert", "E/") == 0);
  CHECK(fs::is_symlink(work / csv));
  CHECK(aisle::read_csv(work / "far/big.csv").rows.size() == 25);  // it has the rows of both
  keep({"far/big.csv"}, 0600);
  // Of other weights under the same name: the old vectors are put aside, and the link stays.
  const std::string old = aisle::read_file(work / "far/big.csv");
  const std::string weights = work / "weights/tiny-bert/model.safetensors";
  std::string bytes = aisle::read_file(weights);
  bytes[bytes.size() - 2] = static_cast<char>(bytes[bytes.size() - 2] ^ 0x20);
  aisle::write_file(weights, bytes);
  const std::string aside = "E/text_embeddings_tiny-bert.old.csv";
  aisle::write_file(work / aside, "of long ago");
  change({aside}, 0644);
  const auto o = command::run(work, "embed --data shop.csv --text-model tiny-bert --out E/");
  CAPTURE(o.err);
  REQUIRE(o.code == 0);
  CHECK(fs::is_symlink(work / csv));
  CHECK_FALSE(aisle::read_file(work / "far/big.csv") == old);
  CHECK(aisle::read_file(work / aside) == old);
  keep({"far/big.csv", csv + ".manifest.json", aside}, 0600);
}

TEST_CASE("a file that is good only with others is not replaced alone, nor taken from another run") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  REQUIRE(command::run(work, run_line + "--out a --embeddings E").code == 0);
  aisle::write_file(work / "next.csv", rows("Trousers", "Hats"));
  REQUIRE(command::run(work, "run --data next.csv --label class_id --learners logistic_regression" +
                                 std::string(models) + "--out b")
              .code == 0);
  const auto results = command::files_of(work / "b"), stored = command::files_of(work / "E");
  const std::string predict = "predict --data shop.csv --model a/text.safetensors --out ";
  for (const char* path : {"b/predictions.csv", "b/image.safetensors", "b/metrics.json"}) {
    CAPTURE(path);
    const auto o = command::run(work, predict + path);
    CHECK(o.code == 2);
    CHECK(has(o.err, std::string(path) + ": is of the results in b, which metrics.json holds together"));
  }
  auto o = command::run(work, predict + "E/text_embeddings_tiny-bert.csv");
  CHECK(o.code == 2);
  CHECK(has(o.err, "stored embeddings"));
  CHECK(command::files_of(work / "b") == results);
  CHECK(command::files_of(work / "E") == stored);
  CHECK(command::run(work, predict + "b/mine.csv").code == 0);

  fs::create_symlink("b/predictions.csv", work / "link.csv");
  CHECK(command::run(work, predict + "link.csv").code == 2);
  CHECK(command::run(work, "weights convert weights/tiny-bert b/text.safetensors").code == 2);
  // A run that finds nothing to do leaves its list of rows, and the results as they are.
  aisle::write_file(work / "none.csv", "sku,name,image_path,class_id\n1,,,Hats\n");
  CHECK(command::run(work, "run --data none.csv --label class_id" + std::string(models) + "--out b").code !=
        0);
  CHECK(command::run(work, "compare a b").code == 0);
  fs::copy_file(work / "a/text.safetensors", work / "b/text.safetensors",
                fs::copy_options::overwrite_existing);
  o = command::run(work, "compare a b");
  CHECK(o.code == 1);
  CHECK(has(o.err, "b/text.safetensors: is not the file that metrics.json beside it names"));
  o = command::run(work, "predict --data shop.csv --model b/text.safetensors --out p.csv");
  CHECK(o.code == 1);
  CHECK(has(o.err, "b/text.safetensors: is not the file"));
  fs::remove(work / "b/text.safetensors");  // whoever removes a file does not miss it
  CHECK(command::run(work, "compare a b").code == 0);
}

TEST_CASE("evaluate takes a file of a results folder that metrics.json names, not that of another run") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  REQUIRE(command::run(work, run_line + "--out a").code == 0);
  aisle::write_file(work / "shop.csv", rows("Trousers", "Hats"));
  REQUIRE(command::run(work, run_line + "--out b").code == 0);
  CHECK(command::run(work, "evaluate a/text_results.csv").code == 0);
  fs::copy_file(work / "b/text_results.csv", work / "a/text_results.csv",
                fs::copy_options::overwrite_existing);
  const auto o = command::run(work, "evaluate a/text_results.csv");
  CHECK(o.code == 1);
  CHECK(has(o.err, "a/text_results.csv: is not the file that metrics.json beside it names"));
  CHECK(o.out.empty());
  // Files of one's own, and results without a folder's index.
  fs::copy_file(work / "a/text_results.csv", work / "a/mine.csv");
  CHECK(command::run(work, "evaluate a/mine.csv").code == 0);
  fs::copy_file(work / "a/text_results.csv", work / "text_results.csv");
  CHECK(command::run(work, "evaluate text_results.csv").code == 0);
}

TEST_CASE("two calls with the same outputs at once: all files of one, then all of the other") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  REQUIRE(command::run(work,
                       "train --data shop.csv --label class_id --modality text --text-model tiny-bert "
                       "--out p.safetensors")
              .code == 0);
  // Each has a row that cannot be done, and ids of its own.
  aisle::write_file(work / "x.csv", "sku,name,class_id\nx1,red,Jeans\nx2,,\nx3,blue,Shirts\nx4,red,Jeans\n");
  aisle::write_file(work / "y.csv", "sku,name,class_id\ny1,red,Hats\ny2,,\ny3,blue,Caps\ny4,blue,Caps\n");
  struct call {
    std::string arguments, out;
  };
  const std::vector<call> calls = {
      {"predict --model p.safetensors --data @.csv --out to/p.csv --skipped to/s.csv", "to/p.csv"},
      {"embed --data @.csv --text-model tiny-bert --out to/v.npy --skipped to/s.csv", "to/v.ids.csv"},
      {"train --data @.csv --label class_id --modality text --text-model tiny-bert --out to/t.safetensors "
       "--skipped to/s.csv",
       "to/t.safetensors"}};
  const int null = ::open("/dev/null", O_RDWR);
  for (const call& c : calls) {
    CAPTURE(c.arguments);
    fs::remove_all(work / "to");
    fs::create_directory(work / "to");
    std::vector<pid_t> children;
    {
      const aisle::folder_lock busy(work / "to");
      for (const char* data : {"x", "y"}) {
        std::vector<std::string> arguments = {"-c", "exec \"$0\" " + c.arguments + " 2> " + data + ".err",
                                              command::program()};
        const std::size_t at = arguments[1].find('@');
        arguments[1].replace(at, 1, data);
        children.push_back(command::start(work, arguments, null, null, "/bin/sh"));
      }
      for (const char* data : {"x", "y"}) {
        const std::string err = work / (std::string(data) + ".err");
        for (int i = 0; i < 3000 && !has(command::written_so_far(err), "waiting for"); ++i)
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
        CHECK(has(command::written_so_far(err), "to: waiting for"));
      }
      CHECK_FALSE(fs::exists(work / c.out));
      CHECK_FALSE(fs::exists(work / "to/s.csv"));
    }
    for (const pid_t child : children) CHECK(command::wait_for(child) == 3);
    const bool of_x = has(aisle::read_file(work / "to/s.csv"), "x2");
    const std::string out = aisle::read_file(work / c.out);
    CHECK(has(out, c.out.ends_with(".csv") ? (of_x ? "x1" : "y1") : (of_x ? "Shirts" : "Caps")));
  }
  ::close(null);
}

TEST_CASE("weights get keeps what is not of a source, and ids are names of folders") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  fs::create_directories(work / "store");
  fs::create_directories(work / "weights/m");
  aisle::write_file(work / "store/model.safetensors", "of the source");
  aisle::write_file(work / "store/a.pth", "of another");
  aisle::write_file(work / "weights/m/model.safetensors", "my own");
  aisle::write_file(work / "weights/m/a.pth", "of another");
  const auto source = [&](const std::string& name) {
    return "{\"kind\": \"file\", \"url\": \"" + work / "store" + "\", \"files\": [{\"path\": \"" + name +
           "\", \"sha256\": \"" + aisle::detail::sha256_of_file(work / ("store/" + name)) + "\"}]}";
  };
  const auto manifest = [&](const std::string& id, const std::string& sources) {
    aisle::write_file(work / "manifest.json", "{\"schema\": 1, \"models\": [{\"id\": \"" + id +
                                                  "\", \"sources\": [" + sources + "]}]}");
  };
  const auto get = [&](const std::string& id) {
    return command::run(work, "weights get " + id + " --manifest manifest.json");
  };
  manifest("m", source("model.safetensors") + "," + source("a.pth"));
  fs::remove(work / "weights/m/a.pth");
  auto o = get("m");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  CHECK(aisle::read_file(work / "weights/m/model.safetensors") == "of the source");
  CHECK(aisle::read_file(work / "weights/m/model.safetensors.old") == "my own");
  CHECK(has(o.err, "kept as model.safetensors.old"));
  // Again, with another file of the user's; and what a source brought leaves for another's.
  aisle::write_file(work / "weights/m/model.safetensors", "my second");
  CHECK(get("m").code == 0);
  CHECK(aisle::read_file(work / "weights/m/model.safetensors.old") == "my own");
  CHECK(aisle::read_file(work / "weights/m/model.safetensors.old.2") == "my second");
  manifest("m", source("a.pth") + "," + source("model.safetensors"));
  fs::remove(work / "weights/m/model.safetensors");
  CHECK(get("m").code == 0);
  CHECK(aisle::read_file(work / "weights/m/a.pth") == "of another");
  CHECK(command::files_of(work / "weights/m").size() == 3);

  fs::create_directories(work / "victim");
  aisle::write_file(work / "victim/a.pth", "precious");
  for (const std::string id :
       {"../victim", "..", ".", "", "a/b", "m.part", "/tmp/x", "a\\\\b", "a\\u0000b"}) {
    CAPTURE(id);
    manifest(id, source("a.pth"));
    // The name as JSON has it; one that no shell can say is asked for as nothing it is.
    const std::string name = id == "a\\\\b" ? "a\\b" : id.find("\\u") == std::string::npos ? id : "other";
    o = command::run(work, "weights get '" + name + "' --manifest manifest.json");
    CHECK(o.code == (name == "other" ? 2 : 1));
    CHECK((has(o.err, "expected a plain name of a folder") || name == "other"));
    CHECK(aisle::read_file(work / "victim/a.pth") == "precious");
  }
}
