# The libraries, each behind one imported target.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET
  libavformat>=59 libavcodec>=59 libavutil>=57 libswscale>=6 libswresample>=4)
pkg_check_modules(FFTW3F REQUIRED IMPORTED_TARGET fftw3f)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.13)

# OpenBLAS without threads of its own, linked in: tiles run on our threads, and a program that uses libpolytome keeps its
# own BLAS and its settings. Debian's package is libopenblas-serial-dev.
find_library(OPENBLAS_SERIAL_LIBRARY NAMES libopenblas.a
  PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial NO_DEFAULT_PATH)
find_path(OPENBLAS_SERIAL_INCLUDE NAMES cblas.h
  PATHS /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial NO_DEFAULT_PATH)
if(NOT OPENBLAS_SERIAL_LIBRARY OR NOT OPENBLAS_SERIAL_INCLUDE)
  message(FATAL_ERROR "the single-threaded OpenBLAS was not found: install libopenblas-serial-dev, or set "
    "OPENBLAS_SERIAL_LIBRARY and OPENBLAS_SERIAL_INCLUDE to a build with USE_THREAD=0 USE_LOCKING=1")
endif()
add_library(OpenBLAS::serial INTERFACE IMPORTED)
target_include_directories(OpenBLAS::serial INTERFACE ${OPENBLAS_SERIAL_INCLUDE})
target_link_libraries(OpenBLAS::serial INTERFACE ${OPENBLAS_SERIAL_LIBRARY} m)

# Debian's build hands out its packing buffers without a lock: src/compute/gemm.c puts one around these two functions.
# And it does not know newer processors: gemm.c answers for the variable that names one, where the user has not set it.
set(OPENBLAS_SERIAL_WRAPPED blas_memory_alloc blas_memory_free getenv)
list(JOIN OPENBLAS_SERIAL_WRAPPED ",--wrap=" OPENBLAS_SERIAL_LINK_OPTIONS)
string(PREPEND OPENBLAS_SERIAL_LINK_OPTIONS "-Wl,--wrap=")
target_link_options(OpenBLAS::serial INTERFACE ${OPENBLAS_SERIAL_LINK_OPTIONS})
