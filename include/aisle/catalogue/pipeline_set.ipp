#pragma once

#include <algorithm>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/pipeline_set.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/io/json.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// The pipeline that write_experiment left of a modality's chosen classifier: that of all rows; of folders
/// from before there were such that of the split. Throws format_error for one of another experiment.
AISLE_API pipeline load_chosen(const results_reader& results, const std::string& folder, const json& model) {
  const auto modality = model.get<std::string>("modality"), learner = model.get<std::string>("model");
  std::string name = modality + ".safetensors";
  if (!file_exists(join_path(folder, name))) name = modality + "_" + learner + ".safetensors";
  const std::string path = results.file(name);
  pipeline out = pipeline::load(path);
  if (out.modality != modality || out.how.learner != learner)
    throw format_error(path, "holds " + out.how.learner + " on " + out.modality +
                                 ", metrics.json beside it names " + learner + " on " + modality +
                                 ": results of two runs");
  return out;
}

/// By what the chosen classifiers of modalities are compared, in %, as experiment_result::best() does.
AISLE_API double rank_of(const json& model) {
  double share = 1;  // of the classes that it can say
  if (const json* unknown = model.find("unknown_classes")) {
    const auto known = model.get<double>("known_classes");
    share = known / (known + static_cast<double>(unknown->size()));
  }
  for (const char* score : {"cross_validation_common_macro_f1", "cross_validation_macro_f1", "macro_f1_mean"})
    if (model.contains(score)) return share * model.get<double>(score);
  return 0;
}

AISLE_API std::string describe(const pipeline_input& input) {
  return (input.file.empty() ? input.model : input.file) + " (" + input.weights_sha256.substr(0, 12) + ")";
}

/// Why a product could not be done that is in the one table or the other.
AISLE_API std::string lack(const pipeline_set& set, bool has_text, bool has_image,
                           const embedding_table* texts, const embedding_table* images) {
  const bool text = set.text() != nullptr && !has_text, image = set.image() != nullptr && !has_image;
  const std::string of_text(texts ? texts->lacking("text") : "text"),
      of_image(images ? images->lacking("picture") : "picture");
  std::string what = text ? of_text : of_image;
  if (text && image && of_text != of_image) what += " and no " + of_image;
  return "no " + what + ", which the pipeline needs";
}

/// Throws format_error where vectors are wider or narrower than those that a pipeline learnt from.
AISLE_API void require_width(const embedding_table& now, std::int64_t expected,
                             const pipeline_input& trained) {
  if (now.rows.empty() || now.vectors.cols() == expected) return;
  throw format_error(now.file.empty() ? now.model : now.file,
                     "vectors of " + counted(now.vectors.cols(), "value") + ", expected " +
                         std::to_string(expected) + " as those of " +
                         (trained.file.empty() ? trained.model : trained.file) +
                         ", which the pipeline learnt from");
}

}  // namespace detail

AISLE_API pipeline_set::pipeline_set(std::vector<pipeline> best_first) : pipelines_(std::move(best_first)) {
  if (pipelines_.empty()) throw option_error("a set of no pipelines");
  for (const pipeline& p : pipelines_) {
    for (auto [mine, set] : {std::pair(p.uses_text() ? &p.text : nullptr, text()),
                             std::pair(p.uses_images() ? &p.image : nullptr, image())})
      if (mine && mine->weights_sha256 != set->weights_sha256)
        throw option_error("pipelines are not of one experiment: " + p.modality + " looks at vectors of " +
                           detail::describe(*mine) + ", another at those of " + detail::describe(*set));
  }
}

AISLE_API const pipeline_input* pipeline_set::text() const& noexcept {
  for (const pipeline& p : pipelines_)
    if (p.uses_text()) return &p.text;
  return nullptr;
}

AISLE_API const pipeline_input* pipeline_set::image() const& noexcept {
  for (const pipeline& p : pipelines_)
    if (p.uses_images()) return &p.image;
  return nullptr;
}

AISLE_API const reading_options& pipeline_set::reading() const& noexcept {
  // Those of earlier versions remember less where they look at pictures alone.
  return ranges::max_element(pipelines_, {}, [](const pipeline& p) { return p.reading.size(); })->reading;
}

namespace detail {

AISLE_API std::vector<pipeline> load_chosen_pipelines(const std::string& path) {
  const results_reader results(path);
  const json& metrics = results.metrics();
  std::vector<const json*> chosen;
  for (const product_inputs& inputs : all_inputs)
    for (const json& m : metrics.at("models").elements())
      if (m.get<bool>("chosen") && m.get<std::string>("modality") == inputs.name()) chosen.push_back(&m);
  if (chosen.empty()) throw file_error(path, "metrics.json names no chosen classifier; name a pipeline file");
  std::stable_sort(chosen.begin(), chosen.end(),
                   [](const json* a, const json* b) { return rank_of(*a) > rank_of(*b); });
  std::vector<pipeline> pipelines;
  for (const json* m : chosen) {
    pipelines.push_back(load_chosen(results, path, *m));
    if (pipelines.back().label != pipelines.front().label)
      throw format_error(path, "holds pipelines that learnt " + pipelines.front().label + " and " +
                                   pipelines.back().label + ": results of two runs");
  }
  results.finish();
  return pipelines;
}

}  // namespace detail

