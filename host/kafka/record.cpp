// Headers in and out.
#include "host/kafka/record.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace evhost::kafka {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return n;
}

std::optional<stamp> parse_stamp(std::string_view text) {
  const auto slash = text.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  const auto n = number(text.substr(slash + 1));
  if (!n || *n < 0) return std::nullopt;
  return stamp{text.substr(0, slash), *n};
}

bool unhex(std::string_view text, std::uint8_t* to, std::size_t bytes) {
  if (text.size() != bytes * 2) return false;
  for (std::size_t i = 0; i < bytes; ++i)
    if (std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, to[i], 16).ptr != text.data() + 2 * i + 2) return false;
  return true;
}

void parse_trace(std::string_view text, record_headers& into) {
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return;
  std::uint8_t trace[16], span[8];
  if (!unhex(text.substr(3, 32), trace, 16) || !unhex(text.substr(36, 16), span, 8)) return;
  std::memcpy(into.trace_id, trace, sizeof trace);
  std::memcpy(into.span_id, span, sizeof span);
}

void put_u32(std::string& out, std::uint32_t n) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(n >> shift & 0xff);
}
bool take_u32(std::string_view& in, std::uint32_t& n) {
  if (in.size() < 4) return false;
  n = 0;
  for (unsigned i = 0; i < 4; ++i) n |= static_cast<std::uint32_t>(static_cast<unsigned char>(in[i])) << (8 * i);
  in.remove_prefix(4);
  return true;
}
bool take_bytes(std::string_view& in, evh_sv& out) {
  std::uint32_t n = 0;
  if (!take_u32(in, n) || n > in.size()) return false;
  out = {in.data(), n};
  in.remove_prefix(n);
  return true;
}

}  // namespace

record_headers read_headers(const rd_kafka_message_t& message) {
  record_headers out;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return out;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    const std::string_view key(name), text(value ? static_cast<const char*>(value) : "", value ? size : 0);
    if (key == header_id) out.id = text;
    else if (key == header_type) out.type = text;
    else if (key == header_time) out.time = text;
    else if (key == header_stamp) out.from = parse_stamp(text);
    else if (key == header_trace) parse_trace(text, out);
    else if (!key.starts_with("ce_") && key != header_content) out.others.push_back({{key.data(), key.size()}, {text.data(), text.size()}});
  }
  return out;
}

bool stamp_book::admit(const stamp& s) {
  const auto it = highest_.find(s.shard);
  if (it == highest_.end()) {
    highest_.emplace(s.shard, s.number);
    return true;
  }
  if (s.number <= it->second) return false;
  it->second = s.number;
  return true;
}

std::string stamp_book::text() const {
  std::string out;
  for (const auto& [shard, n] : highest_) out += shard + "=" + std::to_string(n) + "\n";
  return out;
}

stamp_book stamp_book::parse(std::string_view text) {
  stamp_book book;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    const auto at = line.rfind('=');
    if (at != std::string_view::npos)
      if (const auto n = number(line.substr(at + 1))) book.highest_.emplace(line.substr(0, at), *n);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return book;
}

std::string stamp_text(std::string_view outbox, std::int64_t shard, std::int64_t n) {
  return std::string(outbox) + "/" + std::to_string(shard) + "/" + std::to_string(n);
}

std::string traceparent(const std::uint8_t* trace_id, const std::uint8_t* span_id) {
  std::string out = "00-";
  char pair[3];
  const auto add = [&](const std::uint8_t* bytes, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      std::snprintf(pair, sizeof pair, "%02x", bytes ? bytes[i] : 0);
      out += pair;
    }
  };
  add(trace_id, 16);
  out += '-';
  add(span_id, 8);
  return out += "-01";
}

std::string rfc3339(std::int64_t unix_ns) {
  using namespace std::chrono;
  const sys_time<nanoseconds> at{nanoseconds(unix_ns)};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%09lldZ", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<long long>(time.subseconds().count()));
  return text;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() <= shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i]) return std::nullopt;
  const auto digits = [text](std::size_t at, std::size_t count, int& into) {
    for (into = 0; count-- > 0; ++at) into = into * 10 + (text[at] - '0');
  };
  digits(0, 4, y), digits(5, 2, mo), digits(8, 2, d), digits(11, 2, h), digits(14, 2, mi), digits(17, 2, s);
  std::int64_t ns = 0;
  auto rest = text.substr(shape.size());
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    std::int64_t unit = 100'000'000;
    while (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
      ns += (rest[0] - '0') * unit;
      unit /= 10;
      rest.remove_prefix(1);
    }
  }
  if (rest != "Z") return std::nullopt;
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  const auto at = sys_days(date) + hours(h) + minutes(mi) + seconds(s);
  return duration_cast<nanoseconds>(at.time_since_epoch()).count() + ns;
}

std::string pack_headers(const evh_pair* headers, std::size_t count) {
  std::string out;
  if (count == 0) return out;
  put_u32(out, static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i)
    for (const auto& part : {headers[i].name, headers[i].value}) {
      put_u32(out, static_cast<std::uint32_t>(part.len));
      out.append(part.ptr ? part.ptr : "", part.len);
    }
  return out;
}

bool unpack_headers(std::string_view packed, std::vector<evh_pair>& into) {
  if (packed.empty()) return true;
  std::uint32_t count = 0;
  if (!take_u32(packed, count)) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    evh_pair pair{};
    if (!take_bytes(packed, pair.name) || !take_bytes(packed, pair.value)) return false;
    into.push_back(pair);
  }
  return packed.empty();
}

}  // namespace evhost::kafka
