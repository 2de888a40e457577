#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <aisle/kernels/table.hpp>

#include "golden.hpp"

namespace golden {

namespace {
std::string scientific(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2e", v);
  return text;
}
}  // namespace

void session::line(const std::string& name, const std::string& figures, const char* verdict) {
  std::cout << name << "  " << figures << "  " << verdict << std::endl;
}
void session::error(const std::string& name, double error, double limit, const std::string& extra) {
  const bool ok = error <= limit;
  ++(ok ? passed_ : failed_);
  line(name,
       "max_rel=" + scientific(error) + " limit=" + scientific(limit) + (extra.empty() ? "" : " " + extra),
       ok ? "PASS" : "FAIL");
}
void session::embedding(const std::string& name, double error, double limit, double cosine_distance,
                        double cosine_limit, const std::string& extra) {
  const bool ok = error <= limit && cosine_distance <= cosine_limit;
  ++(ok ? passed_ : failed_);
  line(name,
       "max_rel=" + scientific(error) + " limit=" + scientific(limit) +
           " 1-cos=" + scientific(cosine_distance) + " limit=" + scientific(cosine_limit) +
           (extra.empty() ? "" : " " + extra),
       ok ? "PASS" : "FAIL");
}
void session::matches(const std::string& name, std::int64_t mismatches, std::int64_t of, std::int64_t allowed,
                      const std::string& extra) {
  const bool ok = mismatches <= allowed && of > 0;
  ++(ok ? passed_ : failed_);
  line(name,
       "mismatches=" + std::to_string(mismatches) + "/" + std::to_string(of) +
           " limit=" + std::to_string(allowed) + (extra.empty() ? "" : " " + extra),
       ok ? "PASS" : "FAIL");
}
void session::fail(const std::string& name, const std::string& why) {
  ++failed_;
  line(name, why, "FAIL");
}
void session::skip(const std::string& name, const std::string& why) {
  ++skipped_;
  line(name, why, "SKIP");
}

}  // namespace golden

int main(int count, char** arguments) {
  std::string shared = "../shared";
  std::vector<std::string> files;
  for (int i = 1; i < count; ++i) {
    const std::string a = arguments[i];
    if (a == "--shared" && i + 1 < count) {
      shared = arguments[++i];
    } else if (a == "--isas") {
      for (const auto* table : aisle::kernels::all_tables())
        if (table->supported()) std::cout << table->name << '\n';
      return 0;
    } else if (a == "--help" || a == "-h" || (a.size() > 1 && a[0] == '-')) {
      std::cerr
          << "usage: golden [--shared DIR] FILE...\n"
             "       golden --isas   the values of AISLE_ISA that this processor supports, a line each\n"
             "Replays reference outputs; a line a case: name, error or mismatches, limit, PASS, FAIL or "
             "SKIP.\n"
             "exit 0: all passed; 1: some failed; 2: usage; 4: all were skipped\n";
      return a == "--help" || a == "-h" ? 0 : 2;
    } else {
      files.push_back(a);
    }
  }
  if (files.empty()) {
    std::cerr << "usage: golden [--shared DIR] FILE...\n";
    return 2;
  }
  golden::session s(shared);
  for (const std::string& f : files) {
    const std::filesystem::path path = std::filesystem::absolute(f).lexically_normal();
    const std::string folder = path.parent_path().filename().string(), name = path.filename().string();
    const auto& kinds = golden::registration::all();
    const auto k =
        std::find_if(kinds.begin(), kinds.end(), [&](const auto& x) { return x.claims(folder, name); });
    if (!std::filesystem::exists(path)) {
      s.fail(name, "no such file: " + f);
    } else if (k == kinds.end()) {
      s.skip(name, "no kind of golden file that is built reads " + folder + "/" + name);
    } else {
      try {
        k->run(path.string(), s);
      } catch (const std::exception& e) {
        s.fail(name, e.what());
      }
    }
  }
  std::cout << s.passed() << " passed, " << s.failed() << " failed, " << s.skipped() << " skipped"
            << std::endl;
  return s.exit_code();
}
