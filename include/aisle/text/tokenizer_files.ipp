#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/text/detail/added_token_collector.ipp>
#include <aisle/text/tokenizer_files.hpp>
#include <aisle/text/unicode.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// The largest known vocabularies have a quarter of a million tokens.
inline constexpr std::uint64_t most_tokens = std::uint64_t{1} << 24;

AISLE_API std::vector<std::string> read_vocabulary(const std::string& path) {
  const std::string content = read_file(path, std::uint64_t{1} << 28);
  std::string_view rest = content;
  while (!rest.empty() && (rest.back() == '\n' || rest.back() == '\r')) rest.remove_suffix(1);
  std::vector<std::string> tokens;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (tokens.size() == most_tokens) throw format_error(path, "more than " + counted(most_tokens, "token"));
    tokens.emplace_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return tokens;
}

AISLE_API std::vector<std::string> vocabulary_of(const json& model) {
  std::vector<std::string> tokens;
  const auto members = model.at("vocab").members();
  // Ids may leave holes, but a table of them must not be larger than the file by any factor.
  const std::uint64_t limit = std::min<std::uint64_t>(most_tokens, 16 * members.size() + 65536);
  for (const auto& [token, id] : members) {
    const auto i = id.as<std::uint32_t>();
    if (i >= limit)
      id.fail("a token id of " + std::to_string(i) + " among " + counted(members.size(), "token"));
    if (i >= tokens.size()) tokens.resize(i + std::size_t{1});
    if (!tokens[i].empty())
      id.fail("\"" + token + "\" has the id of \"" + tokens[i] + "\", " + std::to_string(i));
    tokens[i] = token;
  }
  return tokens;
}

AISLE_API void refuse_unless(bool good, const json& at, const std::string& what) {
  if (!good) throw option_error(at.where() + ": " + what);
}

/// A step of the pipeline, null for none; a sequence of one is that one.
AISLE_API const json* only_step(const json* step, const char* members) {
  while (step != nullptr && !step->is_null() && step->get<std::string>("type") == "Sequence" &&
         step->at(members).elements().size() == 1)
    step = &step->at(members)[0];
  return step == nullptr || step->is_null() ? nullptr : step;
}

/// Throws option_error unless a tokenizer.json describes BERT's tokenizer but for its normalizer: the same
/// vocabulary behind words split in another way gives other ids.
AISLE_API void check_kind(const json& tokenizer) {
  // Files from before the model's type was written have WordPiece for the only one with a "##".
  if (const std::string type = tokenizer.at("model").get("type", "WordPiece"); type != "WordPiece")
    throw option_error(tokenizer.where() + ": a tokenizer of type " + type + ", expected WordPiece");
  const json* step = only_step(tokenizer.find("pre_tokenizer"), "pretokenizers");
  const std::string type = step == nullptr ? "none" : step->get<std::string>("type");
  if (type != "BertPreTokenizer")
    throw option_error(tokenizer.where() + ": pre_tokenizer is " + type + ", expected BertPreTokenizer");
}

/// What the "##" of a model is. Throws option_error for one that a word may begin with: the reference finds
/// the same token in both places.
AISLE_API std::string continuation_of(const json& model) {
  const std::string prefix = model.get("continuing_subword_prefix", "##");
  bool apart = prefix.empty();
  for (std::size_t at = 0; at < prefix.size();) {
    const decoded_character c = decode_utf8(prefix, at);
    at += c.size;
    apart = apart || is_white_space(c.code) ||
            normalize_character(c.code, false).role == character_role::punctuation;
  }
  refuse_unless(
      apart, model,
      "the continuing_subword_prefix \"" + prefix + "\" has no punctuation, expected one like \"##\"");
  return prefix;
}

AISLE_API template_part read_template_part(const json& part) {
  if (const json* sequence = part.find("Sequence")) {
    const auto id = sequence->get<std::string>("id");
    if (id != "A" && id != "B") sequence->fail("expected the sequence A or B");
    return {.text = id == "B", .type = sequence->get<std::int32_t>("type_id", 0)};
  }
  const json& token = part.at("SpecialToken");
  template_part out{.token = token.get<std::string>("id"), .type = token.get<std::int32_t>("type_id", 0)};
  if (out.token.empty()) token.fail("a token without a name");
  return out;
}

