#pragma once

#include <algorithm>
#include <filesystem>
#include <utility>

#include <aisle/base/ascii.hpp>
#include <aisle/base/file.hpp>
#include <aisle/catalogue/detail/missing_value.hpp>
#include <aisle/catalogue/picture_paths.hpp>
#include <aisle/io/csv.hpp>
#include <aisle/io/json.hpp>
#include <aisle/io/utf8.hpp>
#include <aisle/text/html.hpp>
#include <aisle/text/unicode.hpp>

AISLE_NAMESPACE_BEGIN

namespace detail::picture_names {

/// Without letter case, and however accents are composed.
AISLE_API std::string fold(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    const decoded_character c = decode_utf8(name, at);
    const normalized_character n = normalize_character(c.code, true);
    for (std::size_t i = 0; i < n.size; ++i) append_utf8(out, n.codes[i]);
    at += c.size;
  }
  return out;
}

AISLE_API std::string without_quotes(const std::string& name) {
  const std::string_view text = ascii::without_blanks(name);
  if (text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\''))
    return std::string(ascii::without_blanks(text.substr(1, text.size() - 2)));
  return std::string(text);
}

/// "file:///shop/a.jpg" and "file://localhost/shop/a.jpg" -> "/shop/a.jpg"; "file:///C:/a.jpg" -> "C:/a.jpg";
/// "file://pics/a.jpg", whose writer means no host -> "pics/a.jpg".
AISLE_API std::string without_file_scheme(const std::string& name) {
  if (name.size() < 5 || fold(name.substr(0, 5)) != "file:") return name;
  std::string_view rest = std::string_view(name).substr(5);
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    if (rest.starts_with("localhost/")) rest.remove_prefix(9);
  }
  if (rest.size() > 2 && rest[0] == '/' && rest[2] == ':') rest.remove_prefix(1);
  return std::string(rest);
}

AISLE_API std::string without_query(const std::string& name) {
  return name.substr(0, std::min(name.find('?'), name.find('#')));
}

AISLE_API std::string percent_decoded(const std::string& name) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool code =
        name[i] == '%' && i + 2 < name.size() && digit(name[i + 1]) >= 0 && digit(name[i + 2]) >= 0;
    const int value = code ? digit(name[i + 1]) * 16 + digit(name[i + 2]) : 0;
    if (value == 0) {
      out += name[i];
      continue;
    }
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

/// "x&amp;y.jpg" and "x&#38;y.jpg" -> "x&y.jpg".
AISLE_API std::string html_decoded(const std::string& name) {
  const std::size_t begin = name.find('&');
  const bool whole = begin != std::string::npos && name.find(';', begin) != std::string::npos;
  return whole && name.find('<') == std::string::npos ? strip_html(name) : name;
}

/// Where names are separated, but for the semicolon of an entity: "x&amp;y.jpg" is one.
AISLE_API std::size_t find_separator(std::string_view text, char separator) {
  std::size_t at = text.find(separator);
  for (; separator == ';' && at != text.npos; at = text.find(separator, at + 1)) {
    const std::size_t begin = text.substr(0, at).rfind('&');
    if (begin == text.npos) break;
    const std::string entity(text.substr(begin, at + 1 - begin));
    if (entity.find_first_of("./<") != entity.npos || html_decoded(entity) == entity) break;
  }
  return at;
}

/// "pics/12345.0", as pandas writes a column of numbers that has an empty cell -> "pics/12345".
AISLE_API std::string without_zero_decimal(const std::string& name) {
  if (!name.ends_with(".0")) return name;
  const std::size_t end = name.size() - 2, last = name.substr(0, end).find_last_not_of("0123456789");
  const std::size_t digits = last == std::string::npos ? end : end - last - 1;
  const bool whole = last == std::string::npos || name[last] == '/';
  return digits > 0 && whole ? name.substr(0, end) : name;
}

