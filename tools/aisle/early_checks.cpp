#include "early_checks.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/embedding_files.hpp>
#include <aisle/catalogue/detail/label_paths.hpp>
#include <aisle/catalogue/label_findings.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/catalogue/review.hpp>
#include <aisle/image/image_encoder.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/nearest_name.hpp>
#include <aisle/text/case_fold.hpp>
#include <aisle/text/sentence_model.hpp>

#include "catalogue_job.hpp"
#include "encoders.hpp"
#include "manifest.hpp"
#include "remote_embeddings.hpp"

namespace aisle_command {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const char* option, const std::string& path, const std::string& why) {
  throw aisle::error(std::string(option) + " " + path + ": " + why);
}

/// Makes and removes a file beside `path`, as writing it would: permissions, read-only systems and quotas are
/// the system's to judge.
void try_to_write(const char* option, const std::string& path) {
  try {
    const aisle::atomic_file probe(path);
  } catch (const aisle::file_error& e) {
    throw aisle::error(std::string(option) + " " + e.what());
  }
}

/// A file that is good only together with others: it cannot be replaced alone.
void refuse_part_of_a_whole(const char* option, const std::string& path) {
  if (!aisle::file_exists(path)) return;
  const std::string target = aisle::follow_links(path);
  const std::string folder = aisle::parent_folder(target), name = aisle::file_name(target);
  for (const std::string& index : {aisle::experiment_files().index, aisle::review_files().index}) {
    const std::string beside = aisle::join_path(folder, index);
    if (!aisle::file_exists(beside)) continue;
    try {
      const aisle::json contents = aisle::read_json(beside);
      const aisle::json* files = contents.is_object() ? contents.find("files") : nullptr;
      if (files != nullptr && files->is_object() && (name == index || files->contains(name)))
        throw usage_error(std::string(option) + " " + path + ": is of the results in " + folder + ", which " +
                          index + " holds together; expected another file");
    } catch (const aisle::format_error&) {  // not ours
    }
  }
  if (aisle::file_exists(aisle::detail::manifest_path(target)))
    throw usage_error(std::string(option) + " " + path +
                      ": is a table of stored embeddings, its manifest beside it; expected another file");
}

/// A model's name as people may write it: without its publisher, its case and what stands between words.
std::string plain_name(const std::string& id) {
  std::string out;
  for (const char c : aisle::fold_case(aisle::file_name(id)))
    if (c != '-' && c != '_' && c != '.' && c != ' ') out += c;
  return out;
}

bool has_texts(const aisle::catalogue& products) {
  return aisle::ranges::any_of(products.products, [](const aisle::product& p) { return !p.text.empty(); });
}

/// "none of 12 rows has a picture (column image_path is empty)"
std::string none_has(const aisle::catalogue& products, const std::string& what, const std::string& column) {
  const auto rows = static_cast<std::int64_t>(products.products.size());
  return "none of " + aisle::counted(rows, "row") + " has a " + what + " (" +
         (column.empty() ? "there is no column of them" : "column " + column + " is empty") + ")";
}

}  // namespace

void check_output_file(const char* option, const std::string& path) {
  if (path.empty() || path == "-") return;
  if (aisle::folder_exists(path) || path.ends_with('/')) refuse(option, path, "is a folder, expected a file");
  const std::string folder = aisle::parent_folder(path);
  if (!aisle::folder_exists(folder))
    refuse(option, path,
           aisle::file_exists(folder) ? folder + " is a file, expected a folder"
                                      : "there is no folder " + folder);
  refuse_part_of_a_whole(option, path);
  std::error_code ignored;
  if (!fs::exists(path, ignored) || aisle::file_exists(path)) try_to_write(option, path);
}

void check_output_folder(const char* option, const std::string& path) {
  if (path.empty()) return;
  std::error_code ignored;
  fs::path at = path;
  if (!at.has_filename()) at = at.parent_path();
  while (!fs::exists(at, ignored) && at.has_parent_path() && at.parent_path() != at) at = at.parent_path();
  if (!fs::exists(at, ignored)) at = ".";
  if (!aisle::folder_exists(at.string()))
    refuse(option, path, (at == path ? "" : at.string() + " ") + std::string("is a file, expected a folder"));
  try_to_write(option, aisle::join_path(at.string(), "aisle"));
}

