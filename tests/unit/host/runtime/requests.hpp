// What every case about requests starts from: one plugin with a POST and a GET route.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/unit/host/runtime/runtime_bed.hpp"

namespace evhost::runtime::tests {

// One plugin with one POST and one GET route; the case says what happens.
class Requests : public testing::Test {
 protected:
  explicit Requests(std::function<void(runtime_options&)> adjust = {}) : bed_(std::move(adjust)) {}

  void SetUp() override {
    plugin_.migrations = {{"first", "CREATE TABLE p_things (name TEXT UNIQUE)"}};
    plugin_.on_activate = [this](evh_error*) {
      return plugin_.route("POST", "/p/p/x", 11) | plugin_.route("GET", "/p/p/x", 12, EVH_ROUTE_PUBLIC);
    };
    plugin_.on_request = [this](evh_request* request, const evh_request_view* view, evh_error* error) {
      return handle_(request, view, error);
    };
    bed_.add(plugin_);
    ASSERT_TRUE(bed_.run());
  }
  // Every request applies fn.
  void apply(std::function<evh_status(evh_request*, evh_uow*, evh_error*)> fn) {
    handle_ = [this, fn](evh_request* request, const evh_request_view*, evh_error*) {
      return plugin_.apply(request, [fn, request](evh_uow* uow, evh_error* error) { return fn(request, uow, error); });
    };
  }
  // Writes a row and stages 201 with the body given.
  void apply_insert(std::string body = "made") {
    apply([this, body](evh_request* request, evh_uow* uow, evh_error* error) -> evh_status {
      ++runs_;
      if (const evh_status done = plugin_.exec(uow, "INSERT INTO p_things VALUES (lower(hex(randomblob(8))))", error);
          done != EVH_OK)
        return done;
      return plugin_.stage(request, 201, body + std::to_string(runs_));
    });
  }
  std::shared_ptr<outcome> post(asked what = {}) { return bed_.front.request("POST /p/p/x", std::move(what)); }
  std::shared_ptr<outcome> post_now(asked what = {}) {
    auto result = post(std::move(what));
    bed_.turn();
    return result;
  }
  std::int64_t rows() { return bed_.store.number("SELECT count(*) FROM p_things"); }
  static asked keyed(const std::string& key, const std::string& body = "b") {
    asked what;
    what.fields["idempotency-key"] = key;
    what.body = body;
    return what;
  }

  scripted_plugin plugin_{"p"};
  std::function<evh_status(evh_request*, const evh_request_view*, evh_error*)> handle_;
  int runs_ = 0;
  runtime_bed bed_;
};

}  // namespace evhost::runtime::tests
