// The checks, in order; each returns at the first thing that is wrong.
#include "host/security/token_verifier.hpp"

#include <algorithm>

#include <boost/json/value.hpp>

#include "host/security/strict_json.hpp"

namespace evhost::security {
namespace {

namespace json = boost::json;

struct token_header {
  algorithm alg = algorithm::eddsa;
  std::string kid;
};

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return std::ranges::equal(a, lower, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y; });
}

// alg, kid and typ, each a text, and nothing else: jku, jwk, x5u, x5c, crit, b64 and whatever comes next are refused.
refusal read_header(std::string_view text, token_header& out) {
  const auto header = parse_strict_object(text);
  if (!header) return refusal::bad_header;
  for (const auto& [name, value] : *header) {
    if ((name != "alg" && name != "kid" && name != "typ") || !value.is_string()) return refusal::bad_header;
  }
  if (const auto* typ = header->if_contains("typ")) {
    const std::string_view type(typ->get_string());
    if (!equals_ignoring_case(type, "jwt") && !equals_ignoring_case(type, "at+jwt")) return refusal::bad_header;
  }
  const auto* alg = header->if_contains("alg");
  const auto known = alg ? algorithm_of(alg->get_string()) : std::nullopt;
  if (!known) return refusal::bad_algorithm;
  const auto* kid = header->if_contains("kid");
  if (!kid || !kid_valid(kid->get_string())) return refusal::unknown_key;
  out = {*known, std::string(std::string_view(kid->get_string()))};
  return refusal::none;
}

// The issuer is read before the signature holds, only to choose whose keys may verify it.
std::optional<std::string> claimed_issuer(const json::object& payload) {
  const auto* issuer = payload.if_contains("iss");
  if (!issuer || !issuer->is_string()) return std::nullopt;
  return std::string(std::string_view(issuer->get_string()));
}

}  // namespace

token_verifier::token_verifier(verifier_options options, const revocation_list& revoked)
    : options_(std::move(options)), revoked_(revoked), cache_(options_.cache_tokens) {}

void token_verifier::set_keys(std::string_view issuer, issuer_keys keys) {
  auto shared = std::make_shared<const issuer_keys>(std::move(keys));
  const std::lock_guard lock(mutex_);
  if (issuers_.size() >= issuers_max && !issuers_.contains(issuer)) return;
  issuers_.insert_or_assign(std::string(issuer), std::move(shared));
  generation_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const issuer_keys> token_verifier::find_issuer(std::string_view issuer) const {
  const std::lock_guard lock(mutex_);
  const auto found = issuers_.find(issuer);
  return found == issuers_.end() ? nullptr : found->second;
}

token_verifier::outcome token_verifier::verify(std::string_view token, std::chrono::system_clock::time_point at) {
  if (token.size() > token_bytes_max) return {.who = nullptr, .why = refusal::malformed};
  const std::int64_t now = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  // Taken before the keys are read: an entry made with keys that change meanwhile is stale at once.
  const std::uint64_t generation = generation_.load(std::memory_order_acquire);
  const token_digest digest = digest_of(token);
  if (const auto known = cache_.find(digest, now, generation); known.who) {
    if (revoked_.revoked(known.who->subject, known.who->session_id, known.issued_at))
      return {.who = nullptr, .why = refusal::revoked, .cached = true};
    return {.who = known.who, .why = refusal::none, .cached = true};
  }
  auto [claims, why] = check(token, now);
  if (why != refusal::none) return {.who = nullptr, .why = why};
  if (revoked_.revoked(claims.subject, claims.session_id, claims.issued_at))
    return {.who = nullptr, .why = refusal::revoked};
  auto who = std::make_shared<io::principal>();
  who->subject = std::move(claims.subject);
  who->roles = std::move(claims.roles);
  who->token_id = std::move(claims.token_id);
  who->session_id = std::move(claims.session_id);
  who->issuer = std::move(claims.issuer);
  who->expires = std::chrono::system_clock::time_point(std::chrono::seconds(claims.expires));
  const std::int64_t good_until =
      std::min(claims.expires + options_.clock_skew.count(), now + options_.cache_time.count());
  cache_.insert(digest, {who, claims.issued_at, good_until, generation});
  return {.who = std::move(who), .why = refusal::none};
}

token_verifier::checked token_verifier::check(std::string_view token, std::int64_t now) const {
  const auto refuse = [](refusal why) { return checked{.claims = {}, .why = why}; };
  const auto parts = split_compact(token);
  if (!parts) return refuse(refusal::malformed);
  token_header header;
  if (const auto why = read_header(parts->header, header); why != refusal::none) return refuse(why);
  const auto payload = parse_strict_object(parts->payload);
  const auto issuer_name = payload ? claimed_issuer(*payload) : std::nullopt;
  if (!issuer_name) return refuse(refusal::bad_claims);
  const auto issuer = find_issuer(*issuer_name);
  if (!issuer) return refuse(refusal::wrong_issuer);
  if (std::ranges::find(issuer->allowed, header.alg) == issuer->allowed.end()) return refuse(refusal::bad_algorithm);
  const auto key = issuer->keys.find(header.kid);
  if (key == issuer->keys.end()) return refuse(refusal::unknown_key);
  if (key->second->used_for() != header.alg) return refuse(refusal::bad_algorithm);
  if (!key->second->verify(parts->signing_input, parts->signature)) return refuse(refusal::bad_signature);
  auto claims = read_claims(*payload);
  if (!claims) return refuse(refusal::bad_claims);
  if (std::ranges::find(claims->audience, options_.audience) == claims->audience.end())
    return refuse(refusal::wrong_audience);
  const auto why = check_times(*claims, now);
  return {std::move(*claims), why};
}

refusal token_verifier::check_times(const token_claims& claims, std::int64_t now) const {
  const std::int64_t skew = options_.clock_skew.count();
  if (now >= claims.expires + skew) return refusal::expired;
  if (claims.expires > now + options_.lifetime_max.count() + skew) return refusal::not_yet_valid;
  if (claims.issued_at > now + skew) return refusal::not_yet_valid;
  if (claims.not_before && *claims.not_before > now + skew) return refusal::not_yet_valid;
  return refusal::none;
}

}  // namespace evhost::security
