// Downloads: what `aisle weights get` does.

#include "fetch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include <curl/curl.h>

#include <aisle/base/ascii.hpp>
#include <aisle/base/counted.hpp>
#include <aisle/base/error.hpp>
#include <aisle/base/file.hpp>
#include <aisle/base/hash.hpp>
#include <aisle/base/process.hpp>
#include <aisle/base/version.hpp>

#include "fetch_package.hpp"
#include "make_room.hpp"

namespace aisle_command {

namespace {

namespace fs = std::filesystem;

/// A download that failed in a way that another try may not.
class transfer_error : public aisle::error {
 public:
  using aisle::error::error;
};

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> starts) {
  return std::any_of(starts.begin(), starts.end(), [&](std::string_view s) { return text.starts_with(s); });
}

/// Weights travel over https; plain http is for a server on this machine.
void check_url(const std::string& url) {
  if (starts_with_any(url, {"https://", "file://"})) return;
  if (url.starts_with("http://")) {
    const std::string host = url.substr(7, url.find_first_of("/?#", 7) - 7);
    if (host.find('@') == std::string::npos)
      for (const std::string_view local : {"localhost", "127.0.0.1", "[::1]"})
        if (host == local || host.starts_with(std::string(local) + ":")) return;
  }
  throw aisle::error(url + ": expected https (or http on this machine, or file)");
}

/// What one transfer writes to.
struct transfer {
  std::FILE* file = nullptr;
  std::int64_t at = 0;     ///< bytes in the part before this transfer's
  std::int64_t size = 0;   ///< the file's, 0 if unknown
  std::int64_t limit = 0;  ///< the most bytes that are taken
  std::int64_t got = 0;
  CURL* handle = nullptr;
  std::string label;
  progress_bar* bar = nullptr;
  int write_errno = 0;
  bool too_long = false, restarted = false;

  /// A server that knows no ranges sends the whole file: then the part starts over.
  bool begin() {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (at > 0 && status == 200) {
      restarted = true;
      at = 0;
      if (std::fflush(file) != 0 || std::fseek(file, 0, SEEK_SET) != 0) return false;
    }
    return true;
  }

  static std::size_t on_data(char* data, std::size_t size, std::size_t count, void* self) {
    auto& t = *static_cast<transfer*>(self);
    const std::size_t n = size * count;
    if (t.got == 0 && !t.begin()) return 0;
    if (static_cast<std::int64_t>(n) > t.limit - t.at - t.got) {
      t.too_long = true;
      return 0;
    }
    errno = 0;
    if (std::fwrite(data, 1, n, t.file) != n) {
      t.write_errno = errno ? errno : EIO;
      return 0;
    }
    t.got += static_cast<std::int64_t>(n);
    return n;
  }

  static int on_progress(void* self, curl_off_t total, curl_off_t, curl_off_t, curl_off_t) {
    auto& t = *static_cast<transfer*>(self);
    if (aisle::interrupted()) return 1;
    const std::int64_t all = t.size > 0 ? t.size : total > 0 ? t.at + total : 0;
    try {
      t.bar->show(t.label, t.at + t.got, all, "bytes");
    } catch (const interrupted_error&) {
      return 1;  // no exception may pass through the C library
    }
    return 0;
  }
};

struct curl_deleter {
  void operator()(CURL* c) const { curl_easy_cleanup(c); }
};
struct file_closer {
  void operator()(std::FILE* f) const { std::fclose(f); }
};

/// One try. Returns false when what is in the part cannot be continued and was removed; throws
/// transfer_error.
bool try_download(const std::string& url, const std::string& part, std::int64_t size,
                  const std::string& label, const fetch_options& o, progress_bar& bar) {
  const bool resumed = aisle::file_exists(part) && aisle::file_size(part) > 0;
  if (resumed && size > 0 && static_cast<std::int64_t>(aisle::file_size(part)) > size) {
    aisle::remove_file(part);
    return false;
  }
  const std::unique_ptr<std::FILE, file_closer> file(std::fopen(part.c_str(), resumed ? "r+b" : "wb"));
  if (!file) throw aisle::file_error(part, std::strerror(errno));
  std::fseek(file.get(), 0, SEEK_END);
  const std::unique_ptr<CURL, curl_deleter> curl(curl_easy_init());
  if (!curl) throw aisle::error("libcurl cannot be started");
  CURL* c = curl.get();
  transfer t{.file = file.get(),
             .at = resumed ? static_cast<std::int64_t>(aisle::file_size(part)) : 0,
             .size = size,
             .limit = size > 0 ? size : o.max_bytes,
             .handle = c,
             .label = label,
             .bar = &bar};
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(c, CURLOPT_URL, url.c_str());
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_USERAGENT, "aisle/" AISLE_VERSION_STRING);
  curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(c, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, std::min(10L, static_cast<long>(o.timeout)));
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1000L);  // bytes a second, for so many seconds
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, static_cast<long>(o.timeout));
  const bool plain = url.starts_with("http:");
  const char* first = url.starts_with("file:") ? "file" : plain ? "http" : "https";
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, first);
  curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, plain ? "http,https" : "https");