AISLE_API pipeline_set pipeline_set::load(const std::string& path) {
  if (!folder_exists(path))
    return pipeline_set({detail::read_named(path, [&] { return pipeline::load(path); })});
  return pipeline_set(detail::read_twice(path, [&] { return detail::load_chosen_pipelines(path); }));
}

AISLE_API catalogue_prediction predict(const pipeline_set& set, const catalogue& products,
                                       const embedding_table* text, const embedding_table* image) {
  const auto data_rows = static_cast<std::size_t>(products.data_rows);
  catalogue_prediction out;
  out.rows.resize(data_rows);
  out.classes = set.pipelines().front().learner->classes();
  for (const pipeline& p : set.pipelines()) out.classes = merge(out.classes, p.learner->classes());
  out.probabilities = matrix<float>(products.data_rows, out.classes.size());
  std::vector<std::vector<bool>> knows;  // of each pipeline, by code
  for (const pipeline& p : set.pipelines()) {
    knows.emplace_back(static_cast<std::size_t>(out.classes.size()), false);
    const auto& names = p.learner->classes().names();
    for (std::size_t c = 0; c < names.size(); ++c)
      if (p.has_learnt(static_cast<std::int32_t>(c)))
        knows.back()[static_cast<std::size_t>(*out.classes.find(names[c]))] = true;
  }

  for (std::size_t k = 0; k < set.pipelines().size(); ++k) {
    const pipeline& p = set.pipelines()[k];
    if ((p.uses_text() && !text) || (p.uses_images() && !image)) continue;
    const auto& means = p.features.fusion.means();
    if (p.uses_text() && !means.empty())
      detail::require_width(*text, static_cast<std::int64_t>(means.front().size()), p.text);
    if (p.uses_images() && !means.empty())
      detail::require_width(*image, static_cast<std::int64_t>(means.back().size()), p.image);
    const modality_rows all =
        join_modalities(p.uses_text() ? text : nullptr, p.uses_images() ? image : nullptr, &products);
    const auto& names = p.learner->classes().names();
    std::vector<std::int32_t> code;  // of this pipeline's classes among all
    for (const std::string& name : names) code.push_back(*out.classes.find(name));
    // Rows that none before could do; and those of a pipeline that does not know all that this one does,
    // which may say what the other cannot.
    std::vector<bool> has_more;
    for (std::size_t before = 0; before < k; ++before)
      has_more.push_back(ranges::any_of(code, [&](std::int32_t c) {
        return knows[k][static_cast<std::size_t>(c)] && !knows[before][static_cast<std::size_t>(c)];
      }));
    index_vector which;
    for (std::size_t i = 0; i < all.rows.size(); ++i) {
      const int done = out.rows[static_cast<std::size_t>(all.rows[i])].pipeline;
      if (done < 0 || has_more[static_cast<std::size_t>(done)]) which.push_back(static_cast<std::int64_t>(i));
    }
    if (which.empty()) continue;
    const modality_rows rows = all.select(which);
    const pipeline_prediction said = detail::apply(p, rows);
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      row_prediction& r = out.rows[static_cast<std::size_t>(rows.rows[i])];
      const std::int32_t label = code[static_cast<std::size_t>(said.labels.codes()[i])];
      if (r.pipeline >= 0) {
        if (knows[static_cast<std::size_t>(r.pipeline)][static_cast<std::size_t>(label)]) continue;
        ranges::fill(out.probabilities.row(rows.rows[i]), 0.0F);
        r.known = -1;
      }
      r.pipeline = static_cast<int>(k);
      r.label = label;
      if (!said.known.empty()) r.known = said.known[i];
      for (std::size_t c = 0; c < names.size(); ++c)
        out.probabilities(rows.rows[i], code[c]) =
            said.probabilities(static_cast<std::int64_t>(i), static_cast<std::int64_t>(c));
    }
  }

  std::vector<bool> has_text(data_rows, false), has_image(data_rows, false);
  if (text)
    for (const std::int64_t r : text->rows) has_text[static_cast<std::size_t>(r)] = true;
  if (image)
    for (const std::int64_t r : image->rows) has_image[static_cast<std::size_t>(r)] = true;
  const auto say_why = [&](const std::vector<skipped_row>& problems) {
    for (const skipped_row& s : problems) {
      row_prediction& r = out.rows[static_cast<std::size_t>(s.row)];
      if (r.id.empty()) r.id = s.id;
      if (r.pipeline >= 0 || !r.reason.empty()) continue;
      r.reason = (s.column.empty() ? "" : "column " + s.column + ": ") + s.reason;
    }
  };
  say_why(products.problems);
  for (const embedding_table* table : {image, text})
    if (table) say_why(table->problems);
  for (const product& p : products.products) {
    const auto at = static_cast<std::size_t>(p.row);
    out.rows[at].id = p.id;
    if (out.rows[at].pipeline < 0 && out.rows[at].reason.empty())
      out.rows[at].reason = detail::lack(set, has_text[at], has_image[at], text, image);
  }
  for (row_prediction& r : out.rows)
    if (r.pipeline < 0 && r.reason.empty()) r.reason = "empty";
  return out;
}

AISLE_NAMESPACE_END
