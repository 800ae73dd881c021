# The ABI benchmark and the plugin library it crosses into (outside build/plugins, which the host serves from).
evh_plugin(abi_bench SOURCES abi_plugin.cpp)
set_target_properties(evh_plugin_abi_bench PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bench-plugins")
add_executable(abi_bench abi_bench.cpp)
target_link_libraries(abi_bench PRIVATE evh::host_runtime evh::host_loader evh::warnings benchmark::benchmark)
target_compile_definitions(abi_bench PRIVATE "EVH_BENCH_ABI_PLUGIN=\"$<TARGET_FILE:evh_plugin_abi_bench>\"")
add_dependencies(abi_bench evh_plugin_abi_bench)