/// What a tokenizer.json puts around texts into `d`: nothing where it has no post-processor. Throws
/// option_error for what is not built in.
AISLE_API void read_around(const json& tokenizer, tokenizer_description& d) {
  d.first.clear();
  d.last.clear();
  const json* p = only_step(tokenizer.find("post_processor"), "processors");
  if (p == nullptr) return;
  const auto type = p->get<std::string>("type");
  if (type == "BertProcessing") {
    for (const auto& [key, name] : {std::pair{"cls", &d.first}, {"sep", &d.last}}) {
      *name = p->at(key)[0].as<std::string>();
      d.stated_ids.emplace_back(*name, p->at(key)[1].as<std::int32_t>());
    }
    return;
  }
  refuse_unless(type == "TemplateProcessing", *p,
                "the post-processor " + type + " is not built in, expected [CLS], the text, [SEP]");
  const json* tokens = p->find("special_tokens");
  const auto parts_of = [&](const json& list) {
    std::vector<template_part> parts;
    for (const json& element : list.elements()) {
      template_part part = read_template_part(element);
      if (const json* token = tokens == nullptr ? nullptr : tokens->find(part.token); token != nullptr) {
        const json& ids = token->at("ids");
        refuse_unless(ids.elements().size() == 1, ids, "expected one id for a token of the template");
        if (const json* names = token->find("tokens"); names != nullptr && names->elements().size() == 1)
          part.token = (*names)[0].as<std::string>();
        d.stated_ids.emplace_back(part.token, ids[0].as<std::int32_t>());
      }
      parts.push_back(std::move(part));
    }
    return parts;
  };
  const json& one = p->at("single");
  const std::vector<template_part> single = parts_of(one);
  std::size_t at = 0;
  if (at < single.size() && !single[at].token.empty()) d.first = single[at++].token;
  const bool has_text = at < single.size() && single[at].token.empty() && single[at].text == 0;
  if (++at < single.size() && !single[at].token.empty()) d.last = single[at++].token;
  refuse_unless(has_text && at == single.size() &&
                    ranges::all_of(single, [](const template_part& part) { return part.type == 0; }),
                one, "expected [CLS], the text, [SEP], all of type 0, either token may be missing");
  if (const json* pair = p->find("pair"); pair != nullptr && !pair->is_null()) {
    d.pair = parts_of(*pair);
    std::array<int, 2> texts{};
    for (const template_part& part : d.pair)
      if (part.token.empty()) ++texts[static_cast<std::size_t>(part.text)];
    refuse_unless(texts == std::array{1, 1}, *pair, "expected both texts once");
  }
}

AISLE_API bool puts_around(const json& tokenizer) {
  return only_step(tokenizer.find("post_processor"), "processors") != nullptr;
}

}  // namespace detail

AISLE_API tokenizer_files tokenizer_files::read(const std::string& folder) {
  tokenizer_files files;
  files.where = folder;
  const auto json_of = [&](const char* name) {
    const std::string path = join_path(folder, name);
    return file_exists(path) ? read_json(path) : json();
  };
  files.tokenizer = json_of("tokenizer.json");
  files.config = json_of("tokenizer_config.json");
  files.special_tokens_map = json_of("special_tokens_map.json");
  files.added_tokens = json_of("added_tokens.json");
  const json model = json_of("config.json");
  files.of_model = !model.is_null();
  files.model_class = model.is_object() ? model.get("tokenizer_class", "") : "";
  if (files.tokenizer.is_null()) {
    files.where = join_path(folder, "vocab.txt");
    if (!file_exists(files.where))
      throw file_error(folder, "holds no tokenizer: expected vocab.txt or tokenizer.json");
    files.vocabulary = detail::read_vocabulary(files.where);
  }
  return files;
}

