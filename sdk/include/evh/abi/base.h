/* base.h: the words every other ABI header is written in: views, statuses, errors, struct sizes.
 *
 * Rules for everything below evh/abi (major 1):
 *  - C11, fixed-width integers, no bool, no enum-typed field, no bitfield, 8-byte alignment, padding spelt out.
 *  - Every struct that crosses starts with struct_size, set by whoever creates it; fields are only appended and a
 *    zero field means the older behaviour. Read a field of a foreign struct only after EVH_HAS(s, field).
 *  - Views in, statuses out. A view is borrowed: unless a comment says otherwise it is valid until the call returns.
 *    Nobody frees the other side's memory. No exception, longjmp or panic crosses.
 *  - Thread tags on every function: [control] one logical thread, never concurrent with itself; [lane] one ordered
 *    symbolic thread per partition, may migrate between OS threads; [task] any pool thread; [any]. The host checks them.
 * Since: 1.0. */
#ifndef EVH_ABI_BASE_H
#define EVH_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

#define EVH_ABI_MAJOR 1u
#define EVH_ABI_MINOR 0u

/* Borrowed bytes, not NUL-terminated. ptr NULL means absent; len 0 with a non-NULL ptr means empty. */
typedef struct evh_sv {
  const char* ptr;
  uint64_t len;
} evh_sv;

/* Outcome of a call; 0 is success, everything else a failure with one meaning. */
typedef int32_t evh_status;
#define EVH_OK 0
#define EVH_INVALID 1     /* an argument is wrong: the caller's fault, do not retry */
#define EVH_STATE 2       /* not allowed in this lifecycle state */
#define EVH_THREAD 3      /* not allowed on this thread (see the tag) */
#define EVH_NOT_FOUND 4   /* the named thing does not exist, or a handle is stale */
#define EVH_UNSUPPORTED 5 /* this host or plugin cannot do that */
#define EVH_DENIED 6      /* not granted, or not permitted */
#define EVH_AGAIN 7       /* full or busy: retry later */
#define EVH_TIMEOUT 8     /* the deadline passed */
#define EVH_CANCELLED 9   /* the other side went away */
#define EVH_CONFLICT 10   /* a unique key, version or fence did not match */
#define EVH_IO 11         /* a disk, database or network failed; retry later */
#define EVH_NOMEM 12      /* out of memory */
#define EVH_EXCEPTION 13  /* an exception was caught at the boundary: a bug in the callee */
#define EVH_SHUTDOWN 14   /* the host is draining */

/* Text for a failure, allocated by the caller and filled by the callee. len excludes the terminating NUL. */
#define EVH_ERROR_TEXT_BYTES 240
typedef struct evh_error {
  uint32_t struct_size;
  int32_t code; /* evh_status */
  uint32_t flags;
  uint32_t len;
  char text[EVH_ERROR_TEXT_BYTES];
} evh_error;
#define EVH_ERROR_RETRYABLE 1u /* the same call may succeed later */

/* Slot and generation of a host object. A stale handle yields EVH_NOT_FOUND, never a crash. 0 is no handle. */
typedef uint64_t evh_handle;

/* A named view: an HTTP header, a record header, a log field, a path parameter. */
typedef struct evh_pair {
  evh_sv name;
  evh_sv value;
} evh_pair;

/* True when the creator of *s knew the field and meant to set it. */
#define EVH_HAS(s, field) \
  ((ptrdiff_t)(s)->struct_size >= ((const char*)&(s)->field - (const char*)(s)) + (ptrdiff_t)sizeof((s)->field))

#endif
