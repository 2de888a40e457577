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

std::string list_of(const char* title, const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ", ") + printable(n);
  return out.empty() ? out : std::string(title) + ": " + out + "\n";
}

std::string products(const char* title, const std::vector<aisle::product_change>& list, std::int64_t top) {
  std::string out = std::string(title) + ": " + std::to_string(list.size()) + "\n";
  for (std::size_t i = 0; i < list.size() && static_cast<std::int64_t>(i) < top; ++i) {
    const aisle::product_change& p = list[i];
    out += "  " + printable(p.id) + (p.name.empty() ? "" : "  " + printable(p.name)) + "  is " +
           printable(p.label_after) +
           (p.label_after == p.label_before ? "" : " (was " + printable(p.label_before) + ")") + ", said " +
           printable(p.said_before) + " -> " + printable(p.said_after) + "\n";
  }
  if (static_cast<std::int64_t>(list.size()) > top)
    out += "  … " + std::to_string(static_cast<std::int64_t>(list.size()) - top) + " more (--top, --json)\n";
  return out;
}

std::string text_of(const aisle::results_comparison& c, std::int64_t top) {
  std::string out = "best: " + printable(c.best_before) + " -> " + printable(c.best_after) + "\n";
  out += "accuracy, %: " + change(c.accuracy_before, c.accuracy_after) + "\n";
  out += "macro F1, %: " + change(c.macro_f1_before, c.macro_f1_after) + "\n";
  out += "rows that took part: " + count_change(c.rows_before, c.rows_after) + "\n";
  if (c.review_before.labelled > 0 && c.review_after.labelled > 0) {
    out += "suspect labels: " + count_change(c.review_before.suspects, c.review_after.suspects) + "\n";
    out += "filed without a person, %: " + change(share_filed(c.review_before), share_filed(c.review_after)) +
           "\n";
  }
  out += list_of("classes gone", c.classes_gone) + list_of("new classes", c.classes_new);
  out += "\nF1 by class, %, those that changed most:\n";
  for (std::size_t i = 0; i < c.classes.size() && static_cast<std::int64_t>(i) < top; ++i) {
    const aisle::class_change& k = c.classes[i];
    out += "  " + printable(k.name) + ": " +
           (k.f1_before && k.f1_after ? change(*k.f1_before, *k.f1_after)
                                      : (k.f1_before ? figure(*k.f1_before) : "not tested") + " -> " +
                                            (k.f1_after ? figure(*k.f1_after) : "not tested")) +
           ", " + count_change(std::llround(k.rows_before), std::llround(k.rows_after)) + " test rows\n";
  }
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

int compare(const options& o) {
  if (o.folders.size() != 2)
    throw usage_error("expected two folders that aisle run wrote to, the earlier first");
  for (const std::string& folder : o.folders)
    if (!aisle::file_exists(aisle::join_path(folder, "report.json")))
      throw usage_error(aisle::join_path(folder, "report.json") +
                        ": no such file; expected a folder that aisle run wrote to");
  const aisle::experiment_result before = aisle::load_result(o.folders[0]),
                                 after = aisle::load_result(o.folders[1]);
  const aisle::results_comparison found = aisle::compare_results(before, after);
  if (before.label != after.label)
    warn("labels are of different columns: " + before.label + " and " + after.label);
  write_out(o.as_json ? json_of(found).dump() + "\n" : text_of(found, o.top));
  return exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("results,--results", o->folders, "folders of two finished runs, the earlier first")
      .type_name("DIR DIR");
  app.add_option("--top", o->top, "classes and products of each kind that are listed")
      .check(positive())
      .type_name("N")
      .capture_default_str();
  app.add_flag("--json", o->as_json, "everything as one line of JSON");
  app.footer(
      "Runs by their best classifiers, each on its own test rows; products that both tested, by id. A "
      "folder\n"
      "whose files are not of one run is refused.\n"
      "\n"
      "Example:\n"
      "  aisle compare results-before results-after");
  return [o] { return compare(*o); };
}

const registration entry{{"compare", "what changed between two runs, by class and by product", setup}};

}  // namespace