AISLE_API tokenizer_description describe_tokenizer(const tokenizer_files& files) {
  const json& config = files.config;
  const auto setting = [&](const char* key, auto fallback) {
    return config.is_object() ? config.get(key, fallback) : decltype(config.get(key, fallback))(fallback);
  };
  const bool has_json = !files.tokenizer.is_null();
  std::string type = setting("tokenizer_class", files.model_class.c_str());
  if (type.ends_with("Fast")) type.resize(type.size() - 4);
  if (type.empty())
    type = files.of_model || !config.is_null() || !has_json ? "BertTokenizer" : "TokenizersBackend";
  // BertTokenizer by other names.
  constexpr std::string_view like_bert[] = {"BertTokenizer",
                                            "DistilBertTokenizer",
                                            "ElectraTokenizer",
                                            "MobileBertTokenizer",
                                            "SqueezeBertTokenizer",
                                            "LayoutLMTokenizer",
                                            "DPRContextEncoderTokenizer",
                                            "DPRQuestionEncoderTokenizer",
                                            "LxmertTokenizer"};
  const bool bert = ranges::find(like_bert, type) != std::end(like_bert),
             // BERT's tokens around all that tokenizer.json says.
      framed = type == "ConvBertTokenizer" && has_json;
  if (type == "ConvBertTokenizer" && !has_json) type = "BertTokenizer";
  if (!bert && !framed && type != "BertTokenizer" && type != "PreTrainedTokenizer" &&
      type != "TokenizersBackend")
    throw option_error((config.is_null() ? files.where : config.where()) + ": tokenizer_class is " + type +
                       ", expected BertTokenizer or PreTrainedTokenizerFast");
  if (config.contains("auto_map"))
    throw option_error(config.where() + ": a tokenizer of its own code (auto_map) is not supported");
  if (!bert && !has_json && type != "BertTokenizer")
    throw option_error(files.where + ": the tokenizer_class " + type + " needs a tokenizer.json");

  tokenizer_description d;
  // Padding takes no part. The side is what is cut.
  std::string side = setting("truncation_side", "");
  if (const json* s = files.tokenizer.find("truncation"); side.empty() && s != nullptr && s->is_object())
    side = s->get("direction", "");
  d.keep_end = side == "left" || side == "Left";
  if (has_json) {
    d.where = files.tokenizer.where();
    detail::check_kind(files.tokenizer);
    detail::read_around(files.tokenizer, d);
    d.vocabulary = detail::vocabulary_of(files.tokenizer["model"]);
  } else {
    d.where = files.where;
    d.vocabulary = files.vocabulary;
  }
  d.match_special_tokens = !setting("split_special_tokens", false);
  const bool by_class = bert || type == "BertTokenizer";
  detail::added_token_collector added(files, by_class || framed, !by_class);
  if (by_class || framed) {
    // Pairs are the class's whatever the file says. Of a text, transformers 4 obeyed the file, 5 the class.
    if (has_json && detail::puts_around(files.tokenizer) &&
        (d.first != added.named("cls_token") || d.last != added.named("sep_token")))
      throw option_error(d.where + ": post_processor puts other tokens around texts than BertTokenizer, " +
                         added.named("cls_token") + " text " + added.named("sep_token"));
    d.first = added.named("cls_token");
    d.last = added.named("sep_token");
    d.pair.clear();
    d.stated_ids.clear();
  }
  if (by_class) {
    character_rules rules{.space_cjk = setting("tokenize_chinese_chars", true),
                          .lower_case = setting("do_lower_case", true)};
    rules.strip_accents = setting("strip_accents", rules.lower_case);
    if (rules.strip_accents && !rules.lower_case)
      throw option_error(config.where() + ": strip_accents without do_lower_case is not supported");
    d.normalizer = rules;
    d.unknown = added.named("unk_token");
    if (has_json)
      detail::refuse_unless(detail::continuation_of(files.tokenizer["model"]) == d.continuation,
                            files.tokenizer["model"], "expected the prefix \"##\" of BertTokenizer");
  } else {
    const json* normalizer = files.tokenizer.find("normalizer");
    d.normalizer = text_normalizer::from_json(normalizer == nullptr ? json() : *normalizer);
    const json& model = files.tokenizer["model"];
    d.unknown = model.get("unk_token", "[UNK]");
    d.max_input_chars_per_word = model.get("max_input_chars_per_word", d.max_input_chars_per_word);
    d.continuation = detail::continuation_of(model);
  }
  d.padding = added.named("pad_token");
  d.mask = added.named("mask_token");
  d.added = added.take(d.vocabulary);
  return d;
}

AISLE_API tokenizer_description describe_bare_tokenizer(json tokenizer) {
  tokenizer_files files;
  files.where = tokenizer.where();
  files.tokenizer = std::move(tokenizer);
  for (const char* unused : {"post_processor", "padding"}) files.tokenizer[unused] = json();
  tokenizer_description d = describe_tokenizer(files);
  d.first.clear();
  d.last.clear();
  d.pair.clear();
  return d;
}

AISLE_NAMESPACE_END
