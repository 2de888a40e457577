#include "picture_plan.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <aisle/base/blanks.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/catalogue/picture_paths.hpp>

namespace aisle_command {

namespace {

constexpr const char* endings[] = {".jpg", ".png", ".gif", ".bmp", ".webp"};

/// For the table: a picture may be in the URL itself.
std::string joined(const std::vector<std::string>& urls) {
  std::string out;
  for (const std::string& url : urls) {
    if (!out.empty()) out += '|';
    out += url.size() <= 4000 ? url
                              : url.substr(0, 60) + "~" + aisle::to_hex(aisle::sha256::of(url)).substr(0, 16);
  }
  return out;
}

/// Whether this may be the name of a product's picture: others are not touched.
bool is_name_of(const std::string& file, const std::string& id) {
  const std::string name = picture_name(id);
  return std::any_of(std::begin(endings), std::end(endings),
                     [&](const char* ending) { return file == name + ending; });
}

/// Whether it was a limit of ours that refused a picture, of which the message names the option: it may be
/// another one today.
bool by_a_limit(const picture_status& s) { return s.error.find("(--") != std::string::npos; }

/// What earlier runs left: rows by id, and names of files.
struct earlier {
  std::unordered_map<std::string, picture_status> rows;
  std::vector<std::string> order;  ///< of the ids
  std::unordered_set<std::string> files;
  std::vector<std::string> journals;

  explicit earlier(const std::string& folder) {
    const std::string path = status_file(folder);
    const auto take = [&](std::vector<picture_status> all) {
      for (picture_status& r : all) {
        if (r.id.empty() || (!r.file.empty() && !is_name_of(r.file, r.id))) continue;
        const auto [at, is_new] = rows.try_emplace(r.id);
        if (is_new) order.push_back(r.id);
        at->second = std::move(r);
      }
    };
    if (aisle::file_exists(path)) try {
        take(read_status(path));
      } catch (const aisle::format_error& e) {
        throw aisle::error(std::string(e.what()) + ": expected what `aisle images` wrote; another folder?");
      }
    left_journals left = read_left_journals(path);
    take(std::move(left.rows));
    journals = std::move(left.files);
    for (std::string& name : aisle::folder_entries(folder)) {
      const std::string_view end = unfinished_ending;
      if (name.ends_with(end) && name.size() > end.size())
        aisle::remove_file(aisle::join_path(folder, name));  // of a run that was killed
      else
        files.insert(std::move(name));
    }
  }

  const picture_status* find(const std::string& id) const {
    const auto at = rows.find(id);
    return at == rows.end() ? nullptr : &at->second;
  }
};

class planner {
 public:
  planner(const aisle::catalogue& products, const fetch_pictures_options& o)
      : products_(products), options_(o), before_(o.folder) {}

  picture_plan make() && {
    plan_.journals = before_.journals;
    for (const aisle::product& p : products_.products) add(p);
    for (const aisle::skipped_row& bad : products_.problems) add(bad);
    std::stable_sort(plan_.status.begin(), plan_.status.end(),
                     [](const auto& a, const auto& b) { return a.row < b.row; });
    plan_.rows = plan_.status.size();
    refuse_targets_that_are_read();
    std::unordered_set<std::string> ids;
    for (const picture_status& r : plan_.status) ids.insert(r.id);
    plan_.old_files.resize(plan_.rows);
    for (std::size_t i = 0; i < plan_.rows; ++i) plan_row(i);
    for (const std::string& id : before_.order)
      if (!ids.contains(id)) plan_.status.push_back(*before_.find(id));
    return std::move(plan_);
  }

 private:
  /// Rows before they are planned: `form` is not set, `error` holds what is wrong with a name.
  void add(const aisle::product& p) {
    picture_status s;
    s.row = p.row;
    s.line = p.line;
    s.id = p.id;
    s.status = "none";
    const auto column = products_.find_column(products_.options.image_column);
    if (!p.image_url.empty()) {
      const std::vector<std::string> urls = aisle::picture_urls(aisle::trimmed(p.fields[*column]));
      s.url = joined(urls);
      s.status = "pending";
      urls_.emplace(s.id, urls);
    } else if (!options_.urls_only && (!p.image_path.empty() || !p.image_problem.empty())) {
      s.url = p.image_path;
      s.status = p.image_path.empty() ? "failed" : "pending";
      s.error = p.image_problem;
      if (s.status == "failed") s.url = aisle::trimmed(p.fields[*column]);
    }
    plan_.named += s.status != "none";
    plan_.status.push_back(std::move(s));
  }
  void add(const aisle::skipped_row& bad) {
    picture_status s;
    s.row = bad.row;
    s.line = bad.line;
    s.status = "skipped";
    s.error = bad.reason + (bad.id.empty() ? "" : " (" + bad.id + ")");
    plan_.status.push_back(std::move(s));
  }

