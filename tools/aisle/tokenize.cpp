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
  bool json = false;
  std::int64_t max_tokens = 0;
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
  std::string text, out;
  std::int64_t line = 0;
  bool bad = false, cut = false;
};

void tokenize(const aisle::token_reader& reader, const options& o, item& i) {
  if (o.json && !i.bad) try {
      i.text = aisle::parse_json_line(i.text, "line " + std::to_string(i.line)).as<std::string>();
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
  i.out = "[";
  for (const std::int32_t id : ids) i.out += (i.out.size() > 1 ? "," : "") + std::to_string(id);
  i.out += "]\n";
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
      else if (!o.json && i.text.ends_with('\r'))
        i.text.pop_back();
    }
    aisle::parallel_for(static_cast<std::int64_t>(items.size()), o.common.threads,
                        [&](std::int64_t i) { tokenize(reader, o, items[static_cast<std::size_t>(i)]); });
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
         (done == 1 ? " is no JSON string" : " are no JSON strings"));
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
  o->common.add(app, {common::threads, common::limit});
  app.footer(
      "Reads lines from stdin and writes a JSON array of ids for each, in order. Only the tokenizer's files "
      "are needed.\n"
      "With --json a line that is no JSON string gives {\"error\":\"...\"} and exit code 3.\n"
      "\n"
      "Examples:\n"
      "  echo 'Blue cotton shirt' | aisle tokenize --text-model all-MiniLM-L6-v2\n"
      "  jq -c .title products.jsonl | aisle tokenize --json > ids.jsonl");
  return [o] { return run(*o); };
}

const registration entry{{"tokenize", "text lines in, token ids as JSON lines out", setup}};

}  // namespace
