#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include <aisle/base/file.hpp>
#include <aisle/base/folder_lock.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/catalogue/review.hpp>
#include <aisle/io/json.hpp>

#include "made_up.hpp"
#include "support/support.hpp"

// Files of two experiments in one folder: however they met, whoever reads them says so or takes those of one.

namespace {

namespace fs = std::filesystem;
using made_up_catalogue::made_up;
using names = std::vector<std::string>;

std::map<std::string, std::string> files_of(const std::string& folder) {
  std::map<std::string, std::string> out;
  for (const auto& e : fs::recursive_directory_iterator(folder))
    if (e.is_regular_file())
      out[fs::relative(e.path(), folder).string()] = aisle::read_file(e.path().string());
  return out;
}

void copy(const std::string& name, const std::string& from, const std::string& to) {
  fs::copy_file(from + "/" + name, to + "/" + name, fs::copy_options::overwrite_existing);
}

/// Two finished runs with the same classifiers: a/ and b/ learnt other labels.
struct two_runs {
  support::temporary_folder work;
  made_up first, second;
  aisle::experiment a, b;

  two_runs() {
    for (auto& p : second.products.products)
      p.label = std::string(1, "xyz"[static_cast<std::size_t>(p.row / 3) % 3]);
    a = first.run({.learners = {"logistic_regression"}});
    b = second.run({.learners = {"logistic_regression"}});
    write(a, "a"), write(b, "b");
  }
  void write(const aisle::experiment& e, const std::string& name) const {
    aisle::write_experiment(e, work / name);
    aisle::write_reports(e.result, work / name);
  }
  /// A fresh copy of a/.
  std::string mixed() const {
    fs::remove_all(work / "mixed");
    fs::copy(work / "a", work / "mixed", fs::copy_options::recursive);
    return work / "mixed";
  }
  names written() const {
    names out;
    for (const auto& [name, content] : files_of(work / "b"))
      if (name != "metrics.json") out.push_back(name);
    return out;
  }
  /// What the folder's pipelines answer: "a", "b", or what they throw.
  std::string answer(const std::string& folder) const {
    try {
      const auto set = aisle::pipeline_set::load(folder);
      const auto all = aisle::predict(set, first.products, &first.text, &first.image);
      for (const char* run : {"a", "b"})
        if (all.probabilities ==
            aisle::predict(aisle::pipeline_set::load(work / run), first.products, &first.text, &first.image)
                .probabilities)
          return run;
      return "neither";
    } catch (const aisle::file_error&) {
      return "no results";
    } catch (const aisle::format_error&) {
      return "refused";
    }
  }
};

}  // namespace

TEST_CASE("metrics.json names every file of a run by its sha256") {
  const two_runs runs;
  const auto files = files_of(runs.work / "a");
  const aisle::json named = aisle::read_json(runs.work / "a/metrics.json").at("files");
  CHECK(named.size() + 1 == files.size());
  for (const auto& [name, content] : files)
    if (name != "metrics.json")
      CHECK(named.get<std::string>(name) == aisle::detail::sha256_of_file(runs.work / ("a/" + name)));
  CHECK_NOTHROW(aisle::check_results(runs.work / "a"));
  CHECK(runs.answer(runs.work / "a") == "a");
  CHECK(runs.answer(runs.work / "b") == "b");
}

TEST_CASE("a run that is cut off while its files move into an older one's folder: no results") {
  const two_runs runs;
  const names all = runs.written();
  REQUIRE(all.size() > 10);
  for (std::size_t moved = 0; moved <= all.size(); ++moved) {
    CAPTURE(moved);
    const std::string folder = runs.mixed();
    fs::remove(folder + "/metrics.json");
    for (std::size_t i = 0; i < moved; ++i) copy(all[i], runs.work / "b", folder);
    CHECK(runs.answer(folder) == "no results");
    CHECK_THROWS_WITH_AS(aisle::load_result(folder), doctest::Contains("no metrics.json"), aisle::file_error);
  }
}

