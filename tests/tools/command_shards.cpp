// aisle embed --shard, aisle verify, aisle merge: what several processes make of one input is what one makes.

#include "command.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <filesystem>

#include <aisle/catalogue/results_folder.hpp>
#include <aisle/catalogue/vector_parts.hpp>
#include <aisle/io/npy.hpp>

#include "embeddings_server.hpp"

namespace {

namespace fs = std::filesystem;
using command::has;

const std::string text_model = "--text-model tiny-bert ";

/// shop.csv and rows.jsonl of 23 rows, one of them without a text, ids with what CSV quotes.
void make_inputs(const support::temporary_folder& work) {
  command::make_models(work);
  const auto words = command::vocabulary();
  std::string csv = "sku,name\n", json;
  for (int i = 0; i < 23; ++i) {
    const std::string number = std::to_string(i),
                      text = i == 9 ? "" : words[static_cast<std::size_t>(4 + i % 10)] + " " + words[5];
    csv += (i % 5 == 2 ? "\"id, \"\"" + number + "\"\"\nx\"" : "p" + number) + "," + text + "\n";
    json += "{\"id\":" + (i % 2 ? number : "\"r" + number + "\"") + ",\"text\":\"" + text + "\"}\n\n";
  }
  aisle::write_file(work / "shop.csv", csv);
  aisle::write_file(work / "rows.jsonl", json);
}

/// All shards of N into `folder`; the exit codes must be those of rows skipped or none.
void embed_shards(const support::temporary_folder& work, const std::string& input, int count,
                  const std::string& folder, const std::string& more = {}) {
  for (int i = 0; i < count; ++i) {
    const auto o = command::run(work, "embed " + input + text_model + "--shard " + std::to_string(i) + "/" +
                                          std::to_string(count) + " --out " + folder + " " + more);
    CAPTURE(o.err);
    CHECK((o.code == 0 || o.code == 3));
  }
}

}  // namespace

TEST_CASE("the shards of an input merge into the file that one process writes, byte for byte") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_inputs(work);
  int folder = 0;
  for (const char* input : {"--data shop.csv ", "--in rows.jsonl "})
    for (const std::string format : {"npy", "csv", "jsonl"}) {
      const auto whole = command::run(
          work, "embed " + (input + text_model) + "--skipped one.skipped.csv --out one." + format);
      REQUIRE(whole.code == 3);
      for (const char* how : {"--part-rows 4", "--part-rows 3 --shard-by id-hash", "--limit 23 --batch 2"})
        for (const int count : {1, 3, 30}) {
          if (count == 30 && (format != "npy" || has(how, "limit"))) continue;  // more shards than rows
          CAPTURE(input);
          CAPTURE(format);
          CAPTURE(how);
          CAPTURE(count);
          const std::string parts = "parts" + std::to_string(folder++);
          embed_shards(work, input, count, parts, how + (" --format " + format));
          CHECK(command::run(work, "verify " + parts).code == 0);
          const auto o =
              command::run(work, "merge " + parts + " --skipped all.skipped.csv --out all." + format);
          CAPTURE(o.err);
          CHECK(o.code == 3);
          CHECK(aisle::read_file(work / ("all." + format)) == aisle::read_file(work / ("one." + format)));
          CHECK(aisle::read_file(work / "all.skipped.csv") == aisle::read_file(work / "one.skipped.csv"));
          if (format == "npy")
            CHECK(aisle::read_file(work / "all.ids.csv") == aisle::read_file(work / "one.ids.csv"));
        }
    }
}

