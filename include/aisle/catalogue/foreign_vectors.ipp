#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/ranges.hpp>
#include <aisle/catalogue/detail/embedding_files.hpp>
#include <aisle/catalogue/detail/vector_columns.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/catalogue/name_match.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/npy.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/io/table.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/tensor/finite.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// Vectors as a file holds them.
struct vectors_of_file {
  std::vector<std::string> ids;
  matrix<float> vectors;
  std::vector<bool> has;  ///< of each row whether there is one; empty: all
  std::string model;      ///< empty: the file does not say
  std::string columns{};  ///< of a table: those that make a vector
  std::vector<std::string> notes{};
  bool ids_have_no_name = false;  ///< the first id stands where their name would
};

AISLE_API std::string prefix_of(vector_kind kind) { return kind == vector_kind::text ? "text_" : "image_"; }

/// Whether `first` stands among ids like one of them: a word above ids that all have digits is their name.
AISLE_API bool is_like_ids(std::string_view first, std::span<const std::string> ids) {
  const auto has_digit = [](std::string_view text) { return ranges::any_of(text, ascii::is_digit); };
  return !first.empty() && ranges::find(ids, first) == ids.end() &&
         (has_digit(first) || !ranges::all_of(ids, has_digit));
}

/// Of the `rows` vectors in `path`. Without a line of names above them where that makes as many, which is
/// noted in `of`.
AISLE_API std::vector<std::string> read_ids(const std::string& path, const std::string& id_column,
                                            std::int64_t rows, vectors_of_file& of) {
  const std::string file = vector_ids_path(path);
  if (!file_exists(file))
    throw file_error(file, "no such file, expected the ids of the rows of " + path +
                               " in a column \"id\", one a line, in their order");
  table_reader table(file, {.expected = {"id", id_column}});
  std::size_t column = 0;
  bool named = true;
  if (const auto id = table.find_column("id"))
    column = *id;
  else if (const auto same = table.find_column(id_column))
    column = *same;
  else if (table.header().size() != 1)
    column = table.column("id");
  else
    named = false;
  std::vector<std::string> out;
  // `row,id` as embed writes it: rows that do not ascend were moved, as by a sort, and the vectors were not.
  const bool numbered = table.header().size() == 2 && column == 1 && table.header()[0] == "row";
  std::int64_t before = -1;
  for (table_row row; table.next(row);) {
    out.emplace_back(row.fields[column]);
    if (!numbered) continue;
    const std::string_view digits = trimmed(row.fields[0]);
    std::int64_t number = -1;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || number <= before)
      throw format_error(file, "row '" + std::string(digits) + "' stands behind row " +
                                   std::to_string(before) +
                                   ": expected ids in the order of the vectors, as they were written. Where "
                                   "vectors were moved with them, leave out the column row");
    before = number;
  }
  if (const std::string first = table.header()[column];
      !named && static_cast<std::int64_t>(out.size()) + 1 == rows &&
      table.format().kind == table_format::kinds::separated && is_like_ids(first, out)) {
    out.insert(out.begin(), first);
    of.ids_have_no_name = true;
    of.notes.push_back(file_name(file) + " has no line of names: '" + first +
                       "' in its first one is taken for the id of the first vector");
  }
  return out;
}

/// Throws format_error when NAME.sha256 names another file of this name. What else it names is not ours.
AISLE_API void check_sum(const std::string& path, const std::string& sums) {
  const std::string text = read_file(sums, 1 << 20), name = file_name(path);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trimmed(std::string_view(text).substr(at, end - at));
    at = end + 1;
    constexpr std::size_t digits = 64;  // then a blank, and another or '*'
    if (line.size() <= digits + 2 || line.substr(digits + 2) != name) continue;
    if (line.substr(0, digits) != sha256_of_file(path))
      throw format_error(path, "is not the file that " + file_name(sums) +
                                   " beside it names: vectors and ids may be of two calls. Where it was "
                                   "changed on purpose, remove " +
                                   file_name(sums));
  }
}

AISLE_API vectors_of_file read_npy_vectors(const std::string& path, const std::string& id_column) {
  vectors_of_file out;
  if (const tensor t = read_npy(path); t.dims().rank() != 2)
    throw format_error(path, "has shape " + to_string(t.dims()) + ", expected [rows, dimension]");
  out.vectors = read_npy_matrix<float>(path);
  out.ids = read_ids(path, id_column, out.vectors.rows(), out);
  if (const std::string sums = vector_sums_path(path); file_exists(sums))
    for (const std::string& file : {path, vector_ids_path(path)}) check_sum(file, sums);
  return out;
}

