#pragma once

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <span>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/io/checkpoint.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/sentence_model.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// A limit on tokens as a file states it, 1e30 for none. One under 3 leaves no room for a piece of the text
/// between [CLS] and [SEP].
AISLE_API std::int64_t token_limit(const json& stated) {
  const double limit = stated.as<double>();
  if (!(limit >= 3))
    stated.fail("a limit of " + stated.dump() +
                " tokens, expected at least 3: [CLS], a piece of the text, [SEP]");
  if (limit >= static_cast<double>(sentence_model::unlimited)) return sentence_model::unlimited;
  if (limit != std::floor(limit)) stated.fail("expected a whole number of tokens, found " + stated.dump());
  return static_cast<std::int64_t>(limit);
}

AISLE_API const json* stated(const json& object, std::string_view key) {
  const json* v = object.find(key);
  return v == nullptr || v->is_null() ? nullptr : v;
}

/// Reads the settings of a module Transformer (sentence_bert_config.json in its folder).
class transformer_settings {
 public:
  transformer_settings(const json& settings, sentence_model& model) : settings_(settings) {
    constexpr std::string_view known[] = {
        "max_seq_length", "do_lower_case", "model_args", "model_kwargs", "tokenizer_args", "processor_kwargs",
        "config_args", "config_kwargs", "transformer_task", "modality_config", "module_output_name",
        "processing_kwargs", "tokenizer_name_or_path",
        // Not asked for by encode(), or only how it is computed:
        "query_length", "document_length", "query_expansion", "unpad_inputs", "backend"};
    for (const auto& [key, value] : settings.members())
      if (ranges::find(known, key) == std::end(known)) refuse(value, "is not known");
    expect("transformer_task", "feature-extraction");
    expect("module_output_name", "token_embeddings");
    for (const char* key : {"config_args", "config_kwargs", "processing_kwargs"})
      if (const json* v = stated(settings, key); v != nullptr && !v->empty()) refuse(*v, "is not supported");
    if (const json* v = stated(settings, "tokenizer_name_or_path")) refuse(*v, "is not supported");
    read_model_settings();
    read_modalities();
    for (const char* key : {"tokenizer_args", "processor_kwargs"})
      if (const json* v = stated(settings, key))
        for (const auto& [name, value] : v->members()) model.tokenizer_settings[name] = value;
    model.do_lower_case = settings.get("do_lower_case", false);
  }

 private:
  [[noreturn]] static void refuse(const json& at, const std::string& what) {
    throw option_error(at.where() + ": " + what);
  }
  void expect(const char* key, const std::string& value) const {
    if (const std::string found = settings_.get(key, value.c_str()); found != value)
      refuse(settings_.at(key), found + " is not supported, expected " + value);
  }
  void read_model_settings() const {
    constexpr std::string_view harmless[] = {"attn_implementation", "add_pooling_layer", "low_cpu_mem_usage",
                                             "use_safetensors", "trust_remote_code"};
    for (const char* key : {"model_args", "model_kwargs"})
      if (const json* v = stated(settings_, key))
        for (const auto& [name, value] : v->members())
          if (ranges::find(harmless, name) == std::end(harmless)) refuse(value, "is not supported");
  }
  void read_modalities() const {
    const json* modalities = stated(settings_, "modality_config");
    if (modalities == nullptr) return;
    if (modalities->contains("message"))
      refuse(modalities->at("message"), "chat templates are not supported");
    const json& text = modalities->at("text");
    const json& output = text.at("method_output_name");
    const auto name = output.is_array() && output.size() == 1 ? output[0].as<std::string>()
                      : output.is_string()                    ? output.as<std::string>()
                                                              : output.dump();
    if (text.get("method", "forward") != "forward" || name != "last_hidden_state")
      refuse(text, "expected forward and its last_hidden_state");
  }

  const json& settings_;
};

/// The last of a module's names: releases differ in the packages before it. Other packages' code is refused.
AISLE_API std::string module_class(const json& module) {
  const auto type = module.get<std::string>("type");
  if (!type.starts_with("sentence_transformers."))
    throw option_error(module.where() + ": the module " + type + " is not built in");
  return type.substr(type.find_last_of('.') + 1);
}

