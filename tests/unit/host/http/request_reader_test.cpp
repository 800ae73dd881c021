// The reader alone: what it keeps, what it says, and that the cut of the segments never matters.
#include "host/http/request_reader.hpp"

#include <gtest/gtest.h>

namespace evhost::http {
namespace {

using event = request_reader::event;

// Feeds everything in pieces of `step` bytes and returns the first event that is not need_more or head.
event read(request_reader& reader, parsed_request& into, std::string_view bytes, std::size_t step, std::size_t body_max = 1 << 20) {
  for (;;) {
    const auto e = reader.next(into);
    if (e == event::head) {
      reader.limit_body(body_max);
      continue;
    }
    if (e != event::need_more || bytes.empty()) return e;
    const auto n = std::min(step, bytes.size());
    reader.feed(bytes.substr(0, n));
    bytes.remove_prefix(n);
  }
}

const std::string simple = "GET /a%20b?x=1&y HTTP/1.1\r\nHost: h\r\nX-One:  two \t\r\nConnection: keep-alive, foo\r\n\r\n";

TEST(RequestReader, KeepsWhatTheRequestSaid) {
  request_reader reader({});
  parsed_request r;
  ASSERT_EQ(read(reader, r, simple, simple.size()), event::request);
  EXPECT_EQ(r.method, io::http_method::get);
  EXPECT_EQ(r.path, "/a b");
  EXPECT_EQ(r.target, "/a%20b?x=1&y");
  EXPECT_EQ(r.query, "x=1&y");
  ASSERT_EQ(r.fields.size(), 3u);
  EXPECT_EQ(r.fields[1].name, "x-one");
  EXPECT_EQ(r.fields[1].value, "two");
  EXPECT_TRUE(r.keep_alive);
}

TEST(RequestReader, ReadsTheSameInPiecesOfAnySize) {
  const auto bytes = "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;e=1\r\n world\r\n0\r\n\r\n" + simple;
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    request_reader reader({});
    parsed_request first, second;
    std::string_view rest = bytes;
    event e = event::need_more;
    while (e == event::need_more || e == event::head) {
      if (e == event::head) reader.limit_body(100);
      e = reader.next(first);
      if (e == event::need_more) {
        reader.feed(rest.substr(0, step));
        rest.remove_prefix(std::min(step, rest.size()));
      }
    }
    ASSERT_EQ(e, event::request) << step;
    EXPECT_EQ(first.body, "hello world") << step;
    ASSERT_EQ(read(reader, second, rest, step), event::request) << step;
    EXPECT_EQ(second.path, "/a b") << step;
    EXPECT_EQ(reader.buffered(), 0u);
  }
}

TEST(RequestReader, RefusesEarlyWithoutWaitingForTheEnd) {
  const auto refused = [](std::string_view bytes) {
    request_reader reader({});
    parsed_request r;
    EXPECT_EQ(read(reader, r, bytes, 7), event::error) << bytes.substr(0, 60);
    return reader.error().status;
  };
  EXPECT_EQ(refused("GET /" + std::string(9000, 'a')), 414u);
  EXPECT_EQ(refused("GET / HTTP/1.1\n"), 400u);
  EXPECT_EQ(refused("GET / HTTP/3.0\r\n"), 505u);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nX: " + std::string(20000, 'a')), 431u);
  EXPECT_EQ(refused(std::string("GET /\0", 6)), 400u);
}

TEST(RequestReader, SaysNothingMoreAfterARefusal) {
  request_reader reader({});
  parsed_request r;
  EXPECT_EQ(read(reader, r, "BAD\r\n\r\n" + simple, 100), event::error);
  reader.feed(simple);
  EXPECT_EQ(reader.next(r), event::error);
}

TEST(RequestReader, AppliesTheBodyLimitOfTheRoute) {
  const std::string ten = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789";
  for (const std::size_t limit : {9u, 10u}) {
    request_reader reader({});
    parsed_request r;
    EXPECT_EQ(read(reader, r, ten, 1000, limit), limit == 10 ? event::request : event::error);
    EXPECT_EQ(reader.error().status, limit == 9 ? 413u : 0u);
  }
}

TEST(RequestReader, UnderstandsConnectionAndExpect) {
  const auto parse = [](const std::string& line, const std::string& fields) {
    request_reader reader({});
    auto r = std::make_unique<parsed_request>();
    EXPECT_EQ(read(reader, *r, line + "\r\nHost: h\r\n" + fields + "\r\n", 1000), event::request) << fields;
    return r;
  };
  EXPECT_FALSE(parse("GET / HTTP/1.1", "Connection: Close\r\n")->keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.1", "Connection: keep-alive\r\nConnection: x, close\r\n")->keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.0", "")->keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.0", "Connection: Keep-Alive\r\n")->keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.1", "Expect: 100-Continue\r\n")->expects_continue);
  EXPECT_FALSE(parse("GET / HTTP/1.0", "Expect: 100-continue\r\n")->expects_continue);
  EXPECT_TRUE(parse("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade: h2c, websocket\r\n")->upgrades_to_websocket);
  EXPECT_FALSE(parse("GET / HTTP/1.1", "Upgrade: websocket\r\n")->upgrades_to_websocket);
}

TEST(RequestReader, GivesBackTheMemoryOfALargeRequest) {
  request_reader reader({});
  parsed_request r;
  ASSERT_EQ(read(reader, r, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n" + std::string(200000, 'x'), 50000), event::request);
  reader.shrink();
  EXPECT_LE(reader.prepare().size(), 2048u);
}

}  // namespace
}  // namespace evhost::http
