// The transport on libcurl: one thread drives all webhooks, one all mails; no transfer waits for another.
//
// It follows no redirect, uses no proxy, reads at most 64 KiB of an answer, and asks the address guard about every address
// it is about to connect to, after the name was resolved: what a name answers to at registration does not matter.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plugins/notification/addresses.hpp"
#include "plugins/notification/transport.hpp"

namespace notification {

struct smtp_server {
  std::string url = {};                       // smtp://host:587 or smtps://host:465; empty: no mail
  std::string user = {}, password = {};            // empty: no login
  bool starttls = true;                  // smtp:// only: refuse to go on without TLS
  std::string ca_file = {};                   // empty: the system's
};

struct transport_options {
  address_guard guard = {};
  smtp_server smtp = {};
  std::chrono::milliseconds timeout{15'000};
  std::string user_agent = "evhost-notification/1";
  std::vector<std::string> pinned = {};  // "name:port:address" as libcurl's RESOLVE takes them
};

class curl_transport final : public transport {
 public:
  explicit curl_transport(transport_options options);
  ~curl_transport() override;
  void start(outgoing what, done_fn done) override;
  void stop(std::chrono::steady_clock::time_point deadline) override;

 private:
  class loop;
  std::unique_ptr<loop> webhooks_, mails_;
};

}  // namespace notification