/// The matrix of a kind: by its name, else the only one.
AISLE_API std::string matrix_name(const state_dict& file, vector_kind kind) {
  const std::string name = prefix_of(kind) + "embeddings";
  if (file.contains(name)) return name;
  std::vector<std::string> matrices;
  for (const auto& e : file.entries())
    if (e.dims.rank() == 2) matrices.push_back(e.name);
  const bool other = file.contains(kind == vector_kind::text ? "image_embeddings" : "text_embeddings");
  if (matrices.size() != 1 || other)
    throw format_error(file.path(), "no tensor " + name + ", and " +
                                        (other ? "its vectors are of the other modality"
                                               : counted(matrices.size(), "matrix", "matrices")));
  return matrices.front();
}

AISLE_API vectors_of_file read_safetensors_vectors(const std::string& path, vector_kind kind,
                                                   const std::string& id_column) {
  vectors_of_file out;
  const state_dict file = read_safetensors(path);
  const std::string name = matrix_name(file, kind);
  const shape dims = file.at(name).dims;
  if (dims.rank() != 2)
    throw format_error(path,
                       "tensor " + name + " has shape " + to_string(dims) + ", expected [rows, dimension]");
  out.vectors = matrix<float>(dims[0], dims[1]);
  file.read_f32(name, std::span<float>(out.vectors.data(), static_cast<std::size_t>(dims[0] * dims[1])));
  const auto& metadata = file.metadata();
  if (const auto ids = metadata.find("ids"); ids != metadata.end()) {
    const json list = parse_json(ids->second, path + ": ids");
    for (const json& id : list.elements())
      out.ids.push_back(id.is_string() ? id.as<std::string>() : id.is_null() ? "" : id.dump());
  } else {
    out.ids = read_ids(path, id_column, dims[0], out);
  }
  if (const std::string mark = kind == vector_kind::text ? "has_text" : "has_image"; file.contains(mark)) {
    std::vector<float> has(static_cast<std::size_t>(file.at(mark).dims.elements()));
    file.read_f32(mark, has);
    for (const float h : has) {
      if (h != 0 && h != 1)
        throw format_error(path, mark + " is not 0 or 1 at element " + std::to_string(out.has.size()));
      out.has.push_back(h == 1);
    }
    if (static_cast<std::int64_t>(out.has.size()) != dims[0])
      throw format_error(path, mark + " has " + counted(out.has.size(), "element") + ", expected " +
                                   std::to_string(dims[0]));
  }
  if (const auto model = metadata.find(prefix_of(kind) + "model"); model != metadata.end())
    out.model = model->second;
  return out;
}

/// Whether a column counts the rows: whole numbers, each once. `options` as the header was read with: what is
/// recognised depends on them.
AISLE_API bool counts_rows(const std::string& path, const table_options& options, std::size_t column) {
  std::unordered_set<std::string> seen;
  table_reader table(path, options);
  for (table_row row; table.next(row);) {
    if (column >= row.fields.size()) return false;  // of a file that was changed meanwhile
    const std::string number(trimmed(row.fields[column]));
    if (!is_component(number, "") || !seen.insert(number).second) return false;
  }
  return !seen.empty();
}

/// Whether no row has anything in a column.
AISLE_API bool is_empty_column(const std::string& path, const table_options& options, std::size_t column) {
  table_reader table(path, options);
  for (table_row row; table.next(row);)
    if (column >= row.fields.size() || !trimmed(row.fields[column]).empty()) return false;
  return true;
}

/// A cell of a vector that is no number, as a message shows it.
AISLE_API std::string odd_component(const std::string& cell) { return '"' + with_ellipsis(cell, 40) + '"'; }

/// Whether a cell holds a whole vector: `[0.1, 0.2]` as JSON and pandas write it, or numbers in a row.
AISLE_API bool is_list_of_components(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.starts_with('[') || cell.starts_with('(')) return true;
  const std::size_t end = cell.find_first_of(" ,;|");
  return end != cell.npos && parse_component(cell.substr(0, end)).has_value() &&
         parse_component(cell.substr(cell.find_last_of(" ,;|") + 1)).has_value();
}

