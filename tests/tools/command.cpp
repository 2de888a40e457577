// What is common to all subcommands, and those that are about models, tokens and tensors.

#include "command.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>

#include <set>

#include <aisle/image/decode.hpp>
#include <aisle/image/preprocess.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/npy.hpp>
#include <aisle/text/wordpiece.hpp>

TEST_CASE("the frame: help, version, usage errors and exit codes") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const auto help = command::run(work, "--help");
  CHECK(help.code == 0);
  CHECK(help.err.empty());
  // The main jobs first, the tools around them last.
  std::size_t last = 0;
  for (const char* name : {"run", "embed", "train", "predict", "evaluate", "report", "compare", "weights",
                           "models", "tokenize", "preprocess", "self-test", "bench"}) {
    CAPTURE(name);
    const std::size_t at = help.out.find(std::string("\n  ") + name + " ");
    REQUIRE(at != std::string::npos);
    CHECK(at > last);
    last = at;
  }
  CHECK(command::run(work, "--version").out.starts_with("aisle "));
  CHECK(command::run(work, "").code == 2);
  const auto unknown = command::run(work, "no-such-thing");
  CHECK(unknown.code == 2);
  CHECK(unknown.err.find("aisle: error: there is no subcommand 'no-such-thing'") != std::string::npos);
  CHECK(command::run(work, "models --no-such-option").code == 2);
  CHECK(command::run(work, "models extra").code == 2);
  CHECK(command::run(work, "weights").code == 2);
  const auto failed = command::run(work, "tokenize --text-model no-such-model", "x\n");
  CHECK(failed.code == 1);
  CHECK(failed.out.empty());
  CHECK(failed.err.starts_with("aisle: error: "));
  CHECK(failed.err.find("aisle weights list") != std::string::npos);
  for (const char* sub :
       {"run", "embed", "train", "predict", "evaluate", "report", "tokenize", "preprocess", "models",
        "weights get", "weights check", "weights convert", "weights list", "self-test", "bench infer",
        "bench text", "bench train", "bench cold", "bench tune"}) {
    CAPTURE(sub);
    const auto page = command::run(work, std::string(sub) + " --help");
    CHECK(page.code == 0);
    CHECK(page.out.find("Usage: aisle " + std::string(sub)) != std::string::npos);
  }
}

TEST_CASE("a precision, instruction set or model that does not exist") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const std::string embed = "embed --in - --text-model tiny-bert --out - ",
                    row = "{\"id\":1,\"text\":\"a\"}\n";
  CHECK(command::run(work, embed, row).code == 0);
  CHECK(command::run(work, embed + "--precision f32-fma", row).code == 0);
  CHECK(command::run(work, embed + "--precision int3", row).code == 2);
  CHECK(command::run(work, embed + "--isa abacus", row).code == 2);
  CHECK(command::run(work, embed, row, "AISLE_ISA=abacus").code == 2);
  CHECK(command::run(work, "embed --in - --text-model nobody --out -", row).code == 1);
  CHECK(command::run(work, "embed --in - --image-model tiny-bert --out -", row).code ==
        1);  // not of pictures
  std::filesystem::rename(work / "weights", work / "elsewhere");
  CHECK(command::run(work, embed, row).code == 1);
  CHECK(command::run(work, embed, row, "AISLE_WEIGHTS=elsewhere").code == 0);
  CHECK(command::run(work, embed + "--weights elsewhere", row, "AISLE_WEIGHTS=nowhere").code == 0);
}

TEST_CASE("output that nobody reads any more ends the command quietly") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += "blue shirt\n";
  aisle::write_file(work / "many", many);
  const std::string line =
      "cd '" + work.path() + "' && { '" + command::program() +
      "' tokenize --text-model tiny-bert < many 2> stderr; echo $? > code; } | head -n 1 > first";
  REQUIRE(std::system(line.c_str()) == 0);
  CHECK(aisle::read_file(work / "first") == "[2,4,6,3]\n");
  CHECK(aisle::read_file(work / "code") == "141\n");
  CHECK(aisle::read_file(work / "stderr").empty());
}

