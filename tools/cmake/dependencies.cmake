# What the library needs. The README's table says why each was chosen.
find_package(Threads REQUIRED)
find_package(Eigen3 3.3 REQUIRED NO_MODULE)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(stb REQUIRED)
find_package(utf8proc REQUIRED)
if(AISLE_OPENMP)
  find_package(OpenMP COMPONENTS CXX)
endif()
