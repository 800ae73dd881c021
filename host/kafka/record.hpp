// An event as a Kafka record and back: CloudEvents 1.0 in binary mode (ce_* headers), W3C traceparent, and the stamp.
//
// The stamp says which outbox shard published a record under which number: "<outbox>/<shard>/<number>". Numbers of a shard
// only grow; a record that does not exceed the highest number seen was published twice. Pure functions, any thread.
// Records of strangers may lack every header: type 0, id "topic/partition@offset", time of the broker.
#pragma once
#include <evh/abi/event.h>

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evhost::kafka {

struct stamp {
  std::string_view shard;  // "<outbox>/<shard>"
  std::int64_t number = 0;
};

// What is read of a record's headers. Views into the message.
struct record_headers {
  std::string_view id, type, time;
  std::optional<stamp> from;
  std::uint8_t trace_id[16] = {}, span_id[8] = {};
  std::vector<evh_pair> others;  // neither ce_* nor ours
};
record_headers read_headers(const rd_kafka_message_t& message);

// Highest number seen per shard, as a position keeps it: "shard=number" lines.
class stamp_book {
 public:
  // False: published before. True: noted.
  bool admit(const stamp& s);
  [[nodiscard]] std::string text() const;
  static stamp_book parse(std::string_view text);
  bool operator==(const stamp_book&) const = default;

 private:
  std::map<std::string, std::int64_t, std::less<>> highest_;
};

std::string stamp_text(std::string_view outbox, std::int64_t shard, std::int64_t number);
std::string traceparent(const std::uint8_t* trace_id, const std::uint8_t* span_id);
std::string rfc3339(std::int64_t unix_ns);
std::optional<std::int64_t> parse_rfc3339(std::string_view text);

// Headers that are not ours, as the outbox keeps them: u32 count, then u32 length + bytes of each name and value.
std::string pack_headers(const evh_pair* headers, std::size_t count);
bool unpack_headers(std::string_view packed, std::vector<evh_pair>& into);

inline constexpr char header_id[] = "ce_id", header_type[] = "ce_type", header_time[] = "ce_time", header_source[] = "ce_source",
                      header_version[] = "ce_specversion", header_content[] = "content-type", header_trace[] = "traceparent",
                      header_stamp[] = "evh-stamp";

}  // namespace evhost::kafka
