#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/text/tokenizer_files.hpp>

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

/// A token written as a string, or as an object of an added token's flags.
AISLE_API added_token added_token_of(const json& j, bool special) {
  if (j.is_string()) return {.content = j.as<std::string>(), .normalized = !special, .special = special};
  added_token t;
  t.content = j.get<std::string>("content");
  t.special = special || j.get("special", false);
  t.single_word = j.get("single_word", false);
  t.lstrip = j.get("lstrip", false);
  t.rstrip = j.get("rstrip", false);
  t.normalized = j.get("normalized", !t.special);
  return t;
}

/// The one of that content, or null.
AISLE_API added_token* find_added(std::vector<added_token>& tokens, std::string_view content) noexcept {
  const auto at = ranges::find(tokens, content, &added_token::content);
  return at == tokens.end() ? nullptr : &*at;
}

AISLE_API void put_added(std::vector<added_token>& tokens, added_token t) {
  if (added_token* known = find_added(tokens, t.content))
    *known = std::move(t);
  else
    tokens.push_back(std::move(t));
}

AISLE_API void refuse_unless(bool good, const json& at, const std::string& what) {
  if (!good) throw option_error(at.where() + ": " + what);
}

/// Throws option_error unless a tokenizer.json describes BERT's tokenizer but for its normalizer: the same
/// vocabulary behind words split in another way gives other ids.
AISLE_API void check_kind(const json& tokenizer) {
  // Files from before the model's type was written have WordPiece for the only one with a "##".
  const json& model = tokenizer.at("model");
  if (const std::string type = model.get("type", "WordPiece"); type != "WordPiece")
    throw option_error(tokenizer.where() + ": a tokenizer of type " + type + ", expected WordPiece");
  refuse_unless(model.get("continuing_subword_prefix", "##") == "##", model, "expected the prefix \"##\"");
  const json* step = tokenizer.find("pre_tokenizer");
  const std::string type = step == nullptr || step->is_null() ? "none" : step->get<std::string>("type");
  if (type != "BertPreTokenizer")
    throw option_error(tokenizer.where() + ": pre_tokenizer is " + type + ", expected BertPreTokenizer");
}

/// What a tokenizer.json puts around a text: {first, last}, empty where it has no post-processor. Throws
/// option_error for anything but one token before and one behind.
AISLE_API std::pair<std::string, std::string> around_text(const json& tokenizer) {
  const json* p = tokenizer.find("post_processor");
  if (p == nullptr || p->is_null()) return {};
  const auto type = p->get<std::string>("type");
  if (type == "BertProcessing") return {p->at("cls")[0].as<std::string>(), p->at("sep")[0].as<std::string>()};
  refuse_unless(type == "TemplateProcessing", *p,
                "the post-processor " + type + " is not built in, expected [CLS], the text, [SEP]");
  const auto single = p->at("single").elements();
  const char* const expected[] = {"SpecialToken", "Sequence", "SpecialToken"};
  bool good = single.size() == 3;
  for (std::size_t i = 0; good && i < 3; ++i) {
    const json* part = single[i].find(expected[i]);
    good = part != nullptr && part->get<std::int64_t>("type_id", 0) == 0;
  }
  refuse_unless(good, p->at("single"), "expected [CLS], the text, [SEP], all of type 0");
  return {single[0]["SpecialToken"].get<std::string>("id"), single[2]["SpecialToken"].get<std::string>("id")};
}

AISLE_API bool is_named_special(std::string_view key) noexcept {
  return key.ends_with("_token") && key.find("add_") == std::string_view::npos;
}