AISLE_API std::string with_slashes(const std::string& name) {
  std::string out = name;
  std::replace(out.begin(), out.end(), '\\', '/');
  return out;
}

/// "https://…", "//cdn.example/…", "www.…" and "data:…"; not "file://…", "C:\…" and "\\server\…".
AISLE_API bool is_url(std::string_view text) {
  const std::string start = fold(text.substr(0, std::min<std::size_t>(text.size(), 64)));
  if (start.starts_with("data:") || start.starts_with("www.")) return true;
  if (start.starts_with("//")) {
    const std::string_view host = std::string_view(start).substr(2, start.find('/', 2) - 2);
    return host.find('.') != std::string_view::npos;
  }
  const auto colon = start.find("://");
  return colon != std::string::npos && colon > 1 && !start.starts_with("file:") &&
         std::all_of(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
           return ascii::is_letter(c) || ascii::is_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

/// For a message: a picture may be in the URL itself.
AISLE_API std::string shortened(const std::string& url) {
  return url.size() <= 200 ? url : with_ellipsis(url, 60);
}

/// Whether a name is none: empty, what is written for a missing value (nan, None, null, N/A), or what shops
/// write where there is no picture (Magento, Odoo).
AISLE_API bool names_nothing(std::string_view name) {
  const std::string_view bare = ascii::without_blanks(name);
  return bare.empty() || is_missing_value(bare) || ascii::same_without_case(bare, "no_selection") ||
         ascii::same_without_case(bare, "false");
}

/// The first picture that a JSON value names: a string, of an object the one that is called so.
AISLE_API std::string first_of(const json& value) {
  if (value.is_string()) {
    std::string name = value.as<std::string>();
    return names_nothing(name) ? std::string() : name;
  }
  if (value.is_array())
    for (const json& element : value.elements())
      if (std::string name = first_of(element); !name.empty()) return name;
  if (value.is_object()) {
    for (const char* key : {"path", "file", "filename", "url", "src", "image", "image_path", "href"})
      if (const json* member = value.find(key))
        if (std::string name = first_of(*member); !name.empty()) return name;
    for (const auto& [key, member] : value.members())
      if (std::string name = first_of(member); !name.empty()) return name;
  }
  return {};
}

/// What the cell may name, the more literal first: itself, and the first of what looks like a list.
AISLE_API std::vector<std::string> readings(std::string_view cell) {
  std::vector<std::string> out = {std::string(cell)};
  const auto add = [&](std::string_view name) {
    name = ascii::without_blanks(name);
    if (!name.empty() && std::find(out.begin(), out.end(), name) == out.end()) out.emplace_back(name);
  };
  std::string_view text = cell;
  const char open = text.front(), close = text.back();
  if ((open == '[' && close == ']') || (open == '{' && close == '}')) {
    try {
      add(first_of(parse_json(text, "picture")));
      return out;
    } catch (const error&) {
      text = text.substr(1, text.size() - 2);  // a list of Python or PostgreSQL
    }
  }
  for (const char separator : {'|', '\n', ';', ','}) {
    if (find_separator(text, separator) == std::string_view::npos) continue;
    std::string_view first, rest = text;
    while (first.empty() && !rest.empty()) {
      const auto end = std::min(find_separator(rest, separator), rest.size());
      first = ascii::without_blanks(rest.substr(0, end));
      if (without_quotes(std::string(first)).empty()) first = {};
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    add(first);
  }
  if (text != cell) add(text);
  return out;
}

/// Whether a cell says that there is no picture: a missing value, or a list of JSON, Python or PostgreSQL
/// that names none (`[]`, `[""]`, `[None]`, `{}`).
AISLE_API bool says_none(std::string_view cell) {
  if (names_nothing(cell)) return true;
  const char open = cell.front(), close = cell.back();
  if (!(open == '[' && close == ']') && !(open == '{' && close == '}')) return false;
  try {
    return first_of(parse_json(cell, "picture")).empty();
  } catch (const error&) {
    for (std::string_view rest = cell.substr(1, cell.size() - 2); !rest.empty();) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      if (!names_nothing(without_quotes(std::string(rest.substr(0, end))))) return false;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return true;
  }
}

/// `readings` with everything that is taken off names, what needs the least of it first.
AISLE_API std::vector<std::string> spellings(const std::vector<std::string>& readings) {
  std::vector<std::string> out;
  for (const std::string& reading : readings) {
    std::vector<std::string> all = {reading};
    for (const auto step : {html_decoded, without_quotes, without_file_scheme, without_query, percent_decoded,
                            with_slashes, without_zero_decimal})
      for (std::size_t i = 0, n = all.size(); i < n; ++i)
        if (std::string next = step(all[i]);
            !next.empty() && std::find(all.begin(), all.end(), next) == all.end())
          all.push_back(std::move(next));
    for (std::string& name : all)
      if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(std::move(name));
  }
  return out;
}

AISLE_API bool ends_as_picture(std::string_view name) {
  for (const std::string_view ending : {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".jfif"})
    if (name.size() > ending.size() &&
        ascii::same_without_case(name.substr(name.size() - ending.size()), ending))
      return true;
  return false;
}

/// "2x", "300w": what srcset says of the URL before it.
AISLE_API bool is_srcset_size(std::string_view text) {
  if (text.size() < 2 || (text.back() != 'x' && text.back() != 'w' && text.back() != 'h')) return false;
  text.remove_suffix(1);
  return std::all_of(text.begin(), text.end(), [](char c) { return ascii::is_digit(c) || c == '.'; });
}

/// Whether a URL that stands before a blank is whole there: it is called as a picture, or a path follows, or,
/// in a list, a size. Other blanks are its own: "https://a.example/q?name=red shirt" is another picture than
/// that of "red socks".
AISLE_API bool ends_at_blank(std::string_view url, std::string_view behind, bool listed) {
  while (!url.empty() && (url.back() == ',' || url.back() == ';' || url.back() == '\'')) url.remove_suffix(1);
  return ends_as_picture(url) || (listed && is_srcset_size(behind)) ||
         (behind.size() > 1 && behind[0] == '/' && behind[1] != ' ');
}

/// The URL that a cell begins with. Commas, semicolons and blanks may be part of it: they end it where
/// another URL follows, a blank also as ends_at_blank says. `listed`: another one came before it.
AISLE_API std::string url_of(std::string_view text, bool listed = false) {
  const bool data = ascii::starts_without_case(text, "data:");
  std::size_t end = std::min(text.find_first_of(data ? "|\n\t \"" : "|\n\t\""), text.size());
  for (std::size_t i = 0; i < end && !data;) {
    if (text[i] != ',' && text[i] != ';' && text[i] != ' ') {
      ++i;
      continue;
    }
    // Behind each blank of a row of them stands the same.
    const std::size_t next = std::min(text.find_first_not_of(ascii::blanks, i + 1), text.size());
    std::string_view behind = text.substr(next);
    if (behind.starts_with('\'')) behind.remove_prefix(1);  // of a list of Python
    if (is_url(behind)) {
      end = i;
      listed = true;
    }
    i = next;
  }
  std::string_view url = ascii::without_blanks(text.substr(0, end));
  for (std::size_t blank = 0; (blank = url.find(' ', blank)) != std::string_view::npos;) {
    const std::size_t next = url.find_first_not_of(ascii::blanks, blank);
    if (ends_at_blank(url.substr(0, blank), url.substr(next), listed)) {
      url = url.substr(0, blank);
      break;
    }
    blank = next;
  }
  while (!url.empty() && (url.back() == ',' || url.back() == ';' || url.back() == ' ' || url.back() == '\r'))
    url.remove_suffix(1);
  return std::string(url);
}

/// All URLs of a text that is no JSON.
AISLE_API void add_urls(std::string_view text, std::vector<std::string>& out) {
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find_first_not_of("|\n\t \r\",;'"), text.size());
    text.remove_prefix(begin);
    if (text.empty()) return;
    if (is_url(text)) {
      std::string url = url_of(text, !out.empty());
      text.remove_prefix(std::max<std::size_t>(url.size(), 1));
      while (!url.empty() && url.back() == '\'') url.pop_back();
      out.push_back(std::move(url));
    } else {
      text.remove_prefix(std::min(text.find_first_of("|\n\t \",;"), text.size()));
    }
  }
}

/// Those of a JSON value: of an object the member that is called so, else of all.
AISLE_API void add_urls(const json& value, std::vector<std::string>& out) {
  if (value.is_string()) return add_urls(std::string_view(value.as<std::string>()), out);
  if (value.is_array())
    for (const json& element : value.elements()) add_urls(element, out);
  if (!value.is_object()) return;
  if (const std::string named = first_of(value); !named.empty()) add_urls(std::string_view(named), out);
}

}  // namespace detail::picture_names

