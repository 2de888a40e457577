# What the library needs; the README says why each was chosen. A package that is not installed is fetched at a pinned
# commit (AISLE_FETCH) and then becomes part of what we install, so that find_package(aisle) needs nothing else.
#
#   aisle_need(<package> <target> [<find_package argument>...])   or stop
#   aisle_want(<package> <target> <what is left out without it> [<find_package argument>...])
#
# Both leave <target> defined, or not at all; a target that the project around us already has is taken as it is.

include(FetchContent)
include(GNUInstallDirs)
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
set(aisle_fetched "" CACHE INTERNAL "Dependencies that were fetched")
set(aisle_packages "" CACHE INTERNAL "Dependencies of the installed library that find_package finds")

# Where each comes from. Their own build files are not run (SOURCE_SUBDIR names a folder that does not exist): they
# would bring tests, options and install rules of their own.
function(aisle_declare name repository commit)
  FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${commit} SOURCE_SUBDIR sources-only)
endfunction()
aisle_declare(Eigen3 https://gitlab.com/libeigen/eigen.git 3147391d946bb4b6c68edd901f2add6ac1f31f8c)  # 3.4.0
aisle_declare(stb https://github.com/nothings/stb.git 31c1ad37456438565541f4919958214b6e762fb4)
aisle_declare(doctest https://github.com/doctest/doctest.git ae7a13539fb71f270b87eb2e874fbac80bc8dda2)  # 2.4.11
aisle_declare(CLI11 https://github.com/CLIUtils/CLI11.git 291c58789c031208f08f4f261a858b5b7083e8e2)  # 2.3.2
# Google Benchmark has too many parts to be built from here: its own build file is run.
FetchContent_Declare(benchmark GIT_REPOSITORY https://github.com/google/benchmark.git
                               GIT_TAG 344117638c8ff7e239044fd0fa7085839fc03021)  # 1.8.3

# aisle_define_fetched(<package> <target> <folder> HEADERS <in folder>... [SOURCES <file>...]): the target of a fetched
# package; without sources it is headers alone.
function(aisle_define_fetched package target folder)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "HEADERS;SOURCES")
  set(name aisle_${package})
  set(visibility INTERFACE)
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    set(visibility PUBLIC)
  else()
    add_library(${name} INTERFACE)
  endif()
  # SYSTEM: our warnings are not theirs.
  target_include_directories(${name} SYSTEM ${visibility} $<BUILD_INTERFACE:${folder}>)
  target_include_directories(${name} ${visibility} $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/aisle_fetched/${package}>)
  list(TRANSFORM arg_HEADERS PREPEND ${folder}/)
  set_target_properties(${name} PROPERTIES EXPORT_NAME fetched_${package} AISLE_HEADERS "${arg_HEADERS}")
  add_library(${target} ALIAS ${name})
endfunction()

macro(aisle_fetch_Eigen3)
  aisle_define_fetched(Eigen3 Eigen3::Eigen ${eigen3_SOURCE_DIR} HEADERS Eigen)
endmacro()
macro(aisle_fetch_stb)
  # Where a damaged picture ends a scan early, newer versions report success: what is left must not be other memory.
  file(CONFIGURE OUTPUT ${stb_BINARY_DIR}/stb.c CONTENT "#include <stdlib.h>
#define STBI_MALLOC(size) calloc(1, size)
#define STBI_REALLOC(p, size) realloc(p, size)
#define STBI_FREE(p) free(p)
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>
")
  aisle_define_fetched(stb stb::stb ${stb_SOURCE_DIR} HEADERS stb_image.h stb_image_write.h
                       SOURCES ${stb_BINARY_DIR}/stb.c)
  target_link_libraries(aisle_stb PRIVATE m)
endmacro()
macro(aisle_fetch_doctest)
  aisle_define_fetched(doctest doctest::doctest ${doctest_SOURCE_DIR} HEADERS doctest)
endmacro()
macro(aisle_fetch_CLI11)
  aisle_define_fetched(CLI11 CLI11::CLI11 ${cli11_SOURCE_DIR}/include HEADERS CLI)
endmacro()
macro(aisle_fetch_benchmark)
  get_target_property(headers benchmark INTERFACE_INCLUDE_DIRECTORIES)
  set_target_properties(benchmark PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${headers}")
endmacro()

function(aisle_want package target without)
  if(TARGET ${target})
    return()
  endif()
  find_package(${package} ${ARGN} QUIET)
  if(TARGET ${target})
    message(STATUS "aisle: ${package} ${${package}_VERSION} is installed")
    return()
  endif()
  if(AISLE_FETCH AND COMMAND aisle_fetch_${package})
    message(STATUS "aisle: ${package} is not installed, fetching it (AISLE_FETCH=OFF to refuse)")
    set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
    set(BENCHMARK_ENABLE_TESTING OFF)
    set(BENCHMARK_ENABLE_INSTALL OFF)
    FetchContent_MakeAvailable(${package})
    cmake_language(CALL aisle_fetch_${package})
    set(aisle_fetched ${aisle_fetched} ${package} CACHE INTERNAL "")
    return()
  endif()
  if(without STREQUAL "")
    message(FATAL_ERROR "aisle needs ${package}: install it (Debian: tools/install-dependencies) or allow AISLE_FETCH")
  endif()
  message(STATUS "aisle: ${package} is not installed; left out: ${without}")
endfunction()

function(aisle_need package target)
  aisle_want(${package} ${target} "" ${ARGN})
  set(aisle_packages ${aisle_packages} ${package} CACHE INTERNAL "")
endfunction()

# Libraries that the command and the tests take where pkg-config finds them; other programs link them themselves.
# aisle_want_picture_library(NAME DOC WITHOUT MODULE...) finds them as PkgConfig::aisle_NAME, unless AISLE_NAME is off.
function(aisle_want_picture_library name doc without)
  string(TOUPPER ${name} upper)
  option(AISLE_${upper} ${doc} ON)
  if(NOT AISLE_${upper} OR NOT (AISLE_TOOLS OR AISLE_TESTS))
    return()
  endif()
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(aisle_${name} QUIET IMPORTED_TARGET ${ARGN})
  endif()
  if(TARGET PkgConfig::aisle_${name})
    # Of one module the version is the prefix's, of several each has its own.
    message(STATUS "aisle: ${ARGV3} ${aisle_${name}_VERSION}${aisle_${name}_${ARGV3}_VERSION} is installed")
  else()
    message(STATUS "aisle: ${ARGV3} is not installed; ${without}")
  endif()
endfunction()
# aisle_use_picture_library(NAME TARGET SOURCE...) links it where it is there, and defines AISLE_NAME for those sources.
function(aisle_use_picture_library name target)
  if(TARGET PkgConfig::aisle_${name})
    string(TOUPPER ${name} upper)
    target_link_libraries(${target} PRIVATE PkgConfig::aisle_${name})
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_DEFINITIONS AISLE_${upper}=1)
  endif()
endfunction()
aisle_want_picture_library(webp "Read WebP in the command and the tests where libwebp is installed"
                           "left out: WebP in the command and the tests" libwebp libwebpdemux)
aisle_want_picture_library(libjpeg "Decode and encode JPEG by libjpeg-turbo in the command and the tests where it is installed"
                           "JPEG is decoded by stb_image" libjpeg)

# HDF5 is for `aisle weights convert` alone, which reads the files of Keras with it, and its test.
# aisle_use_hdf5(TARGET SOURCE...) links it where it is there, and defines AISLE_HDF5 for those sources.
option(AISLE_HDF5 "Read the files of Keras in the command where HDF5 is installed" ON)
if(AISLE_HDF5 AND AISLE_TOOLS)
  find_package(HDF5 QUIET COMPONENTS C)
  if(HDF5_FOUND)
    message(STATUS "aisle: HDF5 ${HDF5_VERSION} is installed")
  else()
    message(STATUS "aisle: HDF5 is not installed; left out: the files of Keras in the command")
  endif()
endif()
function(aisle_use_hdf5 target)
  if(AISLE_HDF5 AND HDF5_FOUND)
    target_link_libraries(${target} PRIVATE ${HDF5_C_LIBRARIES})
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_DEFINITIONS AISLE_HDF5=1)
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS -isystem ${HDF5_C_INCLUDE_DIRS})
  endif()
endfunction()

# cpp-httplib is for `aisle serve` alone: Debian's, which is a library, or its authors', which is a header.
# aisle_use_httplib(TARGET SOURCE...) links it where it is there, and defines AISLE_HTTPLIB for those sources.
option(AISLE_HTTPLIB "Build `aisle serve` where cpp-httplib is installed" ON)
if(AISLE_HTTPLIB AND AISLE_TOOLS)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(aisle_httplib QUIET cpp-httplib)
  endif()
  if(aisle_httplib_FOUND)
    # The library was built with one of the two standard libraries, and suits programs with the same alone.
    include(CheckCXXSourceCompiles)
    string(JOIN " " CMAKE_REQUIRED_FLAGS ${aisle_httplib_CFLAGS})
    set(CMAKE_REQUIRED_LIBRARIES ${aisle_httplib_LINK_LIBRARIES})
    check_cxx_source_compiles(
      "#include <httplib.h>
      int main() { httplib::Response answer; answer.set_header(\"a\", std::string(\"b\")); }"
      aisle_httplib_links)
    unset(CMAKE_REQUIRED_FLAGS)
    unset(CMAKE_REQUIRED_LIBRARIES)
    if(NOT aisle_httplib_links)
      set(aisle_httplib_FOUND FALSE)
    endif()
  else()
    find_package(httplib QUIET)
    set(aisle_httplib_VERSION ${httplib_VERSION})
  endif()
  if(aisle_httplib_FOUND OR httplib_FOUND)
    message(STATUS "aisle: cpp-httplib ${aisle_httplib_VERSION} is installed")
  else()
    message(STATUS "aisle: no cpp-httplib that this compiler links with; left out: aisle serve")
  endif()
endif()
function(aisle_use_httplib target)
  if(NOT AISLE_HTTPLIB OR NOT (aisle_httplib_FOUND OR httplib_FOUND))
    return()
  endif()
  set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_DEFINITIONS AISLE_HTTPLIB=1)
  if(aisle_httplib_FOUND)
    # What Debian's was built with; of no concern to other sources.
    list(TRANSFORM aisle_httplib_CFLAGS REPLACE "^-I" "-isystem" OUTPUT_VARIABLE flags)
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_OPTIONS ${flags})
    target_link_libraries(${target} PRIVATE ${aisle_httplib_LINK_LIBRARIES} Threads::Threads)
  else()
    target_link_libraries(${target} PRIVATE httplib::httplib Threads::Threads)
  endif()
endfunction()

find_package(Threads REQUIRED)
aisle_need(Eigen3 Eigen3::Eigen 3.3 NO_MODULE)
aisle_need(stb stb::stb MODULE)
if(AISLE_OPENMP)
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    message(STATUS "aisle: threads by OpenMP ${OpenMP_CXX_VERSION}")
  else()
    message(STATUS "aisle: OpenMP is not installed; threads by std::thread")
  endif()
endif()
