// Operating through the running host: HTTP to its admin routes with a token signed by the data directory's key.
//
// The running host writes <data>/host.json (pid, address, port) at start and removes it at a clean stop; running_host()
// finds it and checks that some process still holds the data directory's lock. Blocking; one thread.
#pragma once
#include "host/app/admin.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace evhost::app {

struct host_address {
  int pid = 0;
  std::string address;
  std::uint16_t port = 0;
};

void write_host_file(const std::filesystem::path& data_dir, const host_address& where);  // throws failure
void remove_host_file(const std::filesystem::path& data_dir) noexcept;
// The host that serves this data directory now, if one does. lock: engine.hpp's lock_base().
std::optional<host_address> running_host(const std::filesystem::path& data_dir, const std::filesystem::path& lock);

class remote_admin final : public admin {
 public:
  remote_admin(host_address where, std::string token) : where_(std::move(where)), token_(std::move(token)) {}
  core::result<boost::json::value> topics() override;
  core::result<boost::json::value> records(const read_request& what) override;
  core::result<boost::json::value> put(const new_record& record) override;
  core::result<boost::json::value> dead_letters(std::string_view group, std::uint64_t max) override;
  core::result<boost::json::value> replay(std::string_view group, const std::vector<std::int64_t>& ids) override;
  core::result<boost::json::value> discard(std::string_view group, const std::vector<std::int64_t>& ids) override;
  core::result<boost::json::value> move(const new_position& where) override;

 private:
  core::result<boost::json::value> ask(std::string_view method, const std::string& target, const boost::json::value* body);

  host_address where_;
  std::string token_;
};

}  // namespace evhost::app