AISLE_API vectors_of_file read_csv_vectors(const std::string& path, vector_kind kind,
                                           const std::string& id_column) {
  const table_options options{.expected = {id_column, "id"}};
  table_reader table(path, options);
  const auto& header = table.header();
  vector_columns columns(header, prefix_of(kind), id_column, path);
  vectors_of_file out;
  // A comma at the end of every line makes a column that holds nothing.
  std::erase_if(columns.nameless, [&](std::size_t c) {
    if (!is_empty_column(path, options, c)) return false;
    std::erase(columns.components, c);
    return true;
  });
  if (columns.nameless.size() == 1 && columns.components.size() > 1 &&
      counts_rows(path, options, columns.nameless.front())) {
    const std::size_t unnamed = columns.nameless.front();
    std::erase(columns.components, unnamed);
    const std::string& name = header[unnamed];
    out.notes.push_back("column " + std::to_string(unnamed + 1) +
                        (name.empty() ? ", which has no name," : " ('" + name + "')") +
                        " counts the rows and is left out of the vectors");
  }
  std::vector<std::string> names;
  const auto name_components = [&] {
    names.clear();
    for (const std::size_t c : columns.components) names.push_back(header[c]);
  };
  name_components();
  // Two files of one model are joined by what their columns are called, not by where they stand.
  if (const std::string as_they_stand = list_components(names); sort_components(header, columns.components)) {
    name_components();
    out.notes.push_back("its columns " + as_they_stand + " are taken in the order of their numbers, " +
                        list_components(names));
  }
  out.columns = list_components(names);
  std::unordered_set<std::string_view> once;
  for (const std::string& name : names)
    if (!name.empty() && !once.insert(name).second)
      throw format_error(path, "column " + name + " of its vectors is there twice");
  if (const auto odd = odd_components(names); !odd.empty()) {
    std::vector<std::string> usual = names;
    std::erase_if(usual, [&](const std::string& name) { return ranges::find(odd, name) != odd.end(); });
    out.notes.push_back(
        list_components(odd) + (odd.size() == 1 ? " is" : " are") +
        " taken for a part of the vectors beside " + list_components(usual) +
        ": where that is wrong, remove it from the file, or call the columns of the vectors " +
        prefix_of(kind) + "0, " + prefix_of(kind) + "1, …");
  }
  // As German and French programs write numbers where commas do not separate them.
  const bool may_have_commas = table.format().delimiter != ',' && columns.components.size() > 1;
  std::int64_t with_commas = 0;
  const auto component_of = [&](const std::string& cell) {
    std::optional<float> value = parse_component(cell);
    const std::size_t comma = cell.find(',');
    if (value || !may_have_commas || comma == cell.npos || cell.find('.') != cell.npos) return value;
    std::string with_point = cell;
    with_point[comma] = '.';
    value = parse_component(with_point);
    with_commas += value.has_value();
    return value;
  };
  std::vector<float> values;
  short_rows padded;
  for (table_row row; table.next(row);) {
    padded.add(row);
    const std::string& id = row.fields[columns.id];
    // A vector that ends early is damaged, not missing.
    if (ranges::any_of(columns.components, [&](auto c) { return row.lacks(c); }))
      throw format_error(path, "line " + std::to_string(row.line) + " (" + id +
                                   "): " + counted(row.fields.size() - row.missing, "field") + ", expected " +
                                   std::to_string(row.fields.size()) + " as in the header");
    const bool any =
        ranges::any_of(columns.components, [&](auto c) { return !trimmed(row.fields[c]).empty(); });
    for (const std::size_t c : columns.components) {
      const std::optional<float> value = any ? component_of(row.fields[c]) : 0.0f;
      if (!value) {
        const auto list = ranges::find_if(columns.components,
                                          [&](auto at) { return is_list_of_components(row.fields[at]); });
        const bool listed = list != columns.components.end();
        const std::size_t at = listed ? *list : c;
        throw format_error(
            path, "line " + std::to_string(row.line) + " (" + id + "), column " + header[at] + ": " +
                      odd_component(row.fields[at]) +
                      (listed ? ", a vector in one cell, expected a column for each component (id,0,1,…); "
                                ".npy with NAME.ids.csv beside it and safetensors are read too"
                              : ", expected a finite number"));
      }
      values.push_back(*value);
    }
    out.has.push_back(any);
    out.ids.push_back(id);
  }
  if (padded.count > 0) out.notes.push_back(padded.describe());
  if (with_commas > 0)
    out.notes.push_back(counted(with_commas, "number") + (with_commas == 1 ? " has" : " have") +
                        " a comma where a decimal point is expected, and is read so");
  out.vectors =
      matrix<float>(static_cast<std::int64_t>(out.ids.size()), static_cast<std::int64_t>(names.size()));
  std::copy(values.begin(), values.end(), out.vectors.data());
  return out;
}

