// What can be known early is said early: before anything is embedded, in one sentence.

#include "command.hpp"

#include <doctest/doctest.h>

#include <aisle/io/csv.hpp>

namespace {

using command::has;

const std::string tiny = "--text-model tiny-bert --image-model resnet18 ";

/// `classes` classes of `each` rows, with texts and no column of pictures.
std::string rows_of(int classes, int each) {
  std::string csv = "sku,name,kind\n";
  for (int i = 0; i < classes * each; ++i)
    csv += "P" + std::to_string(i) + ",blue shirt " + std::to_string(i) + ",make " +
           std::to_string(i / each) + "\n";
  return csv;
}

std::size_t warnings_of(const std::string& err) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = err.find("warning", at)) != std::string::npos; ++at) ++n;
  return n;
}

struct early {
  support::temporary_folder work;
  early() {
    command::make_models(work);
    command::make_catalogue(work);
  }
  void fails(const std::string& line, int code, std::initializer_list<const char*> messages) const {
    const auto o = command::run(work, line);
    CAPTURE(line);
    CAPTURE(o.err);
    CHECK(o.code == code);
    for (const char* m : messages) CHECK_MESSAGE(has(o.err, m), m);
    CHECK_FALSE(aisle::folder_exists(work / "Embeddings"));
    CHECK_FALSE(aisle::file_exists(work / "E/text_embeddings_tiny-bert.csv"));
  }
};

}  // namespace

TEST_CASE("more classes than test rows: the test size that would do") {
  if (command::program().empty()) return;
  const early e;
  const std::string run = "run --data c.csv --label kind --out out --learners logistic_regression " + tiny;
  aisle::write_file(e.work / "c.csv", rows_of(30, 2));
  e.fails(run, 1,
          {"30 classes in 60 rows", "18 to test on", "--test-size 0.49 is the least", "0.5 the largest"});
  e.fails(run + "--test-size 0.48", 1, {"--test-size 0.49"});
  e.fails(run + "--test-size 0.8", 1, {"12 to train on", "0.5 the largest"});
  for (const char* size : {"0.49", "0.5"}) {
    const auto o = command::run(e.work, run + "--test-size " + size);
    CAPTURE(o.err);
    CHECK(o.code == 0);
  }
}

TEST_CASE("a single class: one sentence") {
  if (command::program().empty()) return;
  const early e;
  aisle::write_file(e.work / "c.csv", rows_of(1, 12));
  for (const std::string line :
       {"run --data c.csv --label kind --out out --text-model tiny-bert --image-model none",
        "train --data c.csv --label kind --out t.safetensors --modality text --text-model tiny-bert"}) {
    e.fails(line, 4, {"all 12 rows that can take part are of one class, 'make 0'"});
    CHECK(warnings_of(command::run(e.work, line).err) == 0);
  }
}

TEST_CASE("the name of a model that is not there: the nearest, before the data are read") {
  if (command::program().empty()) return;
  const early e;
  const auto wrong = [&](const std::string& option, const std::string& id, const char* hint) {
    e.fails("run --data absent.csv --label kind --out out --" + option + " " + id, 1, {hint});
    e.fails("embed --data absent.csv --out e.npy --" + option + " " + id, 1, {hint});
  };
  wrong("text-model", "all-minilm-l6-v2", "did you mean all-MiniLM-L6-v2?");
  wrong("text-model", "sentence-transformers/all-MiniLM-L6-v2", "did you mean all-MiniLM-L6-v2?");
  wrong("text-model", "tiny_bert", "did you mean tiny-bert?");
  wrong("image-model", "resnet-18", "did you mean resnet18?");
  wrong("image-model", "efficientnet_lite0", "did you mean efficientnet-lite0?");
  const auto o = command::run(e.work, "run --data absent.csv --label kind --out out --text-model word2vec");
  CHECK_FALSE(has(o.err, "did you mean"));
  CHECK(has(o.err, "word2vec: no such model folder"));
}

TEST_CASE("a model of the other kind, or that nobody knows the pictures of") {
  if (command::program().empty()) return;
  const early e;
  const std::string run = "run --data products.csv --label price --out out --learners logistic_regression ";
  aisle::write_file(
      e.work / "products.csv",
      "sku,name,image_path,price\n1,a,one.png,x\n2,b,two.png,x\n3,a,one.png,y\n4,b,two.png,y\n");
  e.fails(run + "--test-size 0.5 --text-model tiny-bert --image-model tiny-bert", 1,
          {"--image-model", "holds a model of text"});
  e.fails(run + "--test-size 0.5 --text-model resnet18 --image-model resnet18", 1,
          {"--text-model", "holds a model of pictures"});
  e.fails("embed --data products.csv --out E/ --text-model tiny-bert --image-model tiny-bert", 1,
          {"holds a model of text"});
  std::filesystem::copy(e.work / "weights/resnet18", e.work / "weights/mine");
  e.fails(run + "--test-size 0.5 --text-model tiny-bert --image-model mine", 1,
          {"nothing says how pictures are prepared for mine", "--preset NAME"});
  e.fails("embed --data products.csv --out E/ --text-model tiny-bert --image-model mine", 1,
          {"nothing says how pictures are prepared for mine", "--preset NAME"});
}