#else
  curl_easy_setopt(c, CURLOPT_PROTOCOLS,
                   *first == 'f' ? CURLPROTO_FILE
                   : plain       ? CURLPROTO_HTTP
                                 : CURLPROTO_HTTPS);
  curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS, plain ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTPS);
#endif
  curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(t.at));
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, transfer::on_data);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &t);
  curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, transfer::on_progress);
  curl_easy_setopt(c, CURLOPT_XFERINFODATA, &t);
  curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
  const CURLcode code = curl_easy_perform(c);
  check_interrupt();  // the part stays, to be resumed
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  if (t.write_errno != 0)
    throw aisle::file_error(part, std::strerror(t.write_errno));  // a full disk: no other try
  if (std::fflush(t.file) != 0) throw aisle::file_error(part, std::strerror(errno));
  if (t.restarted) aisle::cut_file(part, static_cast<std::uint64_t>(t.got));
  if (t.too_long) {
    aisle::remove_file(part);
    if (resumed && !t.restarted) return false;
    if (size == 0)
      throw aisle::error("more than the " + aisle::counted(o.max_bytes, "byte") +
                         " that are taken of a file of unknown size (--max-bytes)");
    throw transfer_error("more than the expected " + aisle::counted(size, "byte"));
  }
  // The server answered, but not with the rest of this file (416, 404 …): what is there is of no use.
  if (resumed && !t.restarted && (code == CURLE_HTTP_RETURNED_ERROR || code == CURLE_RANGE_ERROR)) {
    if (status == 416 || code == CURLE_RANGE_ERROR) {
      aisle::remove_file(part);
      return false;
    }
  }
  if (code == CURLE_OK) return true;
  if (code == CURLE_HTTP_RETURNED_ERROR) {
    if (aisle::file_size(part) == 0) aisle::remove_file(part);
    const std::string what = "the server answered " + std::to_string(status);
    if (status >= 500 || status == 408 || status == 429) throw transfer_error(what);
    throw aisle::error(what);
  }
  throw transfer_error(*reason ? reason : curl_easy_strerror(code));
}

/// Gives a checked part its name; throws, and removes it, when it is not what was promised.
void settle(const std::string& part, const std::string& target, const manifest_file& f, progress_bar& bar) {
  const auto size = static_cast<std::int64_t>(aisle::file_size(part));
  const std::string found = sha256_of(part, bar);
  if (!f.sha256.empty() && found != f.sha256) {
    aisle::remove_file(part);
    throw aisle::error(f.path + ": " +
                       (f.size > 0 && size != f.size
                            ? aisle::counted(size, "byte") + ", expected " + std::to_string(f.size)
                            : "sha256 is " + found + ", expected " + f.sha256) +
                       ": refused");
  }
  if (f.size > 0 && size != f.size) {
    aisle::remove_file(part);
    throw aisle::error(f.path + ": " + aisle::counted(size, "byte") + ", expected " + std::to_string(f.size) +
                       ": refused");
  }
  if (f.sha256.empty()) say("  " + f.path + ": taken unverified, sha256 " + found);
  aisle::rename_file(part, target);
}