TEST_CASE("a shard goes on behind the parts there are, and refuses those that were made otherwise") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_inputs(work);
  const auto embed = [&](const std::string& more, const std::string& before = {}) {
    return command::run(work, "embed --data shop.csv --text-model tiny-bert --shard 0/2 --out parts " + more,
                        {}, before);
  };
  REQUIRE(embed("--part-rows 4").code == 3);
  const auto made = command::files_of(work / "parts");
  CHECK(made.contains("shard-00000-of-00002/part-00002.json"));
  CHECK_FALSE(made.contains("shard-00000-of-00002/part-00003.json"));
  auto o = embed("--part-rows 4");
  CHECK(o.code == 2);
  CHECK(has(o.err, "--out parts: has parts of shard 0 of 2 already; --resume goes on behind them"));
  o = embed("--part-rows 4 --resume --skipped s.csv");
  CHECK(o.code == 3);
  CHECK(has(o.err, "11 rows, 3 parts, 3 of them from before"));
  CHECK(has(aisle::read_file(work / "s.csv"), "shop.csv,9,"));  // told again, from the manifests
  CHECK(command::files_of(work / "parts") == made);

  // Parts that are gone or damaged are made again, with those behind them.
  for (const char* file : {"part-00001.json", "part-00001.npy", "part-00001.ids.csv"})
    for (const bool gone : {true, false}) {
      CAPTURE(file);
      const std::string path = work / ("parts/shard-00000-of-00002/" + std::string(file));
      if (gone)
        fs::remove(path);
      else
        aisle::write_file(path, "x" + aisle::read_file(path).substr(1));
      o = embed("--part-rows 4 --resume");
      CHECK(o.code == 3);
      CHECK(has(o.err, "1 of them from before"));
      CHECK(command::files_of(work / "parts") == made);
    }

  const auto refused = [&](const std::string& more, const std::string& what, const std::string& before = {}) {
    CAPTURE(more);
    const auto r = embed(more + " --resume", before);
    CAPTURE(r.err);
    CHECK(r.code == 1);
    CHECK(has(r.err, "part-00000.json: was made otherwise: " + what));
    CHECK(command::files_of(work / "parts") == made);
  };
  refused("--part-rows 5", "part_rows is 4 there, 5 here");
  refused("--part-rows 4 --text-columns sku", "text_columns");
  refused("--part-rows 4 --isa generic --precision f32-fma", "text.");
  refused("--part-rows 4 --encoding latin-1", "encoding is recognised there, latin-1 here");
  refused("--part-rows 4 --delimiter ,", "delimiter");
  refused("--part-rows 4 --max-cell 20", "max_cell");
  refused("--part-rows 4 --shard-by id-hash",
          "the rows are divided by their order there, by a hash of the id here");
  const std::string weights = work / "weights/tiny-bert/model.safetensors";
  std::string bytes = aisle::read_file(weights);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  aisle::write_file(weights, bytes);
  refused("--part-rows 4", "text.weights");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  aisle::write_file(weights, bytes);
  aisle::write_file(work / "shop.csv", aisle::read_file(work / "shop.csv") + "p99,red\n");
  refused("--part-rows 4", "bytes is");
}