AISLE_API std::vector<std::string> picture_urls(std::string_view cell) {
  namespace names = detail::picture_names;
  std::vector<std::string> out;
  cell = ascii::without_blanks(cell);
  if (cell.empty()) return out;
  const char open = cell.front(), close = cell.back();
  if ((open == '[' && close == ']') || (open == '{' && close == '}')) {
    try {
      names::add_urls(parse_json(cell, "picture"), out);
      return out;
    } catch (const error&) {
      cell = cell.substr(1, cell.size() - 2);  // a list of Python or PostgreSQL
    }
  }
  names::add_urls(cell, out);
  return out;
}

AISLE_API picture_finder::picture_finder(std::string folder, std::string image_root, bool allow_outside)
    : has_image_root_(!image_root.empty()), allow_outside_(allow_outside) {
  while (image_root.size() > 1 && image_root.back() == '/') image_root.pop_back();
  if (has_image_root_) roots_.push_back(std::move(image_root));
  roots_.push_back(std::move(folder));
  for (const std::string& root : roots_)
    if (const std::string& real = real_folder(root); !real.empty())
      inside_.push_back(real == "/" ? real : real + "/");
}

AISLE_API picture_reference picture_finder::resolve(std::string_view cell) {
  picture_reference out = find(cell);
  if (allow_outside_ || out.path.empty() || !leads_out(out.path)) return out;
  out.problem =
      out.path +
      " lies outside the catalogue's folder and the image root: --image-root DIR names the folder of "
      "the pictures, --allow-outside reads them wherever they are";
  out.path.clear();
  out.found = false;
  return out;
}

