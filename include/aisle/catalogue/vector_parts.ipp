#pragma once

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/catalogue/vector_parts.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

inline constexpr std::string_view part_format = "aisle vectors part 1";

/// A number with zeros in front, so that names sort.
AISLE_API std::string five_digits(std::int64_t n) {
  const std::string digits = std::to_string(n);
  return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

AISLE_API std::string_view name_of(shard_selection::division by) {
  return by == shard_selection::division::range ? "range" : "id_hash";
}

/// `n` of `total` rows come before shard `index`: total * index / count, without an overflow.
AISLE_API std::int64_t rows_before(std::int64_t total, std::int64_t index, std::int64_t count) {
  return total / count * index + total % count * index / count;
}

AISLE_API json skipped_json(const std::vector<skipped_row>& rows) {
  json out = json::array();
  for (const skipped_row& r : rows)
    out.push_back(json::object(
        {{"row", r.row}, {"line", r.line}, {"id", r.id}, {"column", r.column}, {"reason", r.reason}}));
  return out;
}

AISLE_API std::int64_t count_in(const json& j, std::string_view name) {
  const auto n = j.get<std::int64_t>(name);
  if (n < 0) j.at(name).fail("is " + std::to_string(n) + ", expected a count");
  return n;
}

}  // namespace detail

AISLE_API shard_selection parse_shard(std::string_view text) {
  shard_selection out;
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto number = [&](std::string_view digits, std::int64_t& to) {
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, to);
    return read.ec == std::errc() && read.ptr == end && !digits.empty();
  };
  if (slash == text.size() || !number(text.substr(0, slash), out.index) ||
      !number(text.substr(slash + 1), out.count))
    throw option_error("shard '" + std::string(text) + "': expected I/N, such as 0/4");
  if (out.count < 1 || out.count > 100'000)
    throw option_error("shard '" + std::string(text) + "': expected 1 to 100000 shards");
  if (out.index < 0 || out.index >= out.count)
    throw option_error("shard '" + std::string(text) + "': shards are counted from 0: expected 0/" +
                       std::to_string(out.count) + " to " + std::to_string(out.count - 1) + "/" +
                       std::to_string(out.count));
  return out;
}

AISLE_API std::string describe(const shard_selection& shard) {
  return "shard " + std::to_string(shard.index) + " of " + std::to_string(shard.count);
}

AISLE_API shard_rows::shard_rows(std::unique_ptr<row_source> all, const shard_selection& shard,
                                 std::int64_t total)
    : all_(std::move(all)), shard_(shard) {
  if (shard.by != shard_selection::division::range) return;
  begin_ = detail::rows_before(total, shard.index, shard.count);
  end_ = detail::rows_before(total, shard.index + 1, shard.count);
  all_->skip(begin_);
}

AISLE_API bool shard_rows::is_mine(const source_row& row) const {
  if (shard_.by == shard_selection::division::range) return true;
  const sha256_digest hash = sha256::of(row.id.is_null() ? "row " + std::to_string(row.row) : row.id.dump());
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | hash[i];
  return value % static_cast<std::uint64_t>(shard_.count) == static_cast<std::uint64_t>(shard_.index);
}

AISLE_API std::vector<source_row> shard_rows::next(std::size_t count) {
  std::vector<source_row> out = std::move(ahead_);
  ahead_.clear();
  const bool range = shard_.by == shard_selection::division::range;
  while (out.size() < count) {
    std::size_t wanted = count - out.size();
    if (range) wanted = std::min(wanted, static_cast<std::size_t>(end_ - begin_ - given_));
    if (wanted == 0) break;
    std::vector<source_row> some = all_->next(wanted);
    if (some.empty()) break;
    given_ += static_cast<std::int64_t>(some.size());
    for (source_row& row : some)
      if (is_mine(row)) out.push_back(std::move(row));
  }
  return out;
}

AISLE_API bool shard_rows::at_end() {
  if (ahead_.empty()) ahead_ = next(1);
  return ahead_.empty();
}

AISLE_API std::string shard_folder(const std::string& folder, const shard_selection& shard) {
  return join_path(folder,
                   "shard-" + detail::five_digits(shard.index) + "-of-" + detail::five_digits(shard.count));
}
AISLE_API std::string part_stem(const std::string& folder, const shard_selection& shard,
                                std::int64_t number) {
  return join_path(shard_folder(folder, shard), "part-" + detail::five_digits(number));
}

