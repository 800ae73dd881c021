/* task.h: work off the calling thread, on the host's bounded pool. Since: 1.0. */
#ifndef EVH_ABI_TASK_H
#define EVH_ABI_TASK_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_TASK "evh.task/1"

typedef struct evh_task {
  uint32_t struct_size;
  uint32_t reserved;
  /* Runs fn(arg) once on a pool thread. EVH_AGAIN: queue full, fn will not run. EVH_SHUTDOWN after drain. [any] */
  evh_status (*submit)(const evh_host* host, void (*fn)(void* arg), void* arg);
} evh_task;

#ifdef __cplusplus
}
#endif
#endif