AISLE_API std::string module_folder(const std::string& folder, const json& module) {
  const auto path = module.get<std::string>("path");
  if (path.starts_with('/') || ("/" + path + "/").find("/../") != std::string::npos)
    module.at("path").fail("leads out of the model's folder: " + path);
  return path.empty() || path == "." ? folder : join_path(folder, path);
}

AISLE_API json read_if_there(const std::string& folder, const char* name) {
  const std::string path = join_path(folder, name);
  return file_exists(path) ? read_json(path) : json::object();
}

AISLE_API void read_transformer(const std::string& folder, sentence_model& model) {
  model.transformer = folder;
  json settings = json::object();
  for (const char* name :
       {"sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json",
        "sentence_camembert_config.json", "sentence_albert_config.json", "sentence_xlm-roberta_config.json",
        "sentence_xlnet_config.json"})
    if (settings.empty()) settings = read_if_there(folder, name);
  transformer_settings(settings, model);
  // sentence-transformers passes max_seq_length on to the tokenizer, in place of its own limit.
  if (const json* own = stated(settings, "max_seq_length");
      own && !model.tokenizer_settings.contains("model_max_length"))
    model.tokenizer_settings["model_max_length"] = *own;
}

/// The limit that the tokenizer's files state.
AISLE_API void read_limit(sentence_model& model) {
  const json config = read_if_there(model.transformer, "tokenizer_config.json");
  for (const json* file : {static_cast<const json*>(&model.tokenizer_settings), &config})
    for (const char* key : {"model_max_length", "max_len"})
      if (const json* limit = stated(*file, key)) {
        model.max_tokens = token_limit(*limit);
        return;
      }
}

AISLE_API void read_prompts(const std::string& folder, sentence_model& model) {
  const json config = read_if_there(folder, "config_sentence_transformers.json");
  if (const std::string type = config.get("model_type", "SentenceTransformer"); type != "SentenceTransformer")
    throw option_error(config.where() + ": model_type is " + type + ", expected SentenceTransformer");
  if (const json* prompts = stated(config, "prompts"))
    for (const auto& [name, text] : prompts->members())
      model.prompts.emplace_back(name, text.is_null() ? std::string() : text.as<std::string>());
  for (const char* name : {"query", "document"})
    if (ranges::find(model.prompts, name, &std::pair<std::string, std::string>::first) == model.prompts.end())
      model.prompts.emplace_back(name, "");
  if (const json* kept = stated(config, "truncate_dim")) {
    model.truncate_dim = kept->as<std::int64_t>();
    if (model.truncate_dim < 1) kept->fail("expected a positive number of values, found " + kept->dump());
  }
  model.default_prompt = config.get("default_prompt_name", "");
  if (!model.default_prompt.empty()) try {
      model.prompt(model.default_prompt);
    } catch (const option_error& e) {
      config.at("default_prompt_name").fail(e.what());
    }
}

/// A limit on tokens that has no special ones among them; null for none.
AISLE_API std::int64_t plain_token_limit(const json& stated) {
  if (stated.is_null()) return sentence_model::unlimited;
  const auto limit = stated.as<std::int64_t>();
  if (limit < 1) stated.fail("a limit of " + stated.dump() + " tokens, expected at least 1");
  return std::min(limit, sentence_model::unlimited);
}

/// The module StaticEmbedding: the tokenizer's own truncation is the only limit.
AISLE_API void read_static_embedding(const std::string& folder, sentence_model& model) {
  model.kind = sentence_model::reader::static_embedding;
  model.transformer = folder;
  const json tokenizer = read_if_there(folder, "tokenizer.json");
  if (const json* truncation = stated(tokenizer, "truncation"))
    model.max_tokens = plain_token_limit(truncation->at("max_length"));
}

/// What model2vec's StaticModel.from_pretrained takes from config.json.
AISLE_API void read_model2vec(const std::string& folder, const json& config, sentence_model& model) {
  model.kind = sentence_model::reader::model2vec;
  model.transformer = folder;
  const json* limit = config.find("max_length");
  model.max_tokens = limit == nullptr ? 512 : plain_token_limit(*limit);
  const json* normalize = stated(config, "normalize");
  if (normalize != nullptr && normalize->as<bool>())
    model.layers.push_back({.dense = {}, .norm = {.least = 1e-32}});
}

