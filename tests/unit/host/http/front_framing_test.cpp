// The attack table of research/security.md section 6 over real sockets: framing, request line, targets, fields.
#include "tests/unit/host/http/front_fixture.hpp"

namespace evhost::http {
namespace {

using namespace std::chrono_literals;

const std::string post = "POST /len HTTP/1.1";

struct row {
  std::string name, bytes;
  std::vector<unsigned> statuses;
  bool closed;
};


std::string te(const std::string& value, const std::string& body = "2\r\nhi\r\n0\r\n\r\n") { return ask(post, "Transfer-Encoding: " + value + "\r\n", body); }
std::string chunks(const std::string& body) { return te("chunked", body); }
std::string length(const std::string& value, const std::string& body = "hi") { return ask(post, "Content-Length: " + value + "\r\n", body); }
std::string host(const std::string& value) { return "GET /health HTTP/1.1\r\nHost: " + value + "\r\n\r\n"; }
std::string get(const std::string& target) { return ask("GET " + target + " HTTP/1.1"); }

std::string repeated(const std::string& text, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

std::vector<row> rows() {
  std::vector<row> r;
  const auto refused = [&](std::string name, std::string bytes, unsigned status) { r.push_back({std::move(name), std::move(bytes), {status}, true}); };
  const auto served = [&](std::string name, std::string bytes, std::vector<unsigned> statuses) { r.push_back({std::move(name), std::move(bytes), std::move(statuses), false}); };
  const std::string nul(1, '\0');
  refused("01 negative length", length("-1"), 400);
  refused("02 enormous length", length("99999999999999"), 413);
  refused("02 overflowing length", length("99999999999999999999999999"), 413);
  for (const char* v : {"2abc", "+2", "", "abc", "0x2", "2, 5", "2, 2", "2,2", "2 2", "\xb2"}) refused(std::string("03 length ") + v, length(v), 400);
  refused("04 two lengths", ask(post, "Content-Length: 2\r\nContent-Length: 5\r\n", "hi"), 400);
  refused("04 two equal lengths", ask(post, "Content-Length: 2\r\nContent-Length: 2\r\n", "hi"), 400);
  refused("05 length then encoding", ask(post, "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400);
  refused("05 encoding then length", ask(post, "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "0\r\n\r\n"), 400);
  refused("06 space before colon", ask(post, "Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400);
  for (const char* v : {"chunke", "ch", "chunked, gzip", "identity", "xchunked", "gzip, chunked", "chunked, chunked", "chunked;q=1", ""}) refused(std::string("07 encoding ") + v, te(v), 501);
  refused("07 two encodings", ask(post, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400);
  refused("07 tab before value", ask(post, "Transfer-Encoding:\tchunked\r\n", "2\r\nhi\r\n0\r\n\r\n"), 400);
  served("07 other case", te("Chunked"), {200});
  refused("08 chunked in 1.0", "POST /len HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 400);
  for (const char* v : {"0x2", "", "-2", "+2", " 2", "2 ", "g", "2\t", "_2"}) refused(std::string("09 chunk size ") + v, chunks(std::string(v) + "\r\nhi\r\n0\r\n\r\n"), 400);
  refused("10 chunk without CRLF", chunks("2\r\nhiXX0\r\n\r\n"), 400);
  refused("10 chunk with LF", chunks("2\r\nhi\n0\r\n\r\n"), 400);
  refused("10 size line with LF", chunks("2\nhi\r\n0\r\n\r\n"), 400);
  refused("11 huge chunk", chunks("ffffffff\r\nx"), 413);
  refused("12 extension with LF", chunks("2;a=b\nhi\r\n0\r\n\r\n"), 400);
  refused("12 trailer", chunks("2\r\nhi\r\n0\r\nContent-Length: 5\r\n\r\n"), 400);
  refused("12 long extension", chunks("2;" + std::string(5000, 'a') + "\r\nhi\r\n0\r\n\r\n"), 400);
  refused("12 extension flood", chunks(repeated("1;" + std::string(100, 'a') + "\r\nx\r\n", 2000)), 400);
  refused("12 NUL in extension", chunks("2;a" + nul + "b\r\nhi\r\n0\r\n\r\n"), 400);
  served("14 two in one segment", ask() + ask(), {200, 200});
  served("14 twenty", repeated(ask(), 20), std::vector<unsigned>(20, 200));
  r.push_back({"14 nothing after close", ask("GET /health HTTP/1.1", "Connection: close\r\n") + ask(), {200}, true});
  served("15 chunked then next", chunks("2\r\nhi\r\n0\r\n\r\n") + ask(), {200, 200});
  refused("16 line without colon", "GET /health HTTP/1.1\r\nfoobar\r\nHost: a\r\n\r\n", 400);
  refused("17 bare LF", "GET /health HTTP/1.1\nHost: a\n\n", 400);
  refused("17 bare LF in fields", "GET /health HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400);
  refused("17 folded field", ask("GET /health HTTP/1.1", "X: a\r\n b\r\n"), 400);
  refused("17 folded first field", "GET /health HTTP/1.1\r\n Host: a\r\n\r\n", 400);
  refused("17 NUL in value", ask("GET /health HTTP/1.1", "X: a" + nul + "b\r\n"), 400);
  refused("17 DEL in value", ask("GET /health HTTP/1.1", "X: a\x7f" "b\r\n"), 400);
  refused("17 space in name", ask("GET /health HTTP/1.1", "X y: a\r\n"), 400);
  refused("17 CR in value", ask("GET /health HTTP/1.1", "X: a\rb\r\n"), 400);
  refused("17 empty name", ask("GET /health HTTP/1.1", ": a\r\n"), 400);
  refused("17 byte above ASCII in name", ask("GET /health HTTP/1.1", "X\x80: a\r\n"), 400);
  refused("17 CR CR LF", ask("GET /health HTTP/1.1", "X: a\r\r\n"), 400);
  refused("17 LF ends head", "GET /health HTTP/1.1\r\nHost: a\r\n\n", 400);
  served("17 one empty line first", "\r\n" + ask(), {200});
  refused("17 two empty lines first", "\r\n\r\n" + ask(), 400);
  refused("18 no host", "GET /health HTTP/1.1\r\n\r\n", 400);
  refused("18 two hosts", ask("GET /health HTTP/1.1", "Host: a\r\n"), 400);
  for (const char* v : {"a:99999", "a:b:c", "[::1", "", "a b", "a/b", "a@b", "a:", "a:0", "[]", "a,b"}) refused(std::string("18 host ") + v, host(v), 400);
  refused("18 host not ours", host("evil.example"), 421);
  served("18 IPv6 host", host("[::1]:80"), {200});
  for (const char* line : {"GET /health ", "GET /health", "GET /health HTTP/1", "GET /health HTTP/1.", "GET /health http/1.1", "GET /health HTTP/1.1 ", "GET  /health HTTP/1.1",
                           "GET\t/health HTTP/1.1", " GET /health HTTP/1.1", "GET /health HTTP/1.10", "GET /hea lth HTTP/1.1"})
    refused(std::string("19 line ") + line, ask(line), 400);
  refused("19 version 1.2", ask("GET /health HTTP/1.2"), 505);
  refused("19 version 2.0", ask("GET /health HTTP/2.0"), 505);
  refused("19 HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
  r.push_back({"19 version 1.0", "GET /health HTTP/1.0\r\n\r\n", {200}, true});
  served("19 version 1.0 kept alive", "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", {200});
  refused("20 empty target", ask("GET  HTTP/1.1"), 400);
  refused("20 absolute form", get("http://a/health"), 400);
  served("20 OPTIONS *", ask("OPTIONS * HTTP/1.1"), {204});
  refused("20 GET *", get("*"), 400);
  refused("20 relative target", get("health"), 400);
  refused("20 fragment", get("/a#b"), 400);
  refused("20 byte above ASCII", get("/\xff"), 400);
  refused("21 20,000 slashes", get(std::string(20000, '/')), 414);
  refused("21 8,000 slashes", get(std::string(8000, '/')), 400);
  served("21 longest target", get("/" + std::string(8191, 'a')), {404});
  refused("21 one more", get("/" + std::string(8192, 'a')), 414);
  served("21 many segments", get(repeated("/a", 4096)), {404});
  refused("21 endless target", "GET /" + std::string(300000, 'a'), 414);
  refused("22 90,000 parameters", get("/health?" + repeated("a=1&", 90000)), 414);
  refused("22 65 parameters", get("/health?" + repeated("a=1&", 64) + "a=1"), 414);
  served("22 64 parameters", get("/health?" + repeated("a=1&", 63) + "a=1"), {200});
  refused("23 3,000 fields", ask("GET /health HTTP/1.1", repeated("X: 1\r\n", 3000)), 431);
  refused("23 a field of 70 kB", ask("GET /health HTTP/1.1", "X: " + std::string(70000, 'a') + "\r\n"), 431);
  refused("23 an endless field", "GET /health HTTP/1.1\r\nX: " + std::string(70000, 'a'), 431);
  served("23 64 fields", ask("GET /health HTTP/1.1", repeated("X: 1\r\n", 63)), {200});
  refused("23 65 fields", ask("GET /health HTTP/1.1", repeated("X: 1\r\n", 64)), 431);
  for (const char* p : {"/t/%2e%2e%2fx", "/t/%00", "/t/%zz", "/t/%c0%ae", "/t/%252e", "/t/../health", "/t/%2e%2e", "/t/./x", "//health", "/t/%", "/t/%2", "/t/a\\b", "/t/%5c", "/t/%ed%a0%80",
                        "/t/%f5%80%80%80", "/t/%c3", "/health?a=%zz", "/health?a=%00", "/health?a=%ff"})
    refused(std::string("24 path ") + p, get(p), 400);
  served("24 UTF-8 path", get("/t/caf%C3%A9"), {200});
  served("24 unknown path", get("/nope"), {404});
  served("25 odd but harmless fields", ask("GET /health HTTP/1.1", "Cookie: foo\r\nDate: zzz\r\nAccept: ;;;\r\nAuthorization: x\r\nAccept-Encoding: ,,,\r\nContent-Type: ;\r\nOrigin: x\r\nUser-Agent:\r\n"), {200});
  refused("26 unknown expectation", ask(post, "Content-Length: 2\r\nExpect: x\r\n", "hi"), 417);
  served("26 body already here", ask(post, "Content-Length: 2\r\nExpect: 100-continue\r\n", "hi"), {200});
  refused("27 TRACE", ask("TRACE /health HTTP/1.1"), 405);
  refused("27 CONNECT", ask("CONNECT a:80 HTTP/1.1"), 405);
  refused("27 unknown method", ask("FOO /health HTTP/1.1"), 501);
  served("27 method the path does not take", ask("POST /health HTTP/1.1", "Content-Length: 0\r\n"), {405});
  refused("36 two credentials", ask("GET /health HTTP/1.1", "Authorization: a\r\nAuthorization: b\r\n"), 400);
  return r;
}

// All rows against one front: what a row breaks shows in those after it.
TEST_F(FrontTest, AnswersEveryFramingRowAsTheAttackTableSays) {
  auto options = test_options();
  options.hosts = {"a", "[::1]"};
  serve(options);
  for (const auto& r : rows()) {
    const auto got = talk(r.bytes, r.closed ? 2000ms : 60ms);
    EXPECT_EQ(got.statuses, r.statuses) << r.name;
    EXPECT_EQ(got.closed, r.closed) << r.name;
    if (r.closed && !got.statuses.empty() && got.statuses.back() >= 400) {
      EXPECT_NE(got.raw.find("application/problem+json"), std::string::npos) << r.name;
      EXPECT_NE(got.last_body.find("\"code\":\""), std::string::npos) << r.name;
      EXPECT_NE(got.last_body.find("\"request_id\":\""), std::string::npos) << r.name;
    }
  }
  EXPECT_EQ(talk(ask(), 60ms).statuses, std::vector<unsigned>{200});
}

TEST_F(FrontTest, NeverServesTheTailOfARefusedBody) {
  serve();
  const auto got = talk({ask(post, "Content-Length: 2000000\r\n"), std::string(1000, 'x'), ask(), "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"}, 2000ms);
  EXPECT_EQ(got.statuses, std::vector<unsigned>{413});
  EXPECT_TRUE(got.closed);
}

TEST_F(FrontTest, RefusesAChunkedBodyAboveTheLimitOnceItIsAbove) {
  serve();
  std::vector<std::string> parts{ask(post, "Transfer-Encoding: chunked\r\n")};
  for (int i = 0; i < 17; ++i) parts.push_back("10000\r\n" + std::string(65536, 'x') + "\r\n");
  parts.push_back(ask());
  const auto got = talk(parts, 2000ms);
  EXPECT_EQ(got.statuses, std::vector<unsigned>{413});
  EXPECT_TRUE(got.closed);
}

TEST_F(FrontTest, TakesABodyOfExactlyTheLimit) {
  serve();
  EXPECT_EQ(talk(ask(post, "Content-Length: 1048576\r\n", std::string(1 << 20, 'x'))).last_body, "1048576");
  EXPECT_EQ(talk(ask(post, "Content-Length: 1048577\r\n", "x"), 2000ms).statuses, std::vector<unsigned>{413});
}

TEST_F(FrontTest, ReadsARequestByteByByte) {
  serve();
  test::raw_client client(port());
  for (char c : chunks("2\r\nhi\r\n0\r\n\r\n") + ask()) ASSERT_TRUE(client.write(std::string_view(&c, 1)));
  EXPECT_EQ(test::read_answer(client).body, "2");
  EXPECT_EQ(test::read_answer(client).status, 200u);
}

TEST_F(FrontTest, SeesTheEndOfAChunkedBodyInTwoSegments) {
  serve();
  const auto got = talk({ask(post, "Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n"), "\r\n", ask()});
  EXPECT_EQ(got.statuses, (std::vector<unsigned>{200, 200}));
}

}  // namespace
}  // namespace evhost::http
