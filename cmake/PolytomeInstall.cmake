# Installation: the library and its header, the shipped model, and what pkg-config and CMake need to find them.
include(CMakePackageConfigHelpers)

# Programs find the library beside them, wherever the prefix is moved to.
file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})

# polytome_find_library(PROGRAM): and so in the build folder, where the library lies as it is installed. A path that is
# exchanged at the installation would have an empty entry before it, for room, and the loader takes that for the folder
# that the program is started in: any libm.so.6 there would run.
function(polytome_find_library program)
  set_target_properties(polytome PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/cli/${bin_to_lib}
    BUILD_WITH_INSTALL_RPATH ON)
  set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}" BUILD_WITH_INSTALL_RPATH ON)
endfunction()

# A static libpolytome does not know its libraries: whoever links it must be told. "Requires" and not "Requires.private":
# the libraries themselves are linked as shared ones, so that `pkg-config --libs` has to give them, without --static.
function(polytome_pkg_config)
  set(requires "")
  set(libs "-lpolytome")
  if(NOT BUILD_SHARED_LIBS)
    set(requires "libavformat libavcodec libavutil libswscale libswresample fftw3f jansson")
    string(APPEND libs " ${OPENBLAS_SERIAL_LINK_OPTIONS} ${OPENBLAS_SERIAL_LIBRARY} -pthread -lm")
  endif()
  # Paths from the .pc file and from the prefix, so that an installed tree can be moved.
  file(RELATIVE_PATH prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  file(RELATIVE_PATH libdir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
  file(RELATIVE_PATH includedir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
  string(REGEX REPLACE "/$" "" prefix ${prefix})
  configure_file(${PROJECT_SOURCE_DIR}/cmake/polytome.pc.in ${PROJECT_BINARY_DIR}/polytome.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/polytome.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

function(polytome_cmake_package)
  set(folder ${CMAKE_INSTALL_LIBDIR}/cmake/polytome)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/polytomeConfig.cmake.in
    ${PROJECT_BINARY_DIR}/polytomeConfig.cmake INSTALL_DESTINATION ${folder})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/polytomeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/polytomeConfig.cmake ${PROJECT_BINARY_DIR}/polytomeConfigVersion.cmake
    DESTINATION ${folder})
  install(EXPORT polytomeTargets NAMESPACE polytome:: DESTINATION ${folder})
endfunction()

# The shipped model lies in the build folder as it does in an installed one: wherever that is moved to with the sources.
function(polytome_link_model)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share)
  file(REAL_PATH ${PROJECT_SOURCE_DIR} sources)
  file(REAL_PATH ${PROJECT_BINARY_DIR}/share share)
  set(model ${sources}/models/default)
  string(FIND ${share}/ ${sources}/ within)
  if(within EQUAL 0)
    file(RELATIVE_PATH model ${share} ${model})
  endif()
  file(CREATE_LINK ${model} ${share}/polytome SYMBOLIC)
endfunction()

function(polytome_install)
  install(TARGETS polytome EXPORT polytomeTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES ${PROJECT_SOURCE_DIR}/include/polytome.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/default/ DESTINATION ${CMAKE_INSTALL_DATADIR}/polytome
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs ${PROJECT_SOURCE_DIR}/samples DESTINATION ${CMAKE_INSTALL_DOCDIR}
    FILES_MATCHING PATTERN "*.md" PATTERN "*.c" PATTERN "serve.sh" PATTERN "clip.png")
  polytome_link_model()
  polytome_pkg_config()
  polytome_cmake_package()
endfunction()
