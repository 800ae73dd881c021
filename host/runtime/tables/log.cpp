// evh.log/1
#include "host/runtime/tables/guard.hpp"
#include "host/runtime/tables/tables.hpp"

#include <boost/container/static_vector.hpp>

namespace evhost::runtime {
namespace {

// A line of a plugin has a bound, whatever the plugin was fed.
constexpr std::size_t message_bytes_max = 8192, name_bytes_max = 128, value_bytes_max = 4096;

std::string_view cut(evh_sv view, std::size_t bytes_max) {
  return core::text(view).substr(0, bytes_max);
}

io::log_level level_of(std::int32_t level) {
  if (level <= EVH_LOG_TRACE) return io::log_level::trace;
  if (level >= EVH_LOG_ERROR) return io::log_level::error;
  return static_cast<io::log_level>(level);
}

void write(const evh_host* host, std::int32_t level, evh_sv message, const evh_pair* fields, std::uint32_t count) {
  host_call(host, {.function = "evh_log.write", .even_failed = true}, [&](plugin_instance& plugin) {
    io::log_sink& sink = plugin.shared().ports.log_sink;
    if (!sink.enabled(level_of(level))) return EVH_OK;
    boost::container::static_vector<io::log_field, io::log_fields_max> told;
    for (std::uint32_t i = 0; fields != nullptr && i < count && told.size() < told.capacity(); ++i)
      told.emplace_back(cut(fields[i].name, name_bytes_max), cut(fields[i].value, value_bytes_max));
    sink.log(level_of(level), plugin.component(), cut(message, message_bytes_max),
             std::span<const io::log_field>(told.data(), told.size()));
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
