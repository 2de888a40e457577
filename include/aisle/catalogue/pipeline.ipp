#pragma once

#include <charconv>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/pipeline.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/learn/model_file.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API json to_json(const pipeline_input& input) {
  return json::object({{"model", input.model},
                       {"weights_sha256", input.weights_sha256},
                       {"preset", input.preset},
                       {"file", input.file}});
}

AISLE_API pipeline_input read_pipeline_input(const json& from) {
  return {from.get<std::string>("model"), from.get<std::string>("weights_sha256"),
          from.get<std::string>("preset"), from.get("file", "")};
}

AISLE_API json to_json(const reading_options& reading) {
  json out = json::object();
  for (const auto& [name, value] : reading) out[name] = value;
  return out;
}

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

}  // namespace detail

AISLE_API pipeline_input describe_input(const embedding_table& table) {
  return {table.model, table.weights_sha256, table.preset, table.file};
}

AISLE_API void pipeline::save(const std::string& path) const {
  if (!learner) throw option_error("a pipeline without a learner");
  state_dict file = learner->state();
  auto metadata = file.metadata();
  metadata["aisle.pipeline"] = json::object({{"format", "pipeline 1"},
                                             {"modality", modality},
                                             {"label", label},
                                             {"fusion", std::string(name_of(fusion.options().kind))},
                                             {"norm", fusion.options().norm},
                                             {"reading", detail::to_json(reading)},
                                             {"text", detail::to_json(text)},
                                             {"image", detail::to_json(image)}})
                                   .dump();
  for (std::size_t m = 0; m < fusion.means().size(); ++m) {
    const auto& mean = fusion.means()[m];
    tensor t(dtype::f32, {static_cast<std::int64_t>(mean.size())});
    std::copy(mean.begin(), mean.end(), t.data<float>().begin());
    file.add(detail::mean_name(m), std::move(t));
  }
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
  if (out.modality != "text" && out.modality != "image" && out.modality != "multimodal")
    about.at("modality").fail("expected text, image or multimodal");
  out.label = about.get<std::string>("label");
  out.text = detail::read_pipeline_input(about.at("text"));
  out.image = detail::read_pipeline_input(about.at("image"));
  out.reading = detail::read_reading(about);
  out.learner = load_classifier<float>(path);
  try {
    std::vector<std::vector<float>> means;
    for (std::size_t m = 0; m < (out.modality == "multimodal" ? 2u : 1u); ++m) {
      const auto& e = file.at(detail::mean_name(m));
      if (e.type != dtype::f32 || e.dims.rank() != 1) throw format_error(path, e.name + " is no list of f32");
      const tensor t = file.read(e.name);
      const auto values = t.data<float>();
      for (const float v : values)
        if (!is_finite(v)) throw format_error(path, e.name + " holds a number that is not finite");
      means.emplace_back(values.begin(), values.end());
    }
    out.fusion = modality_fusion(
        std::move(means),
        {.kind = parse_fusion_kind(about.get<std::string>("fusion")), .norm = about.get<double>("norm")});
  } catch (const format_error&) {
    throw;
  } catch (const error& e) {
    throw format_error(path, e.what());
  }
  // The learner is read from the path, too: that must have been this file all the time.
  if (identify_file(path) != opened) throw format_error(path, "was replaced while it was read; try again");
  if (out.fusion.dimension() != out.learner->features())
    throw format_error(path, "the learner has " + counted(out.learner->features(), "feature") +
                                 ", the fusion yields " + std::to_string(out.fusion.dimension()));
  return out;
}

AISLE_API modality_rows modality_rows::select(std::span<const std::int64_t> which) const {
  modality_rows out;
  for (const std::int64_t i : which) out.rows.push_back(rows.at(static_cast<std::size_t>(i)));
  for (const auto& p : parts) out.parts.push_back(p.rows(which));
  return out;
}

AISLE_API modality_rows join_modalities(const embedding_table* text, const embedding_table* image) {
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

AISLE_API pipeline_prediction predict(const pipeline& p, const embedding_table* text,
                                      const embedding_table* image) {
  if (p.uses_text() && text == nullptr)
    throw option_error("this pipeline needs texts (" + p.text.model + ")");
  if (p.uses_images() && image == nullptr)
    throw option_error("this pipeline needs pictures (" + p.image.model + ")");
  const modality_rows rows =
      join_modalities(p.uses_text() ? text : nullptr, p.uses_images() ? image : nullptr);
  pipeline_prediction out;
  out.rows = rows.rows;
  if (rows.rows.empty()) return out;
  const matrix<float> x = p.fusion.transform(rows.views());
  out.probabilities = p.learner->predict_proba(x);
  out.labels = p.learner->likeliest(out.probabilities);
  return out;
}

AISLE_NAMESPACE_END
