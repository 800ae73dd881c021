// Copies, stores and sends answers.
#include "host/runtime/answer.hpp"

#include "host/core/views.hpp"
#include "host/runtime/abi_error.hpp"

#include <boost/json.hpp>

#include <array>

namespace evhost::runtime {

core::result<answer> copy_answer(const evh_response* r) {
  if (!reaches(r, &evh_response::headers_count))
    return core::fail(core::errc::invalid, "response.struct_size is too small");
  if (r->status < 200 || r->status > 599)
    return core::fail(core::errc::invalid, "response.status is " + std::to_string(r->status) + ": use 200 to 599");
  if (r->headers_count > answer_headers_max || (r->headers_count > 0 && r->headers == nullptr))
    return core::fail(core::errc::invalid, "response.headers: at most " + std::to_string(answer_headers_max));
  if (r->body.len > 0 && r->body.ptr == nullptr) return core::fail(core::errc::invalid, "response.body.ptr is NULL");
  answer out;
  out.status = static_cast<unsigned>(r->status);
  out.body = core::text(r->body);
  if (r->content_type.ptr != nullptr)
    out.content_type = core::text(r->content_type);
  else if (!out.body.empty())
    out.content_type = "application/json";
  out.headers.reserve(r->headers_count);
  for (std::uint32_t i = 0; i < r->headers_count; ++i)
    out.headers.emplace_back(core::text(r->headers[i].name), core::text(r->headers[i].value));
  return out;
}

std::string headers_to_json(const answer& from) {
  boost::json::array all;
  if (!from.content_type.empty()) all.push_back(boost::json::array{"content-type", from.content_type});
  for (const auto& [name, value] : from.headers) all.push_back(boost::json::array{name, value});
  return boost::json::serialize(all);
}

void headers_from_json(std::string_view json, answer& into) {
  boost::system::error_code why;
  const boost::json::value all = boost::json::parse(json, why);
  if (why || !all.is_array()) return;
  for (const auto& one : all.get_array()) {
    if (!one.is_array() || one.get_array().size() != 2 || !one.at(0).is_string() || !one.at(1).is_string()) continue;
    const std::string_view name = one.at(0).get_string(), value = one.at(1).get_string();
    if (name == "content-type")
      into.content_type = value;
    else
      into.headers.emplace_back(name, value);
  }
}

bool send(io::http_exchange& exchange, answer&& what, bool replayed) {
  std::array<io::http_field, answer_headers_max + 2> fields{};
  std::size_t count = 0;
  if (!what.content_type.empty()) fields[count++] = {"Content-Type", what.content_type};
  if (replayed) fields[count++] = {"Idempotency-Replayed", "true"};
  for (const auto& [name, value] : what.headers)
    if (count < fields.size()) fields[count++] = {name, value};
  return exchange.respond(what.status, std::span<const io::http_field>(fields.data(), count), std::move(what.body));
}

}  // namespace evhost::runtime