/// Squares of larger ones overflow in the distances of vectors: no embedding has them.
inline constexpr float largest_component = 1e15f;

/// Throws format_error for what no reader refused: ids and numbers.
AISLE_API void check_vectors(const vectors_of_file& v, const std::string& path) {
  if (static_cast<std::int64_t>(v.ids.size()) != v.vectors.rows())
    throw format_error(path, counted(v.vectors.rows(), "vector") + " and " + counted(v.ids.size(), "id"));
  if (v.vectors.cols() == 0) throw format_error(path, "vectors of no components");
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t r = 0; r < v.ids.size(); ++r) {
    const std::string_view id = trimmed(v.ids[r]);
    const auto where = [&] { return "row " + std::to_string(r) + " (" + std::string(id) + ")"; };
    if (id.empty()) throw format_error(path, where() + ": no id");
    if (const auto [first, is_new] = seen.emplace(id, r); !is_new)
      throw format_error(path, where() + ": the id of row " + std::to_string(first->second) + " again");
    if (!v.has.empty() && !v.has[r]) continue;
    const auto row = v.vectors.row(static_cast<std::int64_t>(r));
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (!is_finite(row[c]))
        throw format_error(path, where() + ", component " + std::to_string(c) + ": " +
                                     (is_nan(row[c]) ? "NaN" : "infinite") + ", expected a finite number");
      if (std::abs(row[c]) > largest_component)
        throw format_error(path, where() + ", component " + std::to_string(c) + ": " + shortest(row[c]) +
                                     " is too large to tell vectors apart by, " + "expected at most " +
                                     shortest(largest_component));
    }
  }
}

/// What to say of ids that would be products' if numbers were meant.
AISLE_API std::string lost_zeros(const catalogue& products, std::span<const std::string> ids) {
  std::vector<std::string> ours, theirs;
  for (const std::string& id : ids) ours.emplace_back(trimmed(id));
  for (const product& p : products.products) theirs.push_back(p.id);
  const name_match match = match_names(ours, theirs, true);
  if (match.renamed.empty() && match.near_misses.empty()) return {};
  std::pair<std::string, std::string> first;
  if (match.renamed.empty())
    first = match.near_misses.front();
  else
    first = *match.renamed.begin();
  return "'" + first.first + "' is '" + first.second + "' in " + products.path +
         ": leading zeros or .0 come and go where a column is read as numbers; keep it as text in both files";
}

/// Of what NumPy and PyTorch pack the reader of tables would only say that it is no table.
AISLE_API void refuse_packed(const std::string& path) {
  for (const std::string_view packed : {".npz", ".pt", ".pth", ".pkl", ".pickle"})
    if (path.size() > packed.size() &&
        ascii::same_without_case(std::string_view(path).substr(path.size() - packed.size()), packed))
      throw format_error(
          path,
          "expected vectors as .npy with their ids in NAME.ids.csv beside it, .safetensors, CSV "
          "or JSON lines; numpy.save writes the first, safetensors.torch.save_file the second");
}

/// By the name's ending.
AISLE_API vectors_of_file read_vectors_of(const std::string& path, vector_kind kind,
                                          const std::string& id_column) {
  refuse_packed(path);
  return path.ends_with(".npy")           ? read_npy_vectors(path, id_column)
         : path.ends_with(".safetensors") ? read_safetensors_vectors(path, kind, id_column)
                                          : read_csv_vectors(path, kind, id_column);
}

AISLE_API std::string without_ending(const std::string& path) {
  for (const std::string_view ending : {".npy", ".safetensors"})
    if (path.ends_with(ending)) return path.substr(0, path.size() - ending.size());
  return path;
}
}  // namespace detail

AISLE_API std::string vector_ids_path(const std::string& path) {
  return detail::without_ending(path) + ".ids.csv";
}
AISLE_API std::string vector_sums_path(const std::string& path) {
  return detail::without_ending(path) + ".sha256";
}