bool verifies(const std::string& path, const manifest_file& f, progress_bar& bar) {
  if (!aisle::file_exists(path)) return false;
  return f.sha256.empty() || sha256_of(path, bar) == f.sha256;
}

void fetch_file(const manifest_source& source, const manifest_file& f, const std::string& target,
                const fetch_options& o, progress_bar& bar) {
  const std::string url = source.url(f), part = target + ".part";
  check_url(url);
  aisle::make_folders(aisle::parent_folder(target));
  say("  " + f.path + (f.size > 0 ? " (" + human_bytes(static_cast<double>(f.size)) + ")" : ""));
  if (f.sha256.empty())
    aisle::remove_file(part);  // nothing could tell a part of this file from one of another
  // A part that is whole was only not renamed.
  if (!f.sha256.empty() && verifies(part, f, bar)) return settle(part, target, f, bar);
  bool retried = false;
  for (;;) {
    const bool had_part = aisle::file_exists(part);
    try {
      if (!try_download(url, part, f.size, f.path, o, bar)) continue;
      // What was there before may have been of another file; then the whole is tried once.
      if (had_part && !verifies(part, f, bar)) {
        aisle::remove_file(part);
        continue;
      }
      return settle(part, target, f, bar);
    } catch (const transfer_error& e) {
      if (retried) throw aisle::error(f.path + ": " + e.what());
      say("  " + f.path + ": " + e.what() + "; once more");
      retried = true;
    }
  }
}

/// WEIGHTS/ID, and WEIGHTS/ID.part, where each source's files gather in a folder of their own: the preset of
/// one source beside the weights of another would be a model that nobody published. Its name is for the eye,
/// the sum behind it tells `s-1` from `s/1`. tools/get-weights does the same.
struct folders {
  std::string model, staging;

  folders(const std::string& weights, const manifest_model& m)
      : model(aisle::join_path(weights, m.id)), staging(model + ".part") {}

  std::string of(const manifest_source& source) const {
    const std::string identity =
        source.kind + "\n" + source.where + "\n" + source.version + "\n" + source.folder + "\n";
    aisle::sha256 sum;
    sum.update(identity.data(), identity.size());
    std::string name = source.kind + "-" + source.where;
    if (name.size() > 100) name.resize(100);  // a name of a folder has 255 bytes
    for (char& c : name)
      if (!aisle::ascii::is_letter_or_digit(c) && c != '.' && c != '_') c = '-';
    return aisle::join_path(staging, name + "-" + sum.hex().substr(0, 16));
  }
};

/// Brings all files of a source together in its staging folder, but those that WEIGHTS/ID has already: a
/// known sha256 says the same of a file wherever it came from.
void fetch_source(const manifest_model& model, const manifest_source& source, const fetch_options& o,
                  progress_bar& bar) {
  const bool package = source.kind == "pypi";
  if (!package && source.kind != "huggingface" && source.kind != "https" && source.kind != "file")
    throw aisle::error("sources of kind " + source.kind + " are not known here");
  for (const manifest_file& f : source.files)
    if (f.sha256.empty() && !o.allow_unverified)
      throw aisle::error(f.path + " has no known sha256; --allow-unverified takes it all the same");
  const folders in(o.weights, model);
  std::optional<unpacked_package> wheel;
  for (const manifest_file& f : source.files) {
    if (!f.sha256.empty() && verifies(aisle::join_path(in.model, f.path), f, bar)) continue;
    const std::string target = aisle::join_path(in.of(source), f.path);
    if (verifies(target, f, bar)) {
      if (f.sha256.empty())
        say("  " + f.path + ": of an earlier try, taken unverified, sha256 " + sha256_of(target, bar));
      continue;
    }
    if (!package) {
      fetch_file(source, f, target, o, bar);
      continue;
    }
    if (!wheel) {
      aisle::make_folders(in.of(source));
      wheel.emplace(source.where, source.version, aisle::join_path(in.of(source), "package.part"));
    }
    say("  " + f.path + (f.size > 0 ? " (" + human_bytes(static_cast<double>(f.size)) + ")" : ""));
    const std::string from = wheel->file(aisle::join_path(source.folder, f.path));
    aisle::make_folders(aisle::parent_folder(target));
    settle(from, target, f, bar);
  }
}

