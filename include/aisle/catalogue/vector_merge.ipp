#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/process.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/catalogue/products.hpp>
#include <aisle/catalogue/vector_parts.hpp>
#include <aisle/catalogue/vector_sink.hpp>
#include <aisle/io/csv.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

/// Records of a file of text: lines, or those of a CSV as csv_writer writes them, with the end of the line.
class record_reader {
 public:
  record_reader(const std::string& path, bool quotes) : file_(path), quotes_(quotes) {}
  /// Views until the next call; empty at the end.
  std::string_view next() {
    bool quoted = false;
    for (std::size_t end = at_;; ++end) {
      if (end == buffer_.size()) {
        const std::size_t done = end - at_;
        if (!fill()) {
          if (done > 0) throw format_error(file_.path(), "ends within a record");
          return {};
        }
        end = at_ + done;
      }
      if (buffer_[end] == '"' && quotes_) quoted = !quoted;
      if (buffer_[end] != '\n' || quoted) continue;
      const std::string_view record(buffer_.data() + at_, end + 1 - at_);
      at_ = end + 1;
      return record;
    }
  }

 private:
  bool fill() {
    throw_if_interrupted();
    buffer_.erase(0, at_);
    at_ = 0;
    const std::size_t before = buffer_.size();
    const std::uint64_t more = std::min<std::uint64_t>(std::uint64_t{1} << 16, file_.size() - read_);
    buffer_.resize(before + static_cast<std::size_t>(more));
    file_.read_at(read_, std::as_writable_bytes(std::span(buffer_).subspan(before)));
    read_ += more;
    return more > 0;
  }
  input_file file_;
  bool quotes_;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t read_ = 0;
};

/// Takes records out of one part after the other of a shard, and gives them to a merged file.
class part_cursor {
 public:
  explicit part_cursor(const std::vector<vector_part>& parts) : parts_(parts) { open_next(); }
  bool ended() const noexcept { return part_ == nullptr; }
  /// The row of the input that the next record is, where parts say it.
  std::int64_t row() const { return part_->record_rows[record_]; }
  std::string_view text() const noexcept { return text_; }
  std::string_view header() const noexcept { return header_; }
  const csv_row& id() const { return ids_->rows[record_]; }
  std::span<const float> vector() const noexcept { return vector_; }
  void advance() {
    ++record_;
    read();
  }

 private:
  void open_next() {
    for (; next_ < parts_.size(); ++next_) {
      part_ = &parts_[next_];
      record_ = 0;
      const std::string folder = parent_folder(part_->path), path = join_path(folder, part_->files[0].name);
      if (part_->format == "npy") {
        ids_ = read_csv(vector_ids_path(path));
        vectors_.emplace(path);
        const auto n = static_cast<std::int64_t>(ids_->rows.size());
        if (n != part_->vectors) throw format_error(part_->path, "says other rows than its files have");
        if (n == 0) continue;
        const auto dimension = part_->made_with.get<std::int64_t>("dimension");
        const auto begin = vectors_begin(*vectors_, n, dimension);
        if (!begin) throw format_error(path, "is shorter than its rows");
        offset_ = *begin;
        vector_.resize(static_cast<std::size_t>(dimension));
      } else {
        records_.emplace(path, part_->format == "csv");
        if (part_->format == "csv") header_ = std::string(records_->next());
      }
      ++next_;
      read();
      return;
    }
    part_ = nullptr;
  }
  void read() {
    if (part_->format == "npy") {
      if (record_ == ids_->rows.size()) return open_next();
      const std::uint64_t size = vector_.size() * sizeof(float);
      vectors_->read_at(offset_ + record_ * size, std::as_writable_bytes(std::span(vector_)));
      return;
    }
    text_ = records_->next();
    if (text_.empty()) open_next();
  }

  const std::vector<vector_part>& parts_;
  std::size_t next_ = 0, record_ = 0;
  const vector_part* part_ = nullptr;
  std::optional<record_reader> records_;
  std::optional<csv_table> ids_;
  std::optional<input_file> vectors_;
  std::uint64_t offset_ = 0;
  std::vector<float> vector_;
  std::string header_;
  std::string_view text_;
};

