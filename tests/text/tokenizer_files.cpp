#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <aisle/base/file.hpp>
#include <aisle/io/json.hpp>
#include <aisle/text/wordpiece.hpp>

#include "support/support.hpp"

namespace {

aisle::json parse(const char* text) { return aisle::parse_json(text, "here"); }

/// A tokenizer.json of a few words with these further members.
aisle::json tokenizer_json(const std::string& more = {}) {
  return aisle::parse_json(
      R"({"model": {"type": "WordPiece", "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4,
          "red": 5, "cup": 6}}, "pre_tokenizer": {"type": "BertPreTokenizer"})" +
          more + "}",
      "tokenizer.json");
}

}  // namespace

// tokenizers.jsonl: folders of each kind (tokenizer.json or vocab.txt, added tokens in any file, normalizers,
// either tokenizer class), and what AutoTokenizer of transformers 5.24 with tokenizers 0.23.3 makes of texts.
TEST_CASE("folders give the ids that transformers gives") {
  std::istringstream lines(aisle::read_file(support::data("text/tokenizers.jsonl")));
  std::string line;
  int folders = 0;
  while (std::getline(lines, line)) {
    CAPTURE(folders);
    const aisle::json j = aisle::parse_json(line, "tokenizers.jsonl");
    const support::temporary_folder folder;
    aisle::write_file(folder / "config.json", R"({"model_type": "bert"})");
    for (const auto& [name, content] : j["files"].members())
      aisle::write_file(folder / name, content.is_string() ? content.as<std::string>() : content.dump());
    const auto tokenizer = aisle::wordpiece::load(folder.path());
    for (const aisle::json& text : j["texts"].elements()) {
      CAPTURE(text.dump());
      CHECK(tokenizer.encode(text[0].as<std::string>(), 100000).ids == text[1].as_vector<std::int32_t>());
    }
    ++folders;
  }
  CHECK(folders == 18);
}

TEST_CASE("tokens that the vocabulary has not follow it, whatever id the file says") {
  const auto tokenizer =
      aisle::wordpiece::from_json(tokenizer_json(
                                      R"(, "added_tokens": [{"id": 40, "content": "two", "normalized": false},
                            {"id": 30, "content": "one", "normalized": false}])"),
                                  parse("{}"));
  CHECK(tokenizer.vocabulary_size() == 9);
  CHECK(tokenizer.find("one") == 7);
  CHECK(tokenizer.token(8) == "two");
  CHECK(tokenizer.encode("redtwo").ids == std::vector<std::int32_t>{2, 5, 8, 3});
}

TEST_CASE("a special token that no file names and the vocabulary has not takes no id") {
  const support::temporary_folder folder;
  aisle::write_file(folder / "vocab.txt", "[UNK]\n[CLS]\n[SEP]\nred\n");
  CHECK(aisle::wordpiece::load(folder.path()).vocabulary_size() == 4);
  aisle::write_file(folder / "tokenizer_config.json", R"({"extra_special_tokens": ["<new>"]})");
  const auto tokenizer = aisle::wordpiece::load(folder.path());
  CHECK(tokenizer.pad_id() == 4);  // it is counted where a token follows
  CHECK(tokenizer.find("<new>") == 6);
}

TEST_CASE("tokenizers that are not BERT's are refused by name") {
  const auto refused = [](const std::string& more, const char* config, const char* what) {
    CHECK_THROWS_WITH_AS(aisle::wordpiece::from_json(tokenizer_json(more), parse(config)),
                         doctest::Contains(what), aisle::option_error);
  };
  refused("", R"({"tokenizer_class": "RobertaTokenizerFast"})", "tokenizer_class is RobertaTokenizer");
  refused("", R"({"auto_map": {"AutoTokenizer": ["x", "y"]}})", "auto_map");
  refused(R"(, "post_processor": {"type": "RobertaProcessing"})", "{}", "RobertaProcessing is not built in");
  refused(R"(, "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "B"}}]})",
          "{}", "expected [CLS], the text, [SEP]");
  refused(R"(, "normalizer": {"type": "NFKC"})", R"({"tokenizer_class": "PreTrainedTokenizerFast"})",
          "the normalizer NFKC is not built in");
  refused(R"(, "added_tokens": [{"id": 7, "content": "Cap", "normalized": true},
                                {"id": 8, "content": "CAP", "normalized": true}])",
          "{}", "two added tokens, 7 and 8, are both found as \"cap\"");
  aisle::json other = tokenizer_json();
  other["pre_tokenizer"]["type"] = "Whitespace";
  CHECK_THROWS_WITH_AS(aisle::wordpiece::from_json(other, parse("{}")),
                       doctest::Contains("pre_tokenizer is Whitespace"), aisle::option_error);
}

TEST_CASE("truncation and padding of tokenizer.json change nothing, special tokens may have other names") {
  const auto tokenizer =
      aisle::wordpiece::from_json(tokenizer_json(R"(, "truncation": {"direction": "Right", "max_length": 4},
                        "padding": {"strategy": {"Fixed": 9}, "direction": "Right"})"),
                                  parse(R"({"cls_token": "red"})"));
  CHECK(tokenizer.encode("cup cup cup cup").ids == std::vector<std::int32_t>{5, 6, 6, 6, 6, 3});
}
