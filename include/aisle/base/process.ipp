#pragma once

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include <aisle/base/process.hpp>

AISLE_NAMESPACE_BEGIN

AISLE_API std::uint64_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      std::uint64_t kilobytes = 0;
      if (status >> kilobytes) return kilobytes * 1024;
    }
  rusage usage{};
  return ::getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::uint64_t>(usage.ru_maxrss) * 1024 : 0;
}

AISLE_API void reset_peak_resident() {
  std::ofstream clear("/proc/self/clear_refs");
  clear << '5';
}

AISLE_API bool request_amx_state() {
#if AISLE_X86 && defined(__linux__) && defined(SYS_arch_prctl)
  constexpr long request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return ::syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

AISLE_API bool stderr_is_terminal() { return ::isatty(2) != 0; }

AISLE_NAMESPACE_END
