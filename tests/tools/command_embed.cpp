// aisle embed: every source and every format, and rows that cannot be done.

#include "command.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <chrono>
#include <cstring>
#include <thread>

#include <aisle/base/ranges.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/base64.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/npy.hpp>
#include <aisle/text/text_encoder.hpp>

namespace {

/// What the library says of the catalogue's texts and pictures.
struct reference {
  aisle::matrix<float> text, image;
  explicit reference(const support::temporary_folder& work) {
    const std::vector<std::string> texts = {"blue shirt cotton", "red jeans", "a, b c", "red shirts"};
    const std::vector<std::string> pictures = {work / "one.png", work / "two.png"};
    text = aisle::text_encoder::load(work / "weights/tiny-bert").encode(texts);
    image = aisle::image_encoder::load(work / "weights/resnet18",
                                       {.preset = aisle::find_preset("torchvision_resnet50_v1")})
                .encode_files(pictures);
  }
};

bool same(std::span<const float> a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

std::vector<float> floats(const aisle::json& array) { return array.as_vector<float>(); }

constexpr const char* both = " --text-model tiny-bert --image-model resnet18 ";

}  // namespace

TEST_CASE("embed: a list of strings as text is the strings, and no text where it holds none") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const std::string line = "embed --in - --out - --text-model tiny-bert";
  const auto o = command::run(work, line, "{\"text\":[\"red\",\"kettle\"]}\n{\"text\":\"red kettle\"}\n");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  const auto rows = command::lines_of(o.out);
  REQUIRE(rows.size() == 2);
  CHECK(aisle::parse_json(rows[0], "0")["text_embedding"] ==
        aisle::parse_json(rows[1], "1")["text_embedding"]);
  for (const char* none : {"{\"text\":[]}\n", "{\"text\":\"\xe2\x80\x8b\"}\n"})
    CHECK(command::run(work, line, none).code == command::run(work, line, "{\"text\":\"\"}\n").code);
}

TEST_CASE("a catalogue as JSON lines: one a row, in order, bad rows as errors") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  const reference r(work);
  const auto o =
      command::run(work, "embed --data products.csv --out -" + std::string(both) + "--skipped skipped.csv");
  CAPTURE(o.err);
  CHECK(o.code == 3);
  const auto lines = command::lines_of(o.out);
  REQUIRE(lines.size() == 5);
  std::vector<aisle::json> rows;
  for (const std::string& line : lines) rows.push_back(aisle::parse_json(line, "out"));
  CHECK(rows[0].get<std::string>("id") == "A1");
  CHECK(same(r.text.row(0), floats(rows[0]["text_embedding"])));
  CHECK(same(r.image.row(0), floats(rows[0]["image_embedding"])));
  CHECK(same(r.text.row(1), floats(rows[1]["text_embedding"])));
  CHECK(same(r.image.row(1), floats(rows[1]["image_embedding"])));
  CHECK(same(r.text.row(2), floats(rows[2]["text_embedding"])));
  CHECK_FALSE(rows[2].contains("image_embedding"));
  CHECK(rows[3]["id"].is_null());
  CHECK(rows[3].get<std::string>("error").find("empty id") != std::string::npos);
  CHECK(rows[4].get<std::string>("id") == "A5");
  CHECK(rows[4].get<std::string>("error").find("broken.png") != std::string::npos);
  const aisle::csv_table skipped = aisle::read_csv(work / "skipped.csv");
  REQUIRE(skipped.rows.size() == 2);
  CHECK(skipped.at(0, "row") == "3");
  CHECK(skipped.at(1, "id") == "A5");
  CHECK(o.err.find("2 of 5 rows were skipped") != std::string::npos);

  // The same whatever the batch and the threads.
  const auto one =
      command::run(work, "embed --data products.csv --out - --batch 1 --threads 2" + std::string(both));
  CHECK(one.out == o.out);
  const auto limited = command::run(work, "embed --data products.csv --out - --limit 2" + std::string(both));
  CHECK(limited.code == 0);
  CHECK(command::lines_of(limited.out).size() == 2);
}