TEST_CASE("files of two runs under one metrics.json are told, however many they are") {
  const two_runs runs;
  const names all = runs.written();
  for (const char* index : {"a", "b"})
    for (std::size_t moved = 0; moved <= all.size(); ++moved) {
      CAPTURE(index);
      CAPTURE(moved);
      const std::string folder = runs.mixed();
      for (std::size_t i = 0; i < moved; ++i) copy(all[i], runs.work / "b", folder);
      copy("metrics.json", runs.work / index, folder);
      const bool whole = moved == (index[0] == 'a' ? 0 : all.size());
      if (whole)
        CHECK_NOTHROW(aisle::check_results(folder));
      else
        CHECK_THROWS_WITH_AS(aisle::check_results(folder), doctest::Contains("metrics.json"),
                             aisle::format_error);
      const std::string answer = runs.answer(folder);
      CHECK((answer == index || answer == "refused"));
      if (whole) CHECK(answer == index);
    }
  // Each of the files that readers take.
  for (const char* name : {"text.safetensors", "image.safetensors", "multimodal.safetensors"}) {
    const std::string folder = runs.mixed();
    copy(name, runs.work / "b", folder);
    CHECK(runs.answer(folder) == "refused");
  }
  const std::string folder = runs.mixed();
  copy("report.json", runs.work / "b", folder);
  CHECK(runs.answer(folder) == "a");
  CHECK_THROWS_AS(aisle::load_result(folder), aisle::format_error);
}

TEST_CASE("folders of earlier versions name no sums: what can be told of them is told") {
  const two_runs runs;
  const auto forget = [](const std::string& folder) {
    const aisle::json metrics = aisle::read_json(folder + "/metrics.json");
    aisle::json older = aisle::json::object();
    for (const auto& [name, value] : metrics.members())
      if (name != "files") older[name] = value;
    aisle::write_file(folder + "/metrics.json", older.dump());
  };
  std::string folder = runs.mixed();
  forget(folder);
  CHECK(runs.answer(folder) == "a");
  CHECK(aisle::load_result(folder).models.size() == 3);
  CHECK_NOTHROW(aisle::check_results(folder));
  copy("report.json", runs.work / "b", folder);
  CHECK_THROWS_WITH_AS(aisle::load_result(folder), doctest::Contains("two runs"), aisle::format_error);

  folder = runs.mixed();
  forget(folder);
  const auto other = runs.second.run({.learners = {"random_forest"}});
  for (const aisle::pipeline& p : other.final_pipelines)
    if (p.modality == "text") p.save(folder + "/text.safetensors");
  CHECK_THROWS_WITH_AS(aisle::pipeline_set::load(folder), doctest::Contains("random_forest on text"),
                       aisle::format_error);
}

TEST_CASE("new results take their places together; until then nothing changes") {
  const two_runs runs;
  const std::string folder = runs.mixed();
  aisle::write_file(folder + "/notes.txt", "mine");
  aisle::write_file(folder + "/text_random_forest_results.csv", "of an earlier run");
  const auto before = files_of(folder);
  {
    aisle::results_folder given_up(folder);
    aisle::write_experiment(runs.b, given_up);
    CHECK(runs.answer(folder) == "a");
  }
  CHECK(files_of(folder) == before);
  CHECK(fs::is_empty(folder) == false);

  // A folder where a file should be is found before anything moves.
  aisle::results_folder results(folder);
  CHECK(results.locked());
  aisle::write_experiment(runs.b, results);
  fs::remove(folder + "/skipped.csv");
  fs::create_directory(folder + "/skipped.csv");
  CHECK_THROWS_WITH_AS(results.commit(), doctest::Contains("is a folder"), aisle::file_error);
  CHECK(runs.answer(folder) == "a");
  fs::remove(folder + "/skipped.csv");
  results.commit();
  CHECK(runs.answer(folder) == "b");
  CHECK_NOTHROW(aisle::check_results(folder));
  CHECK(aisle::read_file(folder + "/notes.txt") == "mine");
  // Of the earlier experiment, its reports among it, nothing is left.
  auto expected = files_of(runs.work / "b");
  for (const char* report : {"report.json", "report.html", "report.md", "report.ipynb"})
    expected.erase(report);
  auto now = files_of(folder);
  CHECK(now.erase("notes.txt") == 1);
  CHECK(now.size() == expected.size());
}

