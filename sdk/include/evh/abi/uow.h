/* uow.h: the unit of work: one transaction around effects, outgoing events and the position.
 *
 * The host opens it and the host ends it; a plugin gets a pointer for the length of one callback. The callback must be
 * re-runnable: after a conflict or a broken group commit the host rolls back and calls it again with a new unit.
 * A non-OK return rolls back. Inside a unit: no network, no waiting, no other unit. Since: 1.0. */
#ifndef EVH_ABI_UOW_H
#define EVH_ABI_UOW_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_UOW "evh.uow/1"

typedef struct evh_uow evh_uow; /* opaque; never kept after the callback */

/* Work inside a unit. May run several times; the last run is the one that counts. */
typedef evh_status (*evh_uow_fn)(void* user, evh_uow* uow, evh_error* error);
/* Exactly once per registration: committed = 1 once the unit is durable, 0 when this run was rolled back. [any]; short. */
typedef void (*evh_uow_after_fn)(void* user, int32_t committed);
/* The end of an asynchronous unit: status of the last run, or EVH_IO/EVH_SHUTDOWN. Exactly once. [any]; short. */
typedef void (*evh_uow_done_fn)(void* user, evh_status status);

typedef struct evh_uow_api {
  uint32_t struct_size;
  uint32_t reserved;
  /* Runs fn when this unit's fate is known: caches and sockets follow here, never inside the unit. */
  evh_status (*after)(evh_uow* uow, evh_uow_after_fn fn, void* user);
  /* Runs fn now, on this thread, in a read-only snapshot. publish and writes give EVH_STATE. [task] */
  evh_status (*read)(const evh_host* host, evh_uow_fn fn, void* user, evh_error* error);
  /* Queues a writing unit that belongs to no event or request. EVH_AGAIN when the queue is full: done is not called. [any] */
  evh_status (*write)(const evh_host* host, evh_uow_fn fn, evh_uow_done_fn done, void* user);
} evh_uow_api;

#ifdef __cplusplus
}
#endif
#endif