std::string model_hint(const common_options& common, const std::string& id) {
  std::set<std::string> known;
  for (const manifest_model& m : read_manifest()) known.insert(m.id);
  for (const aisle::models::zoo_entry& e : aisle::models::zoo()) known.emplace(e.id);
  if (aisle::folder_exists(common.weights))
    for (std::string& name : aisle::folder_entries(common.weights))
      if (aisle::folder_exists(aisle::join_path(common.weights, name))) known.insert(std::move(name));
  const std::string wanted = plain_name(id);
  if (wanted.size() < 3 || known.contains(id)) return {};  // a known one is only not fetched
  std::size_t least = std::max<std::size_t>(2, wanted.size() / 4);
  std::vector<std::string> nearest;
  for (const std::string& candidate : known) {
    const std::string name = plain_name(candidate);
    const bool part = wanted.size() >= 4 && name.find(wanted) != std::string::npos;
    const std::size_t distance = part ? std::min<std::size_t>(aisle::edit_distance(wanted, name), 1)
                                      : aisle::edit_distance(wanted, name);
    if (distance > least) continue;
    if (distance < least) nearest.clear();
    least = distance;
    nearest.push_back(candidate);
  }
  if (nearest.empty()) return {};
  std::string out = "; did you mean ";
  constexpr std::size_t shown = 3;
  for (std::size_t i = 0; i < nearest.size() && i < shown; ++i) out += (i > 0 ? " or " : "") + nearest[i];
  return out + "?";
}

void check_service_options(const common_options& common) {
  if (is_remote_model(common.text_model)) return;
  for (const option& o : common.service_options)
    if (o.count() > 0) throw usage_error(o.name() + " is for a text model openai:NAME");
}

void check_named_models(const common_options& common) {
  for (const auto& [named, id] : {std::pair(common.text_model_option, &common.text_model),
                                  std::pair(common.image_model_option, &common.image_model)})
    if (named.count() > 0 && !id->empty() && *id != "none" &&
        !(id == &common.text_model && common.has_service && is_remote_model(*id)))
      common.model_path(*id);
}

void tell_odd_labels(const aisle::catalogue& products) {
  for (const std::string& line : aisle::describe(aisle::find_odd_labels(products)))
    warn(products.path + ": " + line);
  const std::string& label = products.options.label_column;
  if (!label.empty() &&
      aisle::ranges::find(products.options.text_columns, label) != products.options.text_columns.end())
    warn(products.path + ": the column of the labels, " + label +
         ", is among --text-columns: what is learnt reads the answer, and its scores say nothing");
  const std::string& separator = products.options.labels.separator;
  const auto column = products.find_column(products.options.label_column);
  if (separator.empty() || !column || products.products.empty()) return;
  aisle::detail::label_paths paths(products.options.labels);
  for (const aisle::product& p : products.products) paths.add(p.fields[*column]);
  std::int64_t several = 0;
  std::string first;
  for (const aisle::product& p : products.products)
    if (paths.has_several(p.fields[*column]) && several++ == 0) first = aisle::trimmed(p.fields[*column]);
  tell_several_paths(products.path, products.options.label_column, several, first);
  const auto is_path = [&](const aisle::product& p) {
    const std::string cell = aisle::label_treatment().apply(p.fields[*column]);
    return cell.starts_with('[') || cell.starts_with('{') || cell.find(separator) != std::string::npos;
  };
  if (!aisle::ranges::any_of(products.products, is_path))
    warn(products.path + ": no label in column " + products.options.label_column +
         " is a path: none holds '" + separator + "' (--label-separator) or is a list");
}

void tell_missing_modalities(const aisle::catalogue& products, const common_options& common) {
  if (products.products.empty()) return;
  const bool wants_text = !common.text_model.empty() && common.text_model != "none",
             wants_images = !common.image_model.empty() && common.image_model != "none";
  const bool texts = has_texts(products);
  const bool pictures = aisle::ranges::any_of(products.products, [](const aisle::product& p) {
    return !p.image_path.empty() || !p.image_problem.empty();
  });
  if (wants_text && !texts && common.text_model_option.count() > 0)
    warn(products.path + ": --text-model " + common.text_model + ": " +
         none_has(products, "text",
                  products.options.text_columns.empty() ? "" : products.options.text_columns.front()) +
         (wants_images && pictures ? "; pictures alone are looked at" : ""));
  if (!wants_images) return;
  const std::string alone = wants_text && texts ? "; texts alone are looked at" : "";
  if (pictures) return;
  const std::string what = none_has(products, "picture", products.options.image_column);
  if (common.image_model_option.count() > 0)
    warn(products.path + ": --image-model " + common.image_model + ": " + what + alone);
  else
    say(products.path + ": " + what + alone);
}

}  // namespace aisle_command
