// Builds the view and ends the call.
#include "host/runtime/request_call.hpp"

#include "host/core/views.hpp"
#include "host/runtime/http_route.hpp"
#include "host/runtime/plugin_instance.hpp"
#include "host/runtime/request_table.hpp"

#include <array>

namespace evhost::runtime {

evh_principal view_of(const io::principal& who, std::string& roles) {
  roles.clear();
  for (const std::string& role : who.roles) {
    if (!roles.empty()) roles += ' ';
    roles += role;
  }
  evh_principal out{};
  out.struct_size = sizeof out;
  out.subject = core::view(who.subject);
  out.roles = core::view(roles);
  out.session = who.session_id.empty() ? core::absent : core::view(who.session_id);
  out.expires_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(who.expires.time_since_epoch()).count();
  return out;
}

request_call::request_call(std::shared_ptr<http_route> route, io::http_exchange_ptr exchange, call_gate::pass pass,
                           std::int64_t received_ns)
    : route_(std::move(route)), exchange_(std::move(exchange)), pass_(std::move(pass)) {
  build_view(received_ns);
}

plugin_instance& request_call::plugin() const {
  return route_->plugin();
}

void request_call::build_view(std::int64_t received_ns) {
  const io::http_request& r = exchange_->request();
  view_.struct_size = sizeof view_;
  view_.cookie = route_->cookie();
  view_.method = core::view(io::to_string(r.method));
  view_.path = core::view(r.path);
  view_.query = core::view(r.query);
  view_.body = core::view(r.body);
  view_.request_id = core::view(r.request_id);
  const auto key = r.field("idempotency-key");
  view_.idempotency_key = key ? core::view(*key) : core::absent;
  view_.remote_address = core::view(r.client_address);
  params_.reserve(r.params.size());
  for (const auto& one : r.params) params_.push_back({core::view(one.name), core::view(one.value)});
  view_.params = params_.data();
  view_.params_count = static_cast<std::uint32_t>(params_.size());
  principal_.struct_size = sizeof principal_;
  if (r.who) principal_ = view_of(*r.who, roles_);
  view_.principal = &principal_;
  view_.received_ns = received_ns;
}

std::optional<std::string_view> request_call::query(std::string_view name) {
  std::lock_guard lock(query_mutex_);
  return exchange_->query_value(name);
}

bool request_call::finish(answer&& what, bool replayed) {
  const bool heard = send(*exchange_, std::move(what), replayed);
  leave();
  return heard;
}

bool request_call::finish_refused(const io::http_problem& problem, bool retry_later) {
  static constexpr std::array<io::http_field, 1> retry{{{"Retry-After", "1"}}};
  const bool heard = exchange_->refuse(
      problem, retry_later ? std::span<const io::http_field>(retry) : std::span<const io::http_field>());
  leave();
  return heard;
}

void request_call::leave() {
  pass_.release();
  request_table::of_process().remove(handle_);  // may destroy *this
}

}  // namespace evhost::runtime