TEST_CASE("a catalogue as CSV, npy, safetensors and a folder") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  const reference r(work);
  const auto value = [](const std::string& s) { return std::strtof(s.c_str(), nullptr); };

  CHECK(command::run(work, "embed --data products.csv --out sub/both.csv" + std::string(both)).code == 3);
  const aisle::csv_table table = aisle::read_csv(work / "sub/both.csv");
  REQUIRE(table.rows.size() == 4);  // the damaged picture's row keeps its text
  CHECK(table.header.size() == 5 + 32 + 32);
  CHECK(table.at(1, "name") == "  red jeans ");
  CHECK(value(table.at(1, "text_1")) == r.text(1, 0));
  CHECK(value(table.at(1, "text_32")) == r.text(1, 31));
  CHECK(value(table.at(1, "image_0")) == r.image(1, 0));
  CHECK(table.at(2, "image_0").empty());
  CHECK(value(table.at(3, "text_1")) == r.text(3, 0));

  CHECK(command::run(work, "embed --data products.csv --image-model resnet18 --out pictures.csv").code == 3);
  const aisle::csv_table pictures = aisle::read_csv(work / "pictures.csv");
  REQUIRE(pictures.rows.size() == 2);
  CHECK(pictures.header[0] == "ImageName");
  CHECK(pictures.header[1] == "sku");
  CHECK(pictures.header[2] == "image_0");
  CHECK(pictures.at(1, "ImageName") == "two.png");
  CHECK(pictures.at(1, "sku") == "A2");

  CHECK(command::run(work, "embed --data products.csv --text-model tiny-bert --out t.npy").code == 3);
  const auto npy = aisle::read_npy_matrix<float>(work / "t.npy");
  REQUIRE(npy.rows() == 4);
  for (std::int64_t i = 0; i < 4; ++i) CHECK(aisle::ranges::equal(npy.row(i), r.text.row(i)));
  const aisle::csv_table ids = aisle::read_csv(work / "t.ids.csv");
  CHECK(ids.at(3, "id") == "A5");
  CHECK(ids.at(3, "row") == "4");

  CHECK(command::run(work, "embed --data products.csv --out b.safetensors" + std::string(both)).code == 3);
  const aisle::state_dict tensors = aisle::read_safetensors(work / "b.safetensors");
  CHECK(tensors.metadata().at("ids") == "[\"A1\",\"A2\",\"A3\",\"A5\"]");
  CHECK(tensors.at("text_embeddings").dims == aisle::shape{4, 32});
  const aisle::tensor images = tensors.read("image_embeddings"), has = tensors.read("has_image");
  CHECK(aisle::ranges::equal(images.data<float>().subspan(32, 32), r.image.row(1)));
  CHECK(aisle::ranges::equal(has.data<std::uint8_t>(), std::vector<std::uint8_t>{1, 1, 0, 0}));

  const auto folder = command::run(work, "embed --data products.csv --out E" + std::string(both));
  CAPTURE(folder.err);
  CHECK(folder.code == 3);
  CHECK(aisle::read_csv(work / "E/Embeddings_resnet18.csv").rows.size() == 2);
  CHECK(aisle::read_csv(work / "E/text_embeddings_tiny-bert.csv").rows.size() == 4);
  CHECK(command::run(work, "embed --data products.csv --out E" + std::string(both))
            .err.find("4 of them from before") != std::string::npos);

  const auto columns =
      command::run(work, "embed --data products.csv --text-model tiny-bert --text-columns name --out -");
  const auto first = aisle::parse_json(command::lines_of(columns.out)[0], "out");
  CHECK_FALSE(same(r.text.row(0), floats(first["text_embedding"])));
  CHECK(command::run(work, "embed --data products.csv --text-model tiny-bert --text-columns nothing --out -")
            .code == 1);
}

