#pragma once

#include <algorithm>
#include <string_view>

#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/held_file.hpp>
#include <aisle/catalogue/detail/embedding_files.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API std::string manifest_path(const std::string& csv_path) { return csv_path + ".manifest.json"; }

AISLE_API std::string beside(const std::string& csv_path, std::string_view ending) {
  return csv_path.substr(0, csv_path.size() - std::string_view(".csv").size()) + std::string(ending);
}
AISLE_API std::string aside_path(const std::string& csv_path) { return beside(csv_path, ".old.csv"); }
AISLE_API std::string next_path(const std::string& csv_path) { return beside(csv_path, ".next.csv"); }

/// Whether this is the CSV that a manifest was written for.
AISLE_API bool is_csv_of(const std::string& csv_path, const json& manifest) {
  if (!file_exists(csv_path)) return false;
  return sha256_of(input_file(csv_path)) == manifest.get("csv", "");
}

/// A manifest as far as it can be read; null where there is none or it is damaged.
AISLE_API json manifest_or_null(const std::string& csv_path) {
  if (!file_exists(manifest_path(csv_path))) return {};
  try {
    json manifest = read_json(manifest_path(csv_path), large_json);
    return manifest.is_object() ? manifest : json();
  } catch (const machine_error&) {
    throw;  // not damaged: what cannot be read now must not be thrown away
  } catch (const error&) {
    return {};
  }
}

AISLE_API std::string other_than(const json& said, const json& key) {
  for (const auto& [name, value] : key.members()) {
    if (name == "weight_files") continue;
    const json* found = said.find(name);
    if (found == nullptr || !(*found == value)) return name;
  }
  return {};
}

/// A manifest's key: what it says but of its rows.
AISLE_API json key_of(const json& manifest) {
  json key = json::object();
  for (const auto& [name, value] : manifest.members())
    if (name != "csv" && name != "leading" && name != "rows") key[name] = value;
  return key;
}

/// What stands at a path, or behind the links there, moves to another with its permissions; the links stay.
AISLE_API void put_aside(const std::string& path, const std::string& aside) {
  keep_permissions(aside, path);  // not those of what was put aside before
  replace_file(follow_links(path), aside);
}

/// Gives the pair that is next its place, as the files that stood there were: behind links, and with their
/// permissions. Whoever is killed in the middle of it leaves what finish_write takes for its work.
AISLE_API void put_in_place(const std::string& csv_path, bool keep) {
  const std::string aside = aside_path(csv_path), next = next_path(csv_path);
  const std::string manifest = manifest_path(csv_path), next_manifest = manifest_path(next);
  if (keep) {
    keep_permissions(next, csv_path);
    keep_permissions(next_manifest, manifest);
    remove_file(manifest_path(aside));
    put_aside(csv_path, aside);
    if (file_exists(manifest)) put_aside(manifest, manifest_path(aside));
  }
  if (file_exists(next)) replace_file(next, csv_path);
  replace_file(next_manifest, manifest);
}

AISLE_API void finish_write(const std::string& csv_path) {
  const std::string aside = aside_path(csv_path), next = next_path(csv_path);
  for (const std::string& path : {csv_path, next})
    for (const std::string& file : {path, manifest_path(path)}) remove_left_behind(file, "part");
  if (!file_exists(next) && !file_exists(manifest_path(next))) return;
  const json coming = manifest_or_null(next);
  // Its copy may still be there: a link can lead to another file system.
  const bool csv_is_there = !coming.is_null() && is_csv_of(csv_path, coming);
  const bool both = !csv_is_there && !coming.is_null() && is_csv_of(next, coming);
  if (!both) remove_file(next);
  if (!both && !csv_is_there) return remove_file(manifest_path(next));
  const json present = manifest_or_null(csv_path);
  bool keep = false;
  if (both && file_exists(csv_path)) {
    keep = present.is_null() || !other_than(present, key_of(coming)).empty() || !is_csv_of(csv_path, present);
  } else if (both && !present.is_null() && is_csv_of(aside, present)) {
    put_aside(manifest_path(csv_path), manifest_path(aside));  // its CSV was put aside already
  }
  put_in_place(csv_path, keep);
}

