# evh_plugin(<id> SOURCES ... [LIBS ...]): one plugin as a shared library that exports evh_plugin_entry and nothing else.
function(evh_plugin id)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  set(target evh_plugin_${id})
  add_library(${target} MODULE ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE evh::sdk evh::warnings ${arg_LIBS})
  target_compile_options(${target} PRIVATE -fno-gnu-unique)
  if(NOT EVH_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  target_link_options(${target} PRIVATE -Wl,--exclude-libs,ALL
    "-Wl,--version-script=${EVH_SDK_VERSION_SCRIPT}")
  set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME "${id}"
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/plugins")
  set_property(GLOBAL APPEND PROPERTY EVH_PLUGIN_TARGETS ${target})
endfunction()
