// Where the page finds REST, the WebSocket and the issuer, and what its content security policy therefore allows.
#pragma once
#include <string>
#include <string_view>

namespace web {

struct addresses {
  std::string api_url, ws_url, issuer;   // empty: the page's own origin
};

// From the plugin's configuration; throws evh::failure naming the key, the value and the remedy.
addresses read_addresses(std::string_view config_json);

// The body of /config.json; null stands for the page's own origin.
std::string config_json(const addresses& from);

// One line: nothing from elsewhere, no inline script, connections to the page's own origin and the configured ones.
std::string content_security_policy(const addresses& from);

}  // namespace web
