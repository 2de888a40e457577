#pragma once

#include <vector>

#include <aisle/catalogue/reading.hpp>
#include <aisle/io/json.hpp>

AISLE_NAMESPACE_BEGIN
namespace detail {

/// One member of catalogue_options as text.
struct reading_option {
  const char* name;
  std::string (*get)(const catalogue_options&);  ///< empty: nothing to remember
  void (*set)(catalogue_options&, const std::string&);
};

/// All that is remembered. To add a member: a row here.
inline constexpr reading_option reading_table[] = {
    {"id_column", [](const catalogue_options& o) { return o.id_column; },
     [](catalogue_options& o, const std::string& v) { o.id_column = v; }},
    {"text_columns",
     [](const catalogue_options& o) {
       return o.text_columns.empty() ? std::string() : json::array_of(o.text_columns).dump();
     },
     [](catalogue_options& o, const std::string& v) {
       o.text_columns = parse_json(v, "text_columns").as_vector<std::string>();
     }},
    {"image_column", [](const catalogue_options& o) { return o.image_column; },
     [](catalogue_options& o, const std::string& v) { o.image_column = v; }},
    {"label_column", [](const catalogue_options& o) { return o.label_column; },
     [](catalogue_options& o, const std::string& v) { o.label_column = v; }},
    {"label_separator", [](const catalogue_options& o) { return o.labels.separator; },
     [](catalogue_options& o, const std::string& v) { o.labels.separator = v; }},
    {"label_level",
     [](const catalogue_options& o) {
       return o.labels.level == 0 ? std::string() : std::to_string(o.labels.level);
     },
     [](catalogue_options& o, const std::string& v) {
       o.labels.level = parse_json(v, "label_level").as<int>();
     }},
    {"keep_html",
     [](const catalogue_options& o) { return o.keep_html ? std::string("true") : std::string(); },
     [](catalogue_options& o, const std::string& v) { o.keep_html = v == "true"; }},
};

}  // namespace detail

AISLE_API reading_options remember_reading(const catalogue_options& options) {
  reading_options out;
  for (const detail::reading_option& o : detail::reading_table)
    if (std::string value = o.get(options); !value.empty()) out.emplace(o.name, std::move(value));
  return out;
}

AISLE_API void restore_reading(const reading_options& remembered, catalogue_options& options,
                               const std::string& path) {
  for (const detail::reading_option& o : detail::reading_table)
    // What is empty was not remembered: the default stands.
    if (const auto found = remembered.find(o.name); found != remembered.end() && !found->second.empty()) try {
        o.set(options, found->second);
      } catch (const format_error& e) {
        throw format_error(path, e.what());
      }
}

AISLE_NAMESPACE_END
