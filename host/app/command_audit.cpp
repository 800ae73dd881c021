// audit export: the log of the running host as bundles in a directory, with the newest checkpoint and the verifier key beside.
#include "host/app/commands.hpp"
#include "host/app/engine.hpp"
#include "host/app/failure.hpp"
#include "host/app/keys.hpp"
#include "host/app/remote_admin.hpp"
#include "host/app/secret_sources.hpp"
#include "host/core/net/ask.hpp"

#include <boost/json.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace evhost::app {
namespace {

namespace json = boost::json;

constexpr std::uint64_t bundle_bytes_max = 64u << 20;

class exporter {
 public:
  explicit exporter(const config::settings& settings) {
    const auto host = running_host(settings.host.data_dir, lock_base(settings));
    if (!host) throw failure(exit_unavailable, "no host serves " + settings.host.data_dir.string() + ": start it with evhost run, the log is read through it");
    where_ = *host;
    const io::system_clock clock;
    security::token_request request;
    request.subject = "evhost-cli";
    request.name = "evhost command line";
    request.roles = {"user", "auditor"};
    request.lifetime = std::chrono::hours(1);
    token_ = take(open_issuer(settings, clock, false)->issue(request));
  }

  std::string ask(const char* method, const std::string& target, const std::string& body = {}) const {
    core::net::question q;
    q.address = where_.address;
    q.port = where_.port;
    q.method = method;
    q.target = target;
    q.headers.emplace_back("Authorization", "Bearer " + token_);
    q.body = body;
    q.answer_bytes_max = bundle_bytes_max;
    q.deadline = std::chrono::seconds(60);
    auto answer = core::net::ask(q);
    if (!answer) throw failure(exit_unavailable, "the host does not answer: " + answer.error().message);
    const auto status = answer.value().status;
    if (status < 300) return std::move(answer.value().body);
    throw failure(status == 404 ? exit_not_found : exit_data,
                  "the host answered " + std::to_string(status) + " to " + target + ": " + answer.value().body.substr(0, 500));
  }

 private:
  host_address where_;
  std::string token_;
};

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  if (!out.flush()) throw failure(exit_io, "cannot write " + path.string() + ": is the disk full?");
}

std::int64_t size_in(const std::string& checkpoint) {
  const auto first = checkpoint.find('\n');
  return first == checkpoint.npos ? 0 : std::strtoll(checkpoint.c_str() + first + 1, nullptr, 10);
}

}  // namespace

int export_audit(const command_line& line) {
  const exporter host(with_secrets(load_config(line).values));
  const std::filesystem::path folder = line.name;
  std::filesystem::create_directories(folder);
  const auto checkpoint = host.ask("GET", "/api/v1/audit/checkpoint");
  const auto size = size_in(checkpoint);
  const auto end = line.until ? std::min<std::int64_t>(*line.until, size) : size;
  for (std::int64_t at = line.since; at < end;) {
    const auto asked = json::serialize(json::object{{"from", at}, {"to", end}, {"size", size}});
    const auto bundle = host.ask("POST", "/api/v1/audit/export", asked);
    char name[40];
    std::snprintf(name, sizeof name, "%018lld.ndjson", static_cast<long long>(at));
    write_file(folder / name, bundle);
    at = json::parse(bundle.substr(0, bundle.find('\n'))).at("to").as_int64();
  }
  write_file(folder / "checkpoint", checkpoint);
  write_file(folder / "vkey", std::string(json::parse(host.ask("GET", "/api/v1/audit/key")).at("vkey").as_string()) + "\n");
  std::printf("%s: leaves %lld to %lld of %lld\n", folder.c_str(), static_cast<long long>(line.since), static_cast<long long>(end), static_cast<long long>(size));
  return exit_ok;
}

}  // namespace evhost::app
