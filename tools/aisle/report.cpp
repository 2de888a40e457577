// aisle report: the pages of a finished run, made again.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/report.hpp>

#include "command.hpp"
#include "early_checks.hpp"
#include "output_guard.hpp"

namespace {

using namespace aisle_command;

struct options {
  std::string results, out;
  std::vector<std::string> image_roots;
  bool allow_outside = false;
  common_options common;
};

/// Why a picture is not read: report.json may be somebody else's.
class outside_pictures {
 public:
  explicit outside_pictures(const options& o) {
    add(o.results);
    for (const std::string& root : o.image_roots) add(root);
  }
  /// Empty for one that lies inside once links are followed, and for one that is not there.
  std::string operator()(const std::string& path) const {
    std::string real;
    try {
      real = aisle::real_path(path);
    } catch (const aisle::machine_error&) {
      throw;
    } catch (const aisle::file_error&) {
      return {};
    }
    if (std::any_of(roots_.begin(), roots_.end(), [&](const std::string& r) { return real.starts_with(r); }))
      return {};
    return path +
           " lies outside the results' folder: --image-root DIR names the folder of the pictures, "
           "--allow-outside reads them wherever they are";
  }

 private:
  void add(const std::string& folder) {
    const std::string real = aisle::real_path(folder);
    roots_.push_back(real == "/" ? real : real + "/");
  }
  std::vector<std::string> roots_;
};

int report(const options& o) {
  const std::string from = aisle::join_path(o.results, "report.json");
  if (!aisle::file_exists(from))
    throw usage_error(from +
                      ": no such file; --results takes the folder that aisle run wrote to (its --out)");
  const std::string to = o.out.empty() ? o.results : o.out;
  check_output_folder("--out", to);
  const aisle::experiment_result result = aisle::load_result(o.results);
  // In their own folder report.json is what it was, and the pages are this report's own.
  output_guard guard;
  if (aisle::identify_file(to) != aisle::identify_file(o.results)) {
    guard.writes_reports("--out", to);
    guard.reads_results(o.results);
  } else {
    for (const char* page : {"report.html", "report.md", "report.ipynb"})
      guard.writes("--results", aisle::join_path(to, page));
  }
  for (const aisle::product_card& p : result.products) guard.reads(p.image_path);
  bool complete = true;
  aisle::page_options pages{.threads = o.common.threads, .on_warning = [&](std::string_view what) {
                              complete = false;
                              warn(what);
                            }};
  if (!o.allow_outside) pages.refuse_picture = outside_pictures(o);
  aisle::write_reports(result, to, pages);
  say("wrote report.html, report.ipynb and report.md to " + to);
  return complete ? exit_ok : exit_skipped;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("--results", o->results, "folder of a finished run, with report.json in it")
      .required()
      .type_name("DIR");
  app.add_option("--out", o->out, "folder to write to, made if need be (default: that of --results)")
      .type_name("DIR");
  app.add_option("--image-root", o->image_roots,
                 "folder of the pictures that the report shows; may be given more than once")
      .type_name("DIR");
  app.add_flag("--allow-outside", o->allow_outside,
               "read pictures that lie outside the results' folder and --image-root too: for results of your "
               "own, as report.json of somebody else's may name any file");
  o->common.add(app, {common::threads});
  app.footer(
      "Examples:\n"
      "  aisle report --results results --image-root data/images\n"
      "  aisle report --results results --image-root data/images --out site");
  return [o] { return report(*o); };
}

const registration entry{{"report", "HTML page, notebook and Markdown from a results folder", setup}};

}  // namespace
