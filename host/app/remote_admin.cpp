// One blocking request per question.
#include "host/app/remote_admin.hpp"

#include "host/app/failure.hpp"
#include "host/core/net/ask.hpp"

#include <boost/json.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace evhost::app {
namespace {

namespace json = boost::json;
using core::errc;

std::filesystem::path host_file(const std::filesystem::path& data_dir) { return data_dir / "host.json"; }

std::string encoded(std::string_view segment) { return boost::urls::encode(segment, boost::urls::unreserved_chars); }

// The lock file alone tells who serves: a pid may have been given to somebody else since.
bool lock_held(const std::filesystem::path& base) {
  const int fd = ::open((base.string() + ".lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  ::close(fd);
  return held;
}

errc code_of(unsigned status) {
  switch (status) {
    case 404: return errc::not_found;
    case 401:
    case 403: return errc::denied;
    case 503: return errc::again;
    default: return status < 500 ? errc::invalid : errc::io;
  }
}

}  // namespace

void write_host_file(const std::filesystem::path& data_dir, const host_address& where) {
  const auto target = host_file(data_dir);
  const auto temporary = target.string() + ".new";
  {
    std::ofstream out(temporary);
    out << json::serialize(json::object{{"pid", where.pid}, {"address", where.address}, {"port", where.port}}) << '\n';
    if (!out.flush()) throw failure(exit_io, "cannot write " + temporary + ": is the disk full?");
  }
  std::filesystem::rename(temporary, target);
}

void remove_host_file(const std::filesystem::path& data_dir) noexcept {
  std::error_code ec;
  std::filesystem::remove(host_file(data_dir), ec);
}

std::optional<host_address> running_host(const std::filesystem::path& data_dir, const std::filesystem::path& lock) {
  std::ifstream in(host_file(data_dir));
  std::stringstream text;
  text << in.rdbuf();
  boost::system::error_code ec;
  const auto parsed = json::parse(text.str(), ec);
  if (ec || !parsed.is_object()) return std::nullopt;
  const auto& o = parsed.get_object();
  const auto *pid = o.if_contains("pid"), *address = o.if_contains("address"), *port = o.if_contains("port");
  if (!pid || !pid->is_int64() || !address || !address->is_string() || !port || !port->is_int64()) return std::nullopt;
  host_address where{static_cast<int>(pid->get_int64()), std::string(address->get_string()), static_cast<std::uint16_t>(port->get_int64())};
  if (!lock_held(lock)) return std::nullopt;  // left behind by a crash
  return where;
}

core::result<json::value> remote_admin::ask(std::string_view method, const std::string& target, const json::value* body) {
  core::net::question q;
  q.address = where_.address;
  q.port = where_.port;
  q.method = method;
  q.target = target;
  q.headers.emplace_back("Authorization", "Bearer " + token_);
  if (body) q.body = json::serialize(*body);
  q.answer_bytes_max = 256u << 20;
  q.deadline = std::chrono::seconds(30);
  auto answer = core::net::ask(q);
  if (!answer)
    return core::fail(answer.error().code, "the host of this data directory (pid " + std::to_string(where_.pid) + ", port " + std::to_string(where_.port) +
                                               ") does not answer: " + answer.error().message);
  const auto status = answer.value().status;
  boost::system::error_code ec;
  auto parsed = json::parse(answer.value().body, ec);
  if (status < 300 && !ec) return parsed;
  const auto* detail = !ec && parsed.is_object() ? parsed.get_object().if_contains("detail") : nullptr;
  return core::fail(code_of(status), detail && detail->is_string() ? std::string(detail->get_string()) : "the host answered " + std::to_string(status));
}

core::result<json::value> remote_admin::topics() { return ask("GET", "/api/v1/admin/topics", nullptr); }

core::result<json::value> remote_admin::records(const read_request& what) {
  return ask("GET", "/api/v1/admin/topics/" + encoded(what.topic) + "/records?partition=" + std::to_string(what.partition) +
                        "&from=" + std::to_string(what.from) + "&max=" + std::to_string(what.max), nullptr);
}

core::result<json::value> remote_admin::put(const new_record& record) {
  json::object body{{"type", record.type}, {"id", record.id}, {"payload", record.payload}};
  if (record.key) body["key"] = *record.key;
  const json::value value = std::move(body);
  return ask("POST", "/api/v1/admin/topics/" + encoded(record.topic) + "/records", &value);
}

core::result<json::value> remote_admin::dead_letters(std::string_view group, std::uint64_t max) {
  return ask("GET", "/api/v1/admin/groups/" + encoded(group) + "/dead-letters?max=" + std::to_string(max), nullptr);
}

core::result<json::value> remote_admin::replay(std::string_view group, const std::vector<std::int64_t>& ids) {
  const json::value body = json::object{{"ids", json::array(ids.begin(), ids.end())}};
  return ask("POST", "/api/v1/admin/groups/" + encoded(group) + "/replay", &body);
}

core::result<json::value> remote_admin::discard(std::string_view group, const std::vector<std::int64_t>& ids) {
  const json::value body = json::object{{"ids", json::array(ids.begin(), ids.end())}};
  return ask("POST", "/api/v1/admin/groups/" + encoded(group) + "/discard", &body);
}

core::result<json::value> remote_admin::move(const new_position& where) {
  json::object body{{"topic", where.topic}, {"from", where.from}};
  if (where.partition) body["partition"] = *where.partition;
  const json::value value = std::move(body);
  return ask("POST", "/api/v1/admin/groups/" + encoded(where.group) + "/position", &value);
}

}  // namespace evhost::app
