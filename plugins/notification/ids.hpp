// Identifiers, digests and signatures: what makes a repeat recognisable and a webhook verifiable.
//
// Pure but for random_bytes; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace notification {

// RFC 9562 version 8: the fire time first, so that ids sort by it; the rest from SHA-256 of the three. The same reminder at
// the same time has the same id wherever and however often it is computed.
std::string notification_id(std::string_view task_id, std::string_view reminder_id, std::int64_t fire_ms);
std::string new_id(std::int64_t now_ms);           // version 7
bool looks_like_id(std::string_view text);         // a UUID's 36 characters

std::string random_bytes(std::size_t count);
std::string base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

// Standard Webhooks: "v1," and the base64 HMAC-SHA256 of "<id>.<timestamp>.<body>" under a secret "whsec_<base64>".
std::string new_webhook_secret();
std::string webhook_signature(std::string_view secret, std::string_view id, std::int64_t timestamp_s, std::string_view body);

}  // namespace notification
