/* events.h: subscribing to topics (host side) and receiving batches (plugin side).
 *
 * group: each event goes to one process of the group, in order per partition; effects, published events and the
 * position commit in the unit of work handed over. broadcast: every process sees every event from the end of the log
 * on; no unit (uow is NULL), no position, verdicts are ignored; it feeds caches and sockets.
 * A group whose handler leaves nothing in the database says so (EVH_SUBSCRIBE_NO_EFFECTS): uow is NULL, the position is
 * written once a second, and what was handled since is seen again after a crash, a restart or a move. Since: 1.0. */
#ifndef EVH_ABI_EVENTS_H
#define EVH_ABI_EVENTS_H

#include <evh/abi/base.h>
#include <evh/abi/event.h>
#include <evh/abi/host.h>
#include <evh/abi/uow.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_SUBSCRIBE "evh.subscribe/1"
#define EVH_EXT_EVENTS "evh.events/1"

#define EVH_SUBSCRIBE_GROUP 1
#define EVH_SUBSCRIBE_BROADCAST 2
#define EVH_SUBSCRIBE_HEADERS 1u  /* flag: deliver record headers */
#define EVH_SUBSCRIBE_EARLIEST 2u /* flag: a new group, or a broadcast, starts at the oldest record; default for groups */
#define EVH_SUBSCRIBE_LATEST 4u   /* flag: starts at the end; default for broadcast */
#define EVH_SUBSCRIBE_NO_EFFECTS 8u /* flag, group: no unit of work; at least once instead of exactly once */

typedef struct evh_subscription {
  uint32_t struct_size;
  int32_t kind;
  evh_sv topic;
  evh_sv group;       /* absent: the plugin's id */
  uint32_t flags;
  uint32_t batch_max; /* events per call; 0: the host's default (512) */
  uint64_t cookie;    /* handed back in every batch */
} evh_subscription;

typedef struct evh_topic_info {
  uint32_t struct_size;
  uint32_t partitions;
  uint64_t incarnation;  /* changes when the topic is deleted and made again */
  int64_t retention_ms;
  evh_sv name;           /* valid as long as the host */
} evh_topic_info;

typedef struct evh_subscribe {
  uint32_t struct_size;
  uint32_t reserved;
  evh_status (*subscribe)(const evh_host* host, const evh_subscription* what, evh_error* error); /* [control, inside activate] */
  /* Interns a name; the number is good for this process. Topics must exist or be declared; types may be any name. */
  evh_status (*topic_id)(const evh_host* host, evh_sv name, uint32_t* id); /* [any] */
  evh_status (*type_id)(const evh_host* host, evh_sv name, uint32_t* id);  /* [control, inside activate] */
  evh_sv (*type_name)(const evh_host* host, uint32_t id);                  /* [any]; absent when unknown */
  evh_status (*topic_info)(const evh_host* host, uint32_t topic, evh_topic_info* info); /* [any] */
  evh_status (*partition_of)(const evh_host* host, uint32_t topic, evh_sv key, int32_t* partition); /* [any] */
  /* The next offset this plugin's broadcast subscription of the topic will be given. EVH_AGAIN: not started. [any] */
  evh_status (*broadcast_position)(const evh_host* host, uint32_t topic, int32_t partition, int64_t* next);
} evh_subscribe;

/* Plugin side. */
typedef struct evh_events {
  uint32_t struct_size;
  uint32_t reserved;
  /* results has batch->count bytes, all EVH_ACK. A non-OK return rolls everything back and the host finds the bad
   * event by halving the batch. [lane] */
  evh_status (*on_batch)(void* self, evh_uow* uow, const evh_batch* batch, uint8_t* results, evh_error* error);
} evh_events;

#ifdef __cplusplus
}
#endif
#endif