TEST_CASE("SIGINT, SIGTERM and SIGHUP: exit 130 and no file left half written") {
  if (command::program().empty()) return;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(number);
    const support::temporary_folder work;
    command::make_models(work);
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const std::string out = work / "out.jsonl";
    aisle::write_file(out, "of an earlier call");
    aisle::write_file(work / "stderr", "");
    const int err = ::open((work / "stderr").c_str(), O_WRONLY);
    const pid_t child = command::start(
        work, {"embed", "--in", "-", "--text-model", "tiny-bert", "--out", "out.jsonl"}, pipe_ends[0], err);
    REQUIRE(child > 0);
    ::close(err);
    ::close(pipe_ends[0]);
    const std::string row = "{\"id\":1,\"text\":\"a b\"}\n";
    REQUIRE(::write(pipe_ends[1], row.data(), row.size()) == static_cast<ssize_t>(row.size()));
    const auto part_exists = [&] {
      for (const auto& entry : std::filesystem::directory_iterator(work.path()))
        if (entry.path().extension() == ".part") return true;
      return false;
    };
    // The part file is made once the model is loaded: then the command waits for more rows.
    for (int i = 0; i < 3000 && !part_exists(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(part_exists());
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    ::kill(child, number);
    CHECK(command::wait_for(child) == 130);
    ::close(pipe_ends[1]);
    CHECK(aisle::read_file(out) == "of an earlier call");
    CHECK_FALSE(part_exists());
    CHECK(aisle::read_file(work / "stderr") == "aisle: interrupted\n");
  }
}

TEST_CASE("long work shows a bar with rate and ETA on a terminal, and nowhere else") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  std::string csv = "sku,name\n";
  for (int i = 0; i < 10'000; ++i) {
    csv += std::to_string(i);
    for (int k = 0; k < 16; ++k) csv += k == 0 ? ",blue shirt" : " cotton jeans";
    csv += '\n';
  }
  aisle::write_file(work / "products.csv", csv);
  const std::vector<std::string> arguments = {
      "embed", "--data", "products.csv", "--text-model", "tiny-bert", "--threads", "1", "--out", "out.npy"};
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  const int err = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY), in = ::open("/dev/null", O_RDONLY);
  REQUIRE(err >= 0);
  const pid_t child = command::start(work, arguments, in, err);
  ::close(err);
  ::close(in);
  std::string shown, chunk(4096, '\0');
  for (ssize_t n; (n = ::read(terminal, chunk.data(), chunk.size())) > 0;)
    shown.append(chunk, 0, static_cast<std::size_t>(n));
  ::close(terminal);
  CHECK(command::wait_for(child) == 0);
  CAPTURE(shown);
  CHECK(command::has(shown, "\r\x1b[Kembed ["));
  CHECK(command::has(shown, "/10000 vectors"));
  CHECK(command::has(shown, "/s  ETA 0:"));
  CHECK(command::has(shown, "10000/10000 vectors"));

  std::string line;
  for (const std::string& a : arguments) line += a + " ";
  CHECK(command::run(work, line + "--limit 500").err.empty());
}

TEST_CASE("tokenize: a line in, an array out") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const aisle::wordpiece tokenizer(command::vocabulary());
  const std::vector<std::string> texts = {"Blue shirts", "", "a\tb", "jeans jeans", "caf\xC3\xA9"};
  std::string plain, quoted;
  for (const std::string& t : texts) {
    plain += t + "\n";
    quoted += aisle::json(t).dump() + "\n";
  }
  plain.pop_back();  // the last line needs no end
  for (const bool as_json : {false, true}) {
    const auto r =
        command::run(work, std::string("tokenize --text-model tiny-bert") + (as_json ? " --json" : ""),
                     as_json ? quoted : plain);
    CHECK(r.code == 0);
    CHECK(r.err.empty());
    const auto lines = command::lines_of(r.out);
    REQUIRE(lines.size() == texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i)
      CHECK(aisle::parse_json(lines[i], "out").as_vector<std::int32_t>() == tokenizer.encode(texts[i]).ids);
  }
  const auto bad =
      command::run(work, "tokenize --text-model tiny-bert --json", "\"a\"\nnot json\n3\n\"a\\nb\"\n");
  CHECK(bad.code == 3);
  const auto lines = command::lines_of(bad.out);
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == "[2,11,3]");
  CHECK(aisle::parse_json(lines[1], "out").contains("error"));
  CHECK(aisle::parse_json(lines[2], "out").contains("error"));
  CHECK(lines[3] == "[2,11,12,3]");
  const auto cut = command::run(work, "tokenize --text-model tiny-bert --max-tokens 3", "a b c\na\n");
  CHECK(cut.out == "[2,11,3]\n[2,11,3]\n");
  CHECK(cut.err.find("1 of 2 texts were cut to 3 tokens") != std::string::npos);
  CHECK(command::run(work, "tokenize --text-model tiny-bert --limit 1", "a\nb\n").out == "[2,11,3]\n");
  CHECK(command::run(work, "tokenize --text-model tiny-bert").code == 4);
}

