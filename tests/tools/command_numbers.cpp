// Numbers that are none: no output holds them, and what held them is named.

#include <limits>

#include <doctest/doctest.h>

#include "command.hpp"

namespace {

/// The checkpoint again, with one element of a tensor changed.
void damage(const std::string& path, const std::string& name, std::size_t element, float value) {
  const aisle::state_dict from = aisle::read_safetensors(path);
  aisle::state_dict to;
  for (const auto& e : from.entries()) {
    aisle::tensor t = from.read(e.name);
    if (e.name == name) t.data<float>()[element] = value;
    to.add(e.name, std::move(t));
  }
  const auto metadata = from.metadata();
  aisle::write_safetensors(path + ".new", to, metadata);
  std::filesystem::rename(path + ".new", path);
}

/// Names of the tensors of floats.
std::vector<std::string> tensors_of(const std::string& path) {
  std::vector<std::string> names;
  const aisle::state_dict all = aisle::read_safetensors(path);
  for (const auto& e : all.entries())
    if (e.type == aisle::dtype::f32) names.push_back(e.name);
  return names;
}

}  // namespace

TEST_CASE("weights that are not finite: no vector comes of them, and `weights check` names the tensor") {
  if (command::program().empty()) return;
  for (const std::string id : {"tiny-bert", "resnet18"}) {
    const bool text = id == "tiny-bert";
    const support::temporary_folder fresh;
    command::make_models(fresh);
    const std::string good = aisle::read_file(fresh / ("weights/" + id + "/model.safetensors"));
    const auto names = tensors_of(fresh / ("weights/" + id + "/model.safetensors"));
    const support::temporary_folder work;
    command::make_models(work);
    command::make_catalogue(work);
    const std::string path = work / ("weights/" + id + "/model.safetensors");
    int used = 0;
    for (std::size_t i = 0; i < names.size(); i += 3) {
      const std::string& name = names[i];
      CAPTURE(name);
      aisle::write_file(path, good);
      // The word "blue" of the vocabulary, the first element of others.
      const bool words = name.find("word_embeddings") != std::string::npos;
      damage(path, name, words ? 4 * 32 : 0,
             i % 2 ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity());
      const auto checked = command::run(work, "weights check " + id);
      const auto embedded = command::run(work, "embed --data products.csv --out - --" +
                                                   std::string(text ? "text" : "image") + "-model " + id);
      CAPTURE(embedded.err);
      if (name.starts_with("fc.") || checked.code == 0) {  // a head that no vector comes of
        CHECK(embedded.code == 3);
        continue;
      }
      ++used;
      CHECK(command::has(checked.err, "'" + name + "'"));
      CHECK(command::has(checked.err, "not finite"));
      CHECK(embedded.code == 1);
      CHECK(command::has(embedded.err, "model.safetensors"));
      CHECK(embedded.out.empty());
    }
    CHECK(used > 3);
  }
}

TEST_CASE("a limit of tokens that is no number of them is refused") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  for (const char* limit : {"-1e30", "0", "1", "2", "-5", "2.5"}) {
    CAPTURE(limit);
    aisle::write_file(work / "weights/tiny-bert/tokenizer_config.json",
                      std::string("{\"model_max_length\": ") + limit + "}");
    const auto o = command::run(work, "embed --data products.csv --text-model tiny-bert --out v.npy");
    CHECK(o.code == 1);
    CHECK_FALSE(aisle::file_exists(work / "v.npy"));
  }
  aisle::write_file(work / "weights/tiny-bert/tokenizer_config.json", "{\"model_max_length\": 1e30}");
  CHECK(command::run(work, "embed --data products.csv --text-model tiny-bert --out v.npy").code == 3);
}

