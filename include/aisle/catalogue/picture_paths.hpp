#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <aisle/base/config.hpp>

AISLE_NAMESPACE_BEGIN

/// What a cell of a catalogue's image column names.
struct picture_reference {
  /// The file, as it can be opened. Where nothing of that name is there, where it was looked for first; empty
  /// for a URL without a copy here and for an empty cell, which `[]`, nan and None are too.
  std::string path{};
  std::string url{};  ///< of a cell that holds one, whether there is a copy or not
  bool found = false;
  std::string problem{};  ///< why the name leads nowhere, beyond a file that is not there
};

/// The URLs that a cell names, in its order, as they stand there: one, a list in JSON, or a list divided by |
/// or line breaks, or by commas, semicolons or blanks where another URL follows (they may be part of one). A
/// blank also ends a URL that is called as a picture (".jpg"), and one before a path or, in a list, a size of
/// srcset; any other is the URL's own. What is no URL is passed over.
std::vector<std::string> picture_urls(std::string_view cell);

/// Finds the files that catalogues name, in the ways in which they name them. A name as it stands goes first:
/// a file whose name really holds "%20", a comma or ";" is found. Then the first of a list (JSON, or divided
/// by | ; , or line breaks), without HTML's entities, quotes, "file://" and "?v=12", percent-decoded, with
/// slashes for backslashes, without ".0" behind a number; then in another letter case, then with an extension
/// added. Names that are absolute and not there (C:\shop\pics\a.jpg) are looked for by their last parts, the
/// longest first. A URL is looked for below the image root alone, where it may have been downloaded to: by
/// the `status.csv` of `aisle images` there (columns url, file, status), else by its last parts.
///
/// What lies outside both folders once links are followed, by "../", an absolute name or a link, is no
/// picture unless `allow_outside` says so: the catalogue may be someone else's. `problem` says it.
///
/// A name that is there as it stands costs one look at the file system; folders are listed once and
/// remembered. Not safe from several threads.
class picture_finder {
 public:
  /// Looks below `image_root`, where there is one, then below `folder`, the catalogue's own.
  picture_finder(std::string folder, std::string image_root, bool allow_outside = false);
  /// `cell` is trimmed.
  picture_reference resolve(std::string_view cell);

 private:
  struct listing {
    std::unordered_set<std::string> names;
    /// Names by what they are without letter case; empty where that is not one name.
    std::unordered_map<std::string, std::string> folded;
  };
  enum class look { exact, any_case, any_extension };

  picture_reference find(std::string_view cell);
  bool leads_out(const std::string& path);
  const std::string& real_folder(const std::string& path);
  const listing& list(const std::string& folder);
  std::optional<std::string> find_folder(const std::string& path);
  std::optional<std::string> find_file(const std::string& path, look how);
  void find_fetched(std::string_view cell, picture_reference& out);
  std::optional<std::string> find_below_roots(const std::vector<std::string>& names);
  void find_by_last_parts(const std::vector<std::string>& names, bool is_url, picture_reference& out);

  std::vector<std::string> roots_;
  bool has_image_root_, allow_outside_;
  std::vector<std::string> inside_;  ///< the roots with their links followed, each with a slash behind it
  std::unordered_map<std::string, std::string> real_folders_;
  std::unordered_map<std::string, listing> listings_;
  std::unordered_map<std::string, std::optional<std::string>> folders_;
  std::unordered_map<std::string, std::string> taken_;  ///< files found by last parts, and by which name
  struct fetched_picture {
    std::string file, error;  ///< one of them
  };
  /// What the image root's status.csv says of URLs; read when one is asked for.
  std::optional<std::unordered_map<std::string, fetched_picture>> fetched_;
};

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/catalogue/picture_paths.ipp>
#endif
