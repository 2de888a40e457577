#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/held_file.hpp>
#include <aisle/catalogue/foreign_vectors.hpp>
#include <aisle/catalogue/results_folder.hpp>
#include <aisle/catalogue/vector_sink.hpp>
#include <aisle/io/base64.hpp>
#include <aisle/io/npy.hpp>
#include <aisle/io/safetensors.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

AISLE_API std::string id_text(const json& id) {
  return id.is_null() ? std::string() : id.is_string() ? id.as<std::string>() : id.dump();
}

class jsonl_sink : public vector_sink {
 public:
  explicit jsonl_sink(const vector_sink_options& o) : output_(o.output), base64_(o.base64) {
    if (o.path != "-") file_.emplace(o.path);
  }
  void put(const embedded_row& r) override {
    text_ = "{\"id\":" + r.id.dump();
    if (!r.error.empty()) text_ += ",\"error\":" + json(r.error).dump();
    add("text_embedding", r.text);
    add("image_embedding", r.image);
    text_ += "}\n";
    if (file_)
      file_->write(text_);
    else
      output_.write(text_);
  }
  void flush() override {
    if (!file_ && output_.flush) output_.flush();
  }
  void finish() override {
    if (file_) file_->commit();
  }

 private:
  void add(std::string_view name, std::span<const float> values) {
    if (values.empty()) return;
    text_ += ",\"" + std::string(name) + "\":";
    if (base64_) {
      std::string bytes(values.size() * sizeof(float), '\0');
      std::memcpy(bytes.data(), values.data(), bytes.size());
      text_ += '"' + encode_base64(bytes) + '"';
      return;
    }
    text_ += '[';
    char number[32];
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text_ += ',';
      text_.append(number, std::to_chars(number, number + sizeof number, values[i]).ptr);
    }
    text_ += ']';
  }
  text_output output_;
  bool base64_;
  std::optional<atomic_file> file_;
  std::string text_;
};

/// Pictures alone: `ImageName`, the id column, `image_0,…`. Otherwise the input's columns (the id of JSON
/// rows), then `text_1…` and `image_0…`; cells of a vector that a row has not are empty.
class csv_sink : public vector_sink {
 public:
  explicit csv_sink(const vector_sink_options& o) : options_(o) {
    if (o.path == "-")
      table_.emplace(o.output.write, o.csv);
    else
      table_.emplace(o.path, o.csv);
    if (pictures_alone())
      table_->field(std::string_view("ImageName"))
          .field(o.id_column == "ImageName" ? "id" : std::string_view(o.id_column));
    else if (o.header.empty())
      table_->field(std::string_view("id"));
    for (const std::string& name : leading()) table_->field(std::string_view(name));
    for (std::int64_t i = 1; i <= o.text_dimension; ++i) table_->field("text_" + std::to_string(i));
    for (std::int64_t i = 0; i < o.image_dimension; ++i) table_->field("image_" + std::to_string(i));
    table_->end_row();
  }
  void put(const embedded_row& r) override {
    if (r.text.empty() && r.image.empty()) return;
    if (pictures_alone())
      table_->field(std::string_view(file_name(r.image_path))).field(id_text(r.id));
    else if (options_.header.empty())
      table_->field(std::string_view(id_text(r.id)));
    else
      for (const std::string& f : *r.fields) table_->field(std::string_view(f));
    add(r.text, options_.text_dimension);
    add(r.image, options_.image_dimension);
    table_->end_row();
  }
  void flush() override {
    if (options_.path == "-" && options_.output.flush) options_.output.flush();
  }
  void finish() override { table_->commit(); }

 private:
  bool pictures_alone() const { return !options_.header.empty() && options_.text_dimension == 0; }
  std::vector<std::string> leading() const {
    return pictures_alone() ? std::vector<std::string>{} : options_.header;
  }
  void add(std::span<const float> values, std::int64_t dimension) {
    for (const float v : values) table_->field(v);
    if (values.empty())
      for (std::int64_t i = 0; i < dimension; ++i) table_->field(std::string_view());
  }
  vector_sink_options options_;
  std::optional<csv_writer> table_;
};

