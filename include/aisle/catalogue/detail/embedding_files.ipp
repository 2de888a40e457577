#pragma once

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/number.hpp>
#include <aisle/base/parallel.hpp>
#include <aisle/base/version.hpp>
#include <aisle/catalogue/detail/embedding_files.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// A field as csv_writer writes it.
AISLE_API void append_csv_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

AISLE_API void append_csv_fields(std::string& out, std::span<const std::string> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    append_csv_field(out, fields[i]);
  }
}

AISLE_API std::uint64_t embedding_csv::leading_hash() const {
  fnv1a64 hash;
  std::string line;
  append_csv_fields(line, header);
  hash.bytes(line);
  for (const auto& row : leading) {
    line = "\n";
    append_csv_fields(line, row);
    hash.bytes(line);
  }
  return hash.value();
}

AISLE_API std::uint64_t write_embedding_csv(atomic_file& file, const embedding_csv& table, int threads) {
  fnv1a64 hash;
  const auto put = [&](std::string_view text) {
    hash.bytes(text);
    file.write(text);
  };
  const std::int64_t cols = table.vectors.cols();
  std::string head;
  append_csv_fields(head, table.header);
  for (std::int64_t c = 0; c < cols; ++c) head += ',' + table.prefix + std::to_string(c + table.first);
  put(head += '\n');

  // Formatting is the work: blocks of rows side by side, a few of them in memory at a time.
  constexpr std::int64_t block = 64;
  const std::int64_t together = std::max(1, thread_budget(threads)) * 4;
  std::vector<std::string> texts(static_cast<std::size_t>(together));
  for (std::int64_t first = 0; first < table.vectors.rows(); first += block * together) {
    const std::int64_t blocks = std::min(together, (table.vectors.rows() - first + block - 1) / block);
    parallel_for(blocks, threads, [&](std::int64_t b) {
      std::string& out = texts[static_cast<std::size_t>(b)];
      out.clear();
      const std::int64_t from = first + b * block, to = std::min(from + block, table.vectors.rows());
      for (std::int64_t r = from; r < to; ++r) {
        append_csv_fields(out, table.leading[static_cast<std::size_t>(r)]);
        const std::size_t start = out.size();
        // Sign, 9 digits, point, exponent of two digits with its sign, comma: 17 at most.
        out.resize(start + static_cast<std::size_t>(cols) * 20 + 1);
        char *at = out.data() + start, *end = out.data() + out.size();
        for (const float v : table.vectors.row(r)) {
          *at++ = ',';
          at = std::to_chars(at, end, v).ptr;
        }
        *at++ = '\n';
        out.resize(static_cast<std::size_t>(at - out.data()));
      }
    });
    for (std::int64_t b = 0; b < blocks; ++b) put(texts[static_cast<std::size_t>(b)]);
  }
  return hash.value();
}

/// Where the record that starts at `at` ends (behind its line end), and the number of its fields.
AISLE_API std::size_t end_of_record(std::string_view text, std::size_t at, std::vector<std::size_t>& commas) {
  commas.clear();
  for (bool field_start = true; at < text.size();) {
    if (field_start && text[at] == '"') {
      for (++at; at < text.size(); ++at)
        if (text[at] == '"' && (at + 1 >= text.size() || text[at + 1] != '"'))
          break;
        else if (text[at] == '"')
          ++at;
      if (at < text.size()) ++at;
      field_start = false;
      continue;
    }
    const char c = text[at++];
    if (c == '\n') return at;
    field_start = c == ',';
    if (field_start) commas.push_back(at - 1);
  }
  return text.size();
}

/// The first `count` fields of a record whose commas are known, unquoted.
AISLE_API std::vector<std::string> first_fields(std::string_view text, std::size_t begin,
                                                std::span<const std::size_t> commas) {
  std::vector<std::string> out;
  for (const std::size_t comma : commas) {
    std::string_view field = text.substr(begin, comma - begin);
    begin = comma + 1;
    std::string& plain = out.emplace_back();
    if (!field.starts_with('"')) {
      plain = field;
      continue;
    }
    field.remove_prefix(1);
    if (field.ends_with('"')) field.remove_suffix(1);
    for (std::size_t i = 0; i < field.size(); ++i) {
      plain += field[i];
      if (field[i] == '"') ++i;  // it was doubled
    }
  }
  return out;
}

