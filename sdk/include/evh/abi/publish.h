/* publish.h: sending events from inside a unit of work. They appear in the log if and only if the unit commits.
 * The partition follows from the key (same key, same partition, order kept). Since: 1.0. */
#ifndef EVH_ABI_PUBLISH_H
#define EVH_ABI_PUBLISH_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>
#include <evh/abi/uow.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_PUBLISH "evh.publish/1"
#define EVH_PAYLOAD_BYTES_MAX 1000000u

typedef struct evh_record {
  uint32_t struct_size;
  uint32_t topic;  /* from topic() */
  evh_sv type;     /* CloudEvents type, e.g. todo.task.created.v1 */
  evh_sv id;       /* CloudEvents id; absent: the host makes a UUIDv7 */
  evh_sv key;      /* ordering and partition key */
  evh_sv payload;  /* copied before the call returns; at most EVH_PAYLOAD_BYTES_MAX */
  const evh_pair* headers;
  uint32_t headers_count;
  uint32_t reserved;
  int64_t time_ns; /* 0: now */
} evh_record;

typedef struct evh_publish {
  uint32_t struct_size;
  uint32_t reserved;
  /* Declares a topic this plugin produces; made with the configured partitions when it does not exist. [control, inside activate] */
  evh_status (*topic)(const evh_host* host, evh_sv name, uint32_t* id, evh_error* error);
  /* All or nothing. EVH_INVALID names the record and field. [with a unit] */
  evh_status (*publish)(evh_uow* uow, const evh_record* records, uint32_t count, uint32_t stride, evh_error* error);
} evh_publish;

#ifdef __cplusplus
}
#endif
#endif