/// False for what is not there.
AISLE_API bool picture_finder::leads_out(const std::string& path) {
  const auto is_inside = [&](const std::string& real) {
    return std::any_of(inside_.begin(), inside_.end(),
                       [&](const std::string& root) { return (real + "/").starts_with(root); });
  };
  // A folder is followed once, and a file in it only where it is a link.
  const std::string name = file_name(path), &folder = real_folder(parent_folder(path));
  if (folder.empty()) return false;
  if (name != "." && name != ".." && is_inside(join_path(folder, name)) && !is_link(path)) return false;
  try {
    return !is_inside(real_path(path));
  } catch (const machine_error&) {
    throw;
  } catch (const file_error&) {
    return false;
  }
}

/// Without links; empty where there is no such folder.
AISLE_API const std::string& picture_finder::real_folder(const std::string& path) {
  const auto [at, is_new] = real_folders_.try_emplace(path);
  if (is_new) try {
      at->second = real_path(path);
    } catch (const machine_error&) {
      throw;
    } catch (const file_error&) {
    }
  return at->second;
}

AISLE_API picture_reference picture_finder::find(std::string_view cell) {
  namespace names = detail::picture_names;
  picture_reference out;
  if (cell.empty()) return out;
  const std::vector<std::string> readings = names::readings(cell);
  for (const std::string& reading : readings) {
    const std::string name = names::without_quotes(reading);
    if (!names::is_url(name)) continue;
    out.url = names::url_of(name);
    // "https://host/pics/a%20b.jpg?v=1": host and path, as some programs store what they download.
    const auto scheme = out.url.find("//");
    std::string path = scheme == std::string::npos ? out.url : out.url.substr(scheme + 2);
    path = names::without_query(path);
    if (has_image_root_ && !out.url.starts_with("data:")) {
      find_fetched(cell, out);
      if (out.found || !out.problem.empty()) return out;
      find_by_last_parts({path, names::percent_decoded(path), names::html_decoded(path)}, true, out);
    }
    const bool fetched = ascii::starts_without_case(out.url, "http") || out.url.starts_with("//") ||
                         ascii::starts_without_case(out.url, "www.");
    if (!out.found && out.problem.empty() && !fetched && out.url.find("://") != std::string::npos)
      out.problem =
          names::shortened(out.url) +
          " is a URL that nothing here fetches: bring the pictures into a folder that is then named as "
          "the image root (--image-root)";
    if (!out.found && out.problem.empty())
      out.problem =
          names::shortened(out.url) +
          " is a URL, of which there is no picture here: `aisle images` fetches the pictures into a "
          "folder that is then named as the image root (--image-root)";
    return out;
  }
  for (const std::string& root : roots_)
    if (std::string path = join_path(root, cell); file_exists(path)) {
      out.path = std::move(path);
      out.found = true;
      return out;
    }
  if (names::says_none(cell)) return out;
  const std::vector<std::string> spellings = names::spellings(readings);
  if (auto path = find_below_roots(spellings)) {
    out.path = std::move(*path);
    out.found = true;
    return out;
  }
  find_by_last_parts(spellings, false, out);
  // What is not there is told by its first name.
  const std::string first = readings.size() > 1 ? names::without_quotes(readings[1]) : std::string(cell);
  if (!out.found) out.path = join_path(roots_.front(), first);
  return out;
}