TEST_CASE("a file that cannot take its place: the older results come back whole") {
  const two_runs runs;
  const std::string folder = runs.mixed();
  // Nothing can be created in a folder that is not there: the file behind this link cannot be replaced.
  fs::remove(folder + "/text_results.csv");
  fs::create_symlink(runs.work / "nowhere/text_results.csv", folder + "/text_results.csv");
  aisle::write_file(folder + "/text_random_forest_results.csv", "of an earlier run");
  const auto before = files_of(folder);
  const auto commit = [&] {
    aisle::results_folder results(folder);
    aisle::write_experiment(runs.b, results);
    results.commit();
  };
  CHECK_THROWS_WITH_AS(commit(), doctest::Contains("text_results.csv: cannot replace"), aisle::file_error);
  CHECK(files_of(folder) == before);
  CHECK(runs.answer(folder) == "a");
  CHECK(fs::is_symlink(folder + "/text_results.csv"));

  // Where there was nothing, nothing is left.
  fs::create_directory(runs.work / "fresh");
  fs::create_symlink(runs.work / "nowhere/text_results.csv", runs.work / "fresh/text_results.csv");
  aisle::results_folder fresh(runs.work / "fresh");
  aisle::write_experiment(runs.b, fresh);
  CHECK_THROWS_AS(fresh.commit(), aisle::file_error);
  CHECK(files_of(runs.work / "fresh").size() == files_of(fresh.staged()).size());
}