TEST_CASE("verify and merge name what is missing, damaged or of another run, and write nothing") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_inputs(work);
  embed_shards(work, "--data shop.csv ", 3, "parts", "--part-rows 4");
  const auto whole = command::files_of(work / "parts");
  const auto put_back = [&] {
    fs::remove_all(work / "parts");
    for (const auto& [name, content] : whole) {
      fs::create_directories(fs::path(work / ("parts/" + name)).parent_path());
      aisle::write_file(work / ("parts/" + name), content);
    }
  };
  const auto faulty = [&](const std::string& what) {
    CAPTURE(what);
    const auto v = command::run(work, "verify parts");
    CAPTURE(v.err);
    CHECK(v.code == 1);
    CHECK(has(v.err, what));
    CHECK(command::run(work, "verify parts --json").code == 1);
    const auto m = command::run(work, "merge parts --out all.npy");
    CHECK(m.code == 1);
    CHECK(has(m.err, what));
    CHECK_FALSE(fs::exists(work / "all.npy"));
    put_back();
  };
  fs::remove_all(work / "parts/shard-00001-of-00003");
  faulty("shard 1 of 3: is not there");
  fs::remove(work / "parts/shard-00002-of-00003/part-00001.json");
  faulty("shard 2 of 3: is not complete: part 1 is not there");
  fs::copy_file(work / "parts/shard-00002-of-00003/part-00001.json",
                work / "parts/shard-00002-of-00003/part-00009.json");
  faulty("part-00009.json: lies behind part 1, which says it is the last of shard 2 of 3");
  fs::remove(work / "parts/shard-00002-of-00003/part-00000.npy");
  faulty("part-00000.npy: is not there");
  const std::string npy = work / "parts/shard-00002-of-00003/part-00000.npy";
  std::string bytes = aisle::read_file(npy);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  aisle::write_file(npy, bytes);
  faulty("part-00000.npy: is not the file that its manifest names");
  aisle::write_file(npy, bytes.substr(1));
  faulty("its manifest says");
  aisle::write_file(work / "parts/shard-00000-of-00003/part-00000.json", "{\"format\": 1}");
  faulty("part-00000.json: ");
  std::string manifest = whole.at("shard-00000-of-00003/part-00000.json");
  manifest.replace(manifest.find("part-00000.npy"), 14, "../../rows.csv");
  aisle::write_file(work / "parts/shard-00000-of-00003/part-00000.json", manifest);
  faulty("expected the name of a file beside the manifest");
  // Whoever makes a part can make its sums.
  bytes = whole.at("shard-00002-of-00003/part-00000.npy");
  manifest = whole.at("shard-00002-of-00003/part-00000.json");
  const std::string sum = aisle::detail::sha256_of_file(npy);
  bytes.replace(bytes.size() - 4, 4, "\xff\xff\xff\x7f");
  aisle::write_file(npy, bytes);
  manifest.replace(manifest.find(sum), sum.size(), aisle::detail::sha256_of_file(npy));
  aisle::write_file(work / "parts/shard-00002-of-00003/part-00000.json", manifest);
  faulty("part-00000.npy: vector 3 holds what is no finite number");
  // One shard of another run.
  fs::remove_all(work / "parts/shard-00001-of-00003");
  CHECK(
      command::run(work, "embed --data shop.csv --text-model tiny-bert --shard 1/3 --out parts --part-rows 5")
          .code == 3);
  faulty("was made otherwise than parts/shard-00000-of-00003/part-00000.json: part_rows is 4 there, 5 here");
  fs::create_directories(work / "parts/shard-00001-of-00004");
  faulty("has shards of 3 and of 4");
  CHECK(command::run(work, "merge parts --out all.npy").code == 3);  // put back
  const auto other = command::run(work, "merge parts --out all.csv");
  CHECK(other.code == 1);
  CHECK(has(other.err, "all.csv: the parts are npy, expected a file NAME.npy"));
  fs::create_directories(work / "empty");
  CHECK(command::run(work, "verify empty").code == 4);
  CHECK(command::run(work, "verify nowhere").code == 1);
}

TEST_CASE("which shard it is comes from the option or from what started the process") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_inputs(work);
  const auto embed = [&](const std::string& more, const std::string& before = {}) {
    return command::run(work, "embed --data shop.csv --text-model tiny-bert " + more, {}, before);
  };
  const auto wrong = [&](const std::string& more, const std::string& what, const std::string& before = {}) {
    const auto o = embed(more, before);
    CAPTURE(o.err);
    CHECK(o.code == 2);
    CHECK(has(o.err, what));
  };
  wrong("--out parts --shard 3/3", "shards are counted from 0: expected 0/3 to 2/3");
  wrong("--out parts --shard 1", "expected I/N, such as 0/4");
  wrong("--out parts --shard -1/2", "shards are counted from 0");
  wrong("--out parts --shard 0/0", "expected 1 to 100000 shards");
  wrong("--out parts --shard 0/2x", "expected I/N");
  wrong("--out - --shard 0/2", "--shard writes into a folder");
  wrong("--out parts --format safetensors --shard 0/2", "parts of a shard are npy, csv or jsonl");
  wrong("--out parts.npy --resume", "--resume goes with --shard");
  wrong("--out parts --shard auto", "none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX,");
  wrong("--out parts --shard auto", "JOB_COMPLETIONS is not: --shard auto/N says how many there are",
        "JOB_COMPLETION_INDEX=1");
  wrong("--out parts --shard auto", "JOB_COMPLETION_INDEX is 'x', expected a number",
        "JOB_COMPLETION_INDEX=x");
  CHECK_FALSE(fs::exists(work / "parts"));
  CHECK(embed("--out slurm --shard auto",
              "SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=1 SLURM_ARRAY_TASK_COUNT=2")
            .code == 0);
  CHECK(fs::exists(work / "slurm/shard-00001-of-00002/part-00000.json"));
  // A task of four that is submitted again, alone: it is the third of four, or nobody knows of how many.
  const std::string again =
      "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_MIN=2 SLURM_ARRAY_TASK_MAX=2 SLURM_ARRAY_TASK_COUNT=1";
  CHECK(embed("--out again --shard auto/4", again).code == 0);
  CHECK(fs::exists(work / "again/shard-00002-of-00004/part-00000.json"));
  wrong("--out again --shard auto",
        "SLURM_ARRAY_TASK_ID goes from 2 to 2 in 1 task, expected all from 0 on (--array=0-0); of a part of "
        "them "
        "--shard auto/N",
        again);
  wrong("--out again --shard auto", "goes from 0 to 8 in 5 tasks",
        "SLURM_ARRAY_TASK_ID=8 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=8 SLURM_ARRAY_TASK_COUNT=5");
  // A folder holds one division.
  const auto mixed = embed("--out again --shard 0/1");
  CHECK(mixed.code == 1);
  CHECK(has(mixed.err, "again: has shard 2 of 4, expected shards of 1, or another folder"));
  CHECK_FALSE(fs::exists(work / "again/shard-00000-of-00001"));
  CHECK(embed("--out kubernetes --shard auto/4", "JOB_COMPLETION_INDEX=3").code == 0);
  CHECK(fs::exists(work / "kubernetes/shard-00003-of-00004/part-00000.json"));
  // Not into the folder that the rows come from.
  fs::create_directories(work / "parts/shard-00000-of-00001");
  fs::rename(work / "rows.jsonl", work / "parts/shard-00000-of-00001/part-00000.jsonl");
  const auto o = command::run(work,
                              "embed --in parts/shard-00000-of-00001/part-00000.jsonl --text-model tiny-bert "
                              "--shard 0/1 --out parts --format jsonl --resume");
  CHECK(o.code == 2);
  CHECK(has(o.err, "which is read; expected another folder"));
}

