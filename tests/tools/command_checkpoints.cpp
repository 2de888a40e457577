// What the command makes of checkpoints that people have: wrapped, damaged, converted.

#include "command.hpp"

#include <doctest/doctest.h>

#include <aisle/base/ranges.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/safetensors.hpp>

namespace fs = std::filesystem;

TEST_CASE("a fine-tuned model behind a prefix, and a page in place of one") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  const aisle::state_dict plain = aisle::load_checkpoint(work / "weights/resnet18");
  fs::create_directories(work / "weights/tuned");
  aisle::write_safetensors(
      work / "weights/tuned/model.safetensors", plain.renamed([](const std::string& name) {
        return (name.starts_with("fc.") ? "classifier" + name.substr(2) : "module.backbone." + name);
      }),
      {{"preset", "torchvision_resnet50_v1"}});
  const auto check = command::run(work, "weights check tuned");
  CAPTURE(check.out);
  CHECK(check.code == 0);
  CHECK(command::has(check.out, "behind the prefix 'module.backbone.'"));
  CHECK(command::has(check.out, "does not read 2 tensors beside them ('classifier."));
  CHECK(command::has(check.out, "pictures: 256 at the shorter side (bilinear), 224 x 224 from the middle"));
  const std::string embed = "embed --data products.csv --skipped s.csv --out - --image-model ";
  const auto a = command::run(work, embed + "resnet18"), b = command::run(work, embed + "tuned");
  CAPTURE(b.err);
  CHECK(a.code == 3);
  CHECK(a.out == b.out);
  CHECK(command::has(b.err, "drops 'module.backbone.' in front of "));
  CHECK_FALSE(command::has(a.err, "drops"));

  // Two networks in one file: convert takes one out.
  aisle::state_dict two = plain.renamed([](const std::string& name) { return "encoder_q." + name; });
  for (const auto& e : plain.entries()) {
    auto copy = e;
    copy.name = "encoder_k." + e.name;
    two.add(std::move(copy));
  }
  // Written to a file, they are not the same memory any more.
  aisle::write_safetensors(work / "two.safetensors", two);
  const auto refused = command::run(work, "weights check ./two.safetensors");
  CHECK(refused.code == 1);
  CHECK(command::has(refused.err, "'encoder_q.' (resnet)"));
  CHECK(command::has(refused.err, "'encoder_k.' (resnet)"));
  CHECK(command::run(work, "weights convert two.safetensors one.safetensors --prefix encoder_q.").code == 0);
  CHECK(command::run(work, "weights check ./one.safetensors").code == 0);
  CHECK(command::run(work, "weights convert two.safetensors none.safetensors --prefix teacher.").code == 1);
  CHECK_FALSE(fs::exists(work / "none.safetensors"));

  // Beside what stands in front of all names and is dropped, as the file has them, too.
  aisle::write_safetensors(work / "wrapped.safetensors",
                           two.renamed([](const std::string& name) { return "module." + name; }));
  CHECK(command::run(work, "weights convert wrapped.safetensors q.safetensors --prefix module.encoder_q.")
            .code == 0);
  CHECK(command::run(work, "weights check ./q.safetensors").code == 0);

  // What `embed` could not follow is no pass.
  aisle::write_file(work / "weights/tuned/config.json", R"({"pretrained_cfg": {"crop_mode": "border"}})");
  const auto border = command::run(work, "weights check tuned");
  CHECK(border.code == 1);
  CHECK(command::has(border.err, "crop_mode 'border'"));
  fs::remove(work / "weights/tuned/config.json");

  aisle::write_file(work / "weights/tuned/model.safetensors",
                    "<!doctype html><html><body>Sign in</body></html>");
  const auto page = command::run(work, "weights check tuned");
  CHECK(page.code == 1);
  CHECK(command::has(page.err, "model.safetensors: is a web page (HTML), not a checkpoint"));
}

