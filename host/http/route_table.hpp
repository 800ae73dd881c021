// Which handler serves a method and a path. Pistache's route tree finds; nothing else of Pistache is used.
//
// Threading: add() on the control thread before serving; everything else from any thread afterwards.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/http.hpp"

namespace evhost::http {

struct route_entry {
  io::http_method method = io::http_method::get;
  std::string pattern;
  io::http_route_options options;
  io::http_handler handler;
  std::size_t index = 0;
  struct param {
    std::string name;
    std::size_t segment;  // counted from 0; the rest of the path for "*"
  };
  std::vector<param> params;
};

class route_table {
 public:
  route_table();
  ~route_table();

  // "" or the refusal.
  std::string add(io::http_method method, std::string_view pattern, io::http_route_options options, io::http_handler handler);
  // GET stands in for HEAD. Null when nothing matches.
  const route_entry* find(io::http_method method, std::string_view path) const;
  // "GET, HEAD, ..." for a path that other methods serve, or "".
  std::string allow(std::string_view path) const;
  // Views into entry and path.
  static void bind_params(const route_entry& entry, std::string_view path, std::vector<io::http_field>& out);
  // Nobody will be called again; patterns stay, since late exchanges still point to them. [control]
  void release_handlers() noexcept {
    for (auto& e : entries_) e.handler = nullptr;
  }
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct trees;
  const route_entry* find_exact(io::http_method method, std::string_view path) const;

  std::deque<route_entry> entries_;  // stable addresses
  std::unique_ptr<trees> trees_;
};

}  // namespace evhost::http
