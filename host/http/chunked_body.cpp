// Beast is given a canonical head of our own, so only chunk framing is left for it to judge.
#include "host/http/chunked_body.hpp"

#include <functional>
#include <iterator>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace evhost::http {
namespace {

namespace beast = boost::beast;

constexpr std::string_view canonical_head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::size_t chunk_line_bytes_max = 256;  // "ffffffff;extension"
constexpr std::size_t extension_bytes_max = 128;   // of one chunk
constexpr std::size_t extensions_bytes_max = 4096;  // of one body

}  // namespace

struct chunked_body::parser {
  beast::http::request_parser<beast::http::string_body> beast_;
  std::size_t extensions_bytes = 0;
  std::function<void(std::uint64_t, beast::string_view, beast::error_code&)> on_chunk =
      [this](std::uint64_t, beast::string_view extension, beast::error_code& ec) {
        extensions_bytes += extension.size();
        if (extension.size() > extension_bytes_max || extensions_bytes > extensions_bytes_max)
          ec = beast::http::error::bad_chunk_extension;
      };
};

chunked_body::chunked_body(std::size_t body_bytes_max)
    : parser_(std::make_unique<parser>()), body_bytes_max_(body_bytes_max) {
  parser_->beast_.body_limit(body_bytes_max);
  beast::error_code ec;
  parser_->beast_.put(boost::asio::buffer(canonical_head), ec);
  parser_->beast_.on_chunk_header(parser_->on_chunk);
  parser_->beast_.eager(true);
}

chunked_body::~chunked_body() = default;

bool chunked_body::done() const noexcept { return parser_->beast_.is_done(); }

std::size_t chunked_body::feed(std::string_view bytes) {
  std::size_t eaten = 0;
  while (!done() && eaten < bytes.size()) {
    beast::error_code ec;
    const auto n = parser_->beast_.put(boost::asio::buffer(bytes.substr(eaten)), ec);
    eaten += n;
    raw_bytes_ += n;
    if (ec == beast::http::error::body_limit) {
      why_ = {413, "content-too-large", "the body is longer than this resource takes"};
    } else if (ec && ec != beast::http::error::need_more) {
      why_ = {400, "malformed-request", "chunked framing"};
    } else if (raw_bytes_ > 2 * body_bytes_max_ + 65536) {
      why_ = {413, "content-too-large", "more framing than content"};
    } else if (n == 0 && bytes.size() - eaten > chunk_line_bytes_max) {
      why_ = {400, "malformed-request", "chunk header too long"};
    }
    if (why_ || n == 0) break;
  }
  if (done() && !why_) {
    const auto& fields = parser_->beast_.get().base();
    if (std::distance(fields.begin(), fields.end()) != 1) why_ = {400, "malformed-request", "trailer fields are not accepted"};
  }
  return eaten;
}

std::string chunked_body::take_body() { return std::move(parser_->beast_.get().body()); }

}  // namespace evhost::http
