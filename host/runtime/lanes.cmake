# The lane engine's sources; the other half of the runtime stands in CMakeLists.txt.
set(evh_runtime_lane_sources
  in_flight.cpp
  lane_sql.cpp
  retry_ladder.cpp
  suspects.cpp
)
