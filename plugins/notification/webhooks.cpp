// SQL of notification_webhook, and what a webhook's URL may be.
#include "plugins/notification/webhooks.hpp"

#include <curl/curl.h>
#include <netdb.h>

#include <algorithm>
#include <memory>

#include "schemas/events/notification_events.hpp"

namespace notification::webhooks {

namespace {

namespace es = evh_schemas;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& each : words) out += (out.empty() ? "" : " ") + each;
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

constexpr std::string_view columns =
    "id, owner, url, description, events, secret, old_secret, old_secret_until_ms, status, disabled_reason, version, created_ms, updated_ms";

webhook webhook_at(const evh::row& row) {
  webhook out;
  out.id = row.text(0);
  out.owner = row.text(1);
  out.url = row.text(2);
  out.description = row.text(3);
  out.events = words_of(row.text(4));
  out.secret = row.text(5);
  out.old_secret = row.text(6);
  out.old_secret_until_ms = row.integer(7);
  out.status = row.text(8);
  out.disabled_reason = row.text(9);
  out.version = row.integer(10);
  out.created_ms = row.integer(11);
  out.updated_ms = row.integer(12);
  return out;
}

std::vector<webhook> select(evh::unit& unit, std::string_view where, std::string_view parameter) {
  std::vector<webhook> out;
  unit.query("SELECT " + std::string(columns) + " FROM notification_webhook WHERE " + std::string(where) + " ORDER BY created_ms, id", {parameter},
             [&](evh::row row) { out.push_back(webhook_at(row)); });
  return out;
}

struct parsed_url {
  std::string scheme, host, user;
};

// Read by the library that will connect, so that both see the same host.
std::optional<parsed_url> parse(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> handle(curl_url(), &curl_url_cleanup);
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) return std::nullopt;
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    std::string out;
    if (curl_url_get(handle.get(), which, &text, 0) == CURLUE_OK) out = text;
    curl_free(text);
    return out;
  };
  return parsed_url{part(CURLUPART_SCHEME), part(CURLUPART_HOST), part(CURLUPART_USER) + part(CURLUPART_PASSWORD)};
}

// A lookup that gives up after two seconds; what the resolver then still does ends in memory of its own.
struct lookup {
  std::string name;
  gaicb request{};
  ~lookup() { if (request.ar_result) freeaddrinfo(request.ar_result); }
};

std::vector<address> resolve(const std::string& name) {
  auto query = std::make_unique<lookup>();
  query->name = name;
  query->request.ar_name = query->name.c_str();
  gaicb* list[] = {&query->request};
  std::vector<address> out;
  if (getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr) != 0) return out;
  const timespec patience{2, 0};
  gai_suspend(list, 1, &patience);
  int state = gai_error(list[0]);
  if (state == EAI_INPROGRESS && gai_cancel(list[0]) == EAI_NOTCANCELED) {
    query.release();   // the resolver still writes there: given up, not reused
    return out;
  }
  if (state != 0) return out;
  for (const auto* each = query->request.ar_result; each; each = each->ai_next)
    if (const auto at = address_of(each->ai_addr)) out.push_back(*at);
  return out;
}

url_problem blocked(const std::string& host) {
  return {true, "\"" + host + "\" leads to an address inside the operator's network; give one that is reachable from the Internet."};
}

}  // namespace

std::optional<webhook> find(evh::unit& unit, std::string_view id) {
  auto found = select(unit, "id = $1", id);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<webhook> list(evh::unit& unit, std::string_view owner) { return select(unit, "owner = $1", owner); }

void insert(evh::unit& unit, const webhook& w) {
  unit.exec("INSERT INTO notification_webhook(" + std::string(columns) + ") VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            {w.id, w.owner, w.url, w.description, joined(w.events), w.secret, w.old_secret, w.old_secret_until_ms, w.status, w.disabled_reason,
             w.version, w.created_ms, w.updated_ms});
}

void update(evh::unit& unit, const webhook& w) {
  unit.exec("UPDATE notification_webhook SET url = $2, description = $3, events = $4, secret = $5, old_secret = $6, old_secret_until_ms = $7, "
            "status = $8, disabled_reason = $9, version = $10, updated_ms = $11 WHERE id = $1",
            {w.id, w.url, w.description, joined(w.events), w.secret, w.old_secret, w.old_secret_until_ms, w.status, w.disabled_reason, w.version, w.updated_ms});
}

void remove(evh::unit& unit, std::string_view id) {
  const std::string endpoint = "webhook:" + std::string(id);
  unit.exec("DELETE FROM notification_job WHERE endpoint = $1", {endpoint});
  unit.exec("DELETE FROM notification_endpoint WHERE endpoint = $1", {endpoint});
  unit.exec("DELETE FROM notification_webhook WHERE id = $1", {id});
}

std::vector<std::string> listening(evh::unit& unit, std::string_view owner, std::string_view type) {
  std::vector<std::string> out;
  for (const auto& each : list(unit, owner))
    if (each.status == "active" && std::ranges::find(each.events, type) != each.events.end()) out.push_back(each.id);
  return out;
}

bool known_event(std::string_view type) { return type == es::type::notification_due || type == es::type::notification_snoozed; }

std::optional<url_problem> check_url(const std::string& url, const address_guard& guard) {
  constexpr std::size_t url_bytes_max = 2000;
  if (url.size() > url_bytes_max) return url_problem{false, "A URL may have 2000 bytes."};
  if (std::ranges::any_of(url, [](char c) { return c <= 0x20 || c >= 0x7f; })) return url_problem{false, "Write the URL in ASCII without spaces."};
  const auto parts = parse(url);
  if (!parts || parts->host.empty() || (parts->scheme != "https" && parts->scheme != "http"))
    return url_problem{false, "Give an absolute URL such as https://example.org/hooks/todo."};
  if (!parts->user.empty()) return url_problem{false, "A URL with a user name or password is not taken: use the signature to know who is calling."};
  if (const auto literal = parse_address(parts->host)) {
    if (!guard.allows(*literal)) return blocked(parts->host);
    return std::nullopt;
  }
  for (const auto& each : resolve(parts->host))
    if (!guard.allows(each)) return blocked(parts->host);
  return std::nullopt;
}

}  // namespace notification::webhooks
