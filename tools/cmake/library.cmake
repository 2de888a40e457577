# aisle::aisle (headers only) and aisle::compiled (the same headers with their heavy definitions built once, at -O3).
add_library(aisle INTERFACE)
add_library(aisle::aisle ALIAS aisle)
target_compile_features(aisle INTERFACE cxx_std_20)
target_include_directories(aisle INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                           $<INSTALL_INTERFACE:include>)
target_link_libraries(aisle INTERFACE Threads::Threads Eigen3::Eigen nlohmann_json::nlohmann_json stb::stb
                                      utf8proc::utf8proc)
if(AISLE_OPENMP AND OpenMP_CXX_FOUND)
  target_link_libraries(aisle INTERFACE OpenMP::OpenMP_CXX)
endif()

# Warnings, errors and sanitizers for our own targets; never forced on a consumer.
add_library(aisle_developer INTERFACE)
target_compile_options(aisle_developer INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
if(AISLE_SANITIZE)
  target_compile_options(aisle_developer INTERFACE -fsanitize=${AISLE_SANITIZE} -fno-omit-frame-pointer
                                                   -fno-sanitize-recover=all)
  target_link_options(aisle_developer INTERFACE -fsanitize=${AISLE_SANITIZE})
endif()

if(AISLE_COMPILED)
  file(GLOB compiled_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tools/compiled/*.cpp)
  add_library(aisle_compiled STATIC ${compiled_sources})
  add_library(aisle::compiled ALIAS aisle_compiled)
  set_target_properties(aisle_compiled PROPERTIES EXPORT_NAME compiled POSITION_INDEPENDENT_CODE ON)
  target_compile_definitions(aisle_compiled PUBLIC AISLE_COMPILED=1)
  # Kernels are slow without optimisation, whatever the consumer's build type; sanitizer builds stay debuggable.
  target_compile_options(aisle_compiled PRIVATE $<IF:$<BOOL:${AISLE_SANITIZE}>,-O1,-O3>)
  target_link_libraries(aisle_compiled PUBLIC aisle PRIVATE $<BUILD_INTERFACE:aisle_developer>)
endif()
