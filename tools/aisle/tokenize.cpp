// aisle tokenize: text lines in, ids as JSON lines out.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/lines.hpp>
#include <aisle/text/sentence_model.hpp>

#include "command.hpp"

namespace {

using namespace aisle_command;

struct options {
  common_options common;
  bool json = false, pairs = false;
  std::string offsets, cut = "longest-first", side;
  std::int64_t max_tokens = 0;

  /// More than the ids of texts as the encoder reads them.
  bool is_detailed() const { return pairs || !offsets.empty() || cut != "longest-first" || !side.empty(); }
};

/// What the encoder of the same folder would cut at.
std::int64_t limit_of(const aisle::sentence_model& sentence) {
  if (sentence.kind != aisle::sentence_model::reader::transformer) return sentence.max_tokens;
  std::int64_t positions = 512;
  if (const std::string file = aisle::join_path(sentence.transformer, "config.json");
      aisle::file_exists(file))
    positions = aisle::read_json(file).get<std::int64_t>("max_position_embeddings", positions);
  return std::min(sentence.max_tokens, positions);
}

struct item {
  std::string text, second, out;
  std::int64_t line = 0;
  bool bad = false, cut = false;
};

/// A line's text, or both of its texts.
void read_texts(const options& o, item& i) {
  const std::string where = "line " + std::to_string(i.line);
  if (o.pairs) {
    const aisle::json pair = aisle::parse_json_line(i.text, where);
    if (!pair.is_array() || pair.size() != 2) pair.fail("expected an array of two strings");
    i.text = pair[0].as<std::string>();
    i.second = pair[1].as<std::string>();
  } else if (o.json) {
    i.text = aisle::parse_json_line(i.text, where).as<std::string>();
  }
}

/// How many code points there are in front of each of these bytes of a text.
class character_counter {
 public:
  explicit character_counter(std::string_view text) : text_(text) {}
  /// `to` may go back a little: pieces come in order.
  std::size_t at(std::size_t to) {
    if (to < byte_) byte_ = count_ = 0;
    for (; byte_ < to; ++byte_) count_ += (static_cast<unsigned char>(text_[byte_]) & 0xC0) != 0x80;
    return count_;
  }

