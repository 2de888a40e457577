#pragma once

#include <charconv>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/recipe_json.hpp>
#include <aisle/catalogue/inputs.hpp>
#include <aisle/catalogue/pipeline.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/learn/calibration.hpp>
#include <aisle/learn/model_file.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API json to_json(const pipeline_input& input) {
  json out = json::object({{"model", input.model},
                           {"weights_sha256", input.weights_sha256},
                           {"preset", input.preset},
                           {"file", input.file}});
  if (!input.place.empty()) out["place"] = input.place;
  return out;
}

AISLE_API pipeline_input read_pipeline_input(const json& from) {
  return {from.get<std::string>("model"), from.get<std::string>("weights_sha256"),
          from.get<std::string>("preset"), from.get("file", ""), from.get("place", "")};
}

AISLE_API json to_json(const reading_options& reading) { return json::object_of(reading); }

/// Files from before "reading" name the columns of texts alone.
AISLE_API reading_options read_reading(const json& about) {
  reading_options out;
  if (const json* reading = about.find("reading"))
    for (const auto& [name, value] : reading->members()) out.emplace(name, value.as<std::string>());
  else if (const json* columns = about.at("text").find("text_columns"); columns && columns->size() > 0)
    out.emplace("text_columns", columns->dump());
  return out;
}

AISLE_API std::string mean_name(std::size_t modality) { return "fusion.mean." + std::to_string(modality); }

template <class T>
tensor tensor_of(std::span<const T> values, shape dims) {
  tensor out(std::is_same_v<T, float> ? dtype::f32 : dtype::i32, std::move(dims));
  std::copy(values.begin(), values.end(), out.data<T>().begin());
  return out;
}

/// The means of the classes, and all distances after each other with how many a class has.
AISLE_API void add_known(state_dict& file, const familiarity& known) {
  if (!known.fitted()) return;
  std::vector<float> all;
  std::vector<std::int32_t> counts;
  for (const std::vector<float>& d : known.distances()) {
    counts.push_back(static_cast<std::int32_t>(d.size()));
    all.insert(all.end(), d.begin(), d.end());
  }
  const matrix<float>& means = known.means();
  std::vector<float> rows;
  for (std::int64_t r = 0; r < means.rows(); ++r)
    rows.insert(rows.end(), means.row(r).begin(), means.row(r).end());
  file.add("known.means", tensor_of<float>(rows, {means.rows(), means.cols()}));
  file.add("known.distances", tensor_of<float>(all, {static_cast<std::int64_t>(all.size())}));
  file.add("known.counts", tensor_of<std::int32_t>(counts, {static_cast<std::int64_t>(counts.size())}));
}

template <class T>
std::vector<T> numbers_of(const state_dict& file, const char* name, const std::string& path) {
  const auto& e = file.at(name);
  if (e.type != (std::is_same_v<T, float> ? dtype::f32 : dtype::i32))
    throw format_error(path, e.name + " is of another element type");
  const tensor t = file.read(e.name);
  const auto values = t.data<T>();
  return {values.begin(), values.end()};
}

/// What add_known wrote, for `classes` of `features`; throws format_error.
AISLE_API familiarity read_known(const state_dict& file, const std::string& path, std::int64_t classes,
                                 std::int64_t features) {
  if (!file.contains("known.means")) return {};
  const std::vector<float> means = numbers_of<float>(file, "known.means", path),
                           all = numbers_of<float>(file, "known.distances", path);
  const std::vector<std::int32_t> counts = numbers_of<std::int32_t>(file, "known.counts", path);
  if (static_cast<std::int64_t>(means.size()) != classes * features ||
      !all_finite(std::span<const float>(means)))
    throw format_error(path, "known.means is no matrix of finite numbers, " + std::to_string(classes) +
                                 " x " + std::to_string(features));
  matrix<float> of_classes(classes, features);
  for (std::int64_t r = 0; r < classes; ++r)
    std::copy_n(means.begin() + r * features, features, of_classes.row(r).begin());
  std::vector<std::vector<float>> distances;
  std::size_t at = 0;
  for (const std::int32_t n : counts) {
    if (n < 0 || static_cast<std::size_t>(n) > all.size() - at)
      throw format_error(path, "known.counts has more distances than there are");
    distances.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                           all.begin() + static_cast<std::ptrdiff_t>(at + static_cast<std::size_t>(n)));
    at += static_cast<std::size_t>(n);
  }
  return familiarity(std::move(of_classes), std::move(distances));
}

}  // namespace detail

