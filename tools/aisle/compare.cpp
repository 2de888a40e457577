// aisle compare: what changed between two runs, by class and by product.

#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/compare.hpp>
#include <aisle/catalogue/report.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/io/json.hpp>

#include "command.hpp"

namespace {

using namespace aisle_command;

struct options {
  std::vector<std::string> folders;
  std::int64_t top = 10;
  bool as_json = false;
};

std::string figure(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

/// "95.5 -> 96.4 (+0.9)"
std::string change(double before, double after) {
  char text[96];
  std::snprintf(text, sizeof text, "%.1f -> %.1f (%+.1f)", before, after, after - before);
  return text;
}

std::string count_change(std::int64_t before, std::int64_t after) {
  char text[96];
  std::snprintf(text, sizeof text, "%lld -> %lld (%+lld)", static_cast<long long>(before),
                static_cast<long long>(after), static_cast<long long>(after - before));
  return text;
}

double share_filed(const aisle::review_totals& t) {
  return t.labelled == 0 ? 0 : 100 * static_cast<double>(t.filed) / static_cast<double>(t.labelled);
}

/// " … 3 more (--top, --json)"; nothing where all are listed.
std::string rest(std::size_t all, std::int64_t top) {
  const std::int64_t more = static_cast<std::int64_t>(all) - top;
  return more > 0 ? "… " + std::to_string(more) + " more (--top, --json)" : std::string();
}

std::string list_of(const char* title, const std::vector<std::string>& names, std::int64_t top) {
  if (names.empty()) return {};
  std::string out = std::string(title) + ": ";
  for (std::size_t i = 0; i < names.size() && static_cast<std::int64_t>(i) < top; ++i)
    out += (i > 0 ? ", " : "") + names[i];
  const std::string more = rest(names.size(), top);
  return out + (more.empty() ? "" : ", ") + more + "\n";
}

std::string products(const char* title, const std::vector<aisle::product_change>& list, std::int64_t top) {
  std::string out = std::string(title) + ": " + std::to_string(list.size()) + "\n";
  for (std::size_t i = 0; i < list.size() && static_cast<std::int64_t>(i) < top; ++i) {
    const aisle::product_change& p = list[i];
    out += "  " + p.id + (p.name.empty() ? "" : "  " + p.name) + "  is " + p.label_after +
           (p.label_after == p.label_before ? "" : " (was " + p.label_before + ")") + ", said " +
           p.said_before + " -> " + p.said_after + "\n";
  }
  if (const std::string more = rest(list.size(), top); !more.empty()) out += "  " + more + "\n";
  return out;
}

/// Classes of another F1 as it is shown, and those that one run alone tested; how many are as they were.
std::string classes_of(const aisle::results_comparison& c, std::int64_t top) {
  std::vector<const aisle::class_change*> changed;
  for (const aisle::class_change& k : c.classes)
    if (k.f1_before.has_value() != k.f1_after.has_value() || figure(std::abs(k.change())) != figure(0))
      changed.push_back(&k);
  const std::size_t same = c.classes.size() - changed.size();
  const std::string unchanged =
      aisle::counted(same, "class", "classes") + (same == 1 ? " is" : " are") + " as before";
  if (changed.empty()) return "F1 by class: " + unchanged + "\n";
  std::string out = "F1 by class, %, those that changed most:\n";
  for (std::size_t i = 0; i < changed.size() && static_cast<std::int64_t>(i) < top; ++i) {
    const aisle::class_change& k = *changed[i];
    out += "  " + k.name + ": " +
           (k.f1_before && k.f1_after ? change(*k.f1_before, *k.f1_after)
                                      : (k.f1_before ? figure(*k.f1_before) : "not tested") + " -> " +
                                            (k.f1_after ? figure(*k.f1_after) : "not tested")) +
           ", " + count_change(std::llround(k.rows_before), std::llround(k.rows_after)) + " test rows\n";
  }
  if (const std::string more = rest(changed.size(), top); !more.empty()) out += "  " + more + "\n";
  return out + (same > 0 ? "  " + unchanged + "\n" : "");
}

std::string text_of(const aisle::results_comparison& c, std::int64_t top) {
  std::string out = "best: " + c.best_before + " -> " + c.best_after + "\n";
  if (c.splits_before > 1 || c.splits_after > 1)
    out += "splits: " + count_change(c.splits_before, c.splits_after) +
           "; scores, classes and products are those of the first of each\n";
  out += "accuracy, %: " + change(c.accuracy_before, c.accuracy_after) + "\n";
  out += "macro F1, %: " + change(c.macro_f1_before, c.macro_f1_after) + "\n";
  out += "rows that took part: " + count_change(c.rows_before, c.rows_after) + "\n";
  if (c.review_before.labelled > 0 && c.review_after.labelled > 0) {
    out += "suspect labels: " + count_change(c.review_before.suspects, c.review_after.suspects) + "\n";
    out += "filed without a person, %: " + change(share_filed(c.review_before), share_filed(c.review_after)) +
           "\n";
  }
  out += list_of("classes gone", c.classes_gone, top) + list_of("new classes", c.classes_new, top);
  out += "\n" + classes_of(c, top);
  out += "\n" + aisle::counted(c.tested_by_both, "product") + " tested in both";
  if (c.sampled) out += " (of the samples that the reports keep)";
  if (c.tested_by_both > 0) {
    char p[64];
    std::snprintf(p, sizeof p, "; McNemar's test: p %.3f", c.test.p_value);
    out += p + std::string(c.test.p_value > 0.05 ? ", the difference may be chance" : "");
  }
  return out + "\n" + products("right before, wrong now", c.worse, top) +
         products("wrong before, right now", c.better, top) +
         (c.relabelled.empty() ? "" : products("of another label", c.relabelled, top));
}

aisle::json json_of(const std::vector<aisle::product_change>& list) {
  aisle::json out = aisle::json::array();
  for (const aisle::product_change& p : list) {
    aisle::json one = aisle::json::object({{"id", p.id},
                                           {"name", p.name},
                                           {"label_before", p.label_before},
                                           {"label_after", p.label_after},
                                           {"said_before", p.said_before},
                                           {"said_after", p.said_after}});
    if (!std::isnan(p.probability_before))
      one["probability_before"] = static_cast<double>(p.probability_before);
    if (!std::isnan(p.probability_after)) one["probability_after"] = static_cast<double>(p.probability_after);
    out.push_back(std::move(one));
  }
  return out;
}

aisle::json json_of(const aisle::results_comparison& c) {
  const auto both = [](const auto& before, const auto& after) {
    return aisle::json::object({{"before", before}, {"after", after}});
  };
  aisle::json classes = aisle::json::array();
  for (const aisle::class_change& k : c.classes) {
    aisle::json one = aisle::json::object(
        {{"class", k.name}, {"rows_before", k.rows_before}, {"rows_after", k.rows_after}});
    if (k.f1_before) one["f1_before"] = *k.f1_before;
    if (k.f1_after) one["f1_after"] = *k.f1_after;
    classes.push_back(std::move(one));
  }
  aisle::json out = aisle::json::object({{"best", both(c.best_before, c.best_after)},
                                         {"accuracy", both(c.accuracy_before, c.accuracy_after)},
                                         {"macro_f1", both(c.macro_f1_before, c.macro_f1_after)},
                                         {"splits", both(c.splits_before, c.splits_after)},
                                         {"rows", both(c.rows_before, c.rows_after)},
                                         {"classes_gone", aisle::json::array_of(c.classes_gone)},
                                         {"classes_new", aisle::json::array_of(c.classes_new)},
                                         {"classes", std::move(classes)},
                                         {"tested_by_both", c.tested_by_both},
                                         {"p_value", c.test.p_value},
                                         {"sampled", c.sampled},
                                         {"worse", json_of(c.worse)},
                                         {"better", json_of(c.better)},
                                         {"relabelled", json_of(c.relabelled)}});
  if (c.review_before.labelled > 0 && c.review_after.labelled > 0) {
    out["suspects"] = both(c.review_before.suspects, c.review_after.suspects);
    out["filed"] = both(share_filed(c.review_before), share_filed(c.review_after));
  }
  return out;
}

/// All files of a run that are there must be of one; those that somebody removed are not missed. Failed runs
/// of earlier versions wrote over skipped.csv.
void check_folder(const std::string& folder) {
  if (!aisle::file_exists(aisle::join_path(folder, "metrics.json"))) return;  // reports that stand alone
  aisle::detail::read_twice(folder, [&] {
    const aisle::results_reader results(folder);
    for (const std::string& name : aisle::result_file_names())
      if (name != "metrics.json" && !name.starts_with("skipped.") &&
          aisle::file_exists(aisle::join_path(folder, name)))
        results.file(name);
    results.finish();
  });
}

int compare(const options& o) {
  if (o.folders.size() != 2)
    throw usage_error("expected two folders that aisle run wrote to, the earlier first");
  for (const std::string& folder : o.folders)
    if (!aisle::file_exists(aisle::join_path(folder, "report.json")))
      throw usage_error(aisle::join_path(folder, "report.json") +
                        ": no such file; expected a folder that aisle run wrote to");
  for (const std::string& folder : o.folders) check_folder(folder);
  const aisle::experiment_result before = aisle::load_result(o.folders[0]),
                                 after = aisle::load_result(o.folders[1]);
  const aisle::results_comparison found = aisle::compare_results(before, after);
  if (before.label != after.label)
    warn("labels are of different columns: " + before.label + " and " + after.label);
  if (o.as_json)
    write_out(json_of(found).dump() + "\n");
  else
    write_text(text_of(found, o.top));
  return exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("results,--results", o->folders, "folders of two finished runs, the earlier first")
      .type_name("DIR DIR");
  app.add_option("--top", o->top, "classes and products of each kind that are listed")
      .check(within(std::int64_t{1}, std::int64_t{1} << 32))
      .type_name("N")
      .capture_default_str();
  app.add_flag("--json", o->as_json, "everything as one line of JSON");
  app.footer(
      "Runs by their best classifiers, each on its own test rows (of several splits the first); products "
      "that "
      "both\n"
      "tested, by id. A folder whose files are not of one run is refused.\n"
      "\n"
      "Example:\n"
      "  aisle compare results-before results-after");
  return [o] { return compare(*o); };
}

const registration entry{{"compare", "what changed between two runs, by class and by product", setup}};

}  // namespace
