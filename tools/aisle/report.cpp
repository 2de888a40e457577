// aisle report: the pages of a finished run, made again.

#include <memory>
#include <string>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/report.hpp>

#include "command.hpp"
#include "early_checks.hpp"
#include "output_guard.hpp"

namespace {

using namespace aisle_command;

struct options {
  std::string results, out;
  common_options common;
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
  aisle::write_reports(result, to, {.threads = o.common.threads, .on_warning = [&](std::string_view what) {
                                      complete = false;
                                      warn(what);
                                    }});
  say("wrote report.html, report.ipynb and report.md to " + to);
  return complete ? exit_ok : exit_skipped;
}

action setup(CLI::App& app) {
  auto o = std::make_shared<options>();
  app.add_option("--results", o->results, "folder of a finished run, with report.json in it")
      ->required()
      ->type_name("DIR");
  app.add_option("--out", o->out, "folder to write to, made if need be (default: that of --results)")
      ->type_name("DIR");
  o->common.add(app, {common::threads});
  app.footer("Examples:\n  aisle report --results results\n  aisle report --results results --out site");
  return [o] { return report(*o); };
}

const registration entry{{"report", "HTML page, notebook and Markdown from a results folder", setup}};

}  // namespace