TEST_CASE("preprocess writes what the library computes") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const std::string picture = support::data("image/files/interlaced_rgb_45x37.png");
  const auto expect = [&](const std::string& file, const std::string& preset) {
    const aisle::preset& p = aisle::find_preset(preset);
    const auto made = aisle::preprocess(aisle::read_image(picture), p, aisle::tensor_layout::channels_first);
    const auto wanted = made.values();
    const aisle::tensor got = aisle::read_npy(work / file);
    CHECK(got.dims() == aisle::shape{3, p.crop_height, p.crop_width});
    const auto values = got.data<float>();
    CHECK(std::equal(values.begin(), values.end(), wanted.begin(), wanted.end()));
  };
  CHECK(command::run(work, "preprocess '" + picture + "' --preset hf_convnext_224 --out a.npy").code == 0);
  expect("a.npy", "hf_convnext_224");
  // Known to the manifest by its folder's name, weights or not.
  CHECK(command::run(work, "preprocess '" + picture + "' --image-model resnet50 --out b.npy").code == 0);
  expect("b.npy", "timm_resnet50_a1");
  CHECK(command::run(work, "preprocess '" + picture + "' --preset nothing --out c.npy").code == 2);
  CHECK(command::run(work, "preprocess '" + picture + "' --out c.npy").code == 2);
  CHECK(command::run(work, "preprocess stdin --preset hf_convnext_224 --out c.npy", "text").code == 1);
  CHECK_FALSE(std::filesystem::exists(work / "c.npy"));
}

TEST_CASE("models: what is supported, and which weights are here") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const auto r = command::run(work, "models --json");
  CHECK(r.code == 0);
  const aisle::json all = aisle::parse_json(r.out, "models");
  CHECK(all.size() == aisle::models::zoo().size());
  std::map<std::string, const aisle::json*> by_id;
  for (const aisle::json& m : all.elements()) by_id[m.get<std::string>("id")] = &m;
  CHECK(by_id.at("all-MiniLM-L6-v2")->get<int>("dimension") == 384);
  CHECK(by_id.at("all-MiniLM-L6-v2")->at("weights").is_null());
  CHECK(by_id.at("bert-base-uncased")->get<int>("dimension") == 768);
  CHECK(by_id.at("resnet50")->get<int>("dimension") == 2048);
  CHECK(by_id.at("efficientnet-lite0")->get<int>("dimension") == 1280);
  CHECK(by_id.at("efficientnet-lite0")->get<std::string>("preset") == "timm_tf_efficientnet_lite0");
  CHECK(by_id.at("convnextv2-tiny")->get<int>("dimension") == 768);
  CHECK(by_id.at("resnet18")->get<std::string>("weights") == "weights/resnet18/model.safetensors");
  // As publishers say: multiply-adds, of which each is two.
  const struct {
    const char* id;
    std::int64_t parameters;
    double gmacs;
  } published[] = {{"resnet18", 11689512, 1.82},
                   {"resnet50", 25557032, 4.09},
                   {"densenet121", 7978856, 2.83},
                   {"inception-v3", 23834568, 5.71},
                   {"convnextv2-tiny", 28635496, 4.47},
                   {"efficientnet-lite0", 4652008, 0.39}};  // EfficientNet B0's, less its squeezes
  for (const auto& m : published) {
    CAPTURE(m.id);
    CHECK(by_id.at(m.id)->get<std::int64_t>("parameters") == m.parameters);
    CHECK(by_id.at(m.id)->get<double>("flops") / 2e9 == doctest::Approx(m.gmacs).epsilon(0.02));
  }
  CHECK(by_id.at("inception-v3")->get<int>("side") == 299);
  // Six layers of 384 and 1536: products of weights, and of 128 x 128 tokens in attention.
  CHECK(by_id.at("all-MiniLM-L6-v2")->get<std::int64_t>("flops") ==
        2LL * 128 * 6 * (4 * 384 * 384 + 2 * 384 * 1536 + 2 * 128 * 384));
  CHECK(by_id.at("all-MiniLM-L6-v2")->get<std::int64_t>("parameters") == 22713216);
  CHECK(by_id.at("potion-base-8M")->get<std::int64_t>("parameters") == 29528 * 256);
  std::set<std::string> fetched;
  for (const std::string& line : command::lines_of(command::run(work, "weights list").out))
    fetched.insert(line.substr(0, line.find(' ')));
  for (const auto& row : by_id) {
    CAPTURE(row.first);
    CHECK_FALSE(row.second->at("parameters").is_null());
    // Static embeddings are added, and multiplied with nothing.
    CHECK((row.second->get<std::int64_t>("flops") > 0) ==
          (row.second->get<std::string>("family") != "static"));
    CHECK(fetched.count(row.first) == 1);  // every id has a row in the manifest
  }
  const auto table = command::run(work, "models");
  CHECK(table.code == 0);
  CHECK(command::lines_of(table.out).size() == all.size() + 1);
}

