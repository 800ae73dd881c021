// The answer is serialised on the thread that makes it; the io thread only adds the head's fixed fields and writes.
#include "host/http/exchange.hpp"

#include "host/core/ids.hpp"
#include "host/http/session.hpp"
#include "host/http/shard.hpp"
#include "host/http/target.hpp"

namespace evhost::http {

exchange::exchange(std::shared_ptr<shard> home) : home_(std::move(home)) {}

void exchange::begin(std::chrono::steady_clock::time_point received) {
  core::write_uuid(core::new_uuid_v7(), id_.data());
  request_ = {};
  request_.method = in.method;
  request_.target = in.target;
  request_.path = in.path;
  request_.query = in.query;
  request_.fields = in.fields;
  request_.request_id = {id_.data(), id_.size()};
  request_.received = received;
  if (!in.traceparent.empty()) request_.trace = parse_traceparent(in.traceparent);
}

void exchange::reset() {
  in.clear();
  out.clear();
  rate_fields.clear();
  cors_fields = {};
  request_ = {};
  ready_ = false;
  params_.clear();
  pairs_.clear();
  pairs_parsed_ = false;
  on_cancel_ = nullptr;
  cancelled_ = false;
  state_.store(state::open, std::memory_order_release);
}

std::span<const io::http_field> exchange::query_pairs() {
  if (!pairs_parsed_) decode_query(in.query, query_storage_, pairs_);
  pairs_parsed_ = true;
  return pairs_;
}

io::http_exchange_ptr exchange::hand_out(session& owner) {
  session_ = &owner;
  add_owner();  // the group of handler references
  return io::http_exchange_ptr(this);
}

bool exchange::claim() noexcept {
  auto expected = state::open;
  if (state_.compare_exchange_strong(expected, state::answering, std::memory_order_acq_rel)) return true;
  home_->shared().counters.late.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool exchange::respond(unsigned status, std::span<const io::http_field> fields, std::string body) {
  if (!claim()) return false;
  if (status < 200 || status > 599 || !append_fields(out, fields)) {
    set_problem({500, "internal", "the answer was malformed", {}});
  } else {
    out.status = status;
    out.body = std::move(body);
    if (bodyless(status)) out.body.clear();
  }
  announce();
  return true;
}

bool exchange::refuse(const io::http_problem& problem, std::span<const io::http_field> fields) {
  if (!claim()) return false;
  set_problem(problem, fields);
  announce();
  return true;
}

void exchange::set_problem(const io::http_problem& problem, std::span<const io::http_field> fields) {
  out.clear();
  out.status = problem.status;
  out.code = problem.code;
  out.body = problem_json(problem, request_.request_id);
  const io::http_field type{"Content-Type", "application/problem+json"};
  append_fields(out, {&type, 1});
  append_fields(out, fields);
}

void exchange::announce() {
  state_.store(state::answered, std::memory_order_release);
  std::function<void()> unneeded;  // it may hold this exchange
  {
    const std::lock_guard lock(cancel_mutex_);
    unneeded = std::move(on_cancel_);
    on_cancel_ = nullptr;
  }
  if (!home_->on_thread())
    home_->post_answer(*this);
  else if (session_ != nullptr && session_->awaits_answer())
    home_->post_answer(*this);  // never resumed from inside whatever called us
  else
    ready_ = true;
}

void exchange::arrive() {
  ready_ = true;
  if (session_ != nullptr) session_->answer_ready();
}

void exchange::on_cancel(std::function<void()> fn) {
  {
    const std::lock_guard lock(cancel_mutex_);
    if (!cancelled_) {
      const auto now = state_.load(std::memory_order_acquire);
      if (now == state::open || now == state::cancelled) on_cancel_ = std::move(fn);  // cancelled: cancel() takes it next
      return;
    }
  }
  if (fn) fn();
}

bool exchange::cancel() {
  auto expected = state::open;
  if (!state_.compare_exchange_strong(expected, state::cancelled, std::memory_order_acq_rel)) return false;
  std::function<void()> fn;
  {
    const std::lock_guard lock(cancel_mutex_);
    cancelled_ = true;
    fn = std::move(on_cancel_);
    on_cancel_ = nullptr;
  }
  if (fn) fn();
  return true;
}

void exchange::detach() noexcept { session_ = nullptr; }

void exchange::last_release() noexcept {
  if (!answered()) {
    home_->shared().counters.dropped.fetch_add(1, std::memory_order_relaxed);
    refuse({500, "internal", "the request was dropped by its handler", {}}, {});
  }
  release_owner();
}

void exchange::release_owner() noexcept {
  if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

}  // namespace evhost::http
