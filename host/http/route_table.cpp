// The only file that includes Pistache. Its tree is built before serving and only read afterwards: adding to it while
// others search is its known race. Its transport, request and response classes are not touched.
#include "host/http/route_table.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <optional>

#include <pistache/router.h>

#include "host/http/chars.hpp"

namespace evhost::http {
namespace {

using Pistache::Rest::Route;
using Pistache::Rest::SegmentTreeNode;

constexpr std::size_t segments_max = 64;  // the tree's search recurses once per segment

// What the tree stores for a route: never called, only read back.
struct endpoint {
  const route_entry* entry;
  Route::Result operator()(const Pistache::Rest::Request&, Pistache::Http::ResponseWriter) const { return Route::Result::Ok; }
};

template <class Fn>
void for_each_segment(std::string_view path, Fn&& fn) {
  for (std::size_t begin = 1; begin < path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    fn(path.substr(begin, end - begin), begin);
    begin = end + 1;
  }
}

// "" or what is wrong with it.
std::string judge(std::string_view pattern) {
  if (pattern.empty() || pattern[0] != '/') return "must begin with '/'";
  if (pattern.size() > 1 && pattern.back() == '/') return "must not end in '/'";
  if (pattern.find("//") != std::string_view::npos) return "has an empty segment";
  if (std::count(pattern.begin(), pattern.end(), '/') > static_cast<long>(segments_max)) return "has too many segments";
  std::string wrong;
  for_each_segment(pattern, [&](std::string_view s, std::size_t begin) {
    if (s == ":") wrong = "has a parameter without a name";
    if (s == "*" && begin + 1 != pattern.size()) wrong = "may have '*' only at its end";
    if (s.find_first_of("?%") != std::string_view::npos) wrong = "has a '?' or '%'";
  });
  return wrong;
}

// Patterns that differ only in parameter names are the same route.
std::string shape(std::string_view pattern) {
  std::string out;
  for_each_segment(pattern, [&](std::string_view s, std::size_t) { (out += '/') += s[0] == ':' ? ":" : s; });
  return out;
}

}  // namespace

struct route_table::trees {
  std::array<SegmentTreeNode, io::http_method_count> by_method;
  std::array<const route_entry*, io::http_method_count> root{};  // "/": the tree refuses an empty path
  std::vector<const route_entry*> rests;                         // patterns ending in "/*", longest first
};

route_table::route_table() : trees_(std::make_unique<trees>()) {}
route_table::~route_table() = default;

std::string route_table::add(io::http_method method, std::string_view pattern, io::http_route_options options,
                             io::http_handler handler) {
  const auto name = "route " + std::string(io::to_string(method)) + " " + std::string(pattern);
  if (const auto wrong = judge(pattern); !wrong.empty()) return name + " " + wrong;
  if (!handler) return name + " has no handler";
  for (const auto& e : entries_)
    if (e.method == method && shape(e.pattern) == shape(pattern)) return name + " is taken already, by " + e.pattern;

  auto& entry = entries_.emplace_back(route_entry{method, std::string(pattern), options, std::move(handler), entries_.size(), {}});
  std::size_t segment = 0;
  for_each_segment(entry.pattern, [&](std::string_view s, std::size_t) {
    if (s[0] == ':' || s == "*") entry.params.push_back({std::string(s == "*" ? s : s.substr(1)), segment});
    ++segment;
  });
  if (entry.pattern == "/") {
    trees_->root[static_cast<std::size_t>(method)] = &entry;
  } else if (entry.pattern.ends_with("/*")) {
    trees_->rests.push_back(&entry);
    std::ranges::stable_sort(trees_->rests, [](auto* a, auto* b) { return a->pattern.size() > b->pattern.size(); });
  } else {
    const auto bytes = entry.pattern.size() - 1;
    std::shared_ptr<char> text(new char[bytes], std::default_delete<char[]>());
    std::memcpy(text.get(), entry.pattern.data() + 1, bytes);
    trees_->by_method[static_cast<std::size_t>(method)].addRoute({text.get(), bytes}, endpoint{&entry}, text);
  }
  return {};
}

const route_entry* route_table::find_exact(io::http_method method, std::string_view path) const {
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const auto m = static_cast<std::size_t>(method);
  if (path == "/") {
    if (trees_->root[m] != nullptr) return trees_->root[m];
  } else if (static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) <= segments_max) {
    const auto found = std::get<0>(trees_->by_method[m].findRoute(path.substr(1)));
    if (found) return found->handler_.target<endpoint>()->entry;
  }
  for (const auto* e : trees_->rests) {
    const auto prefix = std::string_view(e->pattern).substr(0, e->pattern.size() - 1);
    if (e->method == method && (path.starts_with(prefix) || path == prefix.substr(0, prefix.size() - 1))) return e;
  }
  return nullptr;
}

const route_entry* route_table::find(io::http_method method, std::string_view path) const {
  const auto* found = find_exact(method, path);
  return found == nullptr && method == io::http_method::head ? find_exact(io::http_method::get, path) : found;
}

std::string route_table::allow(std::string_view path) const {
  std::string out;
  for (std::size_t i = 0; i < io::http_method_count; ++i) {
    const auto method = static_cast<io::http_method>(i);
    if (find(method, path) != nullptr) (out += out.empty() ? "" : ", ") += io::to_string(method);
  }
  if (!out.empty() && out.find("OPTIONS") == std::string::npos) out += ", OPTIONS";
  return out;
}

void route_table::bind_params(const route_entry& entry, std::string_view path, std::vector<io::http_field>& out) {
  out.clear();
  if (entry.params.empty()) return;
  std::size_t segment = 0, next = 0;
  for_each_segment(path, [&](std::string_view text, std::size_t begin) {
    if (next < entry.params.size() && entry.params[next].segment == segment) {
      const auto& p = entry.params[next++];
      out.push_back({p.name, p.name == "*" ? path.substr(begin) : text});
    }
    ++segment;
  });
  if (next < entry.params.size()) out.push_back({entry.params[next].name, {}});  // "/files" for "/files/*"
}

}  // namespace evhost::http
