// What stands between a request's head and its handler: host, rate by address, route, authentication, rate by user. Plain
// function stages in that order; the first that refuses writes the answer into the exchange.
//
// Threading: io thread.
#pragma once

#include <string>

#include "host/http/client_address.hpp"
#include "host/http/route_table.hpp"
#include "host/io/upgrade.hpp"

namespace evhost::http {

class exchange;
struct serving;

struct peer_identity {
  ip_address address;
  std::string text;       // canonical
  std::string limit_key;  // address or /64
  bool trusted_proxy = false;
};
peer_identity identify(const serving& shared, const ip_address& peer);

struct admission_result {
  bool refused = false;                        // the exchange holds the answer
  std::string_view code = {};                  // of the refusal, for the metric
  bool close = false;                          // and the connection must not be used again
  const route_entry* route = nullptr;
  const io::upgrade_route* upgrade = nullptr;  // route is null then
};

admission_result admit(serving& shared, exchange& x, const peer_identity& peer);

}  // namespace evhost::http
