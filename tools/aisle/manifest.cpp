#include "manifest.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <aisle/base/ascii.hpp>
#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>

#include "embedded.hpp"

namespace aisle_command {

namespace {

manifest_file read_file_entry(const aisle::json& j) {
  manifest_file f{.path = j.get<std::string>("path"),
                  .sha256 = j.get("sha256", ""),
                  .size = j.get<std::int64_t>("size", 0)};
  if (f.path.empty() || f.path.front() == '/' || ("/" + f.path + "/").find("/../") != std::string::npos)
    j.at("path").fail("leads out of the model's folder: " + f.path);
  if (std::any_of(f.path.begin(), f.path.end(), [](unsigned char c) { return c < ' '; }))
    j.at("path").fail("expected a plain path, found " + f.path);
  if (!f.sha256.empty() &&
      (f.sha256.size() != 64 || f.sha256.find_first_not_of("0123456789abcdef") != std::string::npos))
    j.at("sha256").fail("expected 64 lower-case hexadecimal digits");
  if (f.size < 0) j.at("size").fail("expected bytes, found " + std::to_string(f.size));
  return f;
}

/// An id is the name of a folder: nothing that leads out of --weights, and none of a download under way.
std::string read_id(const aisle::json& model) {
  std::string id = model.get<std::string>("id");
  const bool plain = !id.empty() && id != "." && id != ".." && !id.ends_with(".part") &&
                     std::none_of(id.begin(), id.end(), [](char c) {
                       return c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ';
                     });
  if (!plain) model.at("id").fail("expected a plain name of a folder, found \"" + id + "\"");
  return id;
}

/// What pip takes for the name or the version of a package, and not for a path, a URL or an option, of which
/// it would run code. PEP 508 and 440.
void require_plain(const aisle::json& j, const std::string& text, const char* others, const char* what) {
  using aisle::ascii::is_letter_or_digit;
  const bool plain =
      !text.empty() && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
      std::all_of(text.begin(), text.end(), [&](char c) {
        return is_letter_or_digit(c) || std::string_view(others).find(c) != std::string_view::npos;
      });
  if (!plain) j.fail(std::string("expected ") + what + ", found \"" + text + "\"");
}

manifest_source read_source(const aisle::json& j) {
  manifest_source s{.kind = j.get<std::string>("kind"),
                    .where = {},
                    .version = {},
                    .folder = j.get("folder", ""),
                    .uploader = j.get("uploader", ""),
                    .licence = j.get("licence", ""),
                    .files = {}};
  if (s.kind == "huggingface") {
    s.where = j.get<std::string>("repository");
    s.version = j.get("revision", "main");
  } else if (s.kind == "https" || s.kind == "file") {
    s.where = j.get<std::string>("url");
  } else if (s.kind == "pypi") {
    s.where = j.get<std::string>("package");
    require_plain(j.at("package"), s.where, "._-", "the name of a package");
    s.version = j.get("version", "");
    if (!s.version.empty()) require_plain(j.at("version"), s.version, "._-+!", "a version");
  }
  std::unordered_set<std::string> paths;
  for (const aisle::json& f : j["files"].elements()) {
    s.files.push_back(read_file_entry(f));
    if (!paths.insert(s.files.back().path).second) f.at("path").fail("again: " + s.files.back().path);
  }
  if (s.files.empty()) j.at("files").fail("is empty, expected the files of the model");
  return s;
}

manifest_model read_model(const aisle::json& j) {
  manifest_model m{.id = read_id(j),
                   .modality = j.get("modality", ""),
                   .architecture = j.get("architecture", ""),
                   .preset = j.get("preset", ""),
                   .licence = j.get("licence", ""),
                   .sources = {}};
  for (const aisle::json& s : j["sources"].elements()) m.sources.push_back(read_source(s));
  return m;
}

}  // namespace

bool manifest_source::vouched_for() const {
  return std::none_of(files.begin(), files.end(), [](const manifest_file& f) { return f.sha256.empty(); });
}

bool manifest_model::vouched_for() const {
  return std::any_of(sources.begin(), sources.end(),
                     [](const manifest_source& s) { return s.vouched_for(); });
}

std::string manifest_source::title() const {
  if (kind == "huggingface") return "Hugging Face, " + where;
  if (kind == "pypi") return "the Python registry, package " + where + " " + version;
  return where;
}

std::string manifest_source::url(const manifest_file& f) const {
  const std::string name = folder.empty() ? f.path : folder + "/" + f.path;
  const auto without_slash = [](std::string s) {
    while (!s.empty() && s.back() == '/') s.pop_back();
    return s;
  };
  if (kind == "huggingface") {
    const char* mirror = std::getenv("HF_ENDPOINT");
    return without_slash(mirror && *mirror ? mirror : "https://huggingface.co") + "/" + where + "/resolve/" +
           version + "/" + name;
  }
  if (kind == "https") return without_slash(where) + "/" + name;
  if (kind == "file")
    return (where.starts_with("file://") ? "" : "file://") + without_slash(where) + "/" + name;
  return {};
}

std::vector<manifest_model> read_manifest(const std::string& path) {
  const aisle::json j = path.empty() ? aisle::parse_json(embedded("manifest"), "weights/manifest.json")
                                     : aisle::read_json(path);
  if (j.get<int>("schema") != 1) j.at("schema").fail("expected schema 1");
  std::vector<manifest_model> models;
  std::unordered_set<std::string> ids;
  for (const aisle::json& m : j["models"].elements()) try {
      manifest_model model = read_model(m);
      if (!ids.insert(model.id).second) m.at("id").fail("again: " + model.id);
      models.push_back(std::move(model));
    } catch (const aisle::format_error& e) {
      const aisle::json* id = m.find("id");
      models.push_back({.id = id && id->is_string() ? id->as<std::string>()
                                                    : "models[" + std::to_string(models.size()) + "]",
                        .modality = {},
                        .architecture = {},
                        .preset = {},
                        .licence = {},
                        .sources = {},
                        .problem = e.what()});
    }
  return models;
}

std::optional<aisle::preset> manifest_preset(std::string_view id) {
  for (const manifest_model& m : read_manifest())
    if (m.id == id && !m.preset.empty()) return aisle::find_preset(m.preset);
  return std::nullopt;
}

}  // namespace aisle_command