AISLE_API pipeline_input describe_input(const embedding_table& table) {
  return {table.model, table.weights_sha256, table.preset, table.file, table.place};
}

AISLE_API bool pipeline::has_learnt(std::int32_t code) const {
  if (!known.fitted() || code >= known.means().rows()) return true;
  // The mean of no rows is 0.
  return ranges::any_of(known.means().row(code), [](float v) { return v != 0; });
}

AISLE_API void pipeline::save(const std::string& path) const {
  if (!learner) throw option_error("a pipeline without a learner");
  state_dict file = learner->state();
  auto metadata = file.metadata();
  metadata["aisle.pipeline"] = json::object({{"format", "pipeline 1"},
                                             {"modality", modality},
                                             {"label", label},
                                             {"fusion", std::string(name_of(features.fusion.options().kind))},
                                             {"norm", features.fusion.options().norm},
                                             {"temperature", temperature},
                                             {"recipe", detail::to_json(how)},
                                             {"reading", detail::to_json(reading)},
                                             {"text", detail::to_json(text)},
                                             {"image", detail::to_json(image)}})
                                   .dump();
  for (std::size_t m = 0; m < features.fusion.means().size(); ++m) {
    const auto& mean = features.fusion.means()[m];
    tensor t(dtype::f32, {static_cast<std::int64_t>(mean.size())});
    std::copy(mean.begin(), mean.end(), t.data<float>().begin());
    file.add(detail::mean_name(m), std::move(t));
  }
  if (features.columns.fitted()) metadata["aisle.columns"] = features.columns.to_json().dump();
  features.words.add_to(file);
  detail::add_known(file, known);
  write_safetensors(path, file, metadata);
}

AISLE_API pipeline pipeline::load(const std::string& path) {
  const auto opened = identify_file(path);
  const state_dict file = read_safetensors(path);
  const auto about_text = file.metadata().find("aisle.pipeline");
  if (about_text == file.metadata().end())
    throw format_error(path, "not a pipeline: no metadata aisle.pipeline");
  const json about = parse_json(about_text->second, path + ": aisle.pipeline");
  if (about.get<std::string>("format") != "pipeline 1") about.at("format").fail("expected \"pipeline 1\"");
  pipeline out;
  out.modality = about.get<std::string>("modality");
  const std::optional<product_inputs> inputs = find_inputs(out.modality);
  if (!inputs) about.at("modality").fail("expected " + std::string(names_of_inputs));
  out.label = about.get<std::string>("label");
  out.text = detail::read_pipeline_input(about.at("text"));
  out.image = detail::read_pipeline_input(about.at("image"));
  out.reading = detail::read_reading(about);
  out.learner = load_classifier<float>(path);
  for (const std::string& name : out.learner->classes().names())
    if (find_invalid_utf8(name) != std::string::npos)
      throw format_error(path, "a class name is not valid UTF-8, as all text of catalogues is");
  out.temperature = about.get("temperature", 1.0);  // files of earlier versions have none
  if (const json* how = about.find("recipe"))
    out.how = detail::read_recipe(*how);
  else
    out.how = {.learner = std::string(out.learner->kind())};
  if (!is_finite(out.temperature) || out.temperature <= 0)
    about.at("temperature").fail("expected a number above 0");
  try {
    std::vector<std::vector<float>> means;
    for (std::size_t m = 0; m < static_cast<std::size_t>(inputs->count()); ++m) {
      const auto& e = file.at(detail::mean_name(m));
      if (e.type != dtype::f32 || e.dims.rank() != 1) throw format_error(path, e.name + " is no list of f32");
      const tensor t = file.read(e.name);
      const auto values = t.data<float>();
      for (const float v : values)
        if (!is_finite(v)) throw format_error(path, e.name + " holds a number that is not finite");
      means.emplace_back(values.begin(), values.end());
    }
    out.features.fusion = modality_fusion(
        std::move(means),
        {.kind = parse_fusion_kind(about.get<std::string>("fusion")), .norm = about.get<double>("norm")});
    if (!about.contains("recipe")) out.how.fusion = out.features.fusion.options();
    // Files of earlier versions have none.
    if (const auto columns = file.metadata().find("aisle.columns"); columns != file.metadata().end())
      out.features.columns = column_features::read(parse_json(columns->second, path + ": aisle.columns"));
    out.features.words = tfidf::read(file, path);
    out.known = detail::read_known(file, path, out.learner->classes().size(), out.features.dense_dimension());
  } catch (const format_error&) {
    throw;
  } catch (const error& e) {
    throw format_error(path, e.what());
  }
  // The learner is read from the path, too: that must have been this file all the time.
  if (identify_file(path) != opened) throw format_error(path, "was replaced while it was read; try again");
  const std::int64_t dense = out.features.dense_dimension(), words = out.features.words.dimension();
  if (dense + words != out.learner->features() || words != out.learner->sparse_features())
    throw format_error(path, "the learner has " + counted(out.learner->features(), "feature") +
                                 ", vectors and columns yield " + std::to_string(dense) + " and words " +
                                 std::to_string(words));
  if (words > 0 && !out.uses_text()) throw format_error(path, "looks at words, but at pictures alone");
  return out;
}