TEST_CASE("JSON rows: ids of any kind, errors in their place, an answer before the next row") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  const reference r(work);
  const std::string input =
      "{\"id\":7,\"text\":\"red jeans\",\"image\":\"two.png\"}\n"
      "\n"
      "{\"id\":\"b\",\"text\":3}\n"
      "nonsense\n"
      "{\"id\":[1],\"image\":\"nowhere.png\"}\n"
      "{\"id\":null}\n"
      "{\"text\":\"blue shirt cotton\"}";
  const auto o = command::run(work, "embed --in - --out -" + std::string(both), input);
  CAPTURE(o.err);
  CHECK(o.code == 3);
  const auto lines = command::lines_of(o.out);
  REQUIRE(lines.size() == 6);
  const auto row = [&](std::size_t i) { return aisle::parse_json(lines[i], "out"); };
  CHECK(row(0).get<int>("id") == 7);
  CHECK(same(r.text.row(1), floats(row(0)["text_embedding"])));
  CHECK(same(r.image.row(1), floats(row(0)["image_embedding"])));
  CHECK(row(1).get<std::string>("id") == "b");
  CHECK(row(1).contains("error"));
  CHECK(row(2).contains("error"));
  CHECK(row(3)["id"].dump() == "[1]");
  CHECK(row(3).get<std::string>("error").find("nowhere.png") != std::string::npos);
  CHECK(row(4).contains("error"));
  CHECK(same(r.text.row(0), floats(row(5)["text_embedding"])));
  CHECK(command::run(work, "embed --in stdin --out -" + std::string(both), input).out == o.out);
  const auto as_csv = command::run(work, "embed --in - --out - --format csv --text-model tiny-bert", input);
  CHECK(command::lines_of(as_csv.out).size() == 3);
  CHECK(command::lines_of(as_csv.out)[0].starts_with("id,text_1,"));

  // Of a stream every row is answered, whatever becomes of it: there is none in nothing.
  const auto nothing = command::run(work, "embed --in - --out - --text-model tiny-bert");
  CHECK(nothing.code == 0);
  CHECK(nothing.out.empty());
  const auto only_bad = command::run(work, "embed --in - --out - --text-model tiny-bert", "{\"id\":1}\n");
  CHECK(only_bad.code == 3);
  CHECK(command::lines_of(only_bad.out).size() == 1);

  // A process that waits for each answer before it sends the next row, behind which it leaves a blank line.
  const std::string line = "cd '" + work.path() + "' && rm -f go && mkfifo go && '" + command::program() +
                           "' embed --in - --text-model tiny-bert --out - < go | { exec 3> go; "
                           "printf '{\"id\":1,\"text\":\"a\"}\\n\\n' >&3; read -r one; echo "
                           "'{\"id\":2,\"text\":\"b\"}' >&3; read -r two; exec 3>&-; "
                           "echo \"$one\" > answers; echo \"$two\" >> answers; }";
  REQUIRE(std::system(("timeout 60 bash -c '" +
                       [&] {
                         std::string escaped;
                         for (const char c : line)
                           escaped += c == '\'' ? std::string("'\\''") : std::string(1, c);
                         return escaped;
                       }() +
                       "'")
                          .c_str()) == 0);
  const auto answers = command::lines_of(aisle::read_file(work / "answers"));
  REQUIRE(answers.size() == 2);
  CHECK(aisle::parse_json(answers[1], "out").get<int>("id") == 2);
}

TEST_CASE("embed: what cannot be asked for, and nothing to do") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  const std::string text = " --text-model tiny-bert ";
  CHECK(command::run(work, "embed --out -" + text).code == 2);
  CHECK(command::run(work, "embed --data products.csv --in - --out -" + text).code == 2);
  CHECK(command::run(work, "embed --data products.csv --out -").code == 2);
  CHECK(command::run(work, "embed --data products.csv --out - --text-model none").code == 2);
  CHECK(command::run(work, "embed --data products.csv --out x.npy --image-model none" + text).code == 3);
  CHECK(command::run(work, "embed --data products.csv --out x.npy" + std::string(both)).code == 2);
  CHECK(command::run(work, "embed --data products.csv --out x.parquet" + text).code == 2);
  CHECK(command::run(work, "embed --data products.csv --out - --format npy" + text).code == 2);
  CHECK(command::run(work, "embed --in - --out folder/" + text).code == 2);
  CHECK(command::run(work, "embed --data nowhere.csv --out -" + text).code == 1);
  CHECK(command::run(work, "embed --in - --out none.jsonl" + text).code == 4);
  CHECK_FALSE(std::filesystem::exists(work / "none.jsonl"));
  aisle::write_file(work / "empty.csv", "sku,name\n");
  CHECK(command::run(work, "embed --data empty.csv --out -" + text).code == 4);
}

TEST_CASE("texts that are too long are cut and counted") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  std::string text;
  for (int i = 0; i < 100; ++i) text += "red ";
  const auto r = command::run(work, "embed --in - --text-model tiny-bert --out -",
                              "{\"text\":\"" + text + "\"}\n{\"text\":\"a\"}\n");
  CHECK(r.code == 0);
  CHECK(r.err.find("1 of 2 texts were cut to 64 tokens") != std::string::npos);
}

