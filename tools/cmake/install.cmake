# Headers, the compiled library, the command line, and what find_package(aisle) and pkg-config read.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS aisle EXPORT aisleTargets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/aisle DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp" PATTERN "*.inl")
# Headers alone suit every architecture: share/. With the compiled library the package belongs to one: lib/.
set(package_folder ${CMAKE_INSTALL_DATADIR}/cmake/aisle)
set(any_architecture ARCH_INDEPENDENT)
if(AISLE_COMPILED)
  set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/aisle)
  set(any_architecture)
  install(TARGETS aisle_compiled EXPORT aisleTargets DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(TARGET aisle_command)
  install(TARGETS aisle_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# Fetched dependencies are ours to install; the others are found again by the consumer.
set(fetched)
set(aisle_find_packages)
foreach(package IN LISTS aisle_packages)
  if(NOT package IN_LIST aisle_fetched)
    list(APPEND aisle_find_packages ${package})
  else()
    list(APPEND fetched ${package})
    get_target_property(headers aisle_${package} AISLE_HEADERS)
    install(TARGETS aisle_${package} EXPORT aisleTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    foreach(path IN LISTS headers)
      if(IS_DIRECTORY ${path})
        install(DIRECTORY ${path} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/aisle_fetched/${package})
      else()
        install(FILES ${path} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/aisle_fetched/${package})
      endif()
    endforeach()
  endif()
endforeach()
set(aisle_has_openmp OFF)
if(AISLE_OPENMP AND OpenMP_CXX_FOUND)
  set(aisle_has_openmp ON)
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/tools/cmake/aisleConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/aisleConfig.cmake INSTALL_DESTINATION ${package_folder})
# Until 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/aisleConfigVersion.cmake COMPATIBILITY SameMinorVersion
                                 ${any_architecture})
install(EXPORT aisleTargets NAMESPACE aisle:: DESTINATION ${package_folder})
install(FILES ${PROJECT_BINARY_DIR}/aisleConfig.cmake ${PROJECT_BINARY_DIR}/aisleConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/tools/cmake/Findstb.cmake
        DESTINATION ${package_folder})

# Headers only: what pkg-config knows of the dependencies is enough for those.
if(NOT fetched)
  configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/aisle.pc.in ${PROJECT_BINARY_DIR}/aisle.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/aisle.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
endif()
