// evh.store/1 and evh.sql-handle/1
#include "host/runtime/close_hooks.hpp"
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

#include <array>
#include <vector>

namespace evhost::runtime {
namespace {

constexpr std::uint32_t params_max = 32766, columns_max = 256;  // what both databases take
constexpr std::uint64_t copy_rows_max = 1'000'000;

// Empty when sql and params can be handed on.
std::string_view fault(evh_sv sql, const evh_value* params, std::uint64_t count) {
  if (sql.ptr == nullptr || sql.len == 0) return "sql is empty";
  if (count > 0 && params == nullptr) return "params is NULL";
  for (std::uint64_t i = 0; i < count; ++i) {
    if (params[i].type < EVH_NULL || params[i].type > EVH_BLOB) return "a parameter has an unknown type";
    if (params[i].type >= EVH_TEXT && params[i].as.bytes.ptr == nullptr && params[i].as.bytes.len > 0)
      return "a text parameter has no bytes";
  }
  return {};
}

evh_status exec(evh_uow* uow, evh_sv sql, const evh_value* params, std::uint32_t count, std::int64_t* changed,
                evh_error* error) {
  return unit_call(uow, "evh_store.exec", true, error, [&](plugin_instance&, unit_of_work& unit) {
    if (const auto why = count > params_max ? "too many parameters" : fault(sql, params, count); !why.empty())
      return say(error, EVH_INVALID, why);
    auto done = unit.tx().exec(core::text(sql), {params, count});
    if (!done) return report(unit, error, done.error());
    if (changed != nullptr) *changed = done.value();
    return EVH_OK;
  });
}

evh_status query(evh_uow* uow, evh_sv sql, const evh_value* params, std::uint32_t count, evh_row_fn row, void* user,
                 evh_error* error) {
  return unit_call(uow, "evh_store.query", false, error, [&](plugin_instance& plugin, unit_of_work& unit) {
    if (const auto why = count > params_max ? "too many parameters" : fault(sql, params, count); !why.empty())
      return say(error, EVH_INVALID, why);
    if (row == nullptr) return say(error, EVH_INVALID, "row is NULL");
    evh_status verdict = EVH_OK;
    const call_frame outer = *current_call();
    evh_error inner = make_error();
    auto done = unit.tx().query(core::text(sql), {params, count}, [&](std::span<const evh_value> cells) {
      verdict = plugin.enter(
          "row", outer.thread, inner, [&] { return row(user, cells.data(), static_cast<std::uint32_t>(cells.size())); },
          outer.phase, uow, outer.reading);
      return verdict == EVH_OK;
    });
    if (!done) return report(unit, error, done.error());
    return verdict == EVH_OK
               ? EVH_OK
               : say(error, verdict, said(inner).empty() ? "the row callback stopped the query" : said(inner));
  });
}

evh_status copy_rows(evh_uow* uow, evh_sv table, const evh_sv* columns, std::uint32_t columns_count,
                     const evh_value* cells, std::uint64_t rows, evh_error* error) {
  return unit_call(uow, "evh_store.copy_rows", true, error, [&](plugin_instance&, unit_of_work& unit) {
    if (columns == nullptr || columns_count == 0 || columns_count > columns_max || rows > copy_rows_max)
      return say(error, EVH_INVALID, "copy_rows: 1 to 256 columns, at most 1000000 rows");
    if (const auto why = fault(table, cells, rows * columns_count); !why.empty()) return say(error, EVH_INVALID, why);
    std::array<std::string_view, columns_max> names;
    for (std::uint32_t i = 0; i < columns_count; ++i) names[i] = core::text(columns[i]);
    auto done = unit.tx().copy_rows(core::text(table), {names.data(), columns_count}, {cells, rows * columns_count});
    return done ? EVH_OK : report(unit, error, done.error());
  });
}

evh_status get_handle(evh_uow* uow, std::int32_t* kind, void** handle) {
  return unit_call(uow, "evh_sql_handle.get", false, nullptr, [&](plugin_instance&, unit_of_work& unit) -> evh_status {
    if (kind == nullptr || handle == nullptr) return EVH_INVALID;
    const io::native_handle lent = unit.tx().native();
    if (lent.handle == nullptr) return EVH_UNSUPPORTED;
    *kind = lent.kind;
    *handle = lent.handle;
    return EVH_OK;
  });
}

evh_status on_close(const evh_host* host, void (*fn)(void* user, void* handle), void* user) {
  return host_call(host, {.function = "evh_sql_handle.on_close", .threads = on_control, .registers = true},
                   [&](plugin_instance& plugin) -> evh_status {
                     if (fn == nullptr) return EVH_INVALID;
                     plugin.shared().hooks->add(plugin, fn, user);
                     return EVH_OK;
                   });
}

}  // namespace

evh_store make_store_table(std::int32_t dialect) {
  return {sizeof(evh_store), dialect, &exec, &query, &copy_rows};
}
const evh_sql_handle sql_handle_table{sizeof(evh_sql_handle), 0, &get_handle, &on_close};

}  // namespace evhost::runtime
