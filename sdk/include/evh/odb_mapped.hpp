// ODB maps, the host sends: entities by the code ODB generated for PostgreSQL, through evh.store instead of the lent handle.
//
// ODB waits for the answer of every statement. What goes through the unit stays in the host's pipeline: an INSERT costs no
// round trip of its own, and reads leave the pipeline open for the writes behind them. Once a unit has lent its handle
// (unit.native(), an odb_scope) all its statements wait; so keep ODB's own statements for what cannot be said here.
//
//   evh::odb_mapped<task_row>::insert(unit, row);      // with "task_row-odb-pgsql.hxx" included
//
// Threading   As the unit. Each thread keeps one image (ODB's buffers) per entity.
// Errors      As evh::unit. A duplicate key ends the unit, unless insert_if_new() is used.
// Limits      Entities with a simple or composite key given by the plugin; no containers, sections, versions, pointers.
// Language    C++20, PostgreSQL only.
#pragma once

#if defined(EVH_ODB_PGSQL)

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <evh/unit.hpp>
#include <odb/pgsql/binding.hxx>
#include <odb/pgsql/traits.hxx>
#include <odb/traits.hxx>

namespace evh {

namespace odb_detail {

template <class Int>
Int swapped(Int v) {
  if constexpr (sizeof v == 2) return static_cast<Int>(__builtin_bswap16(static_cast<std::uint16_t>(v)));
  if constexpr (sizeof v == 4) return static_cast<Int>(__builtin_bswap32(static_cast<std::uint32_t>(v)));
  if constexpr (sizeof v == 8) return static_cast<Int>(__builtin_bswap64(static_cast<std::uint64_t>(v)));
}
template <class Int>
Int read_wire(const void* from) {  // images hold numbers as they travel
  Int v;
  std::memcpy(&v, from, sizeof v);
  return swapped(v);
}
template <class Int>
void write_wire(void* to, std::int64_t value) {
  const Int v = swapped(static_cast<Int>(value));
  std::memcpy(to, &v, sizeof v);
}

[[noreturn]] inline void no_mapping() { throw failure(EVH_UNSUPPORTED, "evh/odb_mapped.hpp maps integers, booleans, text, bytes and UUIDs"); }

inline value value_of(const odb::pgsql::bind& b) {
  typedef odb::pgsql::bind bind;
  if (b.is_null != nullptr && *b.is_null) return nullptr;
  const char* const bytes = static_cast<const char*>(b.buffer);
  switch (b.type) {
    case bind::boolean_: return *static_cast<const bool*>(b.buffer) ? 1 : 0;
    case bind::smallint: return read_wire<std::int16_t>(bytes);
    case bind::integer: return read_wire<std::int32_t>(bytes);
    case bind::bigint: return read_wire<std::int64_t>(bytes);
    case bind::text: return std::string_view(bytes, *b.size);
    case bind::bytea: return value::blob({bytes, *b.size});
    case bind::uuid: return value::blob({bytes, 16});
    default: no_mapping();
  }
}

// False: the image's buffer is too small; its size says how large it must be.
inline bool take_cell(const odb::pgsql::bind& b, const row& cells, std::uint32_t i) {
  typedef odb::pgsql::bind bind;
  *b.is_null = cells.is_null(i);
  if (*b.is_null) return true;
  switch (b.type) {
    case bind::boolean_: *static_cast<bool*>(b.buffer) = cells.integer(i) != 0; return true;
    case bind::smallint: write_wire<std::int16_t>(b.buffer, cells.integer(i)); return true;
    case bind::integer: write_wire<std::int32_t>(b.buffer, cells.integer(i)); return true;
    case bind::bigint: write_wire<std::int64_t>(b.buffer, cells.integer(i)); return true;
    case bind::uuid: std::memcpy(b.buffer, cells.text(i).data(), 16); return true;
    case bind::text:
    case bind::bytea: break;
    default: no_mapping();
  }
  const std::string_view bytes = cells.text(i);
  *b.size = bytes.size();
  if (bytes.size() > b.capacity) return false;
  if (!bytes.empty()) std::memcpy(b.buffer, bytes.data(), bytes.size());
  return true;
}

}  // namespace odb_detail

template <class T>
class odb_mapped {
  typedef odb::access::object_traits_impl<T, odb::id_pgsql> traits;
  typedef odb::pgsql::bind bind;
  static constexpr std::size_t columns = traits::column_count, keys = traits::id_column_count;
  static_assert(!traits::auto_id && !traits::versioned && traits::managed_optimistic_column_count == 0 && traits::inverse_column_count == 0);

