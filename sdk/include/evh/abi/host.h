/* host.h: what a plugin may ask of the host: services are tables found by string id.
 *
 * The host object is valid from create until destroy returns. get_extension gives NULL for an id the host does not
 * know or the operator did not grant; a plugin then degrades, or refuses in activate with a sentence. The same id
 * always gives the same pointer. Since: 1.0. */
#ifndef EVH_ABI_HOST_H
#define EVH_ABI_HOST_H

#include <evh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct evh_host evh_host;
struct evh_host {
  uint32_t struct_size;
  uint32_t abi_minor;
  void* ctx;      /* the host's own; plugins hand the evh_host back and never look inside */
  evh_sv name;    /* "evhost" */
  evh_sv version; /* semantic version of the host */
  const void* (*get_extension)(const evh_host* host, evh_sv id); /* [any], from init on */
};

#ifdef __cplusplus
}
#endif
#endif