 private:
  std::string_view text_;
  std::size_t byte_ = 0, count_ = 0;
};

std::string list_of(const std::vector<std::int32_t>& values) {
  std::string out = "[";
  for (const std::int32_t v : values) out += (out.size() > 1 ? "," : "") + std::to_string(v);
  return out + "]";
}

/// {"ids":[…],"type_ids":[…],"offsets":[[0,4],…]}
void tokenize_in_detail(const aisle::wordpiece& tokenizer, const options& o, std::int64_t max_tokens,
                        item& i) {
  const aisle::wordpiece_encode_options how{
      .max_length = max_tokens,
      .cut = o.cut == "none"          ? aisle::truncation::none
             : o.cut == "only-first"  ? aisle::truncation::only_first
             : o.cut == "only-second" ? aisle::truncation::only_second
                                      : aisle::truncation::longest_first,
      .keep_end = o.side.empty() ? tokenizer.keeps_end() : o.side == "left"};
  const auto e = o.pairs ? tokenizer.encode_pair(i.text, i.second, how) : tokenizer.encode_spans(i.text, how);
  i.cut = e.full_length > static_cast<std::int64_t>(e.ids.size());
  i.out = "{\"ids\":" + list_of(e.ids) + ",\"type_ids\":" + list_of(e.types);
  if (!o.offsets.empty()) {
    i.out += ",\"offsets\":[";
    character_counter first(i.text), second(i.second);
    for (std::size_t k = 0; k < e.spans.size(); ++k) {
      character_counter& counter = e.texts[k] == 1 ? second : first;
      const auto place = [&](std::size_t byte) {
        return std::to_string(o.offsets == "bytes" ? byte : counter.at(byte));
      };
      i.out += (k ? ",[" : "[") + place(e.spans[k].begin) + "," + place(e.spans[k].end) + "]";
    }
    i.out += "]";
  }
  i.out += "}\n";
}

void tokenize(const aisle::token_reader& reader, const aisle::wordpiece& tokenizer, const options& o,
              std::int64_t max_tokens, item& i) {
  if (!i.bad) try {
      read_texts(o, i);
      if (o.is_detailed()) return tokenize_in_detail(tokenizer, o, max_tokens, i);
    } catch (const aisle::option_error& e) {  // truncation that is not possible
      i.bad = true;
      i.text = e.what();
    } catch (const aisle::format_error& e) {
      i.bad = true;
      i.text = e.what();
    }
  if (i.bad) {
    i.out = aisle::json::object({{"error", i.text}}).dump() + "\n";
    return;
  }
  std::vector<std::int32_t> ids;
  i.cut = reader(i.text, ids) > static_cast<std::int64_t>(ids.size());
  i.out = list_of(ids) + "\n";
}

int run(const options& o) {
  const std::string path = o.common.model_path(o.common.text_model);
  const bool is_folder = aisle::folder_exists(path);
  const auto sentence = aisle::sentence_model::read(is_folder ? path : aisle::parent_folder(path), warn);
  const aisle::wordpiece tokenizer = is_folder ? sentence.load_tokenizer() : aisle::wordpiece::load(path);
  const std::int64_t max_tokens = o.max_tokens > 0 ? o.max_tokens : limit_of(sentence);
  const aisle::token_reader reader(sentence, tokenizer, max_tokens);
  aisle::line_reader lines("-");
  progress_bar bar;
  constexpr std::size_t batch = 1024;
  std::int64_t done = 0, bad = 0, cut = 0;
  for (bool more = true; more;) {
    std::vector<item> items;
    for (item i; items.size() < batch && (items.empty() || lines.ready()); items.push_back(std::move(i))) {
      if (o.common.limit > 0 && done + static_cast<std::int64_t>(items.size()) >= o.common.limit)
        more = false;
      if (more) more = lines.next(i.text);
      if (!more) break;
      i.out.clear();
      i.line = lines.number();
      if ((i.bad = lines.too_long()))
        i.text = "the line is longer than 64 MB";
      else if (!o.json && !o.pairs && i.text.ends_with('\r'))
        i.text.pop_back();
    }
    aisle::parallel_for(static_cast<std::int64_t>(items.size()), o.common.threads, [&](std::int64_t i) {
      tokenize(reader, tokenizer, o, max_tokens, items[static_cast<std::size_t>(i)]);
    });
    for (const item& i : items) {
      write_out(i.out);
      bad += i.bad;
      cut += i.cut;
    }
    flush_out();
    done += static_cast<std::int64_t>(items.size());
    bar.show("tokenize", done, 0, "lines");
  }
  if (cut > 0)
    warn(std::to_string(cut) + " of " + aisle::counted(done, "text") + (done == 1 ? " was" : " were") +
         " cut to " + aisle::counted(max_tokens, "token"));
  if (bad > 0)
    warn(std::to_string(bad) + " of " + aisle::counted(done, "line") +
         (o.is_detailed() ? " could not be done"
          : done == 1     ? " is no JSON string"
                          : " are no JSON strings"));
  if (done == 0) say("nothing to do: stdin: no lines");
  return done == 0 ? exit_nothing : bad > 0 ? exit_skipped : exit_ok;
}

action setup(option_set app) {
  auto o = std::make_shared<options>();
  o->common.text_model = "all-MiniLM-L6-v2";
  o->common.add(app, {common::text_model, common::weights});
  app.add_flag("--json", o->json, "each input line is a JSON string (so that a text may contain line ends)");
  app.add_option("--max-tokens", o->max_tokens,
                 "cut to so many ids, [CLS] and [SEP] included (default: the model's)")
      .type_name("N")
      .check(within(std::int64_t{3}, std::int64_t{1} << 40));
  app.add_flag("--pairs", o->pairs,
               "each input line is a JSON array of two strings: [CLS] first [SEP] second [SEP]");
  app.add_option("--offsets", o->offsets, "tell where each id stands in its text, in code points or in bytes")
      .check(one_of({"characters", "bytes"}));
  app.add_option("--truncation", o->cut, "what is cut where there are more ids than --max-tokens")
      .check(one_of({"longest-first", "only-first", "only-second", "none"}))
      .capture_default_str();
  app.add_option("--truncation-side", o->side,
                 "the end of a text that is cut (default: the model's, mostly right)")
      .check(one_of({"right", "left"}));
  o->common.add(app, {common::threads, common::limit});
  app.footer(
      "Reads lines from stdin and writes a JSON array of ids for each, in order. Only the tokenizer's files "
      "are needed.\n"
      "With one of the options from --pairs on: {\"ids\":[...],\"type_ids\":[...],\"offsets\":[[0,4],...]}, "
      "as Rust\n"
      "tokenizers gives them, without the prompt and the modules of a sentence-transformers model.\n"
      "With --json a line that is no JSON string gives {\"error\":\"...\"} and exit code 3.\n"
      "\n"
      "Examples:\n"
      "  echo 'Blue cotton shirt' | aisle tokenize --text-model all-MiniLM-L6-v2\n"
      "  jq -c .title products.jsonl | aisle tokenize --json > ids.jsonl");
  return [o] { return run(*o); };
}

const registration entry{{"tokenize", "text lines in, token ids as JSON lines out", setup}};

}  // namespace
