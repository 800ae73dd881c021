# evh_odb(): entity headers to persistence code. ODB and its GPL runtime reach a build only through this file,
# and only the targets that name evh_odb().
#
#   evh_odb(<target> HEADERS a.hxx ... PREFIX <plugin> [PROFILES boost/uuid] [MIGRATIONS <folder>])
#
# makes <target>, a library of the generated code. Whoever links it includes "a.hxx" and "a-odb.hxx" (and
# <evh/odb.hpp>) at C++20. The headers themselves are parsed by the ODB compiler, so they stay within C++14: no
# std::optional (odb::nullable), no string_view. Queries are prepared and named: `scope.query<T>(name, params, make)`.
# Tables are named <plugin>_<table>. MIGRATIONS, a folder of numbered SQL files for SQLite, adds the ctest
# `odb_drift.<target>`: the migrations and the entities must describe the same columns and keys; `../postgres` beside it is
# held against them by `conformance.odb_on_postgres`.
set(EVH_ODB_ENGINES sqlite pgsql CACHE STRING "Databases the entities are generated for: sqlite, pgsql")

# Interface target evh::odb: the runtime, with copies of three of its headers in front: from two the eight exception
# specifications are taken out that C++20 removed, in the third statements get names that no other plugin on the same
# PostgreSQL connection uses (evh/odb_statement_name.hpp). Found on first use, so that a host without plugins never needs ODB.
function(evh_odb_runtime)
  if(TARGET evh::odb)
    return()
  endif()
  find_program(EVH_ODB_COMPILER odb REQUIRED)
  find_path(EVH_ODB_INCLUDE odb/details/shared-ptr/base.hxx REQUIRED)
  find_library(EVH_ODB_LIBRARY odb REQUIRED)
  set(patched "${CMAKE_BINARY_DIR}/odb_cxx20")
  foreach(ending hxx ixx)
    file(READ "${EVH_ODB_INCLUDE}/odb/details/shared-ptr/base.${ending}" text)
    string(REPLACE "throw (std::bad_alloc)" "" text "${text}")
    string(REPLACE "throw ()" "noexcept" text "${text}")
    file(CONFIGURE OUTPUT "${patched}/odb/details/shared-ptr/base.${ending}" CONTENT "${text}" @ONLY)
  endforeach()
  if("pgsql" IN_LIST EVH_ODB_ENGINES)
    set(name odb/pgsql/simple-object-statements.hxx)
    file(READ "${EVH_ODB_INCLUDE}/${name}" text)
    string(REGEX REPLACE "(object_traits::[a-z_]+_statement_name)," "::evh::odb_statement_name (conn_, \\1)," named "${text}")
    if(named STREQUAL text)
      message(FATAL_ERROR "${EVH_ODB_INCLUDE}/${name} is not the header of ODB 2.4 that this build knows how to patch")
    endif()
    file(CONFIGURE OUTPUT "${patched}/${name}" CONTENT "#include <evh/odb_statement_name.hpp>\n${named}" @ONLY)
  endif()
  add_library(evh_odb_runtime INTERFACE)
  add_library(evh::odb ALIAS evh_odb_runtime)
  target_include_directories(evh_odb_runtime SYSTEM BEFORE INTERFACE "${patched}")
  foreach(database IN LISTS EVH_ODB_ENGINES)
    find_library(EVH_ODB_${database}_LIBRARY odb-${database} REQUIRED)
    target_link_libraries(evh_odb_runtime INTERFACE "${EVH_ODB_${database}_LIBRARY}")
    string(TOUPPER "${database}" upper)
    target_compile_definitions(evh_odb_runtime INTERFACE EVH_ODB_${upper}=1)
  endforeach()
  target_link_libraries(evh_odb_runtime INTERFACE "${EVH_ODB_LIBRARY}" evh::sdk SQLite::SQLite3)
  if("pgsql" IN_LIST EVH_ODB_ENGINES)
    target_link_libraries(evh_odb_runtime INTERFACE PkgConfig::libpq)
  endif()
endfunction()