TEST_CASE("weights convert keeps what says how pictures are prepared") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  const auto vectors = [&](const std::string& model) {
    const auto r =
        command::run(work, "embed --data products.csv --skipped s.csv --out - --image-model " + model);
    CAPTURE(r.err);
    CHECK(r.code == 3);
    return r.out;
  };
  // Known by the folder's name alone.
  CHECK(command::run(work, "weights convert weights/resnet18 weights/mine/model.safetensors").code == 0);
  CHECK(vectors("mine") == vectors("resnet18"));
  CHECK(vectors("weights/mine/model.safetensors") == vectors("resnet18"));
  // Said by the model's own files, and once more from there.
  aisle::write_file(work / "weights/resnet18/config.json",
                    R"({"pretrained_cfg": {"input_size": [3, 64, 64], "crop_pct": 1.0, "mean": [0, 0, 0]}})");
  CHECK(command::run(work, "weights convert weights/resnet18 weights/timm/a.safetensors").code == 0);
  CHECK(command::run(work, "weights convert weights/timm/a.safetensors weights/again/b.safetensors").code ==
        0);
  CHECK(vectors("timm") == vectors("resnet18"));
  CHECK(vectors("again") == vectors("resnet18"));
  CHECK(vectors("again") != vectors("mine"));
  // A file that says it is another network is refused, and so is what is made of it.
  const aisle::state_dict plain = aisle::load_checkpoint(work / "weights/resnet18");
  aisle::write_safetensors(work / "blur.safetensors", plain, {{"arch", "resnetblur18"}});
  CHECK(command::run(work, "weights convert blur.safetensors blur2.safetensors").code == 0);
  for (const char* file : {"./blur.safetensors", "./blur2.safetensors"}) {
    const auto refused = command::run(work, std::string("weights check ") + file);
    CHECK(refused.code == 1);
    CHECK(command::has(refused.err, "says that it is 'resnetblur18'"));
  }
  // A model of text finds its heads.
  CHECK(command::run(work, "weights convert weights/tiny-bert bert.safetensors").code == 0);
  CHECK(command::run(work, "weights check ./bert.safetensors").code == 0);
}

TEST_CASE("weights convert: shards to one file, types and values kept") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const aisle::state_dict whole = aisle::load_checkpoint(work / "weights/tiny-bert");
  // Two shards and their index.
  std::vector<aisle::named_tensor> shards[2];
  aisle::json map;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const std::string name = whole.entries()[i].name;
    shards[i % 2].push_back({name, whole.read(name)});
    map[name] = i % 2 ? "b.safetensors" : "a.safetensors";
  }
  aisle::tensor half(aisle::dtype::f16, {2});
  std::fill_n(half.mutable_bytes().begin(), 4, std::byte{0x3C});
  shards[0].push_back({"extra", half});
  map["extra"] = "a.safetensors";
  fs::create_directories(work / "in");
  aisle::write_safetensors(work / "in/a.safetensors", shards[0]);
  aisle::write_safetensors(work / "in/b.safetensors", shards[1]);
  aisle::write_file(work / "in/model.safetensors.index.json",
                    aisle::json::object({{"weight_map", map}}).dump());
  const auto r = command::run(work, "weights convert in/model.safetensors.index.json out/model.safetensors");
  CAPTURE(r.err);
  CHECK(r.code == 0);
  const aisle::state_dict got = aisle::read_safetensors(work / "out/model.safetensors");
  CHECK(got.size() == whole.size() + 1);
  CHECK(got.at("extra").type == aisle::dtype::f16);
  for (const auto& e : whole.entries()) {
    const aisle::tensor a = got.read(e.name), b = whole.read(e.name);
    CHECK(aisle::ranges::equal(a.bytes(), b.bytes()));
  }
  CHECK(command::run(work, "weights convert in/model.safetensors.index.json out.bin").code == 2);
  CHECK(command::run(work, "weights convert nowhere.pth out.safetensors").code == 1);
  aisle::write_file(work / "bad.pth", "PK\x03\x04 no checkpoint");
  CHECK(command::run(work, "weights convert bad.pth out.safetensors").code == 1);
  CHECK_FALSE(fs::exists(work / "out.safetensors"));
}
