// Secrets of people: SQL, derivation, memory.
#include "plugins/audit/store/people.hpp"

#include <sodium.h>

#include <algorithm>
#include <memory>

namespace audit {
namespace {

identity derive(std::string_view secret, std::string_view person) {
  const auto alias = hmac_sha256(secret, person);
  identity out;
  std::copy_n(alias.begin(), out.alias.size(), out.alias.begin());
  out.key = hmac_sha256(secret, std::string("\x01payload"));  // no person's name begins with a control character
  return out;
}

}  // namespace

std::optional<identity> people::remembered(std::string_view person) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(person);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

std::optional<identity> people::find(evh::unit& unit, std::string_view person) {
  std::optional<identity> out;
  unit.query("SELECT secret FROM audit_person WHERE person = $1", {person}, [&](evh::row r) { out = derive(r.text(0), person); });
  return out;
}

std::optional<identity> people::find_alias(evh::unit& unit, const pseudonym& alias) {
  std::optional<identity> out;
  unit.query("SELECT secret, person FROM audit_person WHERE pseudonym = $1", {evh::value::blob(bytes_of(alias))},
             [&](evh::row r) { out = derive(r.text(0), r.text(1)); });
  return out;
}

const identity& people::session::of(std::string_view person) {
  for (const auto& [name, known] : met_)
    if (name == person) return *known;
  auto found = all_->remembered(person);
  if (!found) {
    found = all_->find(*unit_, person);
    if (!found) {
      std::string secret(32, '\0');
      randombytes_buf(secret.data(), secret.size());
      found = derive(secret, person);
      // Another lane or process may meet the same person now: on PostgreSQL this then makes the host run the unit again.
      unit_->exec("INSERT INTO audit_person(person, secret, pseudonym) VALUES($1, $2, $3) ON CONFLICT DO NOTHING",
                  {person, evh::value::blob(secret), evh::value::blob(bytes_of(found->alias))});
      sodium_memzero(secret.data(), secret.size());
    }
    fresh_.emplace_back(person, *found);
  }
  held_.push_back(std::make_unique<identity>(*found));
  met_.emplace_back(person, held_.back().get());
  return *held_.back();
}

void people::session::finish() {
  if (fresh_.empty()) return;
  unit_->after([all = all_, fresh = std::move(fresh_)](bool committed) {
    if (!committed) return;
    const std::lock_guard lock(all->mutex_);
    if (all->known_.size() + fresh.size() > remembered_max) all->known_.clear();
    for (const auto& [person, who] : fresh) all->known_.insert_or_assign(person, who);
  });
}

bool people::erase(evh::unit& unit, std::string_view person) {
  // Forgotten now, so that units behind this one in the same transaction ask the table, and once more after the commit,
  // because those before it may yet remember.
  forget_all();
  unit.after([this](bool) { forget_all(); });
  return unit.exec("DELETE FROM audit_person WHERE person = $1", {person}) > 0;
}

void people::forget_all() {
  const std::lock_guard lock(mutex_);
  known_.clear();
}

}  // namespace audit
