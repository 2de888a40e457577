// Commands with a text model behind an address: --text-model openai:NAME.

#include "command.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>

#include <numeric>
#include <sstream>

#include <aisle/io/csv.hpp>
#include <aisle/io/npy.hpp>

#include "embeddings_server.hpp"

namespace {

using command::embeddings_server;
using command::has;

/// shop.csv of 24 products in two classes, of which the last has no text.
void make_shop(const support::temporary_folder& work, const std::string& odd = "blue shirt 23") {
  std::string csv = "sku,name,class_id\n";
  for (int i = 0; i < 24; ++i)
    csv +=
        "p" + std::to_string(i) + "," +
        (i == 23 ? odd : (i % 2 ? "blue shirt " : "red jeans, a long text of its own ") + std::to_string(i)) +
        "," + (i % 2 ? "Shirts" : "Jeans") + "\n";
  aisle::write_file(work / "shop.csv", csv);
}

std::string quoted(std::string csv) {
  for (std::size_t at = 0; (at = csv.find("red jeans,", at)) != std::string::npos; at += 9) csv[at + 9] = ' ';
  return csv;
}

command::outcome run(const support::temporary_folder& work, const embeddings_server& server,
                     const std::string& fault, const std::string& line) {
  return command::run(work,
                      line + " --text-model openai:tiny/one --api-base " + server.base(fault) +
                          " --api-key-variable AISLE_TEST_KEY",
                      {}, std::string("AISLE_TEST_KEY='") + command::secret + "'");
}

}  // namespace

TEST_CASE("embed by a model behind an address: into a file, and into a folder that asks for each text once") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const embeddings_server server(work);
  if (!server.is_up()) return;
  make_shop(work, "bad");
  aisle::write_file(work / "shop.csv", quoted(aisle::read_file(work / "shop.csv")));
  auto o = run(work, server, "poison", "embed --data shop.csv --out v.npy --skipped s.csv --price 20");
  CAPTURE(o.err);
  CHECK(o.code == 3);
  CHECK(has(o.err, "openai:tiny/one: "));
  CHECK(has(o.err, "which cost"));
  CHECK(has(aisle::read_file(work / "s.csv"), "p23"));
  const auto vectors = aisle::read_npy_matrix<float>(work / "v.npy");
  REQUIRE(vectors.rows() == 23);
  CHECK(vectors.row(1)[0] == 12);  // "blue shirt 1"
  CHECK(vectors.row(1)[1] == command::vector_of("blue shirt 1")[1]);

  o = run(work, server, "good", "embed --data shop.csv --out kept");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  CHECK(aisle::file_exists(work / "kept/text_embeddings_openai:tiny_one.csv"));
  const std::size_t asked = server.requests("good").size();
  o = run(work, server, "good", "embed --data shop.csv --out kept");
  CHECK(o.code == 0);
  CHECK(has(o.err, "24 rows, 24 of them from before"));
  CHECK(server.requests("good").size() == asked);
  // Another server, or other dimensions, are other vectors.
  CHECK(run(work, server, "good", "embed --data shop.csv --out kept --dimensions 4").code == 0);
  const std::size_t of_four = server.requests("good").size();
  CHECK(of_four > asked);
  // But both are kept.
  for (const std::string dimensions : {"", " --dimensions 4"}) {
    o = run(work, server, "good", "embed --data shop.csv --out kept" + dimensions);
    CHECK(has(o.err, "24 rows, 24 of them from before"));
  }
  CHECK(server.requests("good").size() == of_four);
  CHECK(aisle::file_exists(work / "kept/text_embeddings_openai:tiny_one-4.csv"));
  // So are those of texts that were cut elsewhere, of a text of its own at least.
  for (const std::string limit : {"4", "5", "8192"}) {
    const std::size_t before = server.requests("good").size();
    o = run(work, server, "good", "embed --data shop.csv --out cut --max-text-tokens " + limit);
    CAPTURE(limit);
    CAPTURE(o.err);
    CHECK(o.code == 0);
    CHECK(server.requests("good").size() > before);
    CHECK(has(o.err, " were cut to " + limit + " tokens (--max-text-tokens)") == (limit != "8192"));
  }
  o = run(work, server, "good", "embed --data shop.csv --out cut");
  CHECK(has(o.err, "24 rows, 24 of them from before"));
  for (const auto& file : command::files_of(work.path()))
    if (file.first != "stdin") CHECK_MESSAGE(!has(file.second, command::secret), file.first);
}