TEST_CASE("a folder has one writer; what a killed one left goes; links and permissions stay") {
  const two_runs runs;
  const std::string folder = runs.mixed();
  {
    const aisle::results_folder mine(folder);
    CHECK_THROWS_WITH_AS(runs.write(runs.b, "mixed"), doctest::Contains("is writing into it"),
                         aisle::locked_error);
    CHECK_THROWS_AS(aisle::write_reports(runs.a.result, folder), aisle::locked_error);
  }
  CHECK(runs.answer(folder) == "a");
  fs::create_directory(folder + "/.results.1-0.part");
  aisle::write_file(folder + "/.results.1-0.part/metrics.json", "{}");
  fs::create_directory(runs.work / "elsewhere");
  for (const char* name : {"metrics.json", "text_results.csv"}) {
    fs::rename(folder + "/" + name, runs.work / (std::string("elsewhere/") + name));
    fs::create_symlink(runs.work / (std::string("elsewhere/") + name), folder + "/" + name);
  }
  for (const char* name : {"text.safetensors", "metrics.json"})
    REQUIRE(::chmod((folder + "/" + name).c_str(), 0640) == 0);
  runs.write(runs.b, "mixed");
  CHECK_FALSE(fs::exists(folder + "/.results.1-0.part"));
  CHECK(runs.answer(folder) == "b");
  CHECK_NOTHROW(aisle::check_results(folder));
  CHECK(fs::is_symlink(folder + "/metrics.json"));
  CHECK(fs::is_symlink(folder + "/text_results.csv"));
  for (const char* name : {"text.safetensors", "metrics.json"}) {
    struct ::stat info {};
    REQUIRE(::stat((folder + "/" + name).c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0640);
  }
}

TEST_CASE("reports that stand alone, and reviews, take the place of older ones whole or not at all") {
  const two_runs runs;
  const std::string site = runs.work / "site", review = runs.work / "review";
  aisle::write_reports(runs.a.result, site);
  const auto of_a = files_of(site);
  REQUIRE(of_a.size() == 4);
  aisle::write_reports(runs.b.result, site);
  CHECK_FALSE(files_of(site).at("report.json") == of_a.at("report.json"));
  aisle::write_reports(runs.a.result, site);
  CHECK(files_of(site) == of_a);

  aisle::catalogue_review found;
  found.classes = {"a", "b"};
  const auto write = [&](std::int64_t filed) {
    aisle::results_folder folder(review, aisle::review_files());
    found.filed.rows = filed;
    aisle::write_review_files(found, folder.staged());
    aisle::write_file(folder.staged() + "/quality.csv", std::to_string(filed));
    if (filed == 1) aisle::write_file(folder.staged() + "/learning_curve.csv", "share\n");
    aisle::write_review_index(found, folder.staged() + "/review.json");
    folder.commit();
  };
  write(1);
  const auto first = files_of(review);
  REQUIRE(first.size() == 6);
  const aisle::json index = aisle::read_json(review + "/review.json");
  CHECK(index.get<std::int64_t>("filed") == 1);
  for (const auto& [name, content] : first)
    if (name != "review.json")
      CHECK(index.at("files").get<std::string>(name) == aisle::detail::sha256_of_file(review + "/" + name));
  aisle::write_file(review + "/notes.txt", "mine");
  write(2);
  CHECK_FALSE(aisle::file_exists(review + "/learning_curve.csv"));  // an earlier review's
  CHECK(aisle::read_file(review + "/notes.txt") == "mine");

  // One file cannot take its place.
  for (const auto& [folder, name] : {std::pair{site, "report.md"}, {review, "quality.csv"}}) {
    fs::remove(folder + "/" + name);
    fs::create_symlink(runs.work / "nowhere/file", folder + "/" + name);
    const auto before = files_of(folder);
    if (folder == site)
      CHECK_THROWS_AS(aisle::write_reports(runs.b.result, folder), aisle::file_error);
    else
      CHECK_THROWS_AS(write(3), aisle::file_error);
    CHECK(files_of(folder) == before);
  }
}

TEST_CASE("reports made again: metrics.json knows them; those of another run are refused") {
  const two_runs runs;
  const std::string folder = runs.mixed();
  aisle::write_file(folder + "/report.html", "damaged");
  CHECK_THROWS_AS(aisle::check_results(folder), aisle::format_error);
  aisle::write_reports(aisle::load_result(folder), folder);
  CHECK_NOTHROW(aisle::check_results(folder));
  CHECK(aisle::read_file(folder + "/report.html") == aisle::read_file(runs.work / "a/report.html"));
  CHECK_THROWS_AS(aisle::write_reports(runs.b.result, folder), aisle::option_error);
  CHECK_NOTHROW(aisle::check_results(folder));
  // Reports alone are a whole of their own.
  aisle::write_reports(runs.b.result, runs.work / "site");
  CHECK(aisle::load_result(runs.work / "site").label == runs.b.result.label);
}

TEST_CASE("a reader waits a moment for results that are just being replaced") {
  const two_runs runs;
  const std::string folder = runs.mixed();
  std::optional<aisle::results_folder> writer(std::in_place, folder);
  CHECK(runs.answer(folder) == "a");  // nothing has moved yet
  fs::rename(folder + "/metrics.json", folder + "/later");
  std::thread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    fs::rename(folder + "/later", folder + "/metrics.json");
    writer.reset();
  });
  CHECK(runs.answer(folder) == "a");
  end.join();
}

TEST_CASE("results that are replaced while they are read are not taken") {
  const two_runs runs;
  const std::string folder = runs.mixed();
  const aisle::results_reader reader(folder);
  CHECK_NOTHROW(reader.finish());
  runs.write(runs.b, "mixed");
  CHECK_THROWS_AS(reader.file("text.safetensors"), aisle::format_error);
  CHECK_THROWS_WITH_AS(reader.finish(), doctest::Contains("replaced while they were read"),
                       aisle::format_error);
  CHECK_THROWS_AS(reader.file("notes.txt"), aisle::format_error);
}
