/* What the test plugins export: one operation on the host's unit of work, its outcome as text. */
#pragma once
#include <stdint.h>

/* Runs `op` on entity number `n`; writes what was read, or the exception's text, into `text` (256 bytes) and returns
   0, or 1 when an exception ended it. `nested` is called in the middle of the operation "nest". */
typedef int32_t (*probe_fn)(const char* op, int32_t kind, void* handle, int64_t n, char* text, void (*nested)(void*),
                            void* context);
