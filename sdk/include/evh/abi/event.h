/* event.h: one event as the plugin sees it: 128 bytes, two cache lines, only views; and the batch that carries it.
 *
 * Views live until on_batch returns. Walk a batch by stride, not by sizeof: a newer host may send longer events.
 * Topic and type are interned numbers of this process: compare with what evh.subscribe/1 gave. Since: 1.0. */
#ifndef EVH_ABI_EVENT_H
#define EVH_ABI_EVENT_H

#include <evh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_SOURCE_LOG 1    /* the topic's log */
#define EVH_SOURCE_REPLAY 2 /* an operator replays a dead letter to this group */
#define EVH_SOURCE_TEST 3   /* the in-memory test host */

#define EVH_EVENT_REPLAYED 1u /* seen before by this group: attempt > 1 or a replay */
#define EVH_EVENT_SUSPECT 2u  /* was in flight when the host last crashed; delivered alone */

typedef struct evh_event {
  uint32_t topic;     /* interned topic */
  uint32_t type;      /* interned CloudEvents type; 0: none */
  int32_t partition;
  uint32_t flags;
  int64_t offset;     /* position in the partition; gaps are legal */
  int64_t time_ns;    /* CloudEvents time, Unix nanoseconds */
  evh_sv id;          /* CloudEvents id, unique per source */
  evh_sv key;         /* ptr NULL: no key */
  evh_sv payload;     /* ptr NULL: tombstone */
  uint8_t trace_id[16]; /* W3C trace context of the producer; all zero: none */
  uint8_t span_id[8];
  uint32_t headers_count; /* 0 unless the subscription asked for headers */
  uint16_t attempt;   /* 1: first delivery; saturates */
  uint16_t source;
  const evh_pair* headers;
  uint64_t reserved;
} evh_event;

/* Verdict per event, one byte, prefilled with EVH_ACK. */
#define EVH_ACK 0         /* done; its effects commit with the position */
#define EVH_RETRY 1       /* not now: this and the later events are delivered again, after a backoff */
#define EVH_DEAD_LETTER 2 /* never: set aside in <group>.dlq with the error text as cause */
#define EVH_SKIP 3        /* deliberately ignored; counted apart from ACK */

typedef struct evh_batch {
  uint32_t struct_size;
  uint32_t count;
  uint32_t stride; /* bytes from one event to the next */
  uint32_t flags;
  const evh_event* events;
  uint64_t lane;   /* stable number of the (group, topic, partition) in this process */
  uint64_t cookie; /* of the subscription */
} evh_batch;

#define EVH_EVENT_AT(batch, index) \
  ((const evh_event*)(const void*)((const char*)(batch)->events + (uint64_t)(index) * (batch)->stride))

#ifdef __cplusplus
}
#endif
#endif
