// Everything that travels, in one table: topics, the types on them, their compact numbers. For checks and documents; code
// that produces or consumes includes its topic's own header.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace evh_schemas {

struct event_type {
  std::string_view topic;
  std::string_view type;                // its JSON Schema: schemas/events/json/<topic>/<type>.schema.json
  std::string (*through_codecs)(std::string_view json);   // JSON -> struct -> compact -> struct -> JSON; throws payload_error
};

std::span<const event_type> event_types();
const event_type* find_event_type(std::string_view topic, std::string_view type);

}  // namespace evh_schemas
