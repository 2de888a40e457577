# Headers, the compiled library, the command line, and what find_package(aisle) and pkg-config read.
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

# For pkg-config, where it knows the dependencies: aisle.pc is the headers alone, aisle-compiled.pc the library.
function(aisle_install_pc name folder)
  # From its own folder to the prefix, so that the package can be moved.
  string(REGEX REPLACE "[^/]+" ".." up "${folder}/pkgconfig")
  set(prefix "\${pcfiledir}/${up}")
  foreach(kind includedir libdir)
    string(TOUPPER CMAKE_INSTALL_${kind} variable)
    set(${kind} "${${variable}}")
    if(NOT IS_ABSOLUTE "${${kind}}")
      string(PREPEND ${kind} "\${prefix}/")
    endif()
  endforeach()
  configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${folder}/pkgconfig)
endfunction()
if(NOT fetched)
  aisle_install_pc(aisle ${CMAKE_INSTALL_DATADIR})
  if(AISLE_COMPILED)
    aisle_install_pc(aisle-compiled ${CMAKE_INSTALL_LIBDIR})
  endif()
endif()