AISLE_API embedding_rows read_embedding_csv(std::string_view text, const std::string& path,
                                            std::int64_t dimension, int threads) {
  std::vector<std::size_t> commas;
  std::size_t at = end_of_record(text, 0, commas);
  const std::size_t columns = commas.size() + 1, wanted = static_cast<std::size_t>(dimension);
  if (dimension < 1 || wanted >= columns)
    throw format_error(path, std::to_string(columns) + " columns, expected more than the " +
                                 std::to_string(dimension) + " of a vector");
  embedding_rows out;
  const auto leading = [&](std::size_t begin) {
    return first_fields(text, begin, std::span(commas).first(columns - wanted));
  };
  out.header = leading(0);
  std::vector<std::pair<std::size_t, std::size_t>> rows;  // the vector's text
  while (at < text.size()) {
    const std::size_t end = end_of_record(text, at, commas);
    if (commas.size() + 1 != columns)
      throw format_error(path, "row " + std::to_string(rows.size()) + ": " +
                                   std::to_string(commas.size() + 1) + " fields, expected " +
                                   std::to_string(columns));
    out.leading.push_back(leading(at));
    rows.emplace_back(commas[columns - wanted - 1] + 1, end);
    at = end;
  }
  out.vectors = matrix<float>(static_cast<std::int64_t>(rows.size()), dimension);
  parallel_for(out.vectors.rows(), threads, [&](std::int64_t r) {
    const auto [from, to] = rows[static_cast<std::size_t>(r)];
    const char *p = text.data() + from, *end = text.data() + to;
    for (float& v : out.vectors.row(r)) {
      const auto [next, code] = parse_number(p, end, v);
      if (code != std::errc{} || !is_finite(v) ||
          (next != end && *next != ',' && *next != '\n' && *next != '\r'))
        throw format_error(path, "row " + std::to_string(r) + ": \"" +
                                     std::string(p, std::find(p, end, ',')) + "\", expected a number");
      p = next == end ? next : next + 1;
    }
  });
  return out;
}

AISLE_API std::string manifest_path(const std::string& csv_path) { return csv_path + ".manifest.json"; }

AISLE_API std::string aside_path(const std::string& csv_path) {
  return csv_path.substr(0, csv_path.size() - std::string_view(".csv").size()) + ".old.csv";
}

AISLE_API void set_aside(const std::string& csv_path) {
  const std::string aside = aside_path(csv_path);
  std::error_code code;
  std::filesystem::remove(manifest_path(aside), code);
  std::filesystem::rename(csv_path, aside, code);
  if (code) throw file_error(csv_path, "cannot rename to " + aside + ": " + code.message());
  std::filesystem::rename(manifest_path(csv_path), manifest_path(aside), code);  // there may be none
}

AISLE_API void write_stored(const std::string& csv_path, const json& key, const embedding_csv& table,
                            std::span<const std::uint64_t> hashes, std::span<const std::int64_t> tokens,
                            bool keep, int threads) {
  atomic_file csv(csv_path), manifest(manifest_path(csv_path));
  json out = key;
  out["csv"] = to_hex(write_embedding_csv(csv, table, threads));
  out["leading"] = to_hex(table.leading_hash());
  json::array_type list;
  for (const std::uint64_t h : hashes) list.emplace_back(to_hex(h));
  json rows = json::object({{"hash", json(std::move(list))}});
  if (!tokens.empty()) rows["tokens"] = json::array_of(tokens);
  out["rows"] = std::move(rows);
  const std::string text = out.dump() + "\n";
  manifest.write(text);
  // Writing over the start passes everything on to the system: a full disk is found out about while the old
  // files stand.
  manifest.write_at(0, text.data(), 1);
  if (keep) set_aside(csv_path);
  csv.commit();
  manifest.commit();
}