function(evh_odb target)
  cmake_parse_arguments(arg "" "PREFIX;MIGRATIONS" "HEADERS;PROFILES" ${ARGN})
  if(NOT arg_HEADERS OR NOT arg_PREFIX)
    message(FATAL_ERROR "evh_odb(${target}): HEADERS and PREFIX are both needed")
  endif()
  evh_odb_runtime()
  set(gen "${CMAKE_CURRENT_BINARY_DIR}/${target}")
  file(MAKE_DIRECTORY "${gen}")

  # Prepared statements only (a failing once-off query leaks its name on PostgreSQL), immediate foreign keys (a
  # deferred one passes RELEASE and fails the COMMIT of the whole group), no sessions (they keep what was rolled back).
  set(flags -m dynamic -d common --std c++14 --generate-query --generate-prepared --omit-unprepared
    --default-pointer std::unique_ptr --fkeys-deferrable-mode not_deferrable --table-prefix ${arg_PREFIX}_
    --generate-schema --schema-format sql --suppress-migration)
  foreach(database IN LISTS EVH_ODB_ENGINES)
    list(APPEND flags -d ${database})
  endforeach()
  if("pgsql" IN_LIST EVH_ODB_ENGINES)
    list(APPEND flags --pgsql-server-version 12.0 --statement-regex "pgsql:/(.+)/${arg_PREFIX}_$1/")
  endif()
  foreach(profile IN LISTS arg_PROFILES)
    list(APPEND flags -p ${profile})
  endforeach()

  set(folders "")
  set(headers "")
  foreach(header IN LISTS arg_HEADERS)
    cmake_path(ABSOLUTE_PATH header BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    list(APPEND headers "${header}")
    cmake_path(GET header PARENT_PATH folder)
    list(APPEND folders "${folder}")
  endforeach()
  list(REMOVE_DUPLICATES folders)
  list(TRANSFORM folders PREPEND "-I" OUTPUT_VARIABLE includes)

  set(sources "")
  set(schemas "")
  foreach(header IN LISTS headers)
    cmake_path(GET header STEM name)
    set(made "${gen}/${name}-odb.hxx" "${gen}/${name}-odb.ixx" "${gen}/${name}-odb.cxx")
    foreach(database IN LISTS EVH_ODB_ENGINES)
      list(APPEND made "${gen}/${name}-odb-${database}.hxx" "${gen}/${name}-odb-${database}.ixx"
        "${gen}/${name}-odb-${database}.cxx" "${gen}/${name}-${database}.sql")
      list(APPEND sources "${gen}/${name}-odb-${database}.cxx")
      list(APPEND schemas "${gen}/${name}-${database}.sql")
    endforeach()
    list(APPEND sources "${gen}/${name}-odb.cxx")
    # Every header stands in DEPENDS because entities include one another and ODB 2.4 writes no dependency file.
    add_custom_command(OUTPUT ${made} DEPENDS ${headers} VERBATIM
      COMMAND "${EVH_ODB_COMPILER}" ${flags} ${includes} -I "${CMAKE_SOURCE_DIR}" -o "${gen}" "${header}"
      COMMENT "ODB ${arg_PREFIX}/${name}.hxx")
  endforeach()

  # The databases' halves register themselves at load time and nothing refers to them by name, so whoever links
  # <target>, however indirectly, takes the whole archive.
  add_library(${target}_generated STATIC ${sources})
  target_include_directories(${target}_generated PUBLIC ${folders})
  target_include_directories(${target}_generated SYSTEM PUBLIC "${gen}")
  target_link_libraries(${target}_generated PUBLIC evh::odb)
  target_compile_options(${target}_generated PUBLIC -fno-gnu-unique -Wno-unknown-pragmas)
  add_library(${target} INTERFACE)
  target_link_libraries(${target} INTERFACE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${target}_generated>")
  set_target_properties(${target} PROPERTIES EVH_ODB_SCHEMAS "${schemas}")

  if(arg_MIGRATIONS AND EVH_BUILD_TESTS)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    cmake_path(ABSOLUTE_PATH arg_MIGRATIONS BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
    set(sqlite_schemas ${schemas})
    list(FILTER sqlite_schemas INCLUDE REGEX "-sqlite\\.sql$")
    add_test(NAME odb_drift.${target} COMMAND "${Python3_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/tests/architecture/odb_drift.py"
      --migrations "${arg_MIGRATIONS}" ${sqlite_schemas})
    # PostgreSQL's stand in the folder beside; one test with a server looks at those of all targets.
    cmake_path(SET others NORMALIZE "${arg_MIGRATIONS}/../postgres")
    if("pgsql" IN_LIST EVH_ODB_ENGINES AND EXISTS "${others}")
      set(pgsql_schemas ${schemas})
      list(FILTER pgsql_schemas INCLUDE REGEX "-pgsql\\.sql$")
      list(JOIN pgsql_schemas " " pgsql_schemas)
      set_property(GLOBAL APPEND_STRING PROPERTY EVH_ODB_ON_POSTGRES "${target} ${others} ${pgsql_schemas}\n")
      set_property(GLOBAL APPEND PROPERTY EVH_ODB_ON_POSTGRES_TARGETS ${target}_generated)
    endif()
  endif()
endfunction()