TEST_CASE("a folder keeps the vectors of a service as they come: a killed process has paid for them") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const embeddings_server server(work);
  if (!server.is_up()) return;
  std::string csv = "sku,name\n";
  for (int i = 0; i < 150; ++i) csv += std::to_string(i) + ",blue shirt " + std::to_string(i) + "\n";
  aisle::write_file(work / "shop.csv", csv);
  for (const std::string fault : {"kill-2", "end-2"}) {
    CAPTURE(fault);
    const std::string line = "embed --data shop.csv --out " + fault +
                             " --text-model openai:tiny --dimensions 4 --concurrency 1 --threads 1 "
                             "--api-key-variable AISLE_TEST_KEY --api-base " +
                             server.base(fault);
    // The service sends the signal in place of its second answer.
    const int null = ::open("/dev/null", O_RDWR);
    const pid_t child = command::start(work, {"-c", "echo $$ >pid; exec \"$0\" " + line, command::program()},
                                       null, null, "/bin/sh");
    ::close(null);
    CHECK(command::wait_for(child) != 0);
    const auto o = command::run(work, line);
    CAPTURE(o.err);
    REQUIRE(o.code == 0);
    CHECK(has(o.err, "150 rows, "));
    CHECK_FALSE(has(o.err, " 0 of them from before"));
    // What came is not asked for again; what was on its way may be.
    std::vector<int> texts;
    for (const std::string& request : server.requests(fault)) {
      std::istringstream words(request);
      std::string word;
      for (int i = 0; i < 5; ++i) words >> word;
      texts.push_back(std::stoi(word));
    }
    REQUIRE(texts.size() >= 2);
    CHECK(std::accumulate(texts.begin(), texts.end(), 0) <= 150 + texts[1]);
    const auto kept = aisle::read_csv(work / fault + "/text_embeddings_openai:tiny-4.csv");
    REQUIRE(kept.rows.size() == 150);
    for (const std::size_t i : std::initializer_list<std::size_t>{0, 31, 32, 149}) {
      const std::string text = "blue shirt " + std::to_string(i);
      CHECK(std::stof(kept.rows[i].fields[kept.column("text_2")]) == command::vector_of(text)[1]);
    }
  }
}

TEST_CASE("options of a service are for a model behind an address alone") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  for (const std::string option : {"--dimensions 64", "--price 1", "--concurrency 8", "--too-long refuse",
                                   "--max-text-tokens 512", "--api-key-variable KEY"})
    for (const std::string line :
         {"embed --out v.npy", "embed --image-model tiny --out v.npy", "run --label class_id --out o",
          "train --label class_id --out m.aisle", "review --label class_id --out r"}) {
      if (option != "--dimensions 64" && line != "embed --out v.npy") continue;
      const std::string text = has(line, "--image-model") ? "" : " --text-model all-MiniLM-L6-v2";
      const auto o = command::run(work, line + " --data shop.csv " + option + text);
      CAPTURE(line);
      CAPTURE(o.err);
      CHECK(o.code == 2);
      CHECK(has(o.err, option.substr(0, option.find(' ')) + " is for a text model openai:NAME"));
    }
  // An address stands in the environment, or is a habit.
  const auto o = command::run(
      work, "embed --data shop.csv --out v.npy --text-model missing --api-base http://127.0.0.1:1", {},
      "OPENAI_BASE_URL=http://127.0.0.1:1");
  CHECK(o.code == 1);
  CHECK_FALSE(has(o.err, "openai:NAME"));
}

