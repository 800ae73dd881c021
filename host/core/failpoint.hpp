// Failpoints: named places where the crash tests kill the process. Compiled away unless EVH_FAILPOINTS is on.
//
// EVH_FAILPOINT="<name>:<n>" kills this process with SIGKILL at the n-th pass of that name (n >= 1). A pass is counted
// in the file EVH_FAILPOINT_LOG (one line per kill, appended before the kill) so that the tests know it was really hit.
// With EVH_FAILPOINT_ARM=<file> passes count only once that file exists, so that a test chooses when.
//
// Control runs take one protection away: EVH_FAULT_UNPROTECTED="<name>". An oracle that stays green then proves nothing.
#pragma once
#include <string_view>

namespace evhost::core {

#ifdef EVH_FAILPOINTS
void failpoint(const char* name);             // any thread
bool struck(const char* name);                // any thread; instead of a kill: true at every n-th pass, the caller does the harm
bool unprotected(std::string_view protection);  // any thread
#else
inline void failpoint(const char*) {}
constexpr bool struck(const char*) { return false; }
constexpr bool unprotected(std::string_view) { return false; }
#endif

// The names, so that a typo cannot make a test vacuous.
namespace failpoints {
inline constexpr const char* fetched = "fetched";                // a lane has a batch, nothing done yet
inline constexpr const char* in_handler = "in_handler";          // the plugin ran, inside the unit
inline constexpr const char* before_commit = "before_commit";    // every write of the group done, COMMIT not sent
inline constexpr const char* after_commit = "after_commit";      // durable, nobody told yet
inline constexpr const char* before_delivery = "before_delivery";  // about to hand committed records to lanes
inline constexpr const char* after_delivery = "after_delivery";  // lanes have them, answers not sent
inline constexpr const char* outbox_numbered = "outbox_numbered";    // records have their numbers, none is sent
inline constexpr const char* outbox_produced = "outbox_produced";    // a record is with the producer, unconfirmed
inline constexpr const char* outbox_confirmed = "outbox_confirmed";  // the brokers have it, its row is still there
inline constexpr const char* producer_fatal = "producer_fatal";      // struck: librdkafka calls its producer beyond use
inline constexpr const char* before_offset_commit = "before_offset_commit";  // positions moved, the brokers not told
}  // namespace failpoints

// What control runs can take away.
namespace protections {
inline constexpr std::string_view position = "position";        // the position moves in the unit of its effects
inline constexpr std::string_view fence = "fence";              // and only for whoever owns the partition
inline constexpr std::string_view stamps = "stamps";            // readers drop what was published twice
inline constexpr std::string_view claim = "claim";              // the outbox is read by stamps, not by "id > last"
inline constexpr std::string_view idempotency = "idempotency";  // a repeated request is answered, not run
inline constexpr std::string_view commit_check = "commit";      // a COMMIT without an answer is looked up
}  // namespace protections

}  // namespace evhost::core
