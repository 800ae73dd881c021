// What the opaque tokens carry: list cursors, undo, confirmations. Compact records (cereal), sealed by the host's secret so
// that nobody can make or alter one, and bound to the person they were given to.
//
// Any thread.
#pragma once

#include <evh/services.hpp>

#include "plugins/chat/tasks/ids.hpp"
#include "plugins/chat/tasks/refusal.hpp"
#include "schemas/events/compact.hpp"

namespace chat {

struct cursor_token {
  std::string owner;
  std::int64_t scope = 0;                  // digest of the parameters of the list
  std::vector<std::int64_t> numbers;       // sort keys of the last item
  std::string text;
  std::string id;
  static constexpr evh_schemas::compact_schema compact{101, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("owner", self.owner);
    visit.required("scope", self.scope);
    visit.required("numbers", self.numbers);
    visit.required("text", self.text);
    visit.required("id", self.id);
  }
};

struct undo_token {
  std::string owner;
  std::string group;
  static constexpr evh_schemas::compact_schema compact{102, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("owner", self.owner);
    visit.required("group", self.group);
  }
};

// Names one pending question of one conversation; what it asks for stands in the conversation itself.
struct confirm_token {
  std::string owner;
  std::string conversation;
  std::string question;                    // id of the question: answered once
  std::int64_t digest = 0;                 // of what would be done
  std::int64_t expires_ms = 0;
  static constexpr evh_schemas::compact_schema compact{103, 1, 1};
  template <class Visit> static void fields(Visit&& visit, auto& self) {
    visit.required("owner", self.owner);
    visit.required("conversation", self.conversation);
    visit.required("question", self.question);
    visit.required("digest", self.digest);
    visit.required("expires_ms", self.expires_ms);
  }
};

template <class Token> std::string seal(const evh::services& host, std::string_view purpose, const Token& token) {
  return host.seal(purpose, evh_schemas::to_compact(token));
}
// Nothing when it was not sealed here for this purpose, or is of another time.
template <class Token> std::optional<Token> unseal(const evh::services& host, std::string_view purpose, std::string_view token) {
  if (token.empty() || token.size() > 4096) return std::nullopt;
  try {
    return evh_schemas::from_compact<Token>(host.open(purpose, token));
  } catch (const evh::failure& failed) {
    if (failed.status() != EVH_DENIED && failed.status() != EVH_INVALID) throw;
  } catch (const evh_schemas::payload_error&) {
  }
  return std::nullopt;
}

namespace purpose {
inline constexpr std::string_view cursor = "cursor";
inline constexpr std::string_view undo = "undo";
inline constexpr std::string_view confirm = "confirm";
}  // namespace purpose

std::int64_t digest(std::string_view text);   // FNV-1a: stable over processes; the seal keeps it honest

}  // namespace chat
