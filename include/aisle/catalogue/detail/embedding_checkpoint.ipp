#pragma once

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <utility>

#include <aisle/base/file.hpp>
#include <aisle/catalogue/detail/embedding_checkpoint.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

// A line of JSON (the key, the columns), then for each row its length in bytes, the row and the row's
// SHA-256. A row is the hash of its content, its tokens, its vector, and its leading fields as a line of CSV.
inline constexpr std::string_view checkpoint_format = "aisle checkpoint 1";
inline constexpr std::size_t checkpoint_row_limit = std::size_t{1} << 28;

AISLE_API checkpoint_writer::checkpoint_writer(std::string csv_path, json key,
                                               std::vector<std::string> columns)
    : csv_path_(std::move(csv_path)), key_(std::move(key)), columns_(std::move(columns)) {}

AISLE_API void checkpoint_writer::add(std::span<const std::string> leading, const sha256_digest& content,
                                      std::int64_t tokens, std::span<const float> vector) {
  std::string row(reinterpret_cast<const char*>(content.data()), content.size());
  row.append(reinterpret_cast<const char*>(&tokens), sizeof tokens);
  row.append(reinterpret_cast<const char*>(vector.data()), vector.size_bytes());
  append_csv_fields(row, leading);
  row += '\n';
  const std::uint64_t length = row.size();
  const sha256_digest sum = sha256::of(row);
  pending_.append(reinterpret_cast<const char*>(&length), sizeof length);
  pending_ += row;
  pending_.append(reinterpret_cast<const char*>(sum.data()), sum.size());
}

AISLE_API void checkpoint_writer::write() {
  if (pending_.empty()) return;
  if (!file_) {
    file_ = held_file::create(csv_path_, "checkpoint");
    file_->append(json::object({{"format", std::string(checkpoint_format)},
                                {"key", key_},
                                {"columns", json::array_of(columns_)}})
                      .dump() +
                  "\n");
  }
  file_->append(pending_);
  pending_.clear();
  unsynced_ = true;
}

AISLE_API void checkpoint_writer::flush() {
  write();
  if (!unsynced_) return;
  file_->sync();
  unsynced_ = false;
}

AISLE_API void checkpoint_writer::remove() noexcept {
  if (file_) file_->remove();
  file_.reset();
}

/// The first line of a checkpoint; null where it is none, or was cut off in it. `end`: where the rows begin.
AISLE_API json checkpoint_head(const input_file& file, std::uint64_t& end) {
  std::string line;
  for (std::uint64_t at = 0; at < std::min<std::uint64_t>(file.size(), checkpoint_row_limit) &&
                             line.find('\n') == std::string::npos;
       at = line.size()) {
    line.resize(
        static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), at + (std::uint64_t{1} << 20))));
    file.read_at(at, std::as_writable_bytes(std::span(line).subspan(static_cast<std::size_t>(at))));
  }
  const auto newline = line.find('\n');
  if (newline == std::string::npos) return {};
  end = newline + 1;
  json head = parse_json(line.substr(0, newline), file.path());
  return head.is_object() && head.get("format", "") == checkpoint_format ? head : json();
}

/// Its rows, up to the first that is not whole: the writer was killed in it.
AISLE_API stored_table checkpoint_rows(const input_file& file, std::uint64_t at, const json& head,
                                       const std::vector<std::string>& columns) {
  const json& key = head.at("key");
  const auto dimension = key.get<std::int64_t>("dimension");
  const bool tokens = key.get("kind", "") == "text";
  if (dimension < 1 || dimension > (std::int64_t{1} << 24))
    key.fail("a dimension of " + std::to_string(dimension));
  const std::size_t fixed = 32 + 8 + static_cast<std::size_t>(dimension) * sizeof(float);
  const std::vector<std::string> there = head.at("columns").as_vector<std::string>();
  const column_choice choice(columns, there);
  stored_table out;
  out.max_tokens = key.get<std::int64_t>("max_tokens", 0);
  out.rows.header = columns;
  out.rows.has = choice.has();
  std::vector<float> vectors;
  std::string row;
  std::vector<std::size_t> commas;
  while (file.size() - at >= 8) {
    std::uint64_t length = 0;
    file.read_at(at, std::as_writable_bytes(std::span(&length, 1)));
    if (length <= fixed || length > checkpoint_row_limit || length + 40 > file.size() - at) break;
    row.resize(static_cast<std::size_t>(length) + 32);
    file.read_at(at + 8, std::as_writable_bytes(std::span(row.data(), row.size())));
    const std::string_view body = std::string_view(row).substr(0, static_cast<std::size_t>(length));
    const sha256_digest sum = sha256::of(body);
    if (std::memcmp(sum.data(), row.data() + length, sum.size()) != 0) break;
    const std::string_view line = body.substr(fixed);
    if (end_of_record(line, 0, commas) != line.size() || commas.size() + 1 != there.size()) break;
    commas.push_back(line.size() - 1);
    std::vector<float> vector(static_cast<std::size_t>(dimension));
    std::memcpy(vector.data(), body.data() + 40, vector.size() * sizeof(float));
    if (!all_finite(std::span<const float>(vector))) break;
    sha256_digest content;
    std::memcpy(content.data(), body.data(), content.size());
    out.hashes.push_back(content);
    std::int64_t count = 0;
    std::memcpy(&count, body.data() + 32, sizeof count);
    if (tokens) out.tokens.push_back(count);
    out.rows.leading.push_back(choice.fields(line, 0, commas));
    vectors.insert(vectors.end(), vector.begin(), vector.end());
    at += length + 40;
  }
  out.rows.vectors = matrix<float>(static_cast<std::int64_t>(out.hashes.size()), dimension);
  std::copy(vectors.begin(), vectors.end(), out.rows.vectors.data());
  return out;
}

AISLE_API std::vector<checkpoint> read_checkpoints(const std::string& csv_path, const json& key,
                                                   const std::vector<std::string>& columns,
                                                   std::vector<checkpoint> known) {
  std::vector<checkpoint> out;
  for (const std::string& path : held_files(csv_path, "checkpoint")) {
    auto left = held_file::take(path);
    if (!left) continue;
    json head;
    try {
      const input_file file(path);
      const auto same = std::find_if(known.begin(), known.end(), [&](const checkpoint& c) {
        return c.path == path && c.size == file.size();
      });
      if (same != known.end()) {
        out.push_back(std::move(*same));
        continue;
      }
      std::uint64_t at = 0;
      head = checkpoint_head(file, at);
      if (!head.is_null() && other_than(head.at("key"), key).empty()) {
        out.push_back({path, file.size(), checkpoint_rows(file, at, head, columns)});
        continue;
      }
    } catch (const file_error&) {
      continue;  // it may be readable another time
    } catch (const error&) {
      head = {};  // damaged: nothing can be taken from it
    }
    std::error_code code;
    const auto age =
        std::filesystem::file_time_type::clock::now() - std::filesystem::last_write_time(path, code);
    if (head.is_null() || (!code && age > std::chrono::hours(7 * 24))) left->remove();
  }
  return out;
}

}  // namespace detail
AISLE_NAMESPACE_END