  /// Of files that the table names none is written over.
  void refuse_targets_that_are_read() const {
    std::unordered_map<std::string, std::string> targets;
    for (const picture_status& s : plan_.status)
      if (s.status == "pending") targets.emplace(picture_name(s.id), s.id);
    const auto identity = aisle::identify_file(options_.folder);
    std::unordered_map<std::string, bool> folders;
    for (const aisle::product& p : products_.products) {
      if (p.image_path.empty()) continue;
      const std::string folder = aisle::parent_folder(p.image_path), name = aisle::file_name(p.image_path);
      const auto [at, is_new] = folders.try_emplace(folder);
      if (is_new) at->second = aisle::identify_file(folder) == identity;
      const auto target = at->second ? targets.find(name.substr(0, name.rfind('.'))) : targets.end();
      if (target != targets.end() && is_name_of(name, target->second))
        throw usage_error("--out " + options_.folder + ": " + p.image_path +
                          " is the picture that the table names for " + p.id +
                          " and would be written over, expected another folder");
    }
  }

  void plan_row(std::size_t i) {
    picture_status& s = plan_.status[i];
    const picture_status* b = before_.find(s.id);
    const auto take_over = [&] {
      const std::int64_t row = s.row, line = s.line;
      s = *b;
      s.row = row;
      s.line = line;
    };
    if (s.status == "none" && options_.urls_only && b != nullptr) take_over();
    if (s.status != "pending") return;
    const auto with_urls = urls_.find(s.id);
    const std::vector<std::string> urls =
        with_urls != urls_.end() ? with_urls->second : std::vector<std::string>();
    std::string there;
    if (b != nullptr) {
      const bool same = b->url == s.url || std::find(urls.begin(), urls.end(), b->url) != urls.end();
      const bool right_form = options_.any_form || b->form == options_.form.name();
      if (b->status == "ok" && same && right_form && is_there(*b)) {
        ++plan_.kept;
        return take_over();
      }
      // What another URL led to must not be taken for the new one's, whatever becomes of this run.
      if (!same && !b->file.empty() && before_.files.erase(b->file) > 0)
        aisle::remove_file(aisle::join_path(options_.folder, b->file));
      else
        plan_.old_files[i] = b->file;
      if (b->status != "ok") there = unknown_file_of(s.id);
      if (b->status == "failed" && same && there.empty() && !options_.retry_failed && !by_a_limit(*b))
        return take_over();
    } else {
      there = unknown_file_of(s.id);
    }
    picture_task task{{i}, urls, urls.empty() ? s.url : std::string(), std::move(there)};
    if (task.there.empty()) {
      // Variants often share a picture: it is asked for once.
      const auto [at, is_new] = known_.emplace((urls.empty() ? "f" : "u") + s.url, plan_.tasks.size());
      if (!is_new) {
        plan_.tasks[at->second].rows.push_back(i);
        return;
      }
    }
    plan_.tasks.push_back(std::move(task));
  }

  bool is_there(const picture_status& b) const {
    const std::string path = aisle::join_path(options_.folder, b.file);
    return before_.files.contains(b.file) && aisle::file_exists(path) &&
           static_cast<std::int64_t>(aisle::file_size(path)) == b.bytes;
  }

  /// A file under the name of the row's picture that no status tells of.
  std::string unknown_file_of(const std::string& id) const {
    for (const char* ending : endings) {
      if (!options_.form.original && std::string_view(ending) != ".jpg") continue;
      if (const std::string name = picture_name(id) + ending; before_.files.contains(name)) return name;
    }
    return {};
  }

  const aisle::catalogue& products_;
  const fetch_pictures_options& options_;
  earlier before_;
  std::unordered_map<std::string, std::vector<std::string>> urls_;  ///< by id
  std::unordered_map<std::string, std::size_t> known_;              ///< tasks by what they get
  picture_plan plan_;
};

}  // namespace

std::string status_file(const std::string& folder) { return aisle::join_path(folder, "status.csv"); }

picture_plan plan_pictures(const aisle::catalogue& products, const fetch_pictures_options& o) {
  return planner(products, o).make();
}

}  // namespace aisle_command