TEST_CASE("a row of the manifest that cannot be used stops that model alone") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  std::filesystem::create_directories(work / "origin");
  aisle::write_file(work / "origin/a.bin", "abc");
  const std::string source =
      R"("sources": [{"kind": "file", "url": ")" + (work / "origin") + R"(", "files": [{"path": "a.bin")";
  aisle::write_file(
      work / "m.json",
      R"({"schema": 1, "models": [{"id": "bad", )" + source + R"(, "sha256": 5}]}]}, {"id": "../up", )" +
          source + R"(}]}]}, {"id": 7, "sources": []}, {"id": "less", )" + source +
          R"(, "size": -2}]}]}, {"id": "good", )" + source +
          R"(, "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}]}]}]})");
  const auto all = command::run(work, "weights get good bad ../up less --manifest m.json --weights w");
  CAPTURE(all.err);
  CHECK(all.code == 1);
  CHECK(command::has(all.err, "models[0].sources[0].files[0].sha256: expected a string, found an integer"));
  CHECK(command::has(all.err, "models[1].id: expected a plain name of a folder"));
  CHECK(command::has(all.err, "models[3].sources[0].files[0].size: expected bytes, found -2"));
  CHECK(aisle::read_file(work / "w/good/a.bin") == "abc");
  CHECK_FALSE(std::filesystem::exists(work / "up"));
  CHECK_FALSE(std::filesystem::exists(work / "w/less"));
  const auto listed = command::run(work, "weights list --manifest m.json --weights w");
  CHECK(listed.code == 0);
  CHECK(command::has(listed.out, "good "));
  CHECK(command::has(listed.out, "bad  cannot be used: "));
}

TEST_CASE("pictures outside the catalogue's folder are read where --allow-outside says so") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  std::filesystem::create_directories(work / "shop");
  std::filesystem::copy_file(support::data("image/files/l_37x53.png"), work / "far.png");
  aisle::write_file(work / "secret.txt", "password: swordfish");
  aisle::write_file(work / "shop/p.csv", "sku,name,image_path\n1,a,../far.png\n2,b,../secret.txt\n");
  const std::string embed = "embed --data shop/p.csv --image-model resnet18 --skipped s.csv --out v.csv";
  const auto refused = command::run(work, embed);
  CHECK(refused.code == 4);
  CHECK(command::has(refused.err, "--allow-outside"));
  const auto read = command::run(work, embed + " --allow-outside");
  CHECK(read.code == 3);
  CHECK(command::lines_of(aisle::read_file(work / "v.csv")).size() == 2);
  const std::string skipped = aisle::read_file(work / "s.csv");
  CHECK(command::has(skipped, "secret.txt"));
  for (const char* bytes : {"passw", "70 61", "swordfish"}) CHECK_FALSE(command::has(skipped, bytes));

  // Where all are refused the job goes on with the texts, and says why.
  std::string table = "sku,name,image_path,k\n";
  for (int i = 0; i < 8; ++i)
    table += std::to_string(i) + ",blue,../far.png," + (i % 2 ? "odd" : "even") + "\n";
  aisle::write_file(work / "shop/q.csv", table);
  const auto texts = command::run(work,
                                  "run --data shop/q.csv --label k --text-model tiny-bert --image-model "
                                  "resnet18 --out out --learners logistic_regression");
  CAPTURE(texts.err);
  CHECK(texts.code == 3);
  CHECK(command::has(texts.err, "going on with the texts alone"));
  CHECK(command::has(aisle::read_file(work / "out/skipped.csv"), "--allow-outside"));
}

TEST_CASE("--csv-safe puts an apostrophe before what a spreadsheet would compute; without it data stay") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  aisle::write_file(work / "p.csv", "sku,name\n=1+1,\"=HYPERLINK(\"\"http://x.example\"\")\"\n-5,blue\n");
  const std::string embed = "embed --data p.csv --text-model tiny-bert --format csv --out - ";
  const auto plain = command::run(work, embed), safe = command::run(work, embed + "--csv-safe");
  CHECK(plain.code == 0);
  CHECK(command::has(plain.out, "\n=1+1,\"=HYPERLINK("));
  CHECK(command::has(safe.out, "\n'=1+1,\"'=HYPERLINK("));
  CHECK(command::has(safe.out, "\n-5,blue,"));
}

TEST_CASE("a file larger than the system allows is an error with a message, and nothing is left of it") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  std::string table = "sku,name\n";
  for (int i = 0; i < 2000; ++i) table += std::to_string(i) + ",blue shirt\n";
  aisle::write_file(work / "p.csv", table);
  const auto o =
      command::run(work, "embed --data p.csv --text-model tiny-bert --out v.csv", {}, "ulimit -f 200;");
  CHECK(o.code == 1);
  CHECK(command::has(o.err, "v.csv: cannot write: File too large"));
  for (const auto& [name, content] : command::files_of(work.path())) CHECK_FALSE(command::has(name, ".part"));
}
