/* log.h: structured log lines of a plugin, in the host's format and stream. Since: 1.0. */
#ifndef EVH_ABI_LOG_H
#define EVH_ABI_LOG_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_LOG "evh.log/1"

#define EVH_LOG_TRACE 0
#define EVH_LOG_DEBUG 1
#define EVH_LOG_INFO 2
#define EVH_LOG_WARN 3
#define EVH_LOG_ERROR 4

typedef struct evh_log {
  uint32_t struct_size;
  uint32_t reserved;
  const int32_t* level; /* read inline: lines below it would be dropped, so do not format them */
  void (*write)(const evh_host* host, int32_t level, evh_sv message, const evh_pair* fields, uint32_t count); /* [any] */
} evh_log;

#ifdef __cplusplus
}
#endif
#endif
