// Writing and reading the "evh-dlq-" headers.
#include "host/runtime/dead_letter_record.hpp"

#include "host/core/views.hpp"

#include <charconv>

namespace evhost::runtime {
namespace {

constexpr std::array<std::string_view, 15> status_words{
    "ok",    "invalid", "state",     "thread",   "not_found", "unsupported", "denied",   "again",
    "timeout", "cancelled", "conflict", "io",     "no_memory", "exception",   "shutdown"};

evh_status status_of(std::string_view word) {
  for (std::size_t i = 0; i < status_words.size(); ++i)
    if (status_words[i] == word) return static_cast<evh_status>(i);
  return EVH_INVALID;
}

std::int64_t number_of(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::string_view status_word(evh_status status) {
  const auto index = static_cast<std::size_t>(status);
  return status >= 0 && index < status_words.size() ? status_words[index] : std::string_view("unknown");
}

void dead_letter_record::add(std::string_view name, std::string_view value) {
  headers_.push_back({core::view(name), core::view(value)});
}

void dead_letter_record::add(std::string_view name, std::int64_t value) {
  auto& digits = numbers_[numbers_used_++];
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  add(name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

const io::outgoing& dead_letter_record::compose(std::uint32_t dead_letter_topic, const evh_event& event,
                                                std::string_view type, std::span<const evh_pair> headers,
                                                const dead_letter_cause& cause) {
  headers_.assign(headers.begin(), headers.end());
  numbers_used_ = 0;
  add("evh-dlq-reason", cause.reason);
  add("evh-dlq-status", status_word(cause.status));
  add("evh-dlq-error", cause.error);
  add("evh-dlq-plugin", cause.plugin);
  add("evh-dlq-group", cause.group);
  add("evh-dlq-topic", cause.topic);
  add("evh-dlq-partition", cause.partition);
  add("evh-dlq-offset", cause.offset);
  add("evh-dlq-attempts", static_cast<std::int64_t>(cause.attempts));
  add("evh-dlq-first-failure-ns", cause.first_failure_ns);
  add("evh-dlq-set-aside-ns", cause.set_aside_ns);
  add("evh-dlq-event-time-ns", event.time_ns);
  add("evh-dlq-host-version", cause.host_version);
  record_ = {};
  record_.topic = dead_letter_topic;
  record_.type = type;
  record_.id = core::text(event.id);
  record_.key = event.key;
  record_.payload = event.payload;
  record_.headers = headers_;
  record_.trace_id = event.trace_id;
  record_.span_id = event.span_id;
  return record_;
}

std::optional<dead_letter_headers> parse_dead_letter(std::span<const evh_pair> headers) {
  dead_letter_headers found;
  while (found.original_count < headers.size() &&
         !core::text(headers[found.original_count].name).starts_with(dead_letter_header_prefix))
    ++found.original_count;
  auto& cause = found.cause;
  for (const auto& header : headers.subspan(found.original_count)) {
    const auto name = core::text(header.name);
    if (!name.starts_with(dead_letter_header_prefix)) continue;
    const auto key = name.substr(dead_letter_header_prefix.size());
    const auto value = core::text(header.value);
    if (key == "reason") cause.reason = value;
    else if (key == "status") cause.status = status_of(value);
    else if (key == "error") cause.error = value;
    else if (key == "plugin") cause.plugin = value;
    else if (key == "group") cause.group = value;
    else if (key == "topic") cause.topic = value;
    else if (key == "partition") cause.partition = static_cast<std::int32_t>(number_of(value));
    else if (key == "offset") cause.offset = number_of(value);
    else if (key == "attempts") cause.attempts = static_cast<std::uint32_t>(number_of(value));
    else if (key == "first-failure-ns") cause.first_failure_ns = number_of(value);
    else if (key == "set-aside-ns") cause.set_aside_ns = number_of(value);
    else if (key == "event-time-ns") found.event_time_ns = number_of(value);
    else if (key == "host-version") cause.host_version = value;
  }
  if (cause.topic.empty()) return std::nullopt;
  return found;
}

}  // namespace evhost::runtime
