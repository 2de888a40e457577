// aisle merge, aisle verify: the parts that the shards of `aisle embed` wrote.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/vector_parts.hpp>
#include <aisle/io/json.hpp>

#include "catalogue_job.hpp"
#include "command.hpp"
#include "output_guard.hpp"

namespace {

using namespace aisle_command;

struct options {
  std::string folder, out, skipped;
  aisle::csv_write_options csv;
  bool json = false;
};

aisle::part_set read(const std::string& folder, progress_bar& bar) {
  if (!aisle::folder_exists(folder)) throw aisle::file_error(folder, "no such folder");
  return aisle::read_parts(folder, true, bar.callback());
}

std::vector<aisle::skipped_row> skipped_of(const aisle::part_set& parts) {
  std::vector<aisle::skipped_row> out;
  for (const auto& shard : parts.shards)
    for (const aisle::vector_part& p : shard) out.insert(out.end(), p.skipped.begin(), p.skipped.end());
  std::stable_sort(out.begin(), out.end(),
                   [](const aisle::skipped_row& a, const aisle::skipped_row& b) { return a.row < b.row; });
  return out;
}

int merge(const options& o) {
  output_guard guard;
  guard.writes_vectors("--out", o.out);
  guard.writes("--skipped", o.skipped);
  check_output_file("--out", o.out);
  check_output_file("--skipped", o.skipped);
  progress_bar bar;
  const aisle::part_set parts = read(o.folder, bar);
  if (!parts.faults.empty()) {
    for (const std::string& fault : parts.faults) say(fault);
    throw aisle::error(o.folder + ": nothing was merged, as " + aisle::counted(parts.faults.size(), "thing") +
                       (parts.faults.size() == 1 ? " is" : " are") + " wrong with the parts");
  }
  for (const auto& shard : parts.shards)
    for (const aisle::vector_part& p : shard) {
      guard.reads(p.path);
      for (const aisle::part_file& f : p.files)
        guard.reads(aisle::join_path(aisle::parent_folder(p.path), f.name));
    }
  const auto turn = wait_for_turn(o.out);
  const std::vector<aisle::skipped_row> skipped = skipped_of(parts);
  aisle::merge_parts(parts, o.out, bar.callback());
  if (!o.skipped.empty()) aisle::write_skipped(o.skipped, skipped, o.csv);
  say(o.out + ": " + aisle::counted(parts.vectors, "row") + " of " +
      aisle::counted(parts.shards.size(), "shard"));
  if (skipped.empty()) return exit_ok;
  warn(aisle::counted(static_cast<std::int64_t>(skipped.size()), "row") +
       (skipped.size() == 1 ? " was" : " were") + " skipped" +
       (o.skipped.empty() ? "; --skipped FILE lists them" : ""));
  return exit_skipped;
}

int verify(const options& o) {
  progress_bar bar;
  const aisle::part_set parts = read(o.folder, bar);
  std::int64_t count = 0;
  for (const auto& shard : parts.shards) count += static_cast<std::int64_t>(shard.size());
  if (o.json) {
    aisle::json out = aisle::json::object({{"shards", parts.shards.size()},
                                           {"parts", count},
                                           {"rows", parts.rows},
                                           {"vectors", parts.vectors},
                                           {"skipped", skipped_of(parts).size()},
                                           {"faults", aisle::json::array_of(parts.faults)}});
    write_out(out.dump(1) + "\n");
    flush_out();
  } else {
    for (const std::string& fault : parts.faults) say(fault);
    say(o.folder + ": " + aisle::counted(parts.shards.size(), "shard") + ", " +
        aisle::counted(count, "part") + ", " + aisle::counted(parts.rows, "row") + ", " +
        std::to_string(parts.vectors) + " with vectors: " +
        (parts.faults.empty() ? "all of it is there, as its manifests say"
                              : aisle::counted(parts.faults.size(), "fault")));
  }
  return parts.faults.empty() ? exit_ok : exit_failed;
}

action setup_merge(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("folder", o->folder, "that `aisle embed --shard` wrote into").type_name("DIR").required();
  app.add_option("--out", o->out, "the vectors of all shards, in the parts' format (NAME.npy)")
      .type_name("FILE")
      .required();
  app.add_option("--skipped", o->skipped, "list the rows that were skipped, as CSV").type_name("FILE.csv");
  add_csv_safe(app, o->csv);
  app.footer(
      "The file is the one that `aisle embed` without --shard would have written, byte for byte. All parts "
      "are\n"
      "checked first; nothing is merged where one is missing, damaged, or was made with other weights, "
      "options\n"
      "or input than the others.\n"
      "\n"
      "Examples:\n"
      "  aisle merge parts/ --out vectors.npy");
  return [o] { return merge(*o); };
}

action setup_verify(option_set app) {
  auto o = std::make_shared<options>();
  app.add_option("folder", o->folder, "that `aisle embed --shard` wrote into").type_name("DIR").required();
  app.add_flag("--json", o->json, "what was found as JSON on stdout");
  app.footer(
      "Reads every file and compares it with its manifest's SHA-256, and the manifests with each other. "
      "Exit\n"
      "code 1 says that something is missing or wrong; each fault is a line.\n"
      "\n"
      "Examples:\n"
      "  aisle verify parts/");
  return [o] { return verify(*o); };
}

const registration merge_entry{{"merge", "join the parts of several shards into one file", setup_merge}};
const registration verify_entry{{"verify", "check the parts of several shards", setup_verify}};

}  // namespace