/// Where merged records go.
class merged_file {
 public:
  merged_file(const std::string& path, const std::string& format) {
    if (format == "npy")
      path_ = path;
    else
      text_.emplace(path);
  }
  void put(const part_cursor& from) {
    if (text_) {
      if (text_->size() == 0) text_->write(from.header());
      text_->write(from.text());
      return;
    }
    const std::span<const float> vector = from.vector();
    if (!vectors_) {
      vector_sink_options options;
      options.path = path_;
      options.format = "npy";
      options.text_dimension = static_cast<std::int64_t>(vector.size());
      vectors_ = make_sink(options);
    }
    const csv_row& id = from.id();
    std::int64_t row = 0;
    const std::string& digits = id.fields.at(0);
    std::from_chars(digits.data(), digits.data() + digits.size(), row);
    vectors_->put(
        {.row = row, .id = id.fields.at(1), .image_path = {}, .text = vector, .image = {}, .error = {}});
  }
  void finish() {
    if (text_) text_->commit();
    if (vectors_) vectors_->finish();
  }

 private:
  std::string path_;
  std::optional<atomic_file> text_;
  std::unique_ptr<vector_sink> vectors_;
};

/// All rows of one shard after those of another.
AISLE_API void merge_ranges(const part_set& parts, merged_file& out, const std::function<void()>& tell) {
  for (const auto& shard : parts.shards)
    for (part_cursor at(shard); !at.ended(); at.advance()) {
      out.put(at);
      tell();
    }
}

/// By the rows' numbers.
AISLE_API void merge_by_rows(const part_set& parts, merged_file& out, const std::function<void()>& tell) {
  std::vector<std::unique_ptr<part_cursor>> cursors;
  std::set<std::pair<std::int64_t, std::size_t>> next;
  for (const auto& shard : parts.shards) {
    cursors.push_back(std::make_unique<part_cursor>(shard));
    if (!cursors.back()->ended()) next.emplace(cursors.back()->row(), cursors.size() - 1);
  }
  while (!next.empty()) {
    const std::size_t i = next.begin()->second;
    next.erase(next.begin());
    out.put(*cursors[i]);
    tell();
    cursors[i]->advance();
    if (!cursors[i]->ended()) next.emplace(cursors[i]->row(), i);
  }
}

AISLE_API std::vector<shard_selection> find_shards(const std::string& folder) {
  std::vector<shard_selection> out;
  for (const std::string& name : folder_entries(folder)) {
    shard_selection s;
    const char *at = name.data(), *end = at + name.size();
    constexpr std::string_view begin = "shard-", middle = "-of-";
    if (!name.starts_with(begin)) continue;
    const auto index = std::from_chars(at + begin.size(), end, s.index);
    if (index.ec != std::errc() || !std::string_view(index.ptr, end).starts_with(middle)) continue;
    const auto count = std::from_chars(index.ptr + middle.size(), end, s.count);
    if (count.ec != std::errc() || count.ptr != end || file_name(shard_folder("", s)) != name) continue;
    if (s.index < 0 || s.count < 1 || s.index >= s.count || s.count > 100'000) continue;
    if (!out.empty() && out.front().count != s.count)
      throw format_error(folder, "has shards of " + std::to_string(out.front().count) + " and of " +
                                     std::to_string(s.count) + ", expected those of one division");
    out.push_back(s);
  }
  return out;
}

/// The parts of a shard as far as they follow each other; what is wrong goes to `faults`.
AISLE_API std::vector<vector_part> read_shard(const std::string& folder, const shard_selection& shard,
                                              bool check_files, std::vector<std::string>& faults) {
  std::vector<vector_part> out;
  const auto number = [&] { return static_cast<std::int64_t>(out.size()); };
  while (out.empty() || !out.back().last) {
    const std::string path = part_stem(folder, shard, number()) + ".json";
    if (!file_exists(path)) {
      faults.push_back(describe(shard) + ": " +
                       (out.empty() ? "has no parts"
                                    : "is not complete: part " + std::to_string(number()) + " is not there"));
      return out;
    }
    throw_if_interrupted();
    try {
      vector_part part = read_part(path);
      if (part.shard.index != shard.index || part.shard.count != shard.count || part.number != number())
        throw format_error(path,
                           "says it is part " + std::to_string(part.number) + " of " + describe(part.shard));
      if (std::string fault = check_files ? fault_of(part) : std::string(); !fault.empty())
        faults.push_back(std::move(fault));
      out.push_back(std::move(part));
    } catch (const format_error& e) {
      faults.push_back(e.what());
      return out;
    }
  }
  // A part that was copied there, or those of another run, belong to nothing that is merged.
  for (const std::string& name : folder_entries(shard_folder(folder, shard)))
    if (name.ends_with(".json") && part_of_file(name) >= number())
      faults.push_back(join_path(shard_folder(folder, shard), name) + ": lies behind part " +
                       std::to_string(number() - 1) + ", which says it is the last of " + describe(shard));
  return out;
}

/// Whether all parts are of one input and made in one way.
AISLE_API void compare_parts(part_set& parts) {
  const vector_part* first = nullptr;
  std::map<std::string, std::int64_t> told;
  for (const auto& shard : parts.shards)
    for (const vector_part& p : shard) {
      if (first == nullptr) first = &p;
      std::string what;
      if (p.shard.by != first->shard.by) what = "the rows are divided by range and by id_hash";
      for (const auto& [a, b] :
           {std::pair(&first->made_with, &p.made_with), std::pair(&first->input, &p.input)})
        if (const std::string path = first_difference(*a, *b); !path.empty() && what.empty())
          what = tell_difference(path, *a, *b);
      if (p.format != first->format && what.empty())
        what = "vectors are " + first->format + " and " + p.format;
      if (!what.empty() && told[what]++ == 0)
        parts.faults.push_back(p.path + ": was made otherwise than " + first->path + ": " + what);
    }
}

}  // namespace detail

