/* store.h: portable SQL inside a unit of work, for C, Rust and C++ alike.
 *
 * Parameters are $1..$n. The dialect is the store's own (dialect()); keep statements to what both understand.
 * A plugin's tables are named <plugin id>_<name>; they come from its migrations. Since: 1.0. */
#ifndef EVH_ABI_STORE_H
#define EVH_ABI_STORE_H

#include <evh/abi/base.h>
#include <evh/abi/host.h>
#include <evh/abi/uow.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EVH_EXT_STORE "evh.store/1"
#define EVH_EXT_MIGRATIONS "evh.migrations/1"

#define EVH_DIALECT_SQLITE 1
#define EVH_DIALECT_POSTGRESQL 2

#define EVH_NULL 0
#define EVH_INTEGER 1
#define EVH_REAL 2
#define EVH_TEXT 3
#define EVH_BLOB 4

typedef struct evh_value {
  int32_t type;
  uint32_t reserved;
  union {
    int64_t integer;
    double real;
    evh_sv bytes; /* TEXT and BLOB */
  } as;
} evh_value;

/* One row; the cells live until it returns. Non-OK stops the query and is returned by it. */
typedef evh_status (*evh_row_fn)(void* user, const evh_value* cells, uint32_t count);

typedef struct evh_store {
  uint32_t struct_size;
  int32_t dialect;
  /* changed: rows written, may be NULL. EVH_CONFLICT: a unique or foreign key; the unit stays usable on SQLite only,
   * so treat it as the end of the unit. [with a unit] */
  evh_status (*exec)(evh_uow* uow, evh_sv sql, const evh_value* params, uint32_t count, int64_t* changed, evh_error* error);
  evh_status (*query)(evh_uow* uow, evh_sv sql, const evh_value* params, uint32_t count, evh_row_fn row, void* user,
                      evh_error* error);
  /* Bulk insert: cells row by row, rows * columns_count of them (COPY on PostgreSQL). [with a unit] */
  evh_status (*copy_rows)(evh_uow* uow, evh_sv table, const evh_sv* columns, uint32_t columns_count,
                          const evh_value* cells, uint64_t rows, evh_error* error);
} evh_store;

/* Plugin side: numbered SQL, run by the host once each, in order, in a transaction, under a lock, before activate. */
typedef struct evh_migration {
  uint32_t struct_size;
  uint32_t version; /* 1, 2, 3, ...: without gaps; never changed once released (checked by hash) */
  evh_sv name;
  evh_sv sql;       /* several statements */
} evh_migration;

typedef struct evh_migrations {
  uint32_t struct_size;
  uint32_t reserved;
  uint32_t (*count)(void* self, int32_t dialect);
  evh_status (*get)(void* self, int32_t dialect, uint32_t index, evh_migration* out); /* strings live as long as self */
} evh_migrations;

#ifdef __cplusplus
}
#endif
#endif
