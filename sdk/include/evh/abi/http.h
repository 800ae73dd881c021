/* http.h: REST routes (host side) and their handler (plugin side).
 *
 * A request is thought about on a pool thread (parse, authorise, read), then either answered at once with respond or
 * handed to apply: the unit joins the group commit and its staged answer goes out only after COMMIT.
 * Authentication, limits, Idempotency-Key, body size and deadlines are the host's work. Since: 1.0. */
#ifndef EVH_ABI_HTTP_H
#define EVH_ABI_HTTP_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>
#include <evh/abi/uow.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_HTTP "evh.http/1"
#define EVH_EXT_HTTP_HANDLER "evh.http-handler/1"

#define EVH_ROUTE_PUBLIC 1u /* flag: no token needed; a valid one is still read, a bad one is refused */
#define EVH_ROUTE_OWN_AUTH 2u /* flag: the host does not look at Authorization at all; the plugin does */

typedef struct evh_route {
  uint32_t struct_size;
  uint32_t flags;
  evh_sv method;   /* GET POST PUT PATCH DELETE */
  evh_sv pattern;  /* /api/v1/tasks/:id ; outside /p/<plugin id>/ only when granted */
  uint64_t cookie; /* handed back in every request */
  uint32_t body_bytes_max; /* 0: the host's default (1 MiB) */
  uint32_t cost;   /* units taken from the caller's rate budget; 0 counts as 1 */
} evh_route;

/* Who asks. Absent subject: nobody (public route). Roles are separated by single spaces. */
typedef struct evh_principal {
  uint32_t struct_size;
  uint32_t reserved;
  evh_sv subject;
  evh_sv name;
  evh_sv roles;
  evh_sv session;
  int64_t expires_ns; /* Unix; 0: never */
} evh_principal;

typedef struct evh_request evh_request; /* opaque */

/* Everything valid until the request is answered (respond, or release of apply). */
typedef struct evh_request_view {
  uint32_t struct_size;
  uint32_t params_count;
  uint64_t cookie;
  evh_sv method;
  evh_sv path;   /* percent-decoded once */
  evh_sv query;  /* raw, without the question mark */
  evh_sv body;
  evh_sv request_id;
  evh_sv idempotency_key; /* absent: none was sent */
  evh_sv remote_address;
  const evh_pair* params; /* path parameters by name, without the colon */
  const evh_principal* principal;
  int64_t received_ns;    /* CLOCK_REALTIME */
} evh_request_view;

/* An answer; everything is copied before the call returns. */
typedef struct evh_response {
  uint32_t struct_size;
  int32_t status;
  evh_sv content_type; /* absent: application/json */
  evh_sv body;
  const evh_pair* headers;
  uint32_t headers_count;
  uint32_t reserved;
} evh_response;

typedef struct evh_http {
  uint32_t struct_size;
  uint32_t reserved;
  evh_status (*route)(const evh_host* host, const evh_route* route, evh_error* error); /* [control, inside activate] */
  /* A request header by name, any case; a query parameter by name, decoded (first of several). Absent when missing. [any] */
  evh_sv (*header)(evh_request* request, evh_sv name);
  evh_sv (*query)(evh_request* request, evh_sv name);
  /* Answers; the request is gone afterwards. EVH_STATE when already answered or given to apply. [any] */
  evh_status (*respond)(evh_request* request, const evh_response* response);
  /* Queues fn as a writing unit. Inside it call stage to set the answer; if fn returns non-OK the unit is rolled back
   * and the staged answer (a 404, a 412) still goes out, or a 500/503 when nothing was staged. With an Idempotency-Key
   * the staged answer is stored in the same unit and replayed to a repeat, and fn is not run again. release(user) is
   * called exactly once whatever apply returns: after the last run, or before apply returns a refusal. EVH_AGAIN: queue
   * full, and 503 was sent. EVH_STATE: answered already. [task] */
  evh_status (*apply)(evh_request* request, evh_uow_fn fn, void (*release)(void* user), void* user);
  evh_status (*stage)(evh_request* request, const evh_response* response); /* [inside fn] */
  /* Verifies an access token as the Authorization header would be. Strings in *out live until the next call on this
   * thread. EVH_DENIED with the reason in error. [task] */
  evh_status (*authenticate)(const evh_host* host, evh_sv token, evh_principal* out, evh_error* error);
} evh_http;

/* Plugin side. */
typedef struct evh_http_handler {
  uint32_t struct_size;
  uint32_t reserved;
  /* Must respond or apply before it returns, or keep the request and answer later from any thread (then return
   * EVH_AGAIN). A non-OK return without an answer becomes a 500 with the error's request id. [task] */
  evh_status (*on_request)(void* self, evh_request* request, const evh_request_view* view, evh_error* error);
} evh_http_handler;

#ifdef __cplusplus
}
#endif
#endif
