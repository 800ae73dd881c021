// Finding routes, and refusing those that cannot be.
#include "host/http/route_table.hpp"

#include <gtest/gtest.h>

namespace evhost::http {
namespace {

using io::http_method;

void nothing(io::http_exchange_ptr) {}

std::string found(const route_table& t, http_method m, std::string_view path) {
  const auto* e = t.find(m, path);
  return e == nullptr ? "" : e->pattern;
}

TEST(RouteTable, FindsTheMostSpecificRoute) {
  route_table t;
  for (const char* p : {"/", "/api/v1/tasks", "/api/v1/tasks/:id", "/api/v1/tasks/search", "/api/v1/tasks/:id/history", "/api/v1/:kind/search/all", "/files/*"})
    EXPECT_EQ(t.add(http_method::get, p, {}, nothing), "") << p;
  EXPECT_EQ(found(t, http_method::get, "/"), "/");
  EXPECT_EQ(found(t, http_method::get, "/api/v1/tasks"), "/api/v1/tasks");
  EXPECT_EQ(found(t, http_method::get, "/api/v1/tasks/"), "/api/v1/tasks");
  EXPECT_EQ(found(t, http_method::get, "/api/v1/tasks/7"), "/api/v1/tasks/:id");
  EXPECT_EQ(found(t, http_method::get, "/api/v1/tasks/search"), "/api/v1/tasks/search");
  EXPECT_EQ(found(t, http_method::get, "/api/v1/tasks/search/all"), "/api/v1/:kind/search/all");
  EXPECT_EQ(found(t, http_method::get, "/api/v1/tasks/7/history"), "/api/v1/tasks/:id/history");
  EXPECT_EQ(found(t, http_method::get, "/files/a/b"), "/files/*");
  EXPECT_EQ(found(t, http_method::get, "/files"), "/files/*");
  for (const char* p : {"/api", "/api/v1/tasks/7/x", "/filesystem", "/x"}) EXPECT_EQ(found(t, http_method::get, p), "") << p;
}

TEST(RouteTable, ServesHeadByGet) {
  route_table t;
  t.add(http_method::get, "/a", {}, nothing);
  t.add(http_method::post, "/b", {}, nothing);
  EXPECT_EQ(found(t, http_method::head, "/a"), "/a");
  EXPECT_EQ(found(t, http_method::head, "/b"), "");
  EXPECT_EQ(t.allow("/a"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(t.allow("/b"), "POST, OPTIONS");
  EXPECT_EQ(t.allow("/c"), "");
}

TEST(RouteTable, BindsParametersByName) {
  route_table t;
  t.add(http_method::get, "/p/:project/tasks/:task", {}, nothing);
  t.add(http_method::get, "/files/:kind/*", {}, nothing);
  std::vector<io::http_field> out;
  route_table::bind_params(*t.find(http_method::get, "/p/1/tasks/2"), "/p/1/tasks/2", out);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].name, "project");
  EXPECT_EQ(out[0].value, "1");
  EXPECT_EQ(out[1].value, "2");
}

TEST(RouteTable, BindsTheRestOfAPath) {
  route_table t;
  t.add(http_method::get, "/files/*", {}, nothing);
  std::vector<io::http_field> out;
  route_table::bind_params(*t.find(http_method::get, "/files/a/b.js"), "/files/a/b.js", out);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].name, "*");
  EXPECT_EQ(out[0].value, "a/b.js");
  route_table::bind_params(*t.find(http_method::get, "/files"), "/files", out);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].value, "");
}

TEST(RouteTable, SaysWhyARouteIsRefused) {
  route_table t;
  EXPECT_EQ(t.add(http_method::get, "/a/:x", {}, nothing), "");
  EXPECT_NE(t.add(http_method::get, "/a/:y", {}, nothing).find("taken already, by /a/:x"), std::string::npos);
  EXPECT_EQ(t.add(http_method::put, "/a/:y", {}, nothing), "");
  for (const char* bad : {"", "a", "/a/", "/a//b", "/a/:", "/*/a", "/a?b"}) EXPECT_NE(t.add(http_method::get, bad, {}, nothing), "") << bad;
  EXPECT_NE(t.add(http_method::get, "/b", {}, nullptr), "");
}

}  // namespace
}  // namespace evhost::http