/// Whether a folder whose modules.json lists `modules` (empty where there is none) is one that model2vec
/// wrote: it saves a config.json beside the table, which sentence-transformers does not, and no other modules
/// than StaticEmbedding and Normalize. Its first releases gave no model_type.
AISLE_API bool is_model2vec(const std::string& folder, const json& config, std::span<const json> modules) {
  const std::string type = config.get("model_type", "");
  if (!type.empty() && type != "model2vec") return false;
  if (modules.empty())
    return !type.empty() || config.contains("apply_zipf") || config.contains("embedding_dtype");
  if (!file_exists(join_path(folder, "config.json"))) return false;
  return module_folder(folder, modules[0]) == folder && modules.size() <= 2 &&
         (modules.size() == 1 || module_class(modules[1]) == "Normalize");
}

}  // namespace detail

AISLE_API sentence_model sentence_model::read(const std::string& folder, const warning_callback& on_warning) {
  sentence_model model;
  const std::string file = join_path(folder, "modules.json");
  const json own_config = detail::read_if_there(folder, "config.json");
  if (!file_exists(file)) {
    if (detail::is_model2vec(folder, own_config, {})) {
      detail::read_model2vec(folder, own_config, model);
      return model;
    }
    model.transformer = folder;
    for (const char* other : {"sentence_bert_config.json", "1_Pooling/config.json"})
      if (on_warning && file_exists(join_path(folder, other)))
        on_warning(join_path(folder, other) +
                   ": not read, as there is no modules.json beside it; vectors are "
                   "plain means of tokens");
    detail::read_limit(model);
    return model;
  }
  const json modules = read_json(file);
  const auto all = modules.elements();
  std::vector<std::string_view> expected = {"Transformer", "Pooling"};
  if (!all.empty() && detail::module_class(all[0]) == "StaticEmbedding") {
    if (detail::is_model2vec(folder, own_config, all)) {
      detail::read_model2vec(folder, own_config, model);
      return model;
    }
    expected = {"StaticEmbedding"};
  }
  for (std::size_t i = 0; i < std::max(all.size(), std::size(expected)); ++i) {
    if (i >= all.size())
      throw option_error(file + ": " + std::to_string(all.size()) +
                         " modules, expected a Transformer, a Pooling and what there may be behind it");
    const json& module = all[i];
    const std::string type = detail::module_class(module), path = detail::module_folder(folder, module);
    const auto refuse = [&](const std::string& what) {
      throw option_error(file + ": module " + std::to_string(i) + " is " + module.get<std::string>("type") +
                         ", expected " + what);
    };
    if (i < std::size(expected)) {
      if (type != expected[i]) refuse(std::string(expected[i]));
      if (type == "StaticEmbedding") {
        detail::read_static_embedding(path, model);
      } else if (i == 0) {
        detail::read_transformer(path, model);
      } else {
        model.pooling = token_pooling::from_json(read_json(join_path(path, "config.json")));
      }
    } else if (type == "Dense") {
      const json config = read_json(join_path(path, "config.json"));
      model.layers.push_back({dense_layer::from_json(config, load_checkpoint(path))});
    } else if (type == "Normalize") {
      detail::check_names(path == folder ? json::object() : detail::read_if_there(path, "config.json"));
      model.layers.push_back({});
    } else if (type != "Dropout") {  // which does nothing to a model that is not trained
      refuse("Dense, Normalize or Dropout, which are built in");
    }
  }
  if (file_exists(join_path(model.transformer, "adapter_config.json")))
    throw option_error(join_path(model.transformer, "adapter_config.json") +
                       ": adapters are not supported; merge it into the weights first");
  if (model.kind == reader::transformer) detail::read_limit(model);
  detail::read_prompts(folder, model);
  return model;
}

namespace detail {

/// Whether texts are padded in front when they are encoded together: what transformers makes of the files.
AISLE_API bool pads_in_front(const tokenizer_files& files) {
  const json* side = files.config.is_object() ? files.config.find("padding_side") : nullptr;
  if (side != nullptr && !side->is_null()) return side->is_string() && side->as<std::string>() == "left";
  const json* padding = files.tokenizer.is_object() ? files.tokenizer.find("padding") : nullptr;
  return padding != nullptr && padding->is_object() && padding->get("direction", "") == "Left";
}

}  // namespace detail

