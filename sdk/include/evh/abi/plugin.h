/* plugin.h: one plugin instance and the order in which the host drives it.
 *
 * created -init-> initialised -configure-> configured -activate-> active -start-> running -drain-> draining
 * -stop-> stopped -deactivate-> initialised -destroy-> gone. A failure at any arrow leaves only deactivate (if activate
 * succeeded) and destroy legal. Everything registered inside activate (topics, routes, timers, metrics) belongs to the
 * instance and vanishes at deactivate. After stop returned no callback is entered any more. All functions [control]
 * unless tagged otherwise; a NULL optional function counts as success. Since: 1.0. */
#ifndef EVH_ABI_PLUGIN_H
#define EVH_ABI_PLUGIN_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_CONFIGURE_VALIDATE 1u /* only check: no side effect, the old snapshot stays */

typedef struct evh_plugin {
  uint32_t struct_size;
  uint32_t reserved;
  void* self; /* first argument of every function below */
  /* Look up and keep extension tables. Required. */
  evh_status (*init)(void* self, const evh_host* host, evh_error* error);
  /* Accept (or only validate) a configuration snapshot: a JSON object, defaults filled in. Optional. */
  evh_status (*configure)(void* self, evh_sv json, uint32_t flags, evh_error* error);
  /* Register topics, routes, timers, metrics; allocate. Migrations have run by now. Required. */
  evh_status (*activate)(void* self, evh_error* error);
  evh_status (*start)(void* self, evh_error* error); /* delivery is on when it returns. Optional. */
  void (*drain)(void* self, int64_t deadline_ns);    /* finish what is in hand; deadline is CLOCK_MONOTONIC. Optional. */
  void (*stop)(void* self);                          /* Optional. */
  void (*deactivate)(void* self);                    /* Optional. */
  void (*destroy)(void* self);                       /* Required; self is gone afterwards. */
  const void* (*get_extension)(void* self, evh_sv id); /* [any] the plugin's own tables, or NULL. Required. */
} evh_plugin;

#ifdef __cplusplus
}
#endif
#endif
