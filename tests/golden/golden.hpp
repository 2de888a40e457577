#pragma once

#include <cstdint>
#include <string>
#include <vector>

// The golden program replays reference outputs: `golden [--shared DIR] FILE...`. Which kind a file is follows
// from its folder and name, so that files it was never shown work too. Each kind registers itself from its
// own source file.

namespace golden {

/// What a run has found so far; prints one line a case.
class session {
 public:
  explicit session(std::string shared_folder) : shared_(std::move(shared_folder)) {}

  /// The folder that holds golden/, weights/ and data/.
  const std::string& shared() const { return shared_; }

  /// A case decided by a relative error: passes when error <= limit (NaN fails). `extra` is printed as it is.
  void error(const std::string& name, double error, double limit, const std::string& extra = {});
  /// The same with a cosine beside it: 1 - cosine <= cosine_limit is asked for too.
  void embedding(const std::string& name, double error, double limit, double cosine_distance,
                 double cosine_limit, const std::string& extra = {});
  /// A case decided by counting: passes when `mismatches` <= `allowed`.
  void matches(const std::string& name, std::int64_t mismatches, std::int64_t of, std::int64_t allowed = 0,
               const std::string& extra = {});
  void fail(const std::string& name, const std::string& why);
  /// Not built yet, data absent, or a named exception.
  void skip(const std::string& name, const std::string& why);

  /// 0 all passed, 1 something failed, 4 everything was skipped.
  int exit_code() const { return failed_ > 0 ? 1 : passed_ == 0 ? 4 : 0; }
  std::int64_t passed() const { return passed_; }
  std::int64_t failed() const { return failed_; }
  std::int64_t skipped() const { return skipped_; }

 private:
  void line(const std::string& name, const std::string& figures, const char* verdict);
  std::string shared_;
  std::int64_t passed_ = 0, failed_ = 0, skipped_ = 0;
};

struct kind {
  const char* name;
  /// `folder` is the file's folder name ("text", "tiny", "splits"), `file` its own ("nasty.jsonl").
  bool (*claims)(const std::string& folder, const std::string& file);
  void (*run)(const std::string& path, session& s);
};

/// `const golden::registration text{{"text", claims, run}};` at namespace scope makes a kind known.
struct registration {
  explicit registration(kind k) { all().push_back(k); }
  static std::vector<kind>& all() {
    static std::vector<kind> kinds;
    return kinds;
  }
};

}  // namespace golden
