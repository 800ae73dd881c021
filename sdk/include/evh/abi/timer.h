/* timer.h: wake-ups. Monotonic; a tick missed while the host was busy is not made up for but counted. Since: 1.0. */
#ifndef EVH_ABI_TIMER_H
#define EVH_ABI_TIMER_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>
#include <evh/abi/uow.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_TIMER "evh.timer/1"
#define EVH_EXT_TIMER_HANDLER "evh.timer-handler/1"

#define EVH_TIMER_UNIT 1u /* flag: run on_timer inside a writing unit of work; otherwise uow is NULL, on a pool thread */

typedef struct evh_timer {
  uint32_t struct_size;
  uint32_t reserved;
  /* period_ms 0: once. A timer never overlaps itself. [any, from activate on] */
  evh_status (*arm)(const evh_host* host, int64_t delay_ms, int64_t period_ms, uint32_t flags, uint64_t cookie, evh_handle* id);
  evh_status (*cancel)(const evh_host* host, evh_handle id); /* [any]; a tick already running finishes */
} evh_timer;

/* Plugin side. */
typedef struct evh_timer_handler {
  uint32_t struct_size;
  uint32_t reserved;
  evh_status (*on_timer)(void* self, evh_uow* uow, evh_handle id, uint64_t cookie, uint64_t missed, evh_error* error); /* [task] */
} evh_timer_handler;

#ifdef __cplusplus
}
#endif
#endif
