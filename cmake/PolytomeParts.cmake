# Compile flags, and the functions that build the library from its folders.
if(BUILD_SHARED_LIBS)
  file(RELATIVE_PATH data_beside ${CMAKE_INSTALL_FULL_LIBDIR} ${CMAKE_INSTALL_FULL_DATADIR}/polytome)
else()
  file(RELATIVE_PATH data_beside ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_DATADIR}/polytome)
endif()
add_library(polytome_flags INTERFACE)
target_compile_options(polytome_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -ffp-contract=off)
target_compile_definitions(polytome_flags INTERFACE _POSIX_C_SOURCE=200809L
  PTM_VERSION="${PROJECT_VERSION}"
  PTM_DATA_DIR="${CMAKE_INSTALL_FULL_DATADIR}/polytome"
  PTM_DATA_BESIDE="${data_beside}")
target_include_directories(polytome_flags INTERFACE
  ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
# Only what is used is loaded: a command that runs for milliseconds feels every library that the loader opens.
target_link_options(polytome_flags INTERFACE $<$<PLATFORM_ID:Linux>:-Wl,-O1,--as-needed>)
if(POLYTOME_WERROR)
  target_compile_options(polytome_flags INTERFACE -Werror)
endif()
if(POLYTOME_SANITIZE)
  target_compile_options(polytome_flags INTERFACE -fsanitize=${POLYTOME_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(polytome_flags INTERFACE -fsanitize=${POLYTOME_SANITIZE})
endif()

# The flags of a file named *_avx2.c, *_avx512vnni.c and so on, which is compiled for that level or instruction, chosen at run
# time; on other processors it is empty and has none.
function(polytome_instructions result source)
  set(avx2 -mavx2 -mfma -mf16c)
  set(avx512 ${avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl)
  set(flags)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$" AND source MATCHES "_neondot\\.c$")
    set(flags -march=armv8.2-a+dotprod)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    if(source MATCHES "_avx2\\.c$")
      set(flags ${avx2})
    elseif(source MATCHES "_avxvnni\\.c$")
      set(flags ${avx2} -mavxvnni)
    elseif(source MATCHES "_avx512\\.c$")
      set(flags ${avx512})
    elseif(source MATCHES "_avx512(vnni|bf16|fp16)\\.c$")
      set(flags ${avx512} -mavx512${CMAKE_MATCH_1})
    elseif(source MATCHES "_amx(int8|bf16)?\\.c$")
      set(flags ${avx512} -mavx512bf16 -mamx-tile -mamx-int8 -mamx-bf16)
    endif()
  endif()
  set(${result} ${flags} PARENT_SCOPE)
endfunction()

# polytome_part(NAME FOLDER [LIBRARY...]): the object library part_NAME of all C files in FOLDER.
# Of UndefinedBehaviorSanitizer's checks the one for pointers that wrap around keeps the sums of kernels out of registers, so
# that they take several times as long: beside AddressSanitizer, which reports what such a pointer would read or write, they go
# without it. The preset ubsan has it for all files.
function(polytome_part name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
  add_library(part_${name} OBJECT ${sources})
  target_link_libraries(part_${name} PUBLIC polytome_flags ${ARGN})
  foreach(source ${sources})
    polytome_instructions(flags ${source})
    if(POLYTOME_SANITIZE MATCHES "address.*undefined" AND source MATCHES "/(attend|kernels|product)_[a-z0-9]+\\.c$")
      list(APPEND flags -fno-sanitize=pointer-overflow)
    endif()
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${flags}")
  endforeach()
  set_property(GLOBAL APPEND PROPERTY POLYTOME_PARTS part_${name})
  set_property(GLOBAL APPEND PROPERTY POLYTOME_STANDS_ON ${ARGN})
endfunction()

# polytome_one_object(RESULT OBJECT...): the objects of a static library as one, in which only what polytome.h declares, and
# what the linker puts in the place of OpenBLAS's own, has a name outside: clock_ms, say, may be a program's own. Sanitizers
# and link-time optimisation have them as they are.
function(polytome_one_object result)
  if(POLYTOME_SANITIZE OR CMAKE_INTERPROCEDURAL_OPTIMIZATION OR CMAKE_C_FLAGS MATCHES "-flto" OR NOT CMAKE_OBJCOPY)
    set(${result} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  set(one ${PROJECT_BINARY_DIR}/polytome.o)
  list(TRANSFORM OPENBLAS_SERIAL_WRAPPED PREPEND --globalize-symbol=__wrap_ OUTPUT_VARIABLE wrapped)
  add_custom_command(OUTPUT ${one}
    COMMAND ${CMAKE_LINKER} -r -o ${one} ${ARGN}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${one}
    COMMAND ${CMAKE_OBJCOPY} ${wrapped} ${one}
    DEPENDS ${ARGN} COMMAND_EXPAND_LISTS VERBATIM)
  set(${result} ${one} PARENT_SCOPE)
endfunction()

# libpolytome, from all parts.
function(polytome_library)
  get_property(parts GLOBAL PROPERTY POLYTOME_PARTS)
  get_property(libraries GLOBAL PROPERTY POLYTOME_STANDS_ON)
  set(objects)
  foreach(part ${parts})
    list(APPEND objects $<TARGET_OBJECTS:${part}>)
  endforeach()
  if(NOT BUILD_SHARED_LIBS)
    polytome_one_object(objects ${objects})
  endif()
  add_library(polytome ${objects})
  add_dependencies(polytome ${parts}) # whose objects a command of its own joins, in a static library
  add_library(polytome::polytome ALIAS polytome)
  # What the parts stand on; an installed static library asks its user to link it (polytomeConfig.cmake finds it).
  target_link_libraries(polytome PRIVATE "$<BUILD_INTERFACE:polytome_flags;${libraries}>")
  if(NOT BUILD_SHARED_LIBS)
    target_link_libraries(polytome PRIVATE $<INSTALL_INTERFACE:PkgConfig::POLYTOME_DEPENDENCIES>
      $<INSTALL_INTERFACE:${OPENBLAS_SERIAL_LIBRARY}> $<INSTALL_INTERFACE:Threads::Threads> $<INSTALL_INTERFACE:m>)
    target_link_options(polytome INTERFACE $<INSTALL_INTERFACE:${OPENBLAS_SERIAL_LINK_OPTIONS}>)
  endif()
  # A program that loads and unloads it again and again would lose the memory of FFTW's planner each time, which is not
  # ours to clean up: the program may have plans of its own.
  target_link_options(polytome PRIVATE -Wl,--exclude-libs,ALL $<$<BOOL:${BUILD_SHARED_LIBS}>:-Wl,-z,nodelete>)
  target_include_directories(polytome PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # Structs of the header may grow from 0.1 to 0.2.
  set(soversion ${PROJECT_VERSION_MAJOR})
  if(PROJECT_VERSION_MAJOR EQUAL 0)
    string(APPEND soversion .${PROJECT_VERSION_MINOR})
  endif()
  set_target_properties(polytome PROPERTIES LINKER_LANGUAGE C VERSION ${PROJECT_VERSION} SOVERSION ${soversion})
endfunction()