/// Collects tokens in the order in which transformers adds them to a tokenizer: by id what the files list,
/// then special tokens that have a name, then further ones.
class added_token_collector {
 public:
  added_token_collector(const tokenizer_files& files, bool bert) : files_(files) {
    // In the order in which those are added that no file lists.
    for (const char* key :
         {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"})
      named_.emplace_back(key, json());
    if (bert) {
      usual_ = {{"unk_token", "[UNK]"},
                {"sep_token", "[SEP]"},
                {"pad_token", "[PAD]"},
                {"cls_token", "[CLS]"},
                {"mask_token", "[MASK]"}};
      for (auto& [key, token] : named_)
        for (const auto& [usual_key, content] : usual_)
          if (key == usual_key) token = json(content);
    }
    read_named(files.config);
    read_further_old(files.config);
    const json* decoder = files.config.find("added_tokens_decoder");
    if (decoder != nullptr && !decoder->is_null()) {
      for (const auto& [id, token] : decoder->members())
        by_id_[number(id, token)] = added_token_of(token, false);
    } else {
      read_named(files.special_tokens_map);
      read_old();
      read_further_old(files.special_tokens_map);
    }
    if (!bert && files.tokenizer.contains("added_tokens"))
      for (const json& t : files.tokenizer["added_tokens"].elements())
        put_added(tokens_, added_token_of(t, false));
    for (auto& [id, t] : by_id_) put_added(tokens_, t);
    for (const auto& [key, token] : named_)
      if (!token.is_null()) put_special(token, true);
    for (const json& token : further_) put_special(token, false);
  }

  /// Without those that would take the last ids though no file names them: a "[MASK]" that nobody uses.
  std::vector<added_token> take(const std::vector<std::string>& vocabulary) {
    for (std::size_t i = tokens_.size(); i-- > 0;) {
      const std::string& content = tokens_[i].content;
      if (ranges::find(vocabulary, content) != vocabulary.end()) continue;
      if (ranges::find(usual_, content, &std::pair<std::string, std::string>::second) == usual_.end()) break;
      tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    return std::move(tokens_);
  }
  /// The content of the special token of that name, "" where there is none.
  std::string named(const std::string& key) const {
    const auto at = ranges::find(named_, key, &std::pair<std::string, json>::first);
    return at == named_.end() || at->second.is_null() ? std::string() : content_of(at->second);
  }

 private:
  void name(const std::string& key, const json& token) {
    std::erase_if(usual_, [&](const auto& u) { return u.first == key; });
    const auto at = ranges::find(named_, key, &std::pair<std::string, json>::first);
    if (at == named_.end())
      named_.emplace_back(key, token);
    else
      at->second = token;
  }
  static std::string content_of(const json& token) {
    return token.is_string() ? token.as<std::string>() : token.get<std::string>("content");
  }
  static std::int64_t number(const std::string& id, const json& at) {
    if (id.empty() || id.size() > 9 || id.find_first_not_of("0123456789") != std::string::npos)
      at.fail("expected a token id, found \"" + id + "\"");
    return std::stoll(id);
  }

  void read_named(const json& file) {
    if (!file.is_object()) return;
    for (const auto& [key, value] : file.members()) {
      if (is_named_special(key) && (value.is_string() || value.is_object())) name(key, value);
    }
    read_further(file, "extra_special_tokens");
  }

  void read_further(const json& file, const char* key) {
    const json* list = file.find(key);
    if (list == nullptr || list->is_null()) return;
    has_further_ = true;
    if (list->is_object())
      for (const auto& [key_of, token] : list->members()) name(key_of, token);
    else
      for (const json& token : list->elements()) further_.push_back(token);
  }
  /// The older name counts where no file used the newer one.
  void read_further_old(const json& file) {
    if (!has_further_) read_further(file, "additional_special_tokens");
  }

  /// added_tokens.json, then what tokenizer.json lists.
  void read_old() {
    if (files_.added_tokens.is_object())
      for (const auto& [content, id] : files_.added_tokens.members()) {
        const auto same = [&name = content](const json& token) { return content_of(token) == name; };
        const bool special = ranges::any_of(further_, same) || ranges::any_of(named_, [&](const auto& n) {
                               return !n.second.is_null() && same(n.second);
                             });
        by_id_[id.as<std::int32_t>()] = {.content = content, .normalized = !special, .special = special};
      }
    if (files_.tokenizer.contains("added_tokens"))
      for (const json& t : files_.tokenizer["added_tokens"].elements())
        by_id_[t.get<std::int32_t>("id")] = added_token_of(t, false);
  }

  void put_special(const json& token, bool has_name) {
    const std::string content = content_of(token);
    added_token* known = find_added(tokens_, content);
    if (known == nullptr)
      tokens_.push_back(added_token_of(token, true));
    else if (has_name)
      known->special = true;
  }

  const tokenizer_files& files_;
  std::map<std::int64_t, added_token> by_id_;
  std::vector<std::pair<std::string, json>> named_;
  std::vector<json> further_;
  bool has_further_ = false;
  std::vector<std::pair<std::string, std::string>> usual_;  // special tokens that no file names
  std::vector<added_token> tokens_;
};

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
  constexpr std::string_view like_bert[] = {"BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer"};
  const bool bert = ranges::find(like_bert, type) != std::end(like_bert);
  if (!bert && type != "PreTrainedTokenizer" && type != "TokenizersBackend")
    throw option_error((config.is_null() ? files.where : config.where()) + ": tokenizer_class is " + type +
                       ", expected BertTokenizer or PreTrainedTokenizerFast");
  if (config.contains("auto_map"))
    throw option_error(config.where() + ": a tokenizer of its own code (auto_map) is not supported");
  if (!bert && !has_json)
    throw option_error(files.where + ": the tokenizer_class " + type + " needs a tokenizer.json");
  for (const auto& [key, section] :
       {std::pair{"padding_side", "padding"}, {"truncation_side", "truncation"}}) {
    std::string side = setting(key, "");
    if (const json* s = files.tokenizer.find(section); side.empty() && s != nullptr && s->is_object())
      side = s->get("direction", "");
    if (side == "left" || side == "Left")
      throw option_error(files.where + ": " + key + " is left, expected right");
  }

  tokenizer_description d;
  std::pair<std::string, std::string> around;
  if (has_json) {
    d.where = files.tokenizer.where();
    detail::check_kind(files.tokenizer);
    around = detail::around_text(files.tokenizer);
    d.vocabulary = detail::vocabulary_of(files.tokenizer["model"]);
  } else {
    d.where = files.where;
    d.vocabulary = files.vocabulary;
  }
  d.match_special_tokens = !setting("split_special_tokens", false);
  detail::added_token_collector added(files, bert);
  if (bert) {
    character_rules rules{.space_cjk = setting("tokenize_chinese_chars", true),
                          .lower_case = setting("do_lower_case", true)};
    rules.strip_accents = setting("strip_accents", rules.lower_case);
    if (rules.strip_accents && !rules.lower_case)
      throw option_error(config.where() + ": strip_accents without do_lower_case is not supported");
    d.normalizer = rules;
    d.unknown = added.named("unk_token");
    d.first = added.named("cls_token");
    d.last = added.named("sep_token");
  } else {
    const json* normalizer = files.tokenizer.find("normalizer");
    d.normalizer = text_normalizer::from_json(normalizer == nullptr ? json() : *normalizer);
    const json& model = files.tokenizer["model"];
    d.unknown = model.get("unk_token", "[UNK]");
    d.max_input_chars_per_word = model.get("max_input_chars_per_word", d.max_input_chars_per_word);
    std::tie(d.first, d.last) = around;
    if (d.first.empty() && files.of_model)
      throw option_error(d.where + ": no post_processor, expected [CLS], the text, [SEP]");
    if (d.first.empty()) d.first = "[CLS]", d.last = "[SEP]";
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
  return d;
}

AISLE_NAMESPACE_END
