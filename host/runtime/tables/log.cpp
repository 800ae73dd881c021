// evh.log/1
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

#include <array>

namespace evhost::runtime {
namespace {

io::log_level level_of(std::int32_t level) {
  if (level <= EVH_LOG_TRACE) return io::log_level::trace;
  if (level >= EVH_LOG_ERROR) return io::log_level::error;
  return static_cast<io::log_level>(level);
}

void write(const evh_host* host, std::int32_t level, evh_sv message, const evh_pair* fields, std::uint32_t count) {
  host_call(host, {.function = "evh_log.write", .even_failed = true}, [&](plugin_instance& plugin) {
    io::log_sink& sink = plugin.shared().ports.log_sink;
    if (!sink.enabled(level_of(level))) return EVH_OK;
    std::array<io::log_field, io::log_fields_max> room{
        {{"", false}, {"", false}, {"", false}, {"", false}, {"", false}, {"", false}, {"", false}, {"", false},
         {"", false}, {"", false}, {"", false}, {"", false}, {"", false}, {"", false}, {"", false}, {"", false},
         {"", false}, {"", false}, {"", false}, {"", false}, {"", false}, {"", false}, {"", false}, {"", false}}};
    std::size_t used = 0;
    for (std::uint32_t i = 0; fields != nullptr && i < count && used < room.size(); ++i)
      room[used++] = io::log_field(core::text(fields[i].name), core::text(fields[i].value));
    sink.log(level_of(level), plugin.component(), core::text(message),
             std::span<const io::log_field>(room.data(), used));
    return EVH_OK;
  });
}

}  // namespace

static_assert(static_cast<int>(io::log_level::trace) == EVH_LOG_TRACE &&
              static_cast<int>(io::log_level::error) == EVH_LOG_ERROR);

evh_log make_log_table(const std::int32_t* level) {
  return {sizeof(evh_log), 0, level, &write};
}

}  // namespace evhost::runtime
