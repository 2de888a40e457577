#pragma once

#include <string>

namespace aisle_command {

/// The files of a wheel of the Python registry, which pip downloads and python3 unpacks: nothing of it is
/// installed or run. The folder goes with the object.
class unpacked_package {
 public:
  /// Throws aisle::error that says what is missing or what pip said.
  unpacked_package(const std::string& package, const std::string& version, std::string folder);
  ~unpacked_package();
  unpacked_package(const unpacked_package&) = delete;
  unpacked_package& operator=(const unpacked_package&) = delete;

  /// Where a file of the package lies. Throws aisle::error when it has none of this name.
  std::string file(const std::string& path) const;

 private:
  std::string folder_;
};

}  // namespace aisle_command