AISLE_API part_set read_parts(const std::string& folder, bool check_files,
                              const progress_callback& progress) {
  part_set out{.folder = folder, .shards = {}, .faults = {}};
  const std::vector<shard_selection> found = detail::find_shards(folder);
  if (found.empty())
    throw nothing_to_do(folder +
                        ": no parts of vectors (shard-00000-of-00001 and the like); `aisle embed "
                        "--shard I/N --out FOLDER` writes them");
  const std::int64_t count = found.front().count;
  out.shards.resize(static_cast<std::size_t>(count));
  std::int64_t missing = 0;
  for (std::int64_t i = 0, at = 0; i < count; ++i) {
    if (at == static_cast<std::int64_t>(found.size()) || found[static_cast<std::size_t>(at)].index != i) {
      if (++missing <= 20) out.faults.push_back(describe({.index = i, .count = count}) + ": is not there");
      continue;
    }
    out.shards[static_cast<std::size_t>(i)] =
        detail::read_shard(folder, found[static_cast<std::size_t>(at)], check_files, out.faults);
    ++at;
    if (progress) progress({.phase = "read parts", .done = i + 1, .total = count, .unit = "shards"});
  }
  if (missing > 20)
    out.faults.push_back(counted(missing - 20, "more shard") + (missing == 21 ? " is" : " are") +
                         " not there");
  detail::compare_parts(out);
  for (const auto& shard : out.shards)
    for (const vector_part& p : shard) {
      out.rows += p.rows;
      out.vectors += p.vectors;
    }
  if (out.faults.empty()) {
    const json& input = out.shards.front().front().input;
    const auto expected = input.get<std::int64_t>("rows", out.rows);
    if (expected != out.rows)
      out.faults.push_back(folder + ": the parts have " + counted(out.rows, "row") + ", the input has " +
                           std::to_string(expected));
  }
  return out;
}

AISLE_API void merge_parts(const part_set& parts, const std::string& path,
                           const progress_callback& progress) {
  if (!parts.faults.empty()) throw option_error(parts.faults.front());
  const vector_part& first = parts.shards.front().front();
  if (const auto dot = file_name(path).find_last_of('.');
      dot == std::string::npos || file_name(path).substr(dot + 1) != first.format)
    throw option_error(path + ": the parts are " + first.format + ", expected a file NAME." + first.format);
  if (parts.vectors == 0)
    throw nothing_to_do(parts.folder + ": " + counted(parts.rows, "row") + ", no vectors");
  detail::merged_file out(path, first.format);
  std::int64_t done = 0;
  const auto tell = [&] {
    if (++done % 1024 != 0) return;
    throw_if_interrupted();
    if (progress) progress({.phase = "merge", .done = done, .total = parts.rows, .unit = "rows"});
  };
  if (first.shard.by == shard_selection::division::range)
    detail::merge_ranges(parts, out, tell);
  else
    detail::merge_by_rows(parts, out, tell);
  out.finish();
}

AISLE_NAMESPACE_END
