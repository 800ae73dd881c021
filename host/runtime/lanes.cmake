# The lane engine's sources; the other half of the runtime stands in CMakeLists.txt.
set(evh_runtime_lane_sources
  dead_letter_record.cpp
  dead_letters.cpp
  in_flight.cpp
  lane_actor.cpp
  lane_broadcast.cpp
  lane_engine.cpp
  lane_group.cpp
  lane_group_free.cpp
  lane_group_plan.cpp
  lane_group_run.cpp
  lane_group_settle.cpp
  lane_housekeeping.cpp
  lane_metrics.cpp
  retry_ladder.cpp
  suspects.cpp
)
