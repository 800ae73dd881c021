// A SQLite VFS over the real one that counts syncs and fails writes or syncs when told to. Process-wide: the tests of
// one executable use it one after the other.
#pragma once
#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <string_view>

namespace store_tests {

struct faults {
  static inline std::atomic<int> write_code{SQLITE_OK};      // what writing gives from now on
  static inline std::atomic<int> sync_code{SQLITE_OK};       // what the next sync of the WAL gives, once
  static inline std::atomic<int> syncs{0};                   // of the WAL
  static void clear() {
    write_code = SQLITE_OK;
    sync_code = SQLITE_OK;
    syncs = 0;
  }
};

namespace fault_vfs_detail {

struct file {
  sqlite3_file base;
  bool wal;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

inline file* of(sqlite3_file* f) { return reinterpret_cast<file*>(f); }
inline const sqlite3_io_methods* real_of(sqlite3_file* f) { return of(f)->real()->pMethods; }

inline int close(sqlite3_file* f) { return real_of(f)->xClose(of(f)->real()); }
inline int read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) { return real_of(f)->xRead(of(f)->real(), to, n, at); }
inline int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  if (const int rc = faults::write_code; rc != SQLITE_OK) return rc;
  return real_of(f)->xWrite(of(f)->real(), from, n, at);
}
inline int truncate(sqlite3_file* f, sqlite3_int64 size) { return real_of(f)->xTruncate(of(f)->real(), size); }
inline int sync(sqlite3_file* f, int flags) {
  if (of(f)->wal) {
    ++faults::syncs;
    if (const int rc = faults::sync_code.exchange(SQLITE_OK); rc != SQLITE_OK) return rc;
  }
  return real_of(f)->xSync(of(f)->real(), flags);
}
inline int size(sqlite3_file* f, sqlite3_int64* out) { return real_of(f)->xFileSize(of(f)->real(), out); }
inline int lock(sqlite3_file* f, int how) { return real_of(f)->xLock(of(f)->real(), how); }
inline int unlock(sqlite3_file* f, int how) { return real_of(f)->xUnlock(of(f)->real(), how); }
inline int reserved(sqlite3_file* f, int* out) { return real_of(f)->xCheckReservedLock(of(f)->real(), out); }
inline int control(sqlite3_file* f, int op, void* arg) { return real_of(f)->xFileControl(of(f)->real(), op, arg); }
inline int sector(sqlite3_file* f) { return real_of(f)->xSectorSize(of(f)->real()); }
inline int traits(sqlite3_file* f) { return real_of(f)->xDeviceCharacteristics(of(f)->real()); }
inline int shm_map(sqlite3_file* f, int page, int bytes, int extend, void volatile** out) {
  return real_of(f)->xShmMap(of(f)->real(), page, bytes, extend, out);
}
inline int shm_lock(sqlite3_file* f, int offset, int n, int flags) { return real_of(f)->xShmLock(of(f)->real(), offset, n, flags); }
inline void shm_barrier(sqlite3_file* f) { real_of(f)->xShmBarrier(of(f)->real()); }
inline int shm_unmap(sqlite3_file* f, int remove) { return real_of(f)->xShmUnmap(of(f)->real(), remove); }

inline const sqlite3_io_methods methods{2,       close, read,     write,   truncate, sync,   size,    lock,        unlock,
                                        reserved, control, sector, traits, shm_map,  shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};

inline sqlite3_vfs* real_vfs = nullptr;

inline int open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out_flags) {
  of(f)->wal = (flags & SQLITE_OPEN_WAL) != 0;
  const int rc = real_vfs->xOpen(real_vfs, name, of(f)->real(), flags, out_flags);
  f->pMethods = of(f)->real()->pMethods ? &methods : nullptr;
  return rc;
}

}  // namespace fault_vfs_detail

// Makes it the default VFS of this process, once.
inline void install_fault_vfs() {
  using namespace fault_vfs_detail;
  if (real_vfs) return;
  real_vfs = sqlite3_vfs_find(nullptr);
  static sqlite3_vfs shim = *real_vfs;
  shim.zName = "evh-faults";
  shim.szOsFile = static_cast<int>(sizeof(file)) + real_vfs->szOsFile;
  shim.xOpen = &fault_vfs_detail::open;
  shim.pNext = nullptr;
  sqlite3_vfs_register(&shim, 1);
}

}  // namespace store_tests