AISLE_API void write_part(vector_part& part, const std::string& stem, const std::vector<std::string>& names) {
  part.path = stem + ".json";
  const std::string folder = parent_folder(part.path);
  part.files.clear();
  json files = json::array();
  for (const std::string& name : names) {
    const std::string path = join_path(folder, name);
    part.files.push_back({name, file_size(path), detail::sha256_of_file(path)});
    files.push_back(json::object(
        {{"name", name}, {"bytes", part.files.back().bytes}, {"sha256", part.files.back().sha256}}));
  }
  json out = json::object({{"format", std::string(detail::part_format)},
                           {"shard", part.shard.index},
                           {"of", part.shard.count},
                           {"by", std::string(detail::name_of(part.shard.by))},
                           {"part", part.number},
                           {"last", part.last},
                           {"rows", part.rows},
                           {"vectors", part.vectors},
                           {"vector_format", part.format},
                           {"files", std::move(files)}});
  if (part.shard.by == shard_selection::division::id_hash)
    out["record_rows"] = json::array_of(part.record_rows);
  out["skipped"] = detail::skipped_json(part.skipped);
  out["made_with"] = part.made_with;
  out["input"] = part.input;
  write_file(part.path, out.dump() + "\n");
}

AISLE_API vector_part read_part(const std::string& path) {
  const json j = read_json(path);
  if (!j.is_object() || j.get("format", "") != detail::part_format)
    throw format_error(path,
                       "is no manifest of a part of vectors (\"" + std::string(detail::part_format) + "\")");
  vector_part out;
  out.path = path;
  out.shard = {.index = detail::count_in(j, "shard"), .count = detail::count_in(j, "of")};
  if (out.shard.index >= out.shard.count || out.shard.count > 100'000)
    j.fail("names " + describe(out.shard) + ", expected one of at most 100000");
  const std::string by = j.get<std::string>("by");
  if (by == "id_hash")
    out.shard.by = shard_selection::division::id_hash;
  else if (by != "range")
    j.at("by").fail("is '" + by + "', expected range or id_hash");
  out.number = detail::count_in(j, "part");
  out.last = j.get<bool>("last");
  out.rows = detail::count_in(j, "rows");
  out.vectors = detail::count_in(j, "vectors");
  out.format = j.get<std::string>("vector_format");
  for (const json& f : j.at("files").elements()) {
    part_file file{f.get<std::string>("name"), f.get<std::uint64_t>("bytes"), f.get<std::string>("sha256")};
    if (file.name.empty() || file.name != file_name(file.name) || file.name.starts_with('.'))
      f.at("name").fail("is '" + file.name + "', expected the name of a file beside the manifest");
    out.files.push_back(std::move(file));
  }
  if (out.files.empty()) j.at("files").fail("is empty, expected the file of the vectors");
  if (out.shard.by == shard_selection::division::id_hash) {
    out.record_rows = j.at("record_rows").as_vector<std::int64_t>();
    for (std::size_t i = 1; i < out.record_rows.size(); ++i)
      if (out.record_rows[i] <= out.record_rows[i - 1])
        j.at("record_rows").fail("is not ascending at element " + std::to_string(i));
  }
  const std::string input = j.at("input").get("path", "");
  for (const json& s : j.at("skipped").elements())
    out.skipped.push_back({.file = input,
                           .row = s.get<std::int64_t>("row"),
                           .id = s.get("id", ""),
                           .column = s.get("column", ""),
                           .reason = s.get("reason", ""),
                           .line = s.get<std::int64_t>("line", 0)});
  out.made_with = j.at("made_with");
  out.input = j.at("input");
  return out;
}

namespace detail {

AISLE_API std::optional<std::uint64_t> vectors_begin(const input_file& file, std::int64_t rows,
                                                     std::int64_t dimension) {
  const std::uint64_t most = file.size() / sizeof(float);
  if (rows < 0 || dimension < 1 || static_cast<std::uint64_t>(dimension) > most) return std::nullopt;
  if (static_cast<std::uint64_t>(rows) > most / static_cast<std::uint64_t>(dimension)) return std::nullopt;
  return file.size() -
         static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(dimension) * sizeof(float);
}

/// What is wrong with the numbers of a part of NPY; other parts are text.
AISLE_API std::string number_fault_of(const vector_part& part) {
  if (part.format != "npy" || part.vectors == 0) return {};
  const input_file file(join_path(parent_folder(part.path), part.files[0].name));
  const auto dimension = part.made_with.get<std::int64_t>("dimension");
  const auto begin = vectors_begin(file, part.vectors, dimension);
  if (!begin) return file.path() + ": is shorter than its rows";
  const std::int64_t block = 1 + (std::int64_t{1} << 18) / dimension;
  std::vector<float> vectors;
  for (std::int64_t r = 0; r < part.vectors; r += block) {
    vectors.resize(static_cast<std::size_t>(std::min(block, part.vectors - r) * dimension));
    file.read_at(*begin + static_cast<std::uint64_t>(r * dimension) * sizeof(float),
                 std::as_writable_bytes(std::span(vectors)));
    if (all_finite(std::span<const float>(vectors))) continue;
    const auto bad = ranges::find_if(vectors, [](float v) { return !is_finite(v); });
    return file.path() + ": vector " + std::to_string(r + (bad - vectors.begin()) / dimension) +
           " holds what is no finite number";
  }
  return {};
}

}  // namespace detail

AISLE_API std::string fault_of(const vector_part& part) {
  for (const part_file& f : part.files) {
    const std::string path = join_path(parent_folder(part.path), f.name);
    if (!file_exists(path)) return path + ": is not there";
    const input_file file(path);
    if (file.size() != f.bytes)
      return path + ": has " + counted(file.size(), "byte") + ", its manifest says " +
             std::to_string(f.bytes);
    if (sha256_of(file) != f.sha256)
      return path + ": is not the file that its manifest names (by its sha256)";
  }
  return detail::number_fault_of(part);
}

AISLE_API std::string first_difference(const json& a, const json& b) {
  if (!a.is_object() || !b.is_object()) return {};
  for (const auto& [name, value] : a.members()) {
    if (name == "weight_files" || name == "path") continue;
    const json* other = b.find(name);
    if (other == nullptr) return name;
    if (*other == value) continue;
    const std::string inner = first_difference(value, *other);
    if (!inner.empty()) return name + "." + inner;
    if (!value.is_object() || !other->is_object()) return name;
  }
  for (const json::member& m : b.members())
    if (a.find(m.key) == nullptr) return m.key;
  return {};
}

namespace detail {

AISLE_API std::string tell_difference(const std::string& path, const json& there, const json& here) {
  const auto value = [&](const json& in) {
    const json* at = &in;
    for (std::size_t from = 0; at != nullptr && from <= path.size();) {
      const std::size_t dot = std::min(path.find('.', from), path.size());
      at = at->find(path.substr(from, dot - from));
      from = dot + 1;
    }
    std::string text = at == nullptr ? "not said" : at->is_string() ? at->as<std::string>() : at->dump();
    return text.size() > 80 ? text.substr(0, 77) + "..." : text;
  };
  return path + " is " + value(there) + " there, " + value(here) + " here";
}

AISLE_API std::int64_t part_of_file(std::string_view name) {
  constexpr std::string_view begin = "part-";
  if (!name.starts_with(begin)) return -1;
  std::int64_t number = -1;
  const auto read = std::from_chars(name.data() + begin.size(), name.data() + name.size(), number);
  return read.ec == std::errc() && number >= 0 && read.ptr != name.data() + name.size() && *read.ptr == '.'
             ? number
             : -1;
}

/// Deletes the parts of a shard from `number` on, their manifests first, and what killed writers left.
AISLE_API void clear_shard(const std::string& folder, std::int64_t number) {
  if (!folder_exists(folder)) return;
  std::vector<std::string> rest;
  for (const std::string& name : folder_entries(folder)) {
    const std::string path = join_path(folder, name);
    if (name.ends_with(".part"))
      remove_tree(path);
    else if (part_of_file(name) < number)
      continue;
    else if (name.ends_with(".json"))
      remove_file(path);
    else
      rest.push_back(path);
  }
  for (const std::string& path : rest) remove_file(path);
}

}  // namespace detail

AISLE_API void expect_division(const std::string& folder, const shard_selection& shard) {
  if (!folder_exists(folder)) return;
  for (const shard_selection& other : detail::find_shards(folder))
    if (other.count != shard.count)
      throw option_error(folder + ": has " + describe(other) + ", expected shards of " +
                         std::to_string(shard.count) + ", or another folder");
}

AISLE_API std::vector<vector_part> resume_shard(const std::string& folder, const shard_selection& shard,
                                                const json& made_with, const json& input,
                                                const warning_callback& warning) {
  std::vector<vector_part> out;
  const std::string in = shard_folder(folder, shard);
  while (out.empty() || !out.back().last) {
    const auto number = static_cast<std::int64_t>(out.size());
    const std::string path = part_stem(folder, shard, number) + ".json";
    if (!file_exists(path)) break;
    vector_part part;
    std::string fault;
    try {
      part = read_part(path);
      fault = fault_of(part);
    } catch (const format_error& e) {
      fault = e.what();
    }
    if (!fault.empty()) {
      if (warning) warning(fault + "; made again, with the parts behind it");
      break;
    }
    for (const auto& [there, here] : {std::pair(&part.made_with, &made_with), std::pair(&part.input, &input)})
      if (const std::string what = first_difference(*there, *here); !what.empty())
        throw option_error(path + ": was made otherwise: " + detail::tell_difference(what, *there, *here) +
                           "; expected the same, or another folder");
    if (part.shard.by != shard.by)
      throw option_error(path + ": was made otherwise: the rows are divided by " +
                         (shard.by == shard_selection::division::range
                              ? "a hash of the id there, in their order here"
                              : "their order there, by a hash of the id here") +
                         "; expected the same, or another folder");
    if (!(part.shard == shard) || part.number != number)
      throw format_error(path, "says it is part " + std::to_string(part.number) + " of " +
                                   describe(part.shard) + ", expected part " + std::to_string(number) +
                                   " of " + describe(shard));
    out.push_back(std::move(part));
  }
  detail::clear_shard(in, static_cast<std::int64_t>(out.size()));
  return out;
}

AISLE_NAMESPACE_END