/// By the status.csv of the image root: the cell's URLs in order, then why there is none.
AISLE_API void picture_finder::find_fetched(std::string_view cell, picture_reference& out) {
  const std::string path = join_path(roots_.front(), "status.csv");
  if (!fetched_) {
    fetched_.emplace();
    if (file_exists(path)) try {
        csv_reader table(path, {.lenient = true, .on_problem = [](const csv_problem&) {}});
        const auto url = table.find_column("url"), file = table.find_column("file"),
                   status = table.find_column("status"), why = table.find_column("error");
        const bool ours = url && file && status && why;
        for (csv_row row; ours && table.next(row);)
          if (row.fields[*status] == "ok" || row.fields[*status] == "failed")
            fetched_->emplace(std::move(row.fields[*url]),
                              fetched_picture{std::move(row.fields[*file]), std::move(row.fields[*why])});
      } catch (const format_error&) {  // somebody else's
      }
  }
  if (fetched_->empty()) return;
  std::string all;
  for (const std::string& url : picture_urls(cell)) {
    all += (all.empty() ? "" : "|") + url;
    const auto at = fetched_->find(url);
    if (at == fetched_->end() || at->second.file.empty()) continue;
    if (std::string found = join_path(roots_.front(), at->second.file); file_exists(found)) {
      out.path = std::move(found);
      out.found = true;
      return;
    }
  }
  if (const auto at = fetched_->find(all); at != fetched_->end() && !at->second.error.empty())
    out.problem = detail::picture_names::shortened(out.url) + " could not be fetched: " + at->second.error +
                  " (" + path + ")";
}

AISLE_API std::optional<std::string> picture_finder::find_below_roots(const std::vector<std::string>& names) {
  for (const look how : {look::exact, look::any_case, look::any_extension})
    for (const std::string& name : names)
      for (const std::string& root : roots_)
        if (auto path = find_file(join_path(root, name), how)) return path;
  return std::nullopt;
}