/// Gives a source's files their place in WEIGHTS/ID, in exchange for those of other sources. The largest
/// file, the weights, leaves first and comes last: a run that is killed in between leaves a folder that is no
/// model, not one of two sources.
void install(const manifest_model& model, const manifest_source& source, const folders& in,
             progress_bar& bar) {
  const std::string stage = in.of(source);
  const auto largest_first = [](const std::string& folder, const std::vector<std::string>& paths) {
    std::vector<std::pair<std::uint64_t, std::string>> there;
    for (const std::string& path : paths)
      if (const std::string file = aisle::join_path(folder, path); aisle::file_exists(file))
        there.emplace_back(aisle::file_size(file), path);
    std::sort(there.rbegin(), there.rend());
    return there;
  };
  std::vector<std::string> arriving, leaving;
  for (const manifest_file& f : source.files) arriving.push_back(f.path);
  const auto stays = [&](const std::string& path) {
    return std::find(arriving.begin(), arriving.end(), path) != arriving.end() &&
           !aisle::file_exists(aisle::join_path(stage, path));
  };
  for (const manifest_source& other : model.sources)
    for (const manifest_file& f : other.files)
      if (!stays(f.path)) leaving.push_back(f.path);
  for (const auto& [size, path] : largest_first(in.model, leaving))
    make_room(model, in.model, path, aisle::join_path(stage, path), bar);
  auto staged = largest_first(stage, arriving);
  std::reverse(staged.begin(), staged.end());
  for (const auto& [size, path] : staged) {
    const std::string to = aisle::join_path(in.model, path);
    aisle::make_folders(aisle::parent_folder(to));
    aisle::rename_file(aisle::join_path(stage, path), to);
  }
  aisle::remove_tree(in.staging);
}

/// Removes the folders below and including this one that hold no file.
void remove_empty_folders(const std::string& folder) {
  if (!aisle::folder_exists(folder) || aisle::is_link(folder)) return;
  for (const std::string& name : aisle::folder_entries(folder))
    remove_empty_folders(aisle::join_path(folder, name));
  std::error_code ignored;
  fs::remove(folder, ignored);  // fails of one with files
}

}  // namespace

std::string sha256_of(const std::string& path, progress_bar& bar) {
  const aisle::input_file file(path);
  aisle::sha256 sum;
  std::vector<std::byte> piece(std::size_t{1} << 20);
  for (std::uint64_t at = 0; at < file.size();) {
    const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), file.size() - at));
    file.read_at(at, std::span(piece).first(n));
    sum.update(piece.data(), n);
    at += n;
    if (file.size() > (std::uint64_t{8} << 20))
      bar.show("sha256", static_cast<std::int64_t>(at), static_cast<std::int64_t>(file.size()), "bytes");
  }
  return sum.hex();
}

void fetch_model(const manifest_model& model, const fetch_options& o, progress_bar& bar) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) throw aisle::error(std::string("libcurl: ") + curl_easy_strerror(started));
  const folders in(o.weights, model);
  for (const manifest_source& s : model.sources) {
    const auto here = [&](const manifest_file& f) {
      return verifies(aisle::join_path(in.model, f.path), f, bar);
    };
    if (!std::all_of(s.files.begin(), s.files.end(), here)) continue;
    return say(model.id + ": already here, " +
               (s.vouched_for() ? "checked" : "though nobody has vouched for all of its files"));
  }
  for (std::size_t i = 0; i < model.sources.size(); ++i) {
    const manifest_source& source = model.sources[i];
    say(model.id + ": from " + source.title() + " (" + source.licence + "; by " + source.uploader + ")");
    try {
      fetch_source(model, source, o, bar);
      install(model, source, in, bar);
      return say(model.id + ": complete in " + in.model);
    } catch (const aisle::error& e) {
      say("  " + std::string(e.what()));
      if (i + 1 < model.sources.size()) say(model.id + ": that source gave nothing usable; trying the next");
    }
  }
  // What can be resumed stays, nothing else.
  remove_empty_folders(in.staging);
  throw aisle::error(model.id + ": no source could be used");
}

}  // namespace aisle_command
