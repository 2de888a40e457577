#include <doctest/doctest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <aisle/base/file.hpp>
#include <aisle/base/folder_lock.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/catalogue/embeddings.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>

#include "support/support.hpp"
#include "support/tiny_model.hpp"

// What stored embeddings are trusted for, and what becomes of them where processes are killed or meet.

namespace {
int renames_to_live = 0;  // 0: for ever
}

// This program's own takes the place of the system's for the standard library too.
extern "C" int rename(const char* from, const char* to) noexcept {
  if (renames_to_live > 0 && --renames_to_live == 0) ::kill(::getpid(), SIGKILL);
  return ::renameat(AT_FDCWD, from, AT_FDCWD, to);
}

namespace {

namespace fs = std::filesystem;

/// A text model, and the folder that vectors are kept in.
struct shop {
  support::temporary_folder work;
  std::string table = work / "Embeddings/text_embeddings_bert.csv";
  std::string said;

  shop() { support::write_tiny_bert(work / "W/bert"); }
  aisle::catalogue catalogue(const std::string& rows, const std::string& header = "sku,name",
                             const aisle::catalogue_options& options = {}) const {
    aisle::write_file(work / "products.csv", header + "\n" + rows);
    return aisle::load_catalogue(work / "products.csv", options);
  }
  aisle::embedding_options options() {
    return {.model_path = work / "W/bert",
            .folder = work / "Embeddings",
            .threads = 1,
            .on_warning = [this](std::string_view what) { said += std::string(what) + "\n"; }};
  }
  std::int64_t embed(const aisle::catalogue& products) {
    return aisle::embed_texts(products, options()).reused;
  }
  std::int64_t embed(const std::string& rows) { return embed(catalogue(rows)); }
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> out;
    if (fs::exists(work / "Embeddings"))
      for (const auto& e : fs::directory_iterator(work / "Embeddings"))
        out[e.path().filename().string()] = aisle::read_file(e.path().string());
    return out;
  }
};

std::string rows_of(int from, int to) {
  std::string out;
  for (int i = from; i < to; ++i) {
    out += std::to_string(i) + ",";
    for (int bit = 0; bit < 7; ++bit) out += (i >> bit) % 2 ? "red " : "shirt ";
    out += "\n";
  }
  return out;
}

