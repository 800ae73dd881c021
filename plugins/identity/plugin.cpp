// The identity plugin's face to the host: what it needs, its tables, its routes.
#include <evh/evh.hpp>

#include <algorithm>
#include <array>
#include <thread>

#include <boost/json.hpp>

#include "migrations.hpp"
#include "plugins/identity/accounts/password.hpp"
#include "plugins/identity/api/answers.hpp"

namespace {

constexpr std::array<std::string_view, 11> required{EVH_EXT_HTTP,  EVH_EXT_PUBLISH, EVH_EXT_SUBSCRIBE, EVH_EXT_SECRET, EVH_EXT_SQL_HANDLE, EVH_EXT_STORE,
                                                    EVH_EXT_UOW,   EVH_EXT_LOG,     EVH_EXT_TASK,      EVH_EXT_TIMER,  EVH_EXT_ISSUER};

std::vector<std::string> texts(const boost::json::value& list) {
  std::vector<std::string> out;
  for (const auto& one : list.as_array()) out.emplace_back(one.as_string());
  return out;
}

class identity_plugin : public evh::plugin {
 public:
  static constexpr evh::config_key keys[] = {
      {.name = "admins", .type = EVH_CONFIG_LIST, .default_json = "[]",
       .text = "E-mail addresses whose accounts get the role admin when they sign up. Addresses are not verified: let them sign up before the host is public."},
      {.name = "trusted_origins", .type = EVH_CONFIG_LIST, .default_json = "[]",
       .text = "Origins of pages, beside the host's own, that may use the session cookie; compared exactly."},
      {.name = "base_url", .type = EVH_CONFIG_STRING, .default_json = "\"\"",
       .text = "Where browsers find the page; the host's web.base_url unless set. Its origin may use the session cookie; https makes the cookie Secure."},
      {.name = "sign_up", .type = EVH_CONFIG_BOOLEAN, .default_json = "true", .text = "Whether strangers may make accounts."},
      {.name = "session_days", .type = EVH_CONFIG_INTEGER, .default_json = "7", .min = 1, .max = 365, .text = "How long a session lives that is not used."},
      {.name = "password_threads", .type = EVH_CONFIG_INTEGER, .default_json = "0", .min = 0, .max = 64,
       .text = "Threads that check passwords, 19 MiB each while they work; 0: half the cores."}};
  static constexpr evh::about about{.id = "identity",
                                    .version = "0.1.0",
                                    .name = "Accounts",
                                    .vendor = "evhost",
                                    .text = "Sign-up, sign-in, sessions and tokens in Better Auth's paths and shapes; roles; preferences.",
                                    .required = required,
                                    .config = keys};

  void configure(std::string_view text, bool validate_only) override {
    const auto json = boost::json::parse(text).as_object();
    identity::settings chosen;
    chosen.admins = texts(json.at("admins"));
    chosen.trusted_origins = texts(json.at("trusted_origins"));
    chosen.base_url = std::string(json.at("base_url").as_string());
    if (!chosen.base_url.empty()) chosen.trusted_origins.push_back(identity::origin_of(chosen.base_url));
    chosen.sign_up = json.at("sign_up").as_bool();
    chosen.session_days = json.at("session_days").to_number<std::int64_t>();
    chosen.password_threads = json.at("password_threads").to_number<std::int64_t>();
    if (!validate_only) app_.chosen = std::move(chosen);
  }

  void activate() override {
    app_.host = &host();
    app_.user_events = host().topic("user-events");
    app_.audit_events = host().topic("audit-events");
    // Only this host can make the sealed token, so it is a secret of its own.
    app_.cookies = std::make_unique<identity::cookie_jar>(host().seal("session-cookie-key", "1"), host().issuer_name().starts_with("https://") || app_.chosen.base_url.starts_with("https://"));
    // Statements must be gone before the host closes the connection they were made on.
    evh::check(host().sql_handle_api().on_close(
                   host().host(), [](void* user, void* handle) { static_cast<identity::app*>(user)->store.forget(handle); }, &app_),
               "on_close");
    for (const auto table : {identity::sign_endpoints(), identity::session_endpoints(), identity::password_endpoints()})
      for (const auto& each : table) add(each, EVH_ROUTE_OWN_AUTH);
    for (const auto table : {identity::preferences_endpoints(), identity::admin_endpoints()})
      for (const auto& each : table) add(each, 0);
    on_group("user-events", [this](evh::unit& unit, const evh::batch& batch, evh::verdicts) { identity::read_user_events(app_, unit, batch); });
    timer(std::chrono::minutes(1), std::chrono::hours(1), true, [this](evh::unit* unit, std::uint64_t) {
      identity::store::session(app_.store, *unit).erase_expired_sessions(identity::now_ms(), 1000);
    });
  }

  void start() override {
    (void)identity::nobodys_hash();   // made now, so that the first unknown account takes no longer than the second
    const auto half = std::max(1U, std::thread::hardware_concurrency() / 2);
    app_.passwords.start(app_.chosen.password_threads > 0 ? static_cast<unsigned>(app_.chosen.password_threads) : half);
  }
  void stop() override { app_.passwords.stop(); }

  std::span<const evh::migration> migrations(std::int32_t dialect) override {
    if (dialect == EVH_DIALECT_POSTGRESQL) return postgres_migrations;
    return sqlite_migrations;
  }

 private:
  void add(const identity::endpoint& endpoint, std::uint32_t flags) {
    route(endpoint.method, endpoint.pattern,
          [this, handle = endpoint.handle](evh::request request) {
            try {
              handle(app_, request);
            } catch (const identity::auth_refusal& why) {
              request.respond(why.answer());
            } catch (const identity::api_refusal& why) {
              request.respond(why.answer());
            }
          },
          flags, endpoint.cost, 64 * 1024);
  }

  identity::app app_;
};

}  // namespace

EVH_PLUGIN(identity_plugin)