TEST_CASE("outputs that cannot be written are found before a model is loaded") {
  if (command::program().empty()) return;
  const early e;
  aisle::write_file(e.work / "file", "mine");
  std::filesystem::create_directory(e.work / "folder");
  const std::string data = "--data absent.csv ", label = "--label kind ";
  e.fails("run --out file " + data + label, 1, {"--out file: is a file, expected a folder"});
  e.fails("run --out file/deeper " + data + label, 1,
          {"--out file/deeper: file is a file, expected a folder"});
  e.fails("run --out out --embeddings file " + data + label, 1, {"--embeddings file: is a file"});
  e.fails("run --out /proc/out " + data + label, 1, {"--out /proc/"});
  e.fails("train --out folder " + data + label, 1, {"--out folder: is a folder, expected a file"});
  e.fails("train --out nowhere/t.safetensors " + data + label, 1, {"there is no folder nowhere"});
  e.fails("train --out t.safetensors --skipped nowhere/s.csv " + data + label, 1,
          {"--skipped nowhere/s.csv"});
  e.fails("predict --model absent --out nowhere/p.csv " + data, 1, {"--out nowhere/p.csv"});
  e.fails("embed --out file/e.npy --text-model tiny-bert " + data, 1,
          {"--out file: is a file, expected a folder"});
  e.fails("embed --out file/ --text-model tiny-bert " + data, 1, {"file"});
  e.fails("embed --out /proc/e.csv --text-model tiny-bert " + data, 1, {"--out /proc/e.csv"});
  for (const auto& file : command::files_of(e.work.path())) CHECK_FALSE(file.first.ends_with(".part"));
  CHECK(aisle::read_file(e.work / "file") == "mine");
}

TEST_CASE("no row has a picture: said with the number of rows") {
  if (command::program().empty()) return;
  const early e;
  aisle::write_file(e.work / "c.csv", rows_of(2, 12));
  const std::string run = "run --data c.csv --label kind --learners logistic_regression --out out ";
  auto o = command::run(e.work, run + tiny);
  CAPTURE(o.err);
  CHECK(o.code == 0);
  CHECK(has(o.err, "--image-model resnet18: none of 24 rows has a picture"));
  CHECK(has(o.err, "texts alone are looked at"));
  o = command::run(e.work, run + "--text-model tiny-bert");
  CHECK(o.code == 0);
  CHECK(has(o.err,
            "c.csv: none of 24 rows has a picture (there is no column of them); texts alone are looked at"));
  CHECK_FALSE(has(o.err, "warning: c.csv: none"));
  o = command::run(e.work, run + "--text-model tiny-bert --image-model none");
  CHECK_FALSE(has(o.err, "has a picture"));
  // What exports write for no picture is none.
  std::string lines;
  for (int i = 0; i < 24; ++i)
    lines += "{\"sku\":" + std::to_string(i) + ",\"name\":\"blue " + (i % 2 ? "cup" : "coat") +
             "\",\"kind\":\"" + (i % 2 ? "A" : "B") + "\",\"image_path\":" + (i % 3 ? "[]" : "\"nan\"") +
             "}\n";
  aisle::write_file(e.work / "c.jsonl", lines);
  o = command::run(e.work,
                   "run --data c.jsonl --label kind --learners logistic_regression --out out " + tiny);
  CAPTURE(o.err);
  CHECK(o.code == 0);
  CHECK(has(o.err, "none of 24 rows has a picture (column image_path is empty)"));
  o = command::run(e.work, "train --data c.csv --label kind --out t.safetensors " + tiny);
  CHECK(o.code == 4);
  CHECK(has(o.err, "no row of 24 has a label, a text and a picture"));
}

TEST_CASE("small things are said as they are") {
  if (command::program().empty()) return;
  const early e;
  auto o = command::run(e.work, "tokenize --text-model tiny-bert");
  CHECK(o.code == 4);
  CHECK(has(o.err, "nothing to do: stdin: no lines"));
  o = command::run(e.work, "tokenize --text-model tiny-bert --json", "\"a\"\n{\n");
  CHECK(o.code == 3);
  CHECK(has(o.out, "{\"error\":\"line 2, column 2: "));
  CHECK(has(o.err, "1 of 2 lines are no JSON strings"));
  o = command::run(e.work, "embed --in - --out - --text-model tiny-bert", "{\"id\":1,\"text\":}\n");
  CHECK(has(o.err, "stdin: row 0: line 1, column 16: "));
  o = command::run(e.work, "tokenize --text-model tiny-bert", "a\n", "AISLE_THREADS=foo");
  CHECK(o.code == 2);
  CHECK(has(o.err, "AISLE_THREADS is 'foo', expected a number"));
  CHECK(command::run(e.work, "--version", {}, "AISLE_THREADS=foo").code == 0);
}