AISLE_API wordpiece sentence_model::load_tokenizer(const warning_callback& on_warning) const {
  if (kind != reader::transformer) {
    json tokenizer = read_json(join_path(transformer, "tokenizer.json"));
    if (kind == reader::model2vec) tokenizer["truncation"] = json();
    return wordpiece(describe_bare_tokenizer(std::move(tokenizer)));
  }
  tokenizer_files files = tokenizer_files::read(transformer);
  for (const auto& [name, value] : tokenizer_settings.members()) files.config[name] = value;
  tokenizer_description d = describe_tokenizer(files);
  if (d.first.empty() && d.last.empty())
    throw option_error(d.where + ": no post_processor, and a transformer cannot read a text without tokens");
  if (do_lower_case) d.normalizer.lower_first();
  wordpiece out(d);
  if (on_warning && detail::pads_in_front(files))
    on_warning(
        transformer +
        ": its tokenizer pads texts in front (padding_side left), by which sentence-transformers gives "
        "texts of several lengths in one batch other vectors; here a text has the vector that it has "
        "when it is encoded alone");
  return out;
}

AISLE_API const std::string& sentence_model::prompt(std::string_view name) const& {
  static const std::string none;
  if (name.empty()) return none;
  const auto at = ranges::find(prompts, name, &std::pair<std::string, std::string>::first);
  if (at != prompts.end()) return at->second;
  std::string names;
  for (const auto& [n, text] : prompts) names += (names.empty() ? "" : ", ") + n;
  throw option_error("the model has no prompt \"" + std::string(name) + "\"" +
                     (names.empty() ? ", nor any other" : ", only " + names));
}

namespace detail {

AISLE_API std::int64_t count_code_points(std::string_view text) noexcept {
  std::int64_t n = 0;
  for (std::size_t at = 0; at < text.size(); at += decode_utf8(text, at).size) ++n;
  return n;
}

/// In code points, as model2vec has it: of two in the middle their mean, rounded down.
AISLE_API std::int64_t median_token_length(const wordpiece& tokenizer) {
  std::vector<std::int64_t> lengths(static_cast<std::size_t>(tokenizer.vocabulary_size()));
  for (std::size_t i = 0; i < lengths.size(); ++i)
    lengths[i] = count_code_points(tokenizer.token(static_cast<std::int64_t>(i)));
  std::sort(lengths.begin(), lengths.end());
  return (lengths[(lengths.size() - 1) / 2] + lengths[lengths.size() / 2]) / 2;
}

}  // namespace detail

AISLE_API token_reader::token_reader(const sentence_model& sentence, const wordpiece& tokenizer,
                                     std::int64_t max_tokens)
    : tokenizer_(&tokenizer), max_tokens_(max_tokens) {
  if (sentence.kind != sentence_model::reader::model2vec) return;
  drop_unknown_ = true;
  if (max_tokens < sentence_model::unlimited)
    max_characters_ = std::min(max_tokens, std::int64_t{1} << 24) * detail::median_token_length(tokenizer);
}

AISLE_API std::int64_t token_reader::operator()(std::string_view text, std::vector<std::int32_t>& out) const {
  std::size_t end = text.size();
  if (static_cast<std::int64_t>(text.size()) > max_characters_) {
    end = 0;
    for (std::int64_t n = 0; n < max_characters_ && end < text.size(); ++n)
      end += decode_utf8(text, end).size;
  }
  const std::size_t before = out.size();
  std::int64_t length = tokenizer_->encode(text.substr(0, end), max_tokens_, out);
  if (end < text.size()) {
    std::vector<std::int32_t> unused;
    length = tokenizer_->encode(text, max_tokens_, unused);
  }
  if (!drop_unknown_) return length;
  const bool cut = length > static_cast<std::int64_t>(out.size() - before);
  const auto first = out.begin() + static_cast<std::ptrdiff_t>(before);
  out.erase(std::remove(first, out.end(), tokenizer_->unk_id()), out.end());
  return cut ? length : static_cast<std::int64_t>(out.size() - before);
}

AISLE_NAMESPACE_END
