# evh_test(<name> SOURCES ... LIBS ... [LABELS ...] [ENV ...] [TIMEOUT seconds]): one GoogleTest executable, every case
# its own ctest. The first folder under tests/ (unit, conformance, integration, faults, e2e) is a label by itself; add
# `slow` to what the sanitizer runs of CI leave out, `bench` to smoke runs of benchmarks.
function(evh_test name)
  if(NOT EVH_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBS;LABELS;ENV" ${ARGN})
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} evh::warnings GTest::gmock GTest::gtest GTest::gtest_main)
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${CMAKE_SOURCE_DIR}/tests" OUTPUT_VARIABLE place)
  string(REGEX REPLACE "/.*" "" kind "${place}")
  set(labels ${kind} ${arg_LABELS})
  list(REMOVE_DUPLICATES labels)
  list(REMOVE_ITEM labels "..")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 TEST_LIST ${name}_cases PROPERTIES TIMEOUT ${arg_TIMEOUT})
  # Lists do not survive PROPERTIES above; ctest sets them from this file, after the discovered cases.
  set(properties "${CMAKE_CURRENT_BINARY_DIR}/${name}_properties.cmake")
  file(CONFIGURE OUTPUT "${properties}" @ONLY CONTENT
    "if(@name@_cases)\n  set_tests_properties(\${@name@_cases} PROPERTIES LABELS \"@labels@\" ENVIRONMENT \"@arg_ENV@\")\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${properties}")
endfunction()
