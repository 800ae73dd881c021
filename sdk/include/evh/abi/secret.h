/* secret.h: secrets by name, and opaque tokens nobody can forge (cursors, confirmations, undo, tickets). Since: 1.0. */
#ifndef EVH_ABI_SECRET_H
#define EVH_ABI_SECRET_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_SECRET "evh.secret/1"

typedef struct evh_secret {
  uint32_t struct_size;
  uint32_t reserved;
  /* Calls fn with the bytes, which are wiped when it returns. EVH_NOT_FOUND names where was looked. Blocks. [task, control] */
  evh_status (*get)(const evh_host* host, evh_sv name, void (*fn)(void* user, evh_sv secret), void* user, evh_error* error);
  /* Bytes to a URL-safe token with a MAC bound to the plugin and the purpose (not encrypted). out: caller's buffer;
   * *needed is always set; EVH_INVALID when capacity is too small. [any] */
  evh_status (*seal)(const evh_host* host, evh_sv purpose, evh_sv bytes, char* out, uint64_t capacity, uint64_t* needed);
  /* The reverse. EVH_DENIED: not sealed here, for another purpose, or altered. [any] */
  evh_status (*open)(const evh_host* host, evh_sv purpose, evh_sv token, char* out, uint64_t capacity, uint64_t* needed);
} evh_secret;

#ifdef __cplusplus
}
#endif
#endif
