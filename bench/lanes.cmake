# The lane engine on the real store and log.
add_executable(lane_bench lane_bench.cpp)
target_link_libraries(lane_bench PRIVATE evh::host_runtime evh::host_log evh::host_storage evh::warnings benchmark::benchmark)