AISLE_API void write_stored(const std::string& csv_path, const json& key, const embedding_csv& table,
                            std::span<const sha256_digest> hashes, std::span<const std::int64_t> tokens,
                            bool keep, int threads) {
  const std::string next = next_path(csv_path);
  atomic_file csv(next), manifest(manifest_path(next));
  json out = key;
  out["csv"] = to_hex(write_embedding_csv(csv, table, threads));
  out["leading"] = to_hex(table.leading_hash());
  json::array_type list;
  for (const sha256_digest& h : hashes) list.emplace_back(to_hex(h));
  json rows = json::object({{"sha256", json(std::move(list))}});
  if (!tokens.empty()) rows["tokens"] = json::array_of(tokens);
  out["rows"] = std::move(rows);
  const std::string text = out.dump() + "\n";
  manifest.write(text);
  // Writing over the start passes everything on to the system: a full disk is found out about while the old
  // files stand.
  manifest.write_at(0, text.data(), 1);
  csv.commit();
  manifest.commit();
  put_in_place(csv_path, keep);
}

AISLE_API std::optional<stored_table> read_stored(const std::string& csv_path, const json& key,
                                                  const std::vector<std::string>& columns, int threads,
                                                  std::string& why) {
  why.clear();
  const std::string path = manifest_path(csv_path);
  if (!file_exists(path) || !file_exists(csv_path)) return std::nullopt;
  try {
    const json manifest = read_json(path, large_json);
    if (const std::string format = manifest.get("format", ""); format != embeddings_format) {
      why = path +
            (format == "aisle embeddings 1"
                 ? ": is an earlier version's, by whose short hashes contents can be mistaken for each other"
                 : ": other format");
      return std::nullopt;
    }
    if (const std::string other = other_than(manifest, key); !other.empty()) {
      why = path + ": other " + other;
      return std::nullopt;
    }
    stored_table out;
    out.leading = manifest.get<std::string>("leading");
    out.max_tokens = manifest.get<std::int64_t>("max_tokens", 0);
    const json& rows = manifest.at("rows");
    for (const json& h : rows.at("sha256").elements()) {
      const auto digest = digest_from_hex(h.as<std::string_view>());
      if (!digest) h.fail("expected 64 lower-case hexadecimal digits");
      out.hashes.push_back(*digest);
    }
    if (const json* tokens = rows.find("tokens")) out.tokens = tokens->as_vector<std::int64_t>();
    if (!out.tokens.empty() && out.tokens.size() != out.hashes.size()) {
      why = path + ": " + counted(out.hashes.size(), "row") + ", tokens of " +
            std::to_string(out.tokens.size());
      return std::nullopt;
    }
    const auto n = static_cast<std::int64_t>(out.hashes.size()),
               dimension = manifest.get<std::int64_t>("dimension");
    // A number and its comma take two bytes: no more memory than the file can fill.
    if (dimension < 1 || (n > 0 && dimension > static_cast<std::int64_t>(file_size(csv_path)) / 2 / n)) {
      why = path + ": " + counted(n, "row") + " of " + counted(dimension, "number") +
            ", more than the CSV can hold";
      return std::nullopt;
    }
    embedding_csv_reader reader(csv_path, n, dimension, threads, &columns);
    sha256 hash;
    std::string damage;
    read_pieces(input_file(csv_path), [&](std::string_view bytes) {
      hash.update(bytes);
      if (!damage.empty()) return;
      try {
        reader.feed(bytes);
      } catch (const error& e) {
        damage = e.what();
      }
    });
    if (hash.hex() != manifest.get<std::string>("csv")) {
      why = csv_path + ": changed since its manifest was written";
      return std::nullopt;
    }
    if (!damage.empty()) {
      why = damage;
      return std::nullopt;
    }
    out.rows = reader.finish();
    return out;
  } catch (const machine_error&) {
    throw;
  } catch (const error& e) {
    why = e.what();
    return std::nullopt;
  }
}

}  // namespace detail
AISLE_NAMESPACE_END
