#pragma once

#include <charconv>
#include <limits>

#include <aisle/base/number.hpp>
#include <aisle/io/safetensors.hpp>
#include <aisle/learn/detail/model_tensors.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail {

AISLE_API void model_writer::text(const std::string& name, std::string value) {
  metadata_["aisle." + name] = std::move(value);
}

AISLE_API void model_writer::number(const std::string& name, double value) {
  char digits[64];
  text(name, std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr));
}

AISLE_API void model_writer::add_tensor(const std::string& name, tensor value) {
  tensors_.add(name, std::move(value));
}

AISLE_API void model_writer::classes(const class_list& list) {
  // As bytes, not as JSON text: names need not be valid UTF-8.
  std::vector<std::uint8_t> bytes;
  std::vector<std::int64_t> ends;
  for (const auto& name : list.names()) {
    bytes.insert(bytes.end(), name.begin(), name.end());
    ends.push_back(static_cast<std::int64_t>(bytes.size()));
  }
  text("classes", list.numeric() ? "integers" : "strings");
  add<std::uint8_t>("classes.names", bytes);
  add<std::int64_t>("classes.ends", ends);
}

AISLE_API void model_writer::section(const std::string& name, const state_dict& model) {
  for (const auto& e : model.entries()) tensors_.add(name + "." + e.name, model.share(e.name));
  for (const auto& [key, value] : model.metadata())
    if (key.starts_with("aisle.")) text(name + "." + key.substr(6), value);
}

AISLE_API state_dict model_writer::finish(const std::string& format) && {
  metadata_["aisle.format"] = format;
  tensors_.set_metadata(std::move(metadata_));
  return std::move(tensors_);
}

AISLE_API model_reader::model_reader(const std::string& path, const std::string& format)
    : path_(path), tensors_(read_safetensors(path)) {
  if (const std::string& found = text("format"); found != format)
    fail("aisle.format is \"" + found + "\", expected \"" + format + "\"");
}

AISLE_API model_reader model_reader::section(const std::string& name) const {
  const std::string prefix = name + ".";
  state_dict part = tensors_.renamed([&](const std::string& full) {
    return full.starts_with(prefix) ? full.substr(prefix.size()) : std::string();
  });
  std::map<std::string, std::string> about;
  for (const auto& [key, value] : tensors_.metadata())
    if (key.starts_with("aisle." + prefix)) about["aisle." + key.substr(6 + prefix.size())] = value;
  part.set_metadata(std::move(about));
  return model_reader(path_, std::move(part));
}

AISLE_API void model_reader::fail(const std::string& what) const { throw format_error(path_, what); }

AISLE_API const std::string& model_reader::text(const std::string& name) const {
  const auto at = tensors_.metadata().find("aisle." + name);
  if (at == tensors_.metadata().end()) fail("not a model file of this library: no metadata aisle." + name);
  return at->second;
}

AISLE_API double model_reader::number(const std::string& name) const {
  const std::string& digits = text(name);
  double value = 0;
  const auto [end, code] = parse_number(digits.data(), digits.data() + digits.size(), value);
  if (code != std::errc{} || end != digits.data() + digits.size() || is_nan(value))
    fail("aisle." + name + " is \"" + digits + "\", expected a number");
  return value;
}

AISLE_API std::int64_t model_reader::integer(const std::string& name, std::int64_t low,
                                             std::int64_t high) const {
  const double value = number(name);
  if (!(value >= static_cast<double>(low) && value <= static_cast<double>(high)) ||
      value != static_cast<double>(static_cast<std::int64_t>(value)))
    fail("aisle." + name + " is " + text(name) + ", expected an integer from " + std::to_string(low) +
         " to " + std::to_string(high));
  return static_cast<std::int64_t>(value);
}

AISLE_API class_list model_reader::classes() const {
  const auto bytes = list<std::uint8_t>("classes.names");
  const auto ends = list<std::int64_t>("classes.ends");
  if (ends.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    fail("too many classes");
  std::vector<std::string> names;
  std::int64_t from = 0;
  for (const std::int64_t end : ends) {
    if (end < from || end > static_cast<std::int64_t>(bytes.size()))
      fail("classes.ends does not fit classes.names");
    names.emplace_back(bytes.begin() + from, bytes.begin() + end);
    from = end;
  }
  const std::string& type = text("classes");
  if (type != "integers" && type != "strings") fail("aisle.classes is \"" + type + "\"");
  class_list out;
  if (type == "strings") {
    out = class_list(names);
  } else {
    std::vector<std::int64_t> numbers;
    for (const auto& name : names) {
      std::int64_t value = 0;
      const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), value);
      if (code != std::errc{} || end != name.data() + name.size())
        fail("class \"" + name + "\" of a list of integers");
      numbers.push_back(value);
    }
    out = class_list(std::move(numbers));
  }
  if (out.names() != names) fail("the classes are not sorted or one occurs twice");
  return out;
}

}  // namespace detail

AISLE_NAMESPACE_END
