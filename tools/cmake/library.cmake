# aisle::aisle (headers only) and aisle::compiled (the same headers, their heavy definitions built once at -O3).
add_library(aisle INTERFACE)
add_library(aisle::aisle ALIAS aisle)
target_compile_features(aisle INTERFACE cxx_std_20)
target_include_directories(aisle INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(aisle INTERFACE Threads::Threads Eigen3::Eigen stb::stb)
# Once installed, the consumer's AISLE_OPENMP decides (aisleConfig.cmake).
if(AISLE_OPENMP AND OpenMP_CXX_FOUND)
  target_link_libraries(aisle INTERFACE $<BUILD_INTERFACE:OpenMP::OpenMP_CXX>)
endif()

# Warnings and sanitizers for our own targets; never forced on a consumer. Warnings are errors for the compilers that
# tools/check builds with: a newer one must not stop a user's build.
set(tested OFF)
if((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13) OR
   (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15))
  set(tested ON)
endif()
option(AISLE_WERROR "Treat warnings in the project's own targets as errors" ${tested})
add_library(aisle_developer INTERFACE)
# Not of GCC where sanitizers are: it warns of what is not there in instrumented code, and takes a tenth more time.
if(NOT (AISLE_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"))
  target_compile_options(aisle_developer INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                                   $<$<BOOL:${AISLE_WERROR}>:-Werror>)
endif()
# GCC 12 takes the concatenation of std::strings for overlapping copies (its bugs 105329 and 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(aisle_developer INTERFACE -Wno-restrict)
endif()
if(AISLE_SANITIZE)
  target_compile_options(aisle_developer INTERFACE -fsanitize=${AISLE_SANITIZE} -fno-omit-frame-pointer
                                                   -fno-sanitize-recover=all)
  target_link_options(aisle_developer INTERFACE -fsanitize=${AISLE_SANITIZE})
  target_compile_definitions(aisle_developer INTERFACE AISLE_TEST_SANITIZED=1)  # for tests that measure memory
endif()
if(AISLE_FUZZ)
  target_compile_options(aisle_developer INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(AISLE_COMPILED)
  file(GLOB compiled_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/compiled/*.cpp)
  set(on_demand EXCLUDE_FROM_ALL)
  if(PROJECT_IS_TOP_LEVEL)
    set(on_demand)
  endif()
  add_library(aisle_compiled STATIC ${on_demand} ${compiled_sources})
  add_library(aisle::compiled ALIAS aisle_compiled)
  # Hidden: two shared objects that hold the library, of two versions perhaps, must not call into each other.
  set_target_properties(aisle_compiled PROPERTIES EXPORT_NAME compiled POSITION_INDEPENDENT_CODE ON
                                                  CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_definitions(aisle_compiled PUBLIC AISLE_COMPILED=1)
  # Kernels are slow without optimisation, whatever the consumer's build type; sanitizer builds stay debuggable.
  set(optimise -O3)
  if(AISLE_SANITIZE)
    set(optimise -O1)
  endif()
  target_compile_options(aisle_compiled PRIVATE ${optimise})
  if(AISLE_SANITIZE)
    # Floors without loops over numbers, in half of the time to compile.
    set_source_files_properties(${PROJECT_SOURCE_DIR}/tools/compiled/catalogue.cpp
                                ${PROJECT_SOURCE_DIR}/tools/compiled/report.cpp PROPERTIES COMPILE_OPTIONS -O0)
  endif()
  target_link_libraries(aisle_compiled PUBLIC aisle PRIVATE $<BUILD_INTERFACE:aisle_developer>)
  # Its objects are compiled as those of a user without OpenMP, but for one (tools/compiled/openmp.cpp): programs that
  # are compiled with OpenMP bring that one in, all others have the pool and need no OpenMP runtime to link.
  target_compile_definitions(aisle_compiled PRIVATE AISLE_OPENMP=0)
endif()

# What the project's own programs link: the compiled library where it is on.
add_library(aisle_program INTERFACE)
target_link_libraries(aisle_program INTERFACE $<IF:$<TARGET_EXISTS:aisle_compiled>,aisle_compiled,aisle>
                                              aisle_developer)
if(AISLE_SANITIZE MATCHES undefined AND TARGET aisle_compiled)
  # In programs, a fifth of the time that they take to compile; the address sanitizer finds what these would. The library
  # has them all.
  target_compile_options(aisle_program INTERFACE -fno-sanitize=null,alignment,object-size,vptr)
endif()

# aisle_add_program(NAME SOURCE... [LINK TARGET...]): a program of ours, left in bin/.
function(aisle_add_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK")
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE ${arg_LINK} aisle_program)
endfunction()

# aisle_programs_of(FOLDER [LINK TARGET...]): each FOLDER/*.cpp is one program, named after its file.
function(aisle_programs_of folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    aisle_add_program(${name} ${source} ${ARGN})
  endforeach()
endfunction()

# aisle_precompile(TARGET [HEADER...] [AS OTHER]): all.hpp and these headers are parsed once for TARGET, or were for
# OTHER, which has the same compile options. What a source forgets to include is found where this is off.
function(aisle_precompile name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "AS" "")
  if(NOT AISLE_PRECOMPILE)
    return()
  endif()
  # GCC 12 takes the characters of short std::strings for out of bounds there (its bug 105329 again).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${name} PRIVATE -Wno-array-bounds -Wno-stringop-overflow)
  endif()
  if(arg_AS)
    target_precompile_headers(${name} REUSE_FROM ${arg_AS})
  else()
    target_precompile_headers(${name} PRIVATE ${arg_UNPARSED_ARGUMENTS} <aisle/all.hpp>)
  endif()
endfunction()
