// Exchanges whose request owns its strings.
#include "tests/unit/host/runtime/fake_front.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace evhost::runtime::tests {
namespace {

class fake_exchange final : public io::http_exchange {
 public:
  fake_exchange(io::http_method method, asked what, std::shared_ptr<outcome> result)
      : what_(std::move(what)), result_(std::move(result)) {
    fill(request_, method, what_, fields_, params_);
    for (const auto& [name, value] : what_.query) query_.push_back({name, value});
  }

  static void fill(io::http_request& request, io::http_method method, const asked& what,
                   std::vector<io::http_field>& fields, std::vector<io::http_field>& params) {
    for (const auto& [name, value] : what.fields) fields.push_back({name, value});
    for (const auto& [name, value] : what.params) params.push_back({name, value});
    request.method = method;
    request.path = request.target = what.path;
    request.body = what.body;
    request.fields = fields;
    request.params = params;
    request.client_address = "192.0.2.1";
    request.request_id = "request-1";
    request.who = what.who;
  }

  std::span<const io::http_field> query_pairs() override { return query_; }
  bool respond(unsigned status, std::span<const io::http_field> fields, std::string body) override {
    return answer(status, fields, std::move(body), {});
  }
  bool refuse(const io::http_problem& problem, std::span<const io::http_field> fields) override {
    return answer(problem.status, fields, std::string(problem.detail), problem.code);
  }
  bool answered() const noexcept override { return result_->answers > 0; }
  void on_cancel(std::function<void()>) override {}

 private:
  bool answer(unsigned status, std::span<const io::http_field> fields, std::string body, std::string_view code) {
    if (result_->answers++ > 0) return false;
    result_->status = status;
    result_->body = std::move(body);
    result_->code = code;
    for (const auto& one : fields) {
      std::string name(one.name);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      result_->fields[name] = one.value;
    }
    result_->complete = true;
    return true;
  }
  void last_release() noexcept override {
    if (result_->answers == 0) result_->dropped = true;
    delete this;
  }

  asked what_;
  std::shared_ptr<outcome> result_;
  std::vector<io::http_field> fields_, params_, query_;
};

io::http_method method_named(std::string_view name) {
  for (std::size_t i = 0; i < io::http_method_count; ++i)
    if (io::to_string(static_cast<io::http_method>(i)) == name) return static_cast<io::http_method>(i);
  throw std::invalid_argument("no such method");
}

}  // namespace

std::string fake_front::route(io::http_method method, std::string_view pattern, io::http_route_options chosen,
                              io::http_handler handler) {
  if (!refuse_route.empty()) return refuse_route;
  const std::string key = std::string(io::to_string(method)) + " " + std::string(pattern);
  options[key] = chosen;
  handlers_[key] = std::move(handler);
  return {};
}

std::string fake_front::websocket(std::string_view path, io::ws_route_options chosen, io::websocket_handler& handler) {
  endpoints[std::string(path)] = {std::move(chosen), &handler};
  return {};
}

bool fake_front::send(std::span<const io::ws_id> ids, const io::ws_frame& frame) {
  sent.emplace_back(std::vector<io::ws_id>(ids.begin(), ids.end()), frame->payload);
  return true;
}

void fake_front::close(io::ws_id id, std::uint16_t code, std::string_view) {
  closed.emplace_back(id, code);
}

std::shared_ptr<outcome> fake_front::request(const std::string& route, asked what) {
  auto result = std::make_shared<outcome>();
  const auto space = route.find(' ');
  if (what.path.empty()) what.path = route.substr(space + 1);
  handlers_.at(route)(
      io::http_exchange_ptr(new fake_exchange(method_named(route.substr(0, space)), std::move(what), result)));
  return result;
}

void fake_front::abandon(const std::shared_ptr<outcome>& of) {
  of->answers = 1;
}

io::ws_admission fake_front::upgrade(const std::string& path, const asked& what,
                                     std::vector<std::string_view> offered) {
  io::http_request request;
  std::vector<io::http_field> fields, params;
  fake_exchange::fill(request, io::http_method::get, what, fields, params);
  request.path = path;
  return endpoints.at(path).options.admit(request, offered);
}

void fake_front::open(const std::string& path, io::ws_id id, const asked& what,
                      std::shared_ptr<const io::principal> who) {
  io::http_request request;
  std::vector<io::http_field> fields, params;
  fake_exchange::fill(request, io::http_method::get, what, fields, params);
  request.path = path;
  request.who = std::move(who);
  endpoints.at(path).handler->on_open(id, request);
}

}  // namespace evhost::runtime::tests