TEST_CASE("SIGTERM ends a shard's part with its batch: the rows are there, and the next process goes on") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const command::embeddings_server server(work);
  if (!server.is_up()) return;
  std::string csv = "sku,name\n";
  for (int i = 0; i < 60; ++i) csv += std::to_string(i) + ",blue shirt " + std::to_string(i) + "\n";
  aisle::write_file(work / "shop.csv", csv);
  const std::string line =
      "embed --data shop.csv --batch 10 --shard 0/1 --resume --out parts --text-model openai:tiny "
      "--dimensions 4 --api-key-variable AISLE_TEST_KEY --api-base " +
      server.base("end-3");

  // The service sends it while the third batch waits for its answer.
  const int null = ::open("/dev/null", O_RDWR);
  const pid_t child = command::start(work, {"-c", "echo $$ >pid; exec \"$0\" " + line, command::program()},
                                     null, null, "/bin/sh");
  ::close(null);
  CHECK(command::wait_for(child) == 130);
  const aisle::vector_part part = aisle::read_part(work / "parts/shard-00000-of-00001/part-00000.json");
  CHECK(part.rows == 30);
  CHECK_FALSE(part.last);
  CHECK(server.requests("end-3").size() == 3);

  REQUIRE(command::run(work, line).code == 0);
  CHECK(server.requests("end-3").size() == 6);  // none is asked for again
  CHECK(command::run(work, "verify parts").code == 0);
  REQUIRE(command::run(work, "merge parts --out all.npy").code == 0);
  const auto all = aisle::read_npy_matrix<float>(work / "all.npy");
  REQUIRE(all.rows() == 60);
  for (const int i : {0, 29, 30, 59})
    CHECK(all.row(i)[1] == command::vector_of("blue shirt " + std::to_string(i))[1]);
}

TEST_CASE("of two processes with one shard the second finds the first one's parts") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  make_inputs(work);
  const int null = ::open("/dev/null", O_RDWR);
  std::vector<pid_t> children;
  const std::string line =
      "embed --data shop.csv --text-model tiny-bert --shard 0/1 --resume --out parts --part-rows 2";
  for (int i = 0; i < 2; ++i)
    children.push_back(
        command::start(work, {"-c", "exec \"$0\" " + line, command::program()}, null, null, "/bin/sh"));
  for (const pid_t child : children) CHECK(command::wait_for(child) == 3);
  ::close(null);
  CHECK(command::run(work, "verify parts").code == 0);
  CHECK(command::run(work, "merge parts --out all.npy").code == 3);
  CHECK(command::run(work, "embed --data shop.csv --text-model tiny-bert --out one.npy").code == 3);
  CHECK(aisle::read_file(work / "all.npy") == aisle::read_file(work / "one.npy"));
}