/// One matrix of the rows that have a vector, their ids beside it, and the sums of both. They gather in a
/// folder of their own; of the files that stand there the ids go first and come last, so that there is never
/// one matrix with the ids of another.
class npy_sink : public vector_sink {
 public:
  explicit npy_sink(const vector_sink_options& o)
      : to_(o.path),
        vectors_(staged(o.path), o.text_dimension + o.image_dimension),
        ids_(staged(vector_ids_path(o.path))) {
    ids_.field(std::string_view("row")).field(std::string_view("id")).end_row();
  }
  void put(const embedded_row& r) override {
    const std::span<const float> v = r.text.empty() ? r.image : r.text;
    if (v.empty()) return;
    vectors_.row(v);
    ids_.field(r.row).field(std::string_view(id_text(r.id))).end_row();
  }
  void finish() override {
    vectors_.commit();
    ids_.commit();
    const std::string ids = vector_ids_path(to_), sums = vector_sums_path(to_);
    std::string list;
    for (const std::string& file : {to_, ids})
      list += sha256_of_file(staged(file)) + "  " + file_name(file) + "\n";
    write_file(staged(sums), list);
    for (const std::string& file : {ids, sums}) {
      keep_permissions(staged(file), file);
      remove_file(follow_links(file));
    }
    for (const std::string& file : {to_, sums, ids}) replace_file(staged(file), file);
  }

 private:
  std::string staged(const std::string& path) const { return join_path(folder_.path(), file_name(path)); }
  std::string to_;
  held_folder folder_{to_};
  npy_row_writer vectors_;
  csv_writer ids_;
};

/// `rows` says which rows of the input the matrices hold; a row without one of two vectors is zero there and
/// marked so in has_text or has_image. All of it stays in memory until the end: the format begins with its
/// sizes.
class safetensors_sink : public vector_sink {
 public:
  explicit safetensors_sink(const vector_sink_options& o) : options_(o), ids_(json::array()) {}
  void put(const embedded_row& r) override {
    if (r.text.empty() && r.image.empty()) return;
    rows_.push_back(r.row);
    ids_.push_back(r.id);
    add(text_, has_text_, r.text, options_.text_dimension);
    add(image_, has_image_, r.image, options_.image_dimension);
  }
  void finish() override {
    const auto n = static_cast<std::int64_t>(rows_.size());
    std::vector<named_tensor> tensors = {{"rows", make<std::int64_t>(dtype::i64, {n}, rows_)}};
    std::map<std::string, std::string> metadata = {{"ids", ids_.dump()}, {"kernel", options_.kernel}};
    const bool both = options_.text_dimension > 0 && options_.image_dimension > 0;
    if (options_.text_dimension > 0) {
      tensors.push_back({"text_embeddings", make<float>(dtype::f32, {n, options_.text_dimension}, text_)});
      metadata["text_model"] = options_.text_model;
      if (both) tensors.push_back({"has_text", make<std::uint8_t>(dtype::u8, {n}, has_text_)});
    }
    if (options_.image_dimension > 0) {
      tensors.push_back({"image_embeddings", make<float>(dtype::f32, {n, options_.image_dimension}, image_)});
      metadata["image_model"] = options_.image_model;
      if (both) tensors.push_back({"has_image", make<std::uint8_t>(dtype::u8, {n}, has_image_)});
    }
    write_safetensors(options_.path, tensors, metadata);
  }

 private:
  static void add(std::vector<float>& all, std::vector<std::uint8_t>& has, std::span<const float> v,
                  std::int64_t dimension) {
    all.insert(all.end(), v.begin(), v.end());
    if (v.empty()) all.resize(all.size() + static_cast<std::size_t>(dimension));
    has.push_back(v.empty() ? 0 : 1);
  }
  template <class T>
  static tensor make(dtype type, shape dims, const std::vector<T>& values) {
    tensor t(type, dims);
    std::copy(values.begin(), values.end(), t.data<T>().begin());
    return t;
  }
  vector_sink_options options_;
  json ids_;
  std::vector<std::int64_t> rows_;
  std::vector<float> text_, image_;
  std::vector<std::uint8_t> has_text_, has_image_;
};

}  // namespace detail

AISLE_API std::unique_ptr<vector_sink> make_sink(const vector_sink_options& o) {
  if (o.format == "jsonl") return std::make_unique<detail::jsonl_sink>(o);
  if (o.format == "csv") return std::make_unique<detail::csv_sink>(o);
  if (o.path == "-") throw option_error("--format " + o.format + " needs a file: --out FILE");
  if (o.format == "safetensors") return std::make_unique<detail::safetensors_sink>(o);
  if (o.format != "npy")
    throw option_error("format " + o.format + ": expected csv, npy, safetensors or jsonl");
  if (o.text_dimension > 0 && o.image_dimension > 0)
    throw option_error("a .npy file holds one matrix: give one model, or another format");
  return std::make_unique<detail::npy_sink>(o);
}

AISLE_NAMESPACE_END
