/* ws.h: WebSocket endpoints (host side) and their handler (plugin side).
 *
 * The host owns sockets, framing, ping, limits and the bounded outbound queue; a connection that does not read is
 * closed with 1013 and counted. Callbacks of one connection never overlap and come in order. Since: 1.0. */
#ifndef EVH_ABI_WS_H
#define EVH_ABI_WS_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>
#include <evh/abi/http.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_WS "evh.ws/1"
#define EVH_EXT_WS_HANDLER "evh.ws-handler/1"

#define EVH_WS_TEXT 1u
#define EVH_WS_BINARY 2u

typedef struct evh_ws_route {
  uint32_t struct_size;
  uint32_t flags;
  evh_sv path;     /* exact */
  uint64_t cookie;
} evh_ws_route;

typedef struct evh_ws {
  uint32_t struct_size;
  uint32_t reserved;
  evh_status (*route)(const evh_host* host, const evh_ws_route* route, evh_error* error); /* [control, inside activate] */
  /* One frame to many connections; the payload is copied once. Stale handles are skipped. [any] */
  evh_status (*send)(const evh_host* host, const evh_handle* connections, uint64_t count, evh_sv frame, uint32_t flags);
  /* Sends what is queued, then a close frame. [any] */
  evh_status (*close)(const evh_host* host, evh_handle connection, uint16_t code, evh_sv reason);
  /* Bytes handed to send and not yet on the wire: pace long replays by it. EVH_NOT_FOUND: closed. [any] */
  evh_status (*queued)(const evh_host* host, evh_handle connection, uint64_t* bytes);
} evh_ws;

/* The upgrade request. Views valid during the call. */
typedef struct evh_ws_request {
  uint32_t struct_size;
  uint32_t protocols_count;
  uint64_t cookie;
  evh_sv path;
  evh_sv origin;            /* already checked against the allow-list; absent for non-browsers */
  const evh_sv* protocols;  /* offered subprotocols */
  const evh_principal* principal; /* from an Authorization header, or NULL */
  evh_sv remote_address;
} evh_ws_request;

/* The plugin's answer to an upgrade. Zeroed: accept without subprotocol. */
typedef struct evh_ws_accept {
  uint32_t struct_size;
  int32_t status;          /* 0: accept; otherwise an HTTP status such as 401 */
  int32_t protocol_index;  /* selected subprotocol + 1; 0: none */
  uint32_t reserved;
  uint64_t user;           /* handed to on_open */
} evh_ws_accept;

/* Plugin side. */
typedef struct evh_ws_handler {
  uint32_t struct_size;
  uint32_t reserved;
  void (*on_upgrade)(void* self, const evh_ws_request* request, evh_ws_accept* accept); /* [task] optional */
  void (*on_open)(void* self, evh_handle connection, const evh_ws_request* request, uint64_t user); /* [task] */
  void (*on_message)(void* self, evh_handle connection, evh_sv data, uint32_t flags);   /* [task] */
  void (*on_close)(void* self, evh_handle connection, uint16_t code);                   /* [task] last call for it */
} evh_ws_handler;

#ifdef __cplusplus
}
#endif
#endif