TEST_CASE("run and predict learn from a model behind an address; shards of it resume") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const embeddings_server server(work);
  if (!server.is_up()) return;
  make_shop(work);
  aisle::write_file(work / "shop.csv", quoted(aisle::read_file(work / "shop.csv")));
  auto o =
      run(work, server, "good",
          "run --data shop.csv --label class_id --image-model none --learners logistic_regression --out o");
  CAPTURE(o.err);
  REQUIRE(o.code == 0);
  o = run(work, server, "good", "predict --model o --data shop.csv --out p.csv");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  CHECK(has(aisle::read_file(work / "p.csv"), "Shirts"));
  o = command::run(work, "predict --model o --data shop.csv --out p2.csv --api-base " + server.base("denied"),
                   {}, std::string("OPENAI_API_KEY='") + command::secret + "'");
  CHECK(o.code == 1);
  CHECK(has(o.err, "401"));
  CHECK_FALSE(has(o.err, command::secret));
  CHECK_FALSE(aisle::file_exists(work / "p2.csv"));

  o = run(work, server, "good", "embed --data shop.csv --shard 0/1 --part-rows 10 --out parts");
  CHECK(o.code == 0);
  o = run(work, server, "good", "embed --data shop.csv --shard 0/1 --part-rows 10 --out parts --resume");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  CHECK(has(o.err, "3 parts, 3 of them from before"));
  CHECK(run(work, server, "floats", "embed --data shop.csv --shard 0/1 --part-rows 10 --out parts --resume")
            .code == 1);
  // Nor do parts of texts that were cut elsewhere.
  CHECK(run(work, server, "good",
            "embed --data shop.csv --shard 0/1 --part-rows 10 --out parts --resume --max-text-tokens 4")
            .code == 1);
  CHECK(run(work, server, "good",
            "embed --data shop.csv --shard 0/1 --part-rows 10 --out cut --max-text-tokens 4")
            .code == 0);
  CHECK(
      run(work, server, "good", "embed --data shop.csv --shard 0/1 --part-rows 10 --out cut --resume").code ==
      1);
}

TEST_CASE("what a model behind an address cannot do, and a dry run that asks nobody") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_shop(work);
  aisle::write_file(work / "shop.csv", quoted(aisle::read_file(work / "shop.csv")));
  const auto fails = [&](const std::string& line, int code, const std::string& what) {
    const auto o = command::run(work, line, {}, "OPENAI_API_KEY=");
    CAPTURE(line);
    CAPTURE(o.err);
    CHECK(o.code == code);
    CHECK(has(o.err, what));
  };
  fails("embed --data shop.csv --out v.npy --text-model openai:tiny", 1,
        "OPENAI_API_KEY has to hold the server's API key");
  fails("embed --data shop.csv --out v.npy --text-model openai:", 2,
        "expected openai: and the name of a model");
  fails("embed --data shop.csv --out v.npy --text-model openai:tiny --prompt query", 2,
        "has no prompts of its own");
  fails("embed --data shop.csv --out v.npy --image-model openai:tiny", 2, "vectors of texts");
  fails("tokenize --text-model openai:tiny", 2, "expected one on this machine");
  fails("embed --data shop.csv --out v.npy --text-model tiny-bert --dry-run", 2, "--dry-run tells what");
  CHECK_FALSE(aisle::file_exists(work / "v.npy"));
  const auto o = command::run(
      work, "embed --data shop.csv --out v.npy --text-model openai:tiny --dry-run --price 1000000", {},
      "OPENAI_API_KEY=");
  CAPTURE(o.err);
  CHECK(o.code == 0);
  CHECK(has(o.err, "openai:tiny: 24 texts to send, about "));
  CHECK_FALSE(aisle::file_exists(work / "v.npy"));
}
