# Language level, warnings, sanitizers and the compiler cache: what every target of ours shares.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")   # assertions stay on; -g1 keeps links and disks small
set(CMAKE_CXX_FLAGS_DEBUG "-g1")
# Whoever only runs the product sees no warnings that g++ 12 is known to invent about std::string and std::optional.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -Wno-restrict -Wno-stringop-overflow -Wno-maybe-uninitialized")

find_program(EVH_CCACHE ccache)
if(EVH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths relative to the build directory, so that a second clone is answered from the cache of the first.
  set(launcher env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${EVH_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")   # no path of the building machine in what is shipped

add_library(evh_warnings INTERFACE)
target_compile_options(evh_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>
  $<$<BOOL:${EVH_WERROR}>:-Werror>)
add_library(evh::warnings ALIAS evh_warnings)

set(EVH_SANITIZE "" CACHE STRING "Sanitizers for everything of ours, as -fsanitize= takes them")
if(EVH_SANITIZE)
  add_compile_options(-fsanitize=${EVH_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_link_options(-fsanitize=${EVH_SANITIZE})
endif()