TEST_CASE("a prompt: the model's, another or none, and stored vectors of each are kept apart") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  command::make_catalogue(work);
  const std::string model = work / "weights/tiny-bert";
  aisle::make_folders(model + "/1_Pooling");
  aisle::write_file(model + "/1_Pooling/config.json", R"({"pooling_mode": "mean"})");
  aisle::write_file(model + "/modules.json",
                    R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
                        {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  aisle::write_file(model + "/config_sentence_transformers.json",
                    R"({"prompts": {"colour": "red "}, "default_prompt_name": "colour"})");
  const auto vector = [&](const std::string& options, const char* text) {
    const auto o = command::run(work, "embed --in - --out - --text-model tiny-bert " + options,
                                std::string(R"({"text": ")") + text + "\"}\n");
    CAPTURE(o.err);
    REQUIRE(o.code == 0);
    return floats(aisle::parse_json(command::lines_of(o.out)[0], "out")["text_embedding"]);
  };
  CHECK(vector("", "shirt") == vector("--prompt ''", "red shirt"));
  CHECK(vector("--prompt colour", "shirt") == vector("", "shirt"));
  CHECK(vector("--prompt ''", "shirt") != vector("", "shirt"));
  const auto unknown =
      command::run(work, "embed --in - --out - --text-model tiny-bert --prompt no", "{\"text\": \"a\"}\n");
  CHECK(unknown.code == 1);
  CHECK(command::has(unknown.err, "the model has no prompt \"no\", only colour, query, document"));

  const std::string keep = "embed --data products.csv --text-model tiny-bert --out E";
  CHECK(command::has(command::run(work, keep).err, "0 of them from before"));
  CHECK_FALSE(command::has(command::run(work, keep + " --prompt colour").err, " 0 of them from before"));
  const auto other = command::run(work, keep + " --prompt ''");
  CHECK(command::has(other.err, "other prompt"));
  CHECK(command::has(other.err, " 0 of them from before"));
}

TEST_CASE("static embeddings through embed and run, and other settings are another model") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const std::string model = work / "weights/table";
  std::filesystem::create_directories(work / "weights");
  std::filesystem::copy(support::data("text/static/model2vec"), model,
                        std::filesystem::copy_options::recursive);
  const std::vector<std::string> texts = {"blue shirt cotton", "zebra"};
  const auto expected = aisle::text_encoder::load(model).encode(texts);
  const auto o = command::run(work, "embed --in - --out - --text-model table",
                              "{\"text\": \"blue shirt cotton\"}\n{\"text\": \"zebra\"}\n");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  const auto lines = command::lines_of(o.out);
  REQUIRE(lines.size() == 2);
  for (std::int64_t i = 0; i < 2; ++i)
    CHECK(same(expected.row(i),
               floats(aisle::parse_json(lines[static_cast<std::size_t>(i)], "out")["text_embedding"])));

  const auto tokens =
      command::run(work, "tokenize --text-model table", "blue shirt cotton zebra\na b c d e a b c d e\n");
  const auto arrays = command::lines_of(tokens.out);
  REQUIRE(arrays.size() == 2);
  CHECK(aisle::parse_json(arrays[0], "out").size() == 3);  // the unknown one takes no part
  CHECK(aisle::parse_json(arrays[1], "out").size() == 8);  // config.json's limit

  std::string rows = "sku,name,kind\n";
  const char* const names[] = {"red cotton shirt", "blue shirt", "leather boots", "wool hat and boots"};
  for (int i = 0; i < 80; ++i)
    rows += std::to_string(i) + "," + names[i % 4] + " " + std::to_string(1 + i % 3) + "," +
            (i % 4 < 2 ? "shirt" : "boots") + "\n";
  aisle::write_file(work / "kinds.csv", rows);
  const std::string run = "run --data kinds.csv --label kind --text-model table --image-model none --out R";
  const auto first = command::run(work, run);
  CAPTURE(first.err);
  CHECK(first.code == 0);
  CHECK(aisle::file_exists(work / "R/report.html"));

  const std::string keep = "embed --data kinds.csv --text-model table --out E";
  CHECK(command::run(work, keep).code == 0);
  CHECK(command::has(command::run(work, keep).err, "80 of them from before"));
  aisle::json config = aisle::read_json(model + "/config.json");
  config["normalize"] = false;
  aisle::write_file(model + "/config.json", config.dump());
  CHECK(command::has(command::run(work, keep).err, " 0 of them from before"));

  config["max_length"] = nullptr;  // no limit, nor BERT's
  aisle::write_file(model + "/config.json", config.dump());
  std::string words;
  for (int i = 0; i < 600; ++i) words += "red ";
  const auto whole = command::run(work, "tokenize --text-model table", words + "\n");
  CHECK(aisle::parse_json(whole.out, "out").size() == 600);
}

