/* sql_handle.h: the unit's native database handle, lent and never owned: for ODB (evh/odb.hpp) and bulk work.
 *
 * Do not commit, roll back, open savepoints, attach, set pragmas, close or keep it: the host's authorizer refuses what
 * it can and treats the rest as a broken unit. Valid until the callback returns. Since: 1.0. */
#ifndef EVH_ABI_SQL_HANDLE_H
#define EVH_ABI_SQL_HANDLE_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>
#include <evh/abi/uow.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_SQL_HANDLE "evh.sql-handle/1"

typedef struct evh_sql_handle {
  uint32_t struct_size;
  uint32_t reserved;
  /* kind: EVH_DIALECT_*; handle: sqlite3* or PGconn*. [with a unit, read-only ones too] */
  evh_status (*get)(evh_uow* uow, int32_t* kind, void** handle);
  /* fn(user, handle) is called before the host closes that handle: drop statements and wrappers. [control, inside activate] */
  evh_status (*on_close)(const evh_host* host, void (*fn)(void* user, void* handle), void* user);
} evh_sql_handle;

#ifdef __cplusplus
}
#endif
#endif
