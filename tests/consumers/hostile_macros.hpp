// What other libraries' headers define, after the standard headers that they include themselves: compiled in
// front of every header of ours.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <climits>
#include <cmath>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>
#include <numeric>
#include <optional>
#include <ranges>
#include <regex>
#include <set>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include <cxxabi.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif
#include <Eigen/Core>

// <windows.h>
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define near
#define far
#define small char
#define hyper long long
#define interface struct
#define IN
#define OUT
#define OPTIONAL
#define CONST const
#define VOID void
#define TRUE 1
#define FALSE 0
#define ERROR 0
#define DELETE 0x00010000L
#define NO_ERROR 0L
#define STRICT 1
#define PASCAL
#define pascal
#define cdecl
#define THIS
#define RELATIVE 1
#define ABSOLUTE 2
#define OPAQUE 2
#define TRANSPARENT 1
#define GetObject GetObjectW
#define CreateFile CreateFileW
#define Yield()
#define uuid(x)
// X11
#define None 0L
#define Bool int
#define Status int
#define Success 0
#define Always 2
#define Above 0
#define Below 1
#define True 1
#define False 0
#define Complex 0
#define Convex 2
// Qt, Boost
#define signals public
#define slots
#define emit
#define foreach for
#define forever for (;;)
// Objective-C, test frameworks, embedded systems, the C library
#define check(x) (x)
#define verify(x) (x)
#define CHECK(x) (x)
#define LOG(x) x
#define likely(x) (x)
#define unlikely(x) (x)
#define major(x) (x)
#define minor(x) (x)
#define require(x) (x)
#define error(...) (void)0
#define info(...) (void)0
#define warn(...) (void)0
#define PI 3.14
#define B1 1
#define I 6
// <term.h>, of its 500 those that are words of ours
#define lines CUR Numbers[2]
