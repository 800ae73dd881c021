// Requests read and answers made the same way by every handler: who asks with which session, Better Auth's errors, bodies.
//
// Any thread. Errors: auth_refusal becomes {"message","code"}, api_refusal a problem.
#pragma once

#include <chrono>
#include <exception>

#include <boost/json/object.hpp>

#include "plugins/identity/accounts/preferences.hpp"
#include "plugins/identity/api/app.hpp"
#include "schemas/events/json_write.hpp"

namespace identity {

class auth_refusal : public std::exception {
 public:
  auth_refusal(int status, std::string code, std::string message, std::chrono::milliseconds retry_after = {})
      : status_(status), code_(std::move(code)), message_(std::move(message)), retry_after_(retry_after) {}
  [[nodiscard]] evh::response answer() const;
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  int status_;
  std::string code_, message_;
  std::chrono::milliseconds retry_after_;
};

class api_refusal : public std::exception {
 public:
  api_refusal(int status, std::string code, std::string detail, std::vector<field_fault> faults = {})
      : status_(status), code_(std::move(code)), detail_(std::move(detail)), faults_(std::move(faults)) {}
  [[nodiscard]] evh::response answer() const;
  const char* what() const noexcept override { return detail_.c_str(); }

 private:
  int status_;
  std::string code_, detail_;
  std::vector<field_fault> faults_;
};

// Runs body; a refusal becomes its answer.
template <class Body> evh::response answer_refusals(Body&& body) {
  try {
    return body();
  } catch (const auth_refusal& why) {
    return why.answer();
  } catch (const api_refusal& why) {
    return why.answer();
  }
}

// A client that asks again later. Answers a kept request.
auth_refusal busy();
auth_refusal unauthorized();

// ---- /api/auth ----

// 403 for a page of a foreign origin, 415 for a body that is not JSON. Before anything else of every /api/auth handler.
void guard(const app& app, const evh::request& request);
// The body as one object; an absent one is empty. 400 otherwise.
boost::json::object read_body(const evh::request& request);
// A text member: 400 when it is missing (and wanted) or no text.
std::string text_member(const boost::json::object& body, std::string_view name, bool wanted = true);
bool flag_member(const boost::json::object& body, std::string_view name, bool otherwise);

// The session token a request carries, from Authorization or the cookie; nothing when there is none.
std::optional<std::string> session_token(const app& app, const evh::request& request);

struct signed_in {
  std::string token;
  login_session session;
  account user;
};
// Who that is now; nothing when the session is unknown or over, or the account is disabled or gone.
std::optional<signed_in> find_signed_in(app& app, evh::unit& unit, const evh::request& request);
// The same outside of a unit. 401 when there is nobody.
signed_in require_signed_in(app& app, const evh::request& request);

std::string user_json(const account& user);
// token: as it shall stand in the answer.
std::string session_json(const login_session& session, std::string_view token);
evh::response json_answer(std::string body);
// {"token", "user"} with the cookie and set-auth-token.
evh::response signed_in_answer(const app& app, const signed_in& who, bool remember, std::string_view further = {});

// An access token for the session.
std::string access_token(const app& app, const signed_in& who);

std::string remote_address(const evh::request& request);
std::string user_agent(const evh::request& request);

}  // namespace identity
