/* issuer.h: access tokens signed by the host's key, for the plugin that keeps the accounts.
 *
 * Whoever may issue may speak for anybody, so this one is not given to every plugin that asks: to the shipped identity
 * plugin, and to plugins whose configuration names it in grants. Since: 1.0. */
#ifndef EVH_ABI_ISSUER_H
#define EVH_ABI_ISSUER_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_ISSUER "evh.issuer/1"

/* The host adds iss, aud, iat, nbf, exp and jti; sub, name, role, roles and sid come from the fields below. */
typedef struct evh_token_request {
  uint32_t struct_size;
  uint32_t lifetime_s;   /* 0: what the operator configured (security.token_lifetime) */
  evh_sv subject;        /* 1..255 bytes */
  evh_sv name;           /* may be empty */
  evh_sv roles;          /* separated by single spaces */
  evh_sv session;        /* becomes sid; may be empty */
  evh_sv claims;         /* further claims: one JSON object as text; none of those named above. Absent: none */
  int64_t issued_from_s; /* Unix: iat is not before this, which lies at most 2 s ahead. 0: now */
} evh_token_request;

typedef struct evh_issuer {
  uint32_t struct_size;
  uint32_t reserved;
  /* One compact JWS. out: caller's buffer; *needed is set when the token was made; EVH_INVALID with *needed above
   * capacity: too small a buffer; otherwise the request is wrong and error says how. [any] */
  evh_status (*issue)(const evh_host* host, const evh_token_request* request, char* out, uint64_t capacity, uint64_t* needed,
                      evh_error* error);
  /* The key set that verifies these tokens: the signing key and the older ones still in their grace. [any] */
  evh_status (*jwks)(const evh_host* host, char* out, uint64_t capacity, uint64_t* needed);
  /* The issuer's name, usually the public origin of this host. Valid as long as the host. [any] */
  evh_sv (*name)(const evh_host* host);
} evh_issuer;

#ifdef __cplusplus
}
#endif
#endif
