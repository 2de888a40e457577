#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/added_tokens.hpp>
#include <aisle/text/tokenizer_files.hpp>

// Which tokens a tokenizer's files add to its vocabulary, for tokenizer_files.ipp alone.

AISLE_NAMESPACE_BEGIN
namespace detail {

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

AISLE_API bool is_named_special(std::string_view key) noexcept {
  return key.ends_with("_token") && key.find("add_") == std::string_view::npos;
}

/// Collects tokens in the order in which transformers adds them to a tokenizer: by id what the files list,
/// then special tokens that have a name, then further ones.
class added_token_collector {
 public:
  /// `usual`: the class has BERT's names for tokens that no file names. `whole_file`: it reads tokenizer.json
  /// as it is.
  added_token_collector(const tokenizer_files& files, bool usual, bool whole_file) : files_(files) {
    // In the order in which those are added that no file lists.
    for (const char* key :
         {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"})
      named_.emplace_back(key, json());
    if (usual) {
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
    if (whole_file && files.tokenizer.contains("added_tokens"))
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
AISLE_NAMESPACE_END
