/* thread_check.h: which symbolic thread this is, so that a plugin's assertions can say so. Since: 1.0. */
#ifndef EVH_ABI_THREAD_CHECK_H
#define EVH_ABI_THREAD_CHECK_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_THREAD_CHECK "evh.thread-check/1"

#define EVH_THREAD_OTHER 0
#define EVH_THREAD_CONTROL 1
#define EVH_THREAD_LANE 2
#define EVH_THREAD_TASK 3
#define EVH_THREAD_UNIT 4 /* inside a writing unit that is no lane batch */

typedef struct evh_thread_check {
  uint32_t struct_size;
  uint32_t reserved;
  int32_t (*current)(const evh_host* host); /* [any] */
} evh_thread_check;

#ifdef __cplusplus
}
#endif
#endif