TEST_CASE("self-test passes on every kernel table, and lists them") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const auto names = command::lines_of(command::run(work, "self-test --list-isas").out);
  REQUIRE_FALSE(names.empty());
  CHECK(names.front() == "generic");
  const auto r = command::run(work, "self-test");
  CAPTURE(r.out);
  CHECK(r.code == 0);
  for (const std::string& name : names)
    for (const char* model :
         {"tiny_bert", "tiny_resnet ", "tiny_resnet_keras", "tiny_densenet", "tiny_inception",
          "tiny_convnextv2", "tiny_efficientnet_lite", "tiny_vit", "tiny_swin"}) {
      bool passed = false;
      for (const std::string& line : command::lines_of(r.out))
        passed = passed || (line.starts_with(model) && line.find(" " + name + " ") != std::string::npos &&
                            line.ends_with("PASS"));
      CAPTURE(name);
      CAPTURE(model);
      CHECK(passed);
    }
  CHECK(command::run(work, "self-test --isa abacus").code == 2);
  command::make_models(work);
  const auto loaded =
      command::run(work, "self-test --isa generic --text-model tiny-bert --image-model resnet18");
  CAPTURE(loaded.out);
  CHECK(loaded.code == 0);
  CHECK(loaded.out.find("avx2") == std::string::npos);
  CHECK(loaded.out.find("resnet18") != std::string::npos);
  aisle::write_file(work / "weights/resnet18/model.safetensors", "damaged");
  CHECK(command::run(work, "self-test --isa generic --image-model resnet18").code == 1);
}

TEST_CASE("tokenize: where ids stand, pairs and what is cut of them") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const auto tokenize = [&](const std::string& more, const std::string& input) {
    return command::run(work, "tokenize --text-model tiny-bert " + more, input);
  };
  // [CLS] 2, [SEP] 3, blue 4, red 5, shirt 6, ##s 7
  CHECK(tokenize("--offsets characters", "\xC3\x89 Blue shirts\n").out ==
        "{\"ids\":[2,1,4,6,7,3],\"type_ids\":[0,0,0,0,0,0],\"offsets\":[[0,0],[0,1],[2,6],[7,12],[12,13],[0,"
        "0]]}\n");
  CHECK(tokenize("--offsets bytes", "\xC3\x89 Blue shirts\n").out ==
        "{\"ids\":[2,1,4,6,7,3],\"type_ids\":[0,0,0,0,0,0],\"offsets\":[[0,0],[0,2],[3,7],[8,13],[13,14],[0,"
        "0]]}\n");
  CHECK(tokenize("--pairs --max-tokens 5", "[\"red red\", \"blue\"]\n").out ==
        "{\"ids\":[2,5,3,4,3],\"type_ids\":[0,0,0,1,1]}\n");
  CHECK(tokenize("--truncation-side left --max-tokens 4", "red blue red\n").out ==
        "{\"ids\":[2,4,5,3],\"type_ids\":[0,0,0,0]}\n");
  const auto bad = tokenize("--pairs --truncation only-second --max-tokens 4",
                            "[\"red red red\", \"blue\"]\n[\"one\"]\n[\"red\", \"\"]\n");
  CHECK(bad.code == 3);
  const auto lines = command::lines_of(bad.out);
  REQUIRE(lines.size() == 3);
  CHECK(command::has(lines[0], "cutting the second alone leaves no room"));
  CHECK(command::has(lines[1], "expected an array of two strings"));
  CHECK(lines[2] == "{\"ids\":[2,5,3,3],\"type_ids\":[0,0,0,1]}");
}
