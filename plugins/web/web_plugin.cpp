// The web plugin: serves the page at /, its files below /assets/<build>/, and the addresses they use at /config.json.
#include "addresses.hpp"
#include "page_files.hpp"

#include <evh/evh.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>

namespace web {
namespace {

// Is one of the entity tags the client holds this one? Weak comparison, as If-None-Match asks for (RFC 9110, 13.1.2).
bool holds(std::string_view if_none_match, std::string_view tag) {
  return if_none_match == "*" || if_none_match.find(tag) != std::string_view::npos;
}

// "gzip" as a word of Accept-Encoding that is not switched off with q=0.
bool takes_gzip(std::string_view accept_encoding) {
  const auto at = accept_encoding.find("gzip");
  if (at == std::string_view::npos) return false;
  const auto rest = accept_encoding.substr(at + 4, accept_encoding.find(',', at) - at - 4);
  return rest.find("q=0") == std::string_view::npos || rest.find("q=0.") != std::string_view::npos;
}

class plugin final : public evh::plugin {
 public:
  static constexpr evh::config_key keys[] = {
      {.name = "api_url", .default_json = R"("")", .text = "Where the page calls REST; empty: web.api_url, else the page's own origin."},
      {.name = "ws_url", .default_json = R"("")", .text = "Where the page opens its WebSocket; empty: web.ws_url, else derived from api_url."},
      {.name = "issuer", .default_json = R"("")", .text = "Where the page signs in; empty: security.issuer when that is a URL, else the page's own origin."}};
  static constexpr evh::about about{.id = "web", .version = "0.1.0", .name = "The page", .vendor = "evhost",
                                    .text = "Serves the product's page.", .config = keys};

  void configure(std::string_view config, bool validate_only) override {
    const auto read = read_addresses(config);
    if (validate_only) return;
    const std::lock_guard lock(mutex_);
    facts_ = std::make_shared<const facts>(facts{config_json(read), content_security_policy(read)});
  }

  void activate() override {
    for (const auto* path : {"/", "/index.html"})
      route("GET", path, [this](evh::request r) { serve(r, "index.html", "no-cache"); }, EVH_ROUTE_PUBLIC);
    route("GET", "/assets/:build/:file", [this](evh::request r) {
      // Another build's URL, as in a rolling update, gets this build's file, but nobody may keep it under that name.
      serve(r, r.param("file"), r.param("build") == build_id() ? "public, max-age=31536000, immutable" : "no-store");
    }, EVH_ROUTE_PUBLIC);
    route("GET", "/config.json", [this](evh::request r) {
      r.respond({.body = known()->config, .headers = {{"Cache-Control", "no-cache"}}});
    }, EVH_ROUTE_PUBLIC);
  }

 private:
  struct facts {
    std::string config, policy;
  };

  std::shared_ptr<const facts> known() {
    const std::lock_guard lock(mutex_);
    return facts_;
  }

  void serve(evh::request& r, std::string_view name, std::string_view caching) {
    const auto files = page_files();
    const auto* found = std::ranges::find(files, name, &file::name).base();
    if (found == files.data() + files.size())
      return r.respond(evh::problem(404, "not-found", "Not Found", "the page has no file of that name; reload the page"));
    const bool packed = takes_gzip(r.header("accept-encoding").value_or(""));
    // A strong tag names bytes, so the packed form has one of its own.
    const auto tag = '"' + std::string(found->hash) + (packed ? "-gz\"" : "\"");
    evh::response answer{.status = 200, .body = std::string(packed ? found->gzip : found->plain), .content_type = std::string(found->content_type),
                         .headers = {{"ETag", tag},
                                     {"Cache-Control", std::string(caching)},
                                     {"Vary", "Accept-Encoding"},
                                     {"Content-Security-Policy", known()->policy},
                                     {"Referrer-Policy", "no-referrer"},
                                     {"Cross-Origin-Opener-Policy", "same-origin"},
                                     {"Cross-Origin-Resource-Policy", "same-origin"},
                                     {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
                                     {"X-Frame-Options", "DENY"}}};
    if (packed) answer.headers.emplace_back("Content-Encoding", "gzip");
    if (holds(r.header("if-none-match").value_or(""), tag)) answer.status = 304, answer.body.clear();
    r.respond(answer);
  }

  std::mutex mutex_;  // facts_ only
  std::shared_ptr<const facts> facts_;
};

}  // namespace
}  // namespace web

EVH_PLUGIN(web::plugin)
