#pragma once

#include <cstdint>

#include <aisle/base/config.hpp>

// What the operating system says of this process.

AISLE_NAMESPACE_BEGIN

/// Peak resident memory in bytes, 0 where unknown.
std::uint64_t peak_resident_bytes();
/// Starts the peak afresh where the system can (Linux).
void reset_peak_resident();
/// Asks for the AMX tile state (x86 Linux); false where it is refused or unknown.
bool request_amx_state();
/// True when stderr is a terminal.
bool stderr_is_terminal();

AISLE_NAMESPACE_END

#if AISLE_HEADER_ONLY
#include <aisle/base/process.ipp>
#endif
