// An in-memory host: unit-test a plugin without a host process, a database file or a socket.
//
// Everything is synchronous and on the calling thread: request() returns the answer, deliver() and pump() run the
// handlers, fire() runs a timer. The store is a private in-memory SQLite database with real transactions, so rollbacks
// are real. fail_next_commits(n) makes the next n units roll back and run again, as a real host may.
// Not thread-safe; one plugin per host.
#pragma once
#include <evh/abi/all.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evh::testing {

struct published_event {
  std::string topic, type, id, key, payload;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::map<std::string, std::string> headers = {};
};

struct answer {
  int status = 0;
  std::string body = {};
  std::string content_type = {};
  std::map<std::string, std::string> headers = {};  // names as the plugin wrote them
};

struct call {
  std::string method = "GET";
  std::string target = "/";   // path and query
  std::string body = {};
  std::map<std::string, std::string> headers = {};
  std::string subject = "user-1";  // empty: nobody
  std::string roles = "user";
};

struct delivery {
  evh_status status = EVH_OK;
  std::vector<std::uint8_t> results;
  std::string error;
};

// What evh.issuer/1 was asked to sign; the token it gave is "token:<subject>", which authenticate() takes.
struct issued_token {
  std::string subject, name, roles, session, claims;
  std::int64_t issued_from_s = 0;
};

class host {
 public:
  host();
  ~host();
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  // init, configure, migrate, activate, start. Throws std::runtime_error with the plugin's sentence.
  void load(const evh_entry* entry, std::string_view config_json = "{}");
  // From a shared library: opened and never closed.
  void load_file(const std::string& path, std::string_view config_json = "{}");
  void stop();  // drain, stop, deactivate, destroy; also done by the destructor

  // Extensions the plugin must not get. Before load.
  void deny(std::string extension);

  // Runs a request through the plugin's routes. 404 or 405 when none matches, 401 without a subject. A request the plugin
  // keeps is waited for; nothing else may be asked of this host meanwhile.
  answer request(const call& what);
  answer get(std::string target) { return request({.method = "GET", .target = std::move(target)}); }
  answer post(std::string target, std::string body) { return request({.method = "POST", .target = std::move(target), .body = std::move(body)}); }

  // Hands events to the plugin's subscriptions of that topic; returns the last verdicts. The unit commits when OK.
  delivery deliver(std::string_view topic, const std::vector<published_event>& events);
  // Delivers what was published to the plugin's own group and broadcast subscriptions until nothing is new.
  void pump();
  // Everything published and committed so far, in order.
  [[nodiscard]] const std::vector<published_event>& published() const;
  // Runs a timer's handler now; false when no such timer is armed.
  bool fire(std::uint64_t cookie);

  // WebSocket: connects (or throws the status as text), sends, reads what the plugin sent.
  evh_handle connect(std::string_view path, std::string_view subject = "user-1", const std::vector<std::string>& protocols = {});
  void say(evh_handle connection, std::string_view text_frame);
  void disconnect(evh_handle connection, std::uint16_t code = 1000);
  std::vector<std::string> heard(evh_handle connection);                  // and forgets them
  [[nodiscard]] std::optional<std::uint16_t> closed_with(evh_handle connection) const;

  // authenticate() accepts the token "token:<subject>" and refuses everything else.
  void fail_next_commits(int n);
  void set_secret(std::string name, std::string value);

  // First column of the first row as text, for assertions on tables.
  std::string scalar(std::string_view sql);
  [[nodiscard]] void* sqlite() const;  // sqlite3*
  [[nodiscard]] const std::vector<issued_token>& issued() const;
  [[nodiscard]] const std::vector<std::string>& log_lines() const;

  struct impl;  // public so that the C tables can reach it; not for tests

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace evh::testing