 public:
  typedef typename odb::object_traits<T>::id_type id_type;

  // Sent without waiting where the host can; its failure surfaces at the unit's next wait and runs the unit again.
  static void insert(unit& in, const T& object) {
    static const std::string sql = traits::persist_statement;
    insert(in, object, sql);
  }
  // False: a row with one of its keys exists. Waits.
  static bool insert_if_new(unit& in, const T& object) {
    static const std::string sql = std::string(traits::persist_statement) + " ON CONFLICT DO NOTHING";
    return insert(in, object, sql) == 1;
  }

  // The number of rows changed: 1, or 0 when there is none with this key.
  static std::int64_t update(unit& in, const T& object) {
    static const std::string sql = traits::update_statement;
    bind all[columns + keys] = {};
    image_type& image = images();
    traits::init(image, object, odb::pgsql::statement_update);
    traits::bind(all, image, odb::pgsql::statement_update);
    typename traits::id_image_type key;
    traits::init(key, traits::id(object));
    traits::bind(all + (columns - keys), key);
    return in.exec(sql, values_of(all, columns));
  }

  // Every row that `where` (with its WHERE, ORDER BY and so on) picks; each(const T&).
  template <class Each>
  static void select(unit& in, std::string_view where, std::span<const value> params, Each&& each) {
    T object;
    in.query(std::string(traits::query_statement) + ' ' + std::string(where), params, [&](const row& cells) {
      load(cells, object);
      each(static_cast<const T&>(object));
    });
  }

  static bool find(unit& in, const id_type& id, T& object) {
    static const std::string sql = traits::find_statement;
    bind wanted[keys] = {};
    typename traits::id_image_type key;
    traits::init(key, id);
    traits::bind(wanted, key);
    bool found = false;
    in.query(sql, values_of(wanted, keys), [&](const row& cells) {
      found = true;
      load(cells, object);
    });
    return found;
  }

 private:
  typedef typename traits::image_type image_type;

  static image_type& images() {
    static thread_local image_type one;
    return one;
  }
  static std::span<const value> values_of(const bind* binds, std::size_t count) {
    static thread_local std::vector<value> made;
    made.clear();
    for (std::size_t i = 0; i < count; ++i) made.push_back(odb_detail::value_of(binds[i]));
    return made;
  }
  static std::int64_t insert(unit& in, const T& object, const std::string& sql) {
    bind all[columns] = {};
    image_type& image = images();
    traits::init(image, object, odb::pgsql::statement_insert);
    traits::bind(all, image, odb::pgsql::statement_insert);
    return in.exec(sql, values_of(all, columns));
  }
  static void load(const row& cells, T& object) {
    bind all[columns] = {};
    bool truncated[columns] = {};
    image_type& image = images();
    traits::bind(all, image, odb::pgsql::statement_select);
    bool whole = true;
    for (std::size_t i = 0; i < columns; ++i) {
      truncated[i] = !odb_detail::take_cell(all[i], cells, static_cast<std::uint32_t>(i));
      whole = whole && !truncated[i];
    }
    if (!whole) {
      traits::grow(image, truncated);
      traits::bind(all, image, odb::pgsql::statement_select);
      for (std::size_t i = 0; i < columns; ++i) odb_detail::take_cell(all[i], cells, static_cast<std::uint32_t>(i));
    }
    traits::init(object, image, nullptr);
  }
};

}  // namespace evh

#endif
