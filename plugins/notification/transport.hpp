// How a message leaves the process: a request to a webhook or a mail to the operator's SMTP server.
//
// Threading: start from any thread; done is called once per start, on a thread of the transport's, and must be short.
// After stop() nothing is called any more; what was not finished is abandoned and goes again later under the same id.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace notification {

struct outgoing {
  enum class way { webhook, mail } how = way::webhook;
  std::string url = {};                           // of the webhook; a mail goes to the transport's server
  std::vector<std::string> headers = {};          // "Name: value"
  std::string body = {};                          // or the message
  std::string mail_from = {}, mail_to = {};
};

struct outcome {
  bool sent = false;                         // answered with success
  bool blocked = false;                      // the address is one that must not be reached
  long response = 0;                         // status code; 0: none came
  bool login_refused = false;                // the SMTP server does not take our name and password
  std::string error = {};
};

class transport {
 public:
  using done_fn = std::function<void(const outcome&)>;
  virtual ~transport() = default;
  virtual void start(outgoing what, done_fn done) = 0;
  // Waits for what is under way, until the deadline at most.
  virtual void stop(std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace notification