namespace detail {

/// Rows of one table, or those that both have.
AISLE_API modality_rows join_tables(const embedding_table* text, const embedding_table* image) {
  modality_rows out;
  if (text == nullptr && image == nullptr) return out;
  if (text == nullptr || image == nullptr) {
    const embedding_table& only = text != nullptr ? *text : *image;
    out.rows = only.rows;
    out.parts.push_back(only.vectors);
    return out;
  }
  index_vector from_text, from_image;
  for (std::size_t t = 0, i = 0; t < text->rows.size() && i < image->rows.size();) {
    if (text->rows[t] == image->rows[i]) {
      out.rows.push_back(text->rows[t]);
      from_text.push_back(static_cast<std::int64_t>(t++));
      from_image.push_back(static_cast<std::int64_t>(i++));
    } else if (text->rows[t] < image->rows[i]) {
      ++t;
    } else {
      ++i;
    }
  }
  out.parts.push_back(text->vectors.rows(from_text));
  out.parts.push_back(image->vectors.rows(from_image));
  return out;
}

}  // namespace detail

AISLE_API modality_rows join_modalities(const embedding_table* text, const embedding_table* image,
                                        const catalogue* products) {
  modality_rows out = detail::join_tables(text, image);
  out.products = products;
  if (text == nullptr || products == nullptr) return out;
  auto at = products->products.begin();
  for (const std::int64_t row : out.rows) {
    while (at != products->products.end() && at->row < row) ++at;
    const bool there = at != products->products.end() && at->row == row;
    out.texts.push_back(there ? std::string_view(at->text) : std::string_view());
  }
  return out;
}

AISLE_API pipeline_prediction detail::apply(const pipeline& p, const modality_rows& rows) {
  pipeline_prediction out;
  out.rows = rows.rows;
  if (rows.rows.empty()) return out;
  const feature_set<float> x = p.features.transform(rows);
  const matrix<float> raw = p.learner->predict_proba(x.view());
  out.labels = p.learner->likeliest(raw);
  out.probabilities = at_temperature(raw, p.temperature);
  if (p.known.fitted())
    out.known = p.known.of(x.dense, {out.labels.codes().begin(), out.labels.codes().end()});
  return out;
}

AISLE_API pipeline_prediction predict(const pipeline& p, const embedding_table* text,
                                      const embedding_table* image, const catalogue* products) {
  if (p.uses_text() && text == nullptr)
    throw option_error("this pipeline needs texts (" + p.text.model + ")");
  if (p.uses_images() && image == nullptr)
    throw option_error("this pipeline needs pictures (" + p.image.model + ")");
  const modality_rows rows =
      join_modalities(p.uses_text() ? text : nullptr, p.uses_images() ? image : nullptr, products);
  return detail::apply(p, rows);
}

AISLE_NAMESPACE_END