/// Runs it in a process of its own and says how that ended: its exit status, or minus the signal.
int in_process(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    try {
      body();
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/// Other bytes into a file of the same path, size and time.
void change_unnoticed(const std::string& path) {
  const auto time = fs::last_write_time(path);
  const int file = ::open(path.c_str(), O_WRONLY);
  REQUIRE(file >= 0);
  const float other = 0.125f;
  REQUIRE(::pwrite(file, &other, sizeof other, static_cast<off_t>(fs::file_size(path) - sizeof other)) == 4);
  ::close(file);
  fs::last_write_time(path, time);
}

}  // namespace

TEST_CASE("two texts of one short hash do not get each other's vector") {
  const char *a = "8yn0iYCKYHlIj4-BwPqk", *b = "GReLUrM4wMqfg9yzV3KQ";
  REQUIRE(aisle::fnv1a64::of(a) == aisle::fnv1a64::of(b));
  shop s;
  CHECK(s.embed(std::string("1,") + a + "\n") == 0);
  CHECK(s.embed(std::string("2,") + b + "\n") == 0);
  CHECK(s.embed(std::string("1,") + a + "\n2," + b + "\n") == 2);
  const aisle::json manifest = aisle::read_json(s.table + ".manifest.json");
  CHECK(manifest["rows"]["sha256"][0].as<std::string>() == aisle::to_hex(aisle::sha256::of(a)));
}

TEST_CASE("vectors of another truncate_dim are not taken over") {
  shop s;
  const auto cut_to = [&](const char* dim) {
    aisle::write_file(s.work / "W/bert/config_sentence_transformers.json",
                      std::string(R"({"truncate_dim": )") + dim + "}");
  };
  aisle::write_file(s.work / "W/bert/modules.json",
                    R"([{"path": "", "type": "sentence_transformers.models.Transformer"},
                        {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  aisle::make_folders(s.work / "W/bert/1_Pooling");
  aisle::write_file(s.work / "W/bert/1_Pooling/config.json", R"({"pooling_mode": "mean"})");
  cut_to("4");
  CHECK(s.embed(rows_of(0, 4)) == 0);
  CHECK(s.embed(rows_of(0, 4)) == 4);
  cut_to("null");
  const auto products = s.catalogue(rows_of(0, 4));
  const auto whole = aisle::embed_texts(products, s.options());
  CHECK(whole.reused == 0);
  CHECK(whole.vectors.cols() == 16);
}

TEST_CASE("a manifest of short hashes: embedded once more, with a sentence") {
  shop s;
  s.embed(rows_of(0, 4));
  std::string manifest = aisle::read_file(s.table + ".manifest.json");
  manifest.replace(manifest.find("aisle embeddings 2"), 18, "aisle embeddings 1");
  aisle::write_file(s.table + ".manifest.json", manifest);
  CHECK(s.embed(rows_of(0, 4)) == 0);
  CHECK(s.said.find("earlier version") != std::string::npos);
  CHECK(s.said.find(".old.csv") != std::string::npos);
  CHECK(s.embed(rows_of(0, 4)) == 4);
}

TEST_CASE("a large table that a killed writer had ready takes its place") {
  shop s;
  s.embed(rows_of(0, 4));
  const std::string next = s.work / "Embeddings/text_embeddings_bert.next.csv";
  fs::rename(s.table, next);
  std::string manifest = aisle::read_file(s.table + ".manifest.json");
  fs::remove(s.table + ".manifest.json");
  // As of a million rows: beyond what settings may have.
  manifest.insert(1, "\"of many rows\": \"" + std::string(70'000'000, 'x') + "\",");
  aisle::write_file(next + ".manifest.json", manifest);
  CHECK(s.embed(rows_of(0, 4)) == 4);
  CHECK_FALSE(fs::exists(next));
}

TEST_CASE("weights of the same path, size and time but other content are other weights") {
  shop s;
  s.embed(rows_of(0, 4));
  change_unnoticed(s.work / "W/bert/model.safetensors");
  CHECK(s.embed(rows_of(0, 4)) == 0);
  CHECK(s.said.find("other weights") != std::string::npos);
}

TEST_CASE("weights and pictures that change while they are used are filed as what was used") {
  const support::temporary_folder work;
  support::write_tiny_resnet(work / "W/res");
  fs::copy_file(support::data("image/files/interlaced_rgb_45x37.png"), work / "one.png");
  fs::copy_file(support::data("image/files/l_37x53.png"), work / "two.png");
  aisle::write_file(work / "products.csv", "sku,image_path\n1,one.png\n2,two.png\n");
  const aisle::catalogue products = aisle::load_catalogue(work / "products.csv");
  const std::string weights = work / "W/res/model.safetensors";
  const auto embed = [&](const std::function<void()>& once_pictures_are_read) {
    bool done = false;
    return aisle::embed_images(products, {.model_path = work / "W/res",
                                          .folder = work / "E",
                                          .threads = 1,
                                          .progress = [&](const aisle::progress_event& e) {
                                            if (done || e.phase != "read images" || e.done < e.total) return;
                                            done = true;
                                            once_pictures_are_read();
                                          }});
  };
  const auto sum = [&] { return aisle::to_hex(aisle::sha256::of(aisle::read_file(weights))); };
  SUBCASE("in place") {
    CHECK_THROWS_AS(embed([&] { change_unnoticed(weights); }), aisle::file_error);
    const auto again = embed([] {});
    CHECK(again.reused == 0);
    CHECK(again.weights_sha256 == sum());
  }
  SUBCASE("by another file of the name") {
    const std::string before = sum();
    const auto made = embed([&] {
      fs::copy_file(weights, work / "other");
      change_unnoticed(work / "other");
      fs::rename(work / "other", weights);
    });
    CHECK(made.weights_sha256 == before);
    const auto again = embed([] {});
    CHECK(again.weights_sha256 == sum());
    CHECK(again.weights_sha256 != before);
    CHECK(again.reused == 0);
  }
  SUBCASE("a file beside them") {
    CHECK_THROWS_AS(embed([&] { aisle::write_file(work / "W/res/config.json", "{}"); }), aisle::file_error);
  }
  SUBCASE("a picture") {
    const auto made = embed([&] {
      fs::copy_file(support::data("image/files/rgb_2x3.png"), work / "one.png",
                    fs::copy_options::overwrite_existing);
    });
    const auto again = embed([] {});
    CHECK(again.reused == 2);
    CHECK(std::memcmp(again.vectors.data(), made.vectors.data(), sizeof(float) * 24) == 0);
    const aisle::embedding_table anew =
        aisle::embed_images(products, {.model_path = work / "W/res", .threads = 1});
    CHECK(std::memcmp(again.vectors.data(), anew.vectors.data(), sizeof(float) * 24) == 0);
  }
}

TEST_CASE("a writer killed at any rename leaves a pair, and the next one finishes its work") {
  bool keeps_html = false;
  SUBCASE("that adds rows") {}
  SUBCASE("that puts aside what was made otherwise") { keeps_html = true; }
  int renames = 1;
  for (bool killed = true; killed; ++renames) {
    CAPTURE(renames);
    shop s, undisturbed;
    fs::remove_all(s.work / "W");
    fs::create_directory_symlink(undisturbed.work / "W", s.work / "W");
    const std::string first = rows_of(0, 10), second = rows_of(5, 15);
    const aisle::catalogue_options how{.keep_html = keeps_html};
    for (shop* each : {&s, &undisturbed}) each->embed(first);
    undisturbed.embed(undisturbed.catalogue(second, "sku,name", how));

    const aisle::catalogue other = s.catalogue(second, "sku,name", how);
    const int status = in_process([&] {
      renames_to_live = renames;
      s.embed(other);
    });
    killed = status == -SIGKILL;
    if (!killed) CHECK(status == 0);
    // Nothing of before is lost, whichever of the two comes next.
    const auto left = s.files();
    CHECK(s.embed(first) == 10);
    if (keeps_html) continue;  // which has put the other aside again
    for (const auto& [name, content] : s.files()) fs::remove(s.work / ("Embeddings/" + name));
    for (const auto& [name, content] : left) aisle::write_file(s.work / ("Embeddings/" + name), content);
    s.embed(other);
    const auto found = s.files(), expected = undisturbed.files();
    REQUIRE(found.size() == expected.size());
    CHECK((found.begin()->second == expected.begin()->second));
  }
  CHECK(renames == (keeps_html ? 8 : 6));
}

TEST_CASE("killed while it puts a table aside: the rerun ends as an undisturbed one") {
  for (int renames = 1; renames < 7; ++renames) {
    CAPTURE(renames);
    shop s;
    s.embed(rows_of(0, 10));
    const auto before = s.files();
    const aisle::catalogue other = s.catalogue(rows_of(5, 15), "sku,name", {.keep_html = true});
    CHECK(s.embed(other) == 0);
    const auto expected = s.files();
    fs::remove_all(s.work / "Embeddings");
    fs::create_directories(s.work / "Embeddings");
    for (const auto& [name, content] : before) aisle::write_file(s.work / ("Embeddings/" + name), content);
    CHECK(in_process([&] {
            renames_to_live = renames;
            s.embed(other);
          }) == -SIGKILL);
    s.embed(other);
    CHECK((s.files() == expected));
  }
}

TEST_CASE("writers of one folder lose nobody's rows") {
  for (int attempt = 0; attempt < 4; ++attempt) {
    shop s;
    std::vector<aisle::catalogue> parts;
    for (int i = 0; i < 3; ++i) parts.push_back(s.catalogue(rows_of(i * 20, i * 20 + 20)));
    std::vector<pid_t> writers;
    for (const aisle::catalogue& part : parts) {
      writers.push_back(::fork());
      if (writers.back() == 0) {
        int code = 1;
        try {
          s.embed(part);
          code = 0;
        } catch (...) {
        }
        ::_exit(code);
      }
    }
    for (const pid_t writer : writers) {
      int status = 0;
      ::waitpid(writer, &status, 0);
      CHECK(status == 0);
    }
    CHECK(aisle::read_csv(s.table).rows.size() == 60);
    CHECK(s.embed(rows_of(0, 60)) == 60);
    CHECK(s.files().size() == 2);
  }
}

TEST_CASE("who waits for another writer says for whom") {
  shop s;
  aisle::make_folders(s.work / "Embeddings");
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t other = ::fork();
  if (other == 0) {
    const aisle::folder_lock lock(s.work / "Embeddings");
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    ::usleep(1'500'000);
    ::_exit(0);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK(s.embed(rows_of(0, 2)) == 0);
  CHECK(s.said.find("waiting for") != std::string::npos);
  ::waitpid(other, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("what a stopped or killed job has made is taken over, to the same bytes") {
  shop undisturbed;
  undisturbed.embed(rows_of(0, 60));
  shop s;
  fs::remove_all(s.work / "W");
  fs::create_directory_symlink(undisturbed.work / "W", s.work / "W");
  const aisle::catalogue products = s.catalogue(rows_of(0, 60));
  int status = 0;
  std::int64_t at_least = 8;  // the first step's
  SUBCASE("by an exception") {
    auto options = s.options();
    options.progress = [](const aisle::progress_event& e) {
      if (e.phase == "text" && e.done > 20) throw std::runtime_error("enough");
    };
    CHECK_THROWS_AS(aisle::embed_texts(products, options), std::runtime_error);
  }
  SUBCASE("by a signal that nobody can catch") {
    status = in_process([&] {
      auto options = s.options();
      options.checkpoint_seconds = 0;
      options.progress = [](const aisle::progress_event& e) {
        if (e.phase == "text" && e.done > 20) ::kill(::getpid(), SIGKILL);
      };
      aisle::embed_texts(products, options);
    });
    CHECK(status == -SIGKILL);
    at_least = 19;
    SUBCASE("in the middle of a row") {
      for (const auto& e : fs::directory_iterator(s.work / "Embeddings"))
        fs::resize_file(e.path(), fs::file_size(e.path()) - 5);
      at_least = 18;
    }
    SUBCASE("and a job for other products comes first") {
      CHECK(s.embed("900,blue\n") == 0);
      CHECK(s.embed("901,blue blue\n") == 0);
      const auto table = aisle::read_csv(s.table);
      CHECK(table.rows.size() > 20);
      CHECK(table.at(table.rows.size() - 1, "sku") != "900");
    }
  }
  REQUIRE(fs::exists(s.work / "Embeddings"));
  const bool more = fs::exists(s.table);
  const std::int64_t reused = s.embed(products);
  CHECK(reused >= at_least);
  CHECK(reused < 60);
  if (!more) {
    const auto files = s.files(), expected = undisturbed.files();
    REQUIRE(files.size() == 2);
    CHECK((files.begin()->second == expected.begin()->second));
    // The manifests name the weights by their paths, which differ.
    aisle::json mine = aisle::read_json(s.table + ".manifest.json"),
                theirs = aisle::read_json(undisturbed.table + ".manifest.json");
    mine["weight_files"] = theirs["weight_files"] = aisle::json();
    CHECK(mine == theirs);
  }
  CHECK(s.embed(products) == 60);
}

TEST_CASE("what a living job has made is left to it") {
  shop s;
  const aisle::catalogue products = s.catalogue(rows_of(0, 40));
  auto options = s.options();
  options.checkpoint_seconds = 0;
  bool looked = false;
  options.progress = [&](const aisle::progress_event& e) {
    if (looked || e.phase != "text" || e.done < 30) return;
    looked = true;
    CHECK(in_process([&] { s.embed(rows_of(40, 42)); }) == 0);
    CHECK(s.files().size() == 3);
  };
  CHECK(aisle::embed_texts(products, options).reused == 0);
  CHECK(looked);
  CHECK(s.files().size() == 2);
  CHECK(aisle::read_csv(s.table).rows.size() == 42);
}

TEST_CASE("parts of killed writers are deleted, those of living ones are not") {
  shop s;
  s.embed(rows_of(0, 4));
  const auto before = s.files();
  aisle::atomic_file living(s.table);
  living.write("being written");
  aisle::write_file(s.table + ".999999-0.part", "cut of");
  aisle::write_file(s.table + ".manifest.json.999999-1.part", "cut of");
  CHECK(s.embed(rows_of(0, 4)) == 4);
  CHECK(s.files().size() == before.size() + 1);
  living.commit();
  CHECK(s.files().size() == before.size());
}

TEST_CASE("the table has the columns of its last catalogue; rows of others keep their vectors") {
  shop s;
  std::string header = "sku,name", wide;
  for (int i = 0; i < 2000; ++i) header += ",c" + std::to_string(i);
  for (int r = 0; r < 5; ++r) {
    wide += std::to_string(r) + ",red " + std::string(static_cast<std::size_t>(r), 'x');
    for (int i = 0; i < 2000; ++i) wide += ",v";
    wide += "\n";
  }
  s.embed(s.catalogue(wide, header));
  const aisle::catalogue narrow = s.catalogue("7,blue\n", "id,name", {.id_column = "id"});
  for (int round = 0; round < 3; ++round) {
    CHECK(s.embed(narrow) == (round > 0 ? 1 : 0));
    const auto table = aisle::read_csv(s.table);
    CHECK(table.header.size() == 2 + 16);
    CHECK(table.rows.size() == 6);
    CHECK(table.at(1, "id") == "");
    CHECK(table.at(1, "name") == "red ");
    CHECK(s.embed(s.catalogue(wide, header)) == 5);
    CHECK(aisle::read_csv(s.table).rows.size() == 6);
  }
}
