// One request and its answer between a session and whoever handles it.
//
// Threading: `in` and the session's side belong to the io thread; the http_exchange side to any thread. An answer made
//   elsewhere is written into `out` there and only announced to the io thread.
// Ownership: two owners, the session and the group of handler references; a session reuses an exchange when it is the only
//   one left. An answer on its way to the io thread counts as an owner, too.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/http/answer.hpp"
#include "host/http/request_reader.hpp"
#include "host/io/http.hpp"

namespace evhost::http {

class session;
class shard;

class exchange final : public io::http_exchange {
 public:
  explicit exchange(std::shared_ptr<shard> home);

  // ---- io::http_exchange ----
  std::span<const io::http_field> query_pairs() override;
  bool respond(unsigned status, std::span<const io::http_field> fields, std::string body) override;
  bool refuse(const io::http_problem& problem, std::span<const io::http_field> fields) override;
  bool answered() const noexcept override { return state_.load(std::memory_order_acquire) != state::open; }
  void on_cancel(std::function<void()> fn) override;

  // ---- the session's side, on the io thread ----
  parsed_request in;
  answer_parts out;
  std::string rate_fields;
  std::string_view cors_fields;  // of the front's policy, or ""

  // A head has been read into `in`: fills request() and takes a fresh request id.
  void begin(std::chrono::steady_clock::time_point received);
  io::http_request& editable_request() noexcept { return request_; }
  std::vector<io::http_field>& params() noexcept { return params_; }
  std::string& client_text() noexcept { return client_text_; }
  void set_problem(const io::http_problem& problem, std::span<const io::http_field> fields = {});
  // The reference to give to a handler; the session is told by answer_ready() when it answers later than at once.
  io::http_exchange_ptr hand_out(session& owner);
  bool ready() const noexcept { return ready_; }
  // Takes the right to answer away from the handler; false when it is already answering. Calls its on_cancel.
  bool cancel();
  // The session goes its own way.
  void detach() noexcept;
  bool reusable() const noexcept { return owners_.load(std::memory_order_acquire) == 1; }
  void reset();
  void release_owner() noexcept;

  // ---- the shard's side ----
  void arrive();  // an answer posted from another thread, on the io thread
  exchange* next_posted = nullptr;
  void add_owner() noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }

 private:
  enum class state { open, answering, answered, cancelled };

  ~exchange() override = default;
  void last_release() noexcept override;
  bool claim() noexcept;
  void announce();

  const std::shared_ptr<shard> home_;
  std::atomic<int> owners_{1};
  std::atomic<state> state_{state::open};
  session* session_ = nullptr;
  bool ready_ = false;
  std::array<char, 36> id_{};
  std::string client_text_, query_storage_;
  std::vector<io::http_field> params_, pairs_;
  bool pairs_parsed_ = false;
  std::mutex cancel_mutex_;
  std::function<void()> on_cancel_;
  bool cancelled_ = false;
};

// Sole owner of the session's side.
struct exchange_release {
  void operator()(exchange* x) const noexcept { x->release_owner(); }
};
using owned_exchange = std::unique_ptr<exchange, exchange_release>;

}  // namespace evhost::http