AISLE_API foreign_vectors read_vectors(const catalogue& products, const std::string& path, vector_kind kind) {
  // Whoever replaces a pair removes the ids first and writes them last: where both files are what they were,
  // they belong together.
  const auto ids = identify_file(vector_ids_path(path)), vectors = identify_file(path);
  const std::string& id_column = products.options.id_column;
  const detail::vectors_of_file v = detail::read_vectors_of(path, kind, id_column);
  detail::check_vectors(v, path);
  std::unordered_map<std::string_view, std::int64_t> row_of;
  for (std::size_t r = 0; r < v.ids.size(); ++r)
    if (v.has.empty() || v.has[r]) row_of.emplace(trimmed(v.ids[r]), static_cast<std::int64_t>(r));
  foreign_vectors out;
  index_vector from;
  for (const product& p : products.products) {
    const auto found = row_of.find(p.id);
    if (found == row_of.end()) {
      ++out.missing;
      continue;
    }
    out.table.rows.push_back(p.row);
    from.push_back(found->second);
  }
  out.unknown = static_cast<std::int64_t>(row_of.size() - from.size());
  // Every vector would be taken for that of the product above.
  if (v.ids_have_no_name && (v.has.empty() || v.has[0]) && !from.empty() &&
      ranges::find(from, 0) == from.end())
    throw format_error(path, counted(v.vectors.rows(), "vector") + " and " + counted(v.ids.size() - 1, "id") +
                                 " below '" + v.ids.front() + "', which is no product's id in " +
                                 products.path);
  const std::string hint = out.unknown > 0 ? detail::lost_zeros(products, v.ids) : std::string();
  if (from.empty() && !products.products.empty())
    throw format_error(path, "none of its " + counted(row_of.size(), "id") + " (" +
                                 (v.ids.empty() ? std::string() : v.ids.front() + ", …") + ") is in column " +
                                 id_column + " of " + products.path + (hint.empty() ? "" : "; " + hint));
  out.columns = v.columns;
  out.notes = v.notes;
  if (!hint.empty()) out.notes.push_back(hint);
  out.table.vectors = v.vectors.rows(from);
  out.table.file = path;
  out.table.model = v.model.empty() ? file_name(path) : v.model;
  out.table.weights_sha256 = detail::sha256_of_file(path);
  if (identify_file(vector_ids_path(path)) != ids || identify_file(path) != vectors)
    throw format_error(path, "was replaced while it was read; try again");
  return out;
}

AISLE_API vector_file read_vector_file(const std::string& path, vector_kind kind,
                                       const std::string& id_column) {
  const auto ids = identify_file(vector_ids_path(path)), vectors = identify_file(path);
  detail::vectors_of_file v = detail::read_vectors_of(path, kind, id_column);
  if (file_exists(detail::manifest_path(path)) &&
      static_cast<std::int64_t>(v.ids.size()) == v.vectors.rows()) {
    // Below the rows of the last call are those it did not ask for, earlier ones of its products too.
    std::unordered_set<std::string_view> seen;
    index_vector first;
    for (std::size_t r = 0; r < v.ids.size(); ++r)
      if (seen.insert(trimmed(v.ids[r])).second) first.push_back(static_cast<std::int64_t>(r));
    detail::vectors_of_file kept{{}, v.vectors.rows(first), {}, v.model};
    for (const std::int64_t r : first) {
      kept.ids.push_back(v.ids[static_cast<std::size_t>(r)]);
      kept.has.push_back(v.has.empty() || v.has[static_cast<std::size_t>(r)]);
    }
    kept.notes = std::move(v.notes);
    v = std::move(kept);
  }
  detail::check_vectors(v, path);
  vector_file out;
  out.notes = v.notes;
  index_vector from;
  for (std::size_t r = 0; r < v.ids.size(); ++r) {
    if (!v.has.empty() && !v.has[r]) {
      ++out.missing;
      continue;
    }
    out.ids.emplace_back(trimmed(v.ids[r]));
    from.push_back(static_cast<std::int64_t>(r));
  }
  out.vectors = v.vectors.rows(from);
  if (identify_file(vector_ids_path(path)) != ids || identify_file(path) != vectors)
    throw format_error(path, "was replaced while it was read; try again");
  return out;
}

AISLE_API std::vector<vector_kind> vector_kinds(const std::string& path) {
  std::vector<vector_kind> out;
  if (path.ends_with(".npy")) return out;
  detail::refuse_packed(path);
  std::vector<std::string> names;
  const bool tensors = path.ends_with(".safetensors");
  if (tensors) {
    const state_dict file = read_safetensors(path);
    for (const auto& e : file.entries()) names.push_back(e.name);
  } else {
    names = table_reader(path).header();
  }
  for (const vector_kind kind : {vector_kind::text, vector_kind::image}) {
    const std::string prefix = detail::prefix_of(kind);
    if (ranges::any_of(names, [&](const std::string& name) {
          return tensors ? name == prefix + "embeddings" : detail::is_component(name, prefix);
        }))
      out.push_back(kind);
  }
  return out;
}

AISLE_NAMESPACE_END