AISLE_API void picture_finder::find_by_last_parts(const std::vector<std::string>& names, bool is_url,
                                                  picture_reference& out) {
  for (const look how : {look::exact, look::any_case, look::any_extension})
    for (const std::string& name : names) {
      if (name.find('\\') != std::string::npos) continue;  // the same with slashes is among them
      const bool drive = name.size() > 1 && name[1] == ':';
      const bool absolute = is_url || drive || name.front() == '/' || name.starts_with("file:");
      for (std::size_t at = 0; (at = name.find('/', at)) != std::string::npos;) {
        const std::string_view dropped = std::string_view(name).substr(0, at),
                               part = std::string_view(name).substr(++at);
        if (part.empty() || part.front() == '/') continue;
        for (const std::string& root : roots_) {
          if (is_url && &root != &roots_.front()) continue;
          // Of a relative name those folders may go that the root ends with already.
          if (!absolute && !(root == dropped || root.ends_with("/" + std::string(dropped)))) continue;
          auto path = find_file(join_path(root, part), how);
          if (!path) continue;
          const std::string key = detail::picture_names::fold(std::string_view(name).substr(drive ? 2 : 0));
          const auto [before, is_new] = taken_.emplace(*path, key);
          if (!is_new && before->second != key) {
            out.problem = name + ": " + *path + " is the only file of that name, and " + before->second +
                          " was taken for it";
            return;
          }
          out.path = std::move(*path);
          out.found = true;
          return;
        }
      }
    }
}

AISLE_API std::optional<std::string> picture_finder::find_file(const std::string& path, look how) {
  const auto folder = find_folder(parent_folder(path));
  if (!folder || path.back() == '/') return std::nullopt;
  const listing& there = list(*folder);
  const std::string name = file_name(path);
  const auto whole = [&](const std::string& entry) -> std::optional<std::string> {
    std::string found = *folder == "." && !path.starts_with("./") ? entry : join_path(*folder, entry);
    if (!file_exists(found)) return std::nullopt;
    return found;
  };
  if (there.names.contains(name))
    if (auto found = whole(name)) return found;
  if (how == look::exact) return std::nullopt;
  const std::string folded = detail::picture_names::fold(name);
  const auto any_case = [&](const std::string& key) -> std::optional<std::string> {
    const auto entry = there.folded.find(key);
    if (entry == there.folded.end() || entry->second.empty()) return std::nullopt;
    return whole(entry->second);
  };
  if (how == look::any_case) return any_case(folded);
  for (const char* extension : {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".jfif"})
    if (auto found = any_case(folded + extension)) return found;
  return std::nullopt;
}

AISLE_API std::optional<std::string> picture_finder::find_folder(const std::string& path) {
  if (const auto known = folders_.find(path); known != folders_.end()) return known->second;
  std::optional<std::string> found;
  if (folder_exists(path)) {
    found = path;
  } else if (const std::string parent = parent_folder(path); parent != path) {
    if (const auto above = find_folder(parent)) {
      const listing& there = list(*above);
      const auto entry = there.folded.find(detail::picture_names::fold(file_name(path)));
      if (entry != there.folded.end() && !entry->second.empty())
        if (std::string inside = join_path(*above, entry->second); folder_exists(inside)) found = inside;
    }
  }
  return folders_.emplace(path, std::move(found)).first->second;
}

AISLE_API const picture_finder::listing& picture_finder::list(const std::string& folder) {
  const auto [at, is_new] = listings_.try_emplace(folder);
  if (!is_new) return at->second;
  listing& out = at->second;
  std::vector<std::string> names;
  try {
    names = folder_entries(folder);
  } catch (const machine_error&) {
    throw;
  } catch (const file_error&) {  // may not be listed: only exact names are found there
  }
  for (std::string& name : names) {
    const auto [known, first] = out.folded.emplace(detail::picture_names::fold(name), name);
    if (!first) known->second.clear();
    out.names.insert(std::move(name));
  }
  return out;
}

AISLE_NAMESPACE_END