TEST_CASE("embed: JSON lines with vectors in base64 hold the same floats") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  const std::string line = "embed --in - --out - --text-model tiny-bert ",
                    row = "{\"id\":1,\"text\":\"blue shirts\"}\n";
  const auto plain = command::run(work, line, row),
             coded = command::run(work, line + "--vectors base64", row);
  REQUIRE(plain.code == 0);
  REQUIRE(coded.code == 0);
  const auto numbers = floats(aisle::parse_json(plain.out, "out")["text_embedding"]);
  const std::string bytes =
      aisle::decode_base64(aisle::parse_json(coded.out, "out").get<std::string>("text_embedding")).value();
  REQUIRE(bytes.size() == numbers.size() * sizeof(float));
  CHECK(std::memcmp(bytes.data(), numbers.data(), bytes.size()) == 0);
  CHECK(command::run(work, line + "--vectors base64 --format csv", row).code == 2);
}

TEST_CASE("embed: SIGTERM finishes the batch of a stream") {
  if (command::program().empty()) return;
  constexpr std::size_t batch = 4000, rows = 12'000;
  std::string input;
  for (std::size_t i = 0; i < rows; ++i)
    input += "{\"id\":" + std::to_string(i) + ",\"text\":\"blue red shirts cotton jeans a b c blue red\"}\n";
  const auto lines_after = [&](int number) {
    const support::temporary_folder work;
    command::make_models(work);
    aisle::write_file(work / "rows.jsonl", input);
    const int null = ::open("/dev/null", O_RDWR);
    const std::string line = "embed --in rows.jsonl --text-model tiny-bert --threads 1 --batch " +
                             std::to_string(batch) + " --out -";
    const pid_t child = command::start(work, {"-c", "exec \"$0\" " + line + " > out", command::program()},
                                       null, null, "/bin/sh");
    ::close(null);
    const auto count = [&] { return command::lines_of(command::written_so_far(work / "out")).size(); };
    for (int i = 0; i < 6000 && count() < batch; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // by now the second batch is being worked on
    ::kill(child, number);
    const int code = command::wait_for(child);
    const std::string out = command::written_so_far(work / "out");
    CHECK(out.ends_with("}\n"));
    const std::size_t lines = command::lines_of(out).size();
    CHECK((code == 130 || lines == rows));
    return lines;
  };
  // The signal may come between two batches: then there is none to finish.
  std::size_t finished = 0;
  for (int attempt = 0; attempt < 5 && finished < 2 * batch; ++attempt) {
    finished = lines_after(SIGTERM);
    CHECK(finished % batch == 0);
  }
  CHECK(finished >= 2 * batch);
}

TEST_CASE("embed: a reader that is slow gets whole lines, also of a process that is told to end") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  command::make_models(work);
  std::string input;
  for (int i = 0; i < 600; ++i) input += "{\"id\":" + std::to_string(i) + ",\"text\":\"blue red shirts\"}\n";
  aisle::write_file(work / "rows.jsonl", input);
  const auto all = command::run(work, "embed --in rows.jsonl --text-model tiny-bert --out -").out;
  REQUIRE(all.size() > 200'000);  // several times what a pipe holds
  for (const bool blocking : {true, false}) {
    CAPTURE(blocking);
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    if (!blocking) REQUIRE(::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
    const int null = ::open("/dev/null", O_RDWR);
    const pid_t child = command::start(
        work, {"embed", "--in", "rows.jsonl", "--text-model", "tiny-bert", "--batch", "600", "--out", "-"},
        null, null, command::program(), ends[1]);
    ::close(ends[1]);
    ::close(null);
    std::string got(1, '\0');
    REQUIRE(::read(ends[0], got.data(), 1) == 1);  // it writes, and soon waits for its reader
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    ::kill(child, SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    char some[4096];
    for (ssize_t n; (n = ::read(ends[0], some, sizeof some)) > 0;)
      got.append(some, static_cast<std::size_t>(n));
    ::close(ends[0]);
    command::wait_for(child);
    CHECK(got == all);
  }
}
