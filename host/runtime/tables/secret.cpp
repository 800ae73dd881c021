// evh.secret/1
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

#include <cstring>

namespace evhost::runtime {
namespace {

evh_status get(const evh_host* host, evh_sv name, void (*fn)(void* user, evh_sv secret), void* user, evh_error* error) {
  return host_call(host, {.function = "evh_secret.get", .threads = on_task | on_control, .blocks = true},
                   [&](plugin_instance& plugin) {
                     if (fn == nullptr) return say(error, EVH_INVALID, "get: fn is NULL");
                     auto found = plugin.shared().ports.secrets->get(core::text(name));
                     if (!found) return say(error, found.error());
                     const call_frame outer = *current_call();
                     evh_error inner = make_error();
                     const evh_status status = plugin.enter("secret", outer.thread, inner, [&] {
                       fn(user, core::view(found.value().reveal_text()));
                       return EVH_OK;
                     });
                     return status == EVH_OK ? EVH_OK : say(error, status, said(inner));
                   });
}

evh_status hand_over(const core::result<std::string>& made, char* out, std::uint64_t capacity, std::uint64_t* needed) {
  if (!made) return static_cast<evh_status>(made.error().code);
  *needed = made.value().size();
  if (capacity < made.value().size() || (out == nullptr && capacity > 0)) return EVH_INVALID;
  if (!made.value().empty()) std::memcpy(out, made.value().data(), made.value().size());
  return EVH_OK;
}

evh_status seal(const evh_host* host, evh_sv purpose, evh_sv bytes, char* out, std::uint64_t capacity,
                std::uint64_t* needed) {
  return host_call(host, {.function = "evh_secret.seal"}, [&](plugin_instance& plugin) -> evh_status {
    if (needed == nullptr) return EVH_INVALID;
    *needed = 0;
    if (purpose.ptr == nullptr || purpose.len == 0 || bytes.len > io::token_bytes_max) return EVH_INVALID;
    return hand_over(plugin.shared().ports.sealer->seal(plugin.id(), core::text(purpose), core::text(bytes)), out,
                     capacity, needed);
  });
}

evh_status open(const evh_host* host, evh_sv purpose, evh_sv token, char* out, std::uint64_t capacity,
                std::uint64_t* needed) {
  return host_call(host, {.function = "evh_secret.open"}, [&](plugin_instance& plugin) -> evh_status {
    if (needed == nullptr) return EVH_INVALID;
    *needed = 0;
    if (purpose.ptr == nullptr || token.ptr == nullptr || token.len > 2 * io::token_bytes_max) return EVH_DENIED;
    return hand_over(plugin.shared().ports.sealer->open(plugin.id(), core::text(purpose), core::text(token)), out,
                     capacity, needed);
  });
}

}  // namespace

const evh_secret secret_table{sizeof(evh_secret), 0, &get, &seal, &open};

}  // namespace evhost::runtime