/// The number to_hex wrote.
AISLE_API std::uint64_t from_hex(const json& value) {
  const auto text = value.as<std::string_view>();
  std::uint64_t out = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  if (code != std::errc{} || end != text.data() + text.size()) value.fail("expected 16 hexadecimal digits");
  return out;
}

AISLE_API std::optional<stored_embeddings> read_stored(const std::string& csv_path, const json& key,
                                                       int threads, std::string& why) {
  why.clear();
  const std::string path = manifest_path(csv_path);
  if (!file_exists(path) || !file_exists(csv_path)) return std::nullopt;
  try {
    const json manifest = read_json(path, large_json);
    for (const auto& [name, value] : key.members()) {
      if (name == "weight_files") continue;
      const json* found = manifest.find(name);
      if (found == nullptr || !(*found == value)) {
        why = path + ": other " + name;
        return std::nullopt;
      }
    }
    stored_embeddings out;
    out.leading = from_hex(manifest.at("leading"));
    const json& rows = manifest.at("rows");
    for (const json& h : rows.at("hash").elements()) out.hashes.push_back(from_hex(h));
    if (const json* tokens = rows.find("tokens")) out.tokens = tokens->as_vector<std::int64_t>();
    const std::string text = read_file(csv_path);
    if (fnv1a64::of(text) != from_hex(manifest.at("csv"))) {
      why = csv_path + ": changed since its manifest was written";
      return std::nullopt;
    }
    out.rows = read_embedding_csv(text, csv_path, key.get<std::int64_t>("dimension"), threads);
    if (out.rows.vectors.rows() != static_cast<std::int64_t>(out.hashes.size()) ||
        (!out.tokens.empty() && out.tokens.size() != out.hashes.size())) {
      why = path + ": " + std::to_string(out.hashes.size()) + " rows, the CSV has " +
            std::to_string(out.rows.vectors.rows());
      return std::nullopt;
    }
    return out;
  } catch (const error& e) {
    why = e.what();
    return std::nullopt;
  }
}

AISLE_API json describe_weights(const state_dict& weights, const json* before) {
  std::map<std::string, std::shared_ptr<const weight_file>> files;
  for (const auto& e : weights.entries())
    if (e.file) files.emplace(e.file->file().path(), e.file);
  json list = json::array();
  sha256 all;
  std::string only;
  for (const auto& [path, opened] : files) {
    const auto changed = std::filesystem::last_write_time(path).time_since_epoch();
    json file =
        json::object({{"path", path},
                      {"size", file_size(path)},
                      {"time_ns", std::chrono::duration_cast<std::chrono::nanoseconds>(changed).count()}});
    std::string hash;
    if (before != nullptr && before->is_array())
      for (const json& old : before->elements()) {
        json same = file;
        same["sha256"] = old.get("sha256", "");
        if (old == same) hash = old.get("sha256", "");
      }
    if (hash.size() != 64) {
      hash = sha256_of(opened->file());
    }
    file["sha256"] = hash;
    all.update(hash);
    only = hash;
    list.push_back(std::move(file));
  }
  json out = json::object();
  out["sha256"] = files.size() == 1 ? only : all.hex();
  out["files"] = std::move(list);
  return out;
}

AISLE_API std::string hash_of_settings(const std::string& model_path) {
  const std::string folder = folder_exists(model_path) ? model_path : parent_folder(model_path);
  fnv1a64 hash;
  // Modules of a text model have folders of their own.
  std::vector<std::string> folders = {folder};
  if (const std::string modules = join_path(folder, "modules.json"); file_exists(modules)) {
    const json list = read_json(modules);
    for (const json& m : list.elements())
      if (const std::string path = m.get("path", ""); !path.empty())
        folders.push_back(join_path(folder, path));
  }
  for (const std::string& in : folders)
    for (const char* name :
         {"config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt",
          "special_tokens_map.json", "added_tokens.json", "sentence_bert_config.json", "modules.json"})
      if (const std::string path = join_path(in, name); file_exists(path)) {
        hash.bytes(name);
        hash.bytes(read_file(path));
      }
  return to_hex(hash.value());
}

}  // namespace detail
AISLE_NAMESPACE_END
