// The client's answers are parsed by Beast, so that our own parsing is never its own judge.
#include "tests/support/http_client.hpp"

#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <stdexcept>

#include <boost/beast/http.hpp>
#include <boost/json.hpp>

namespace evhost::test {
namespace {

namespace http = boost::beast::http;
namespace json = boost::json;

bool same_name(std::string_view a, std::string_view b) { return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0; }

// Text that is not UTF-8 would make the line unreadable: such bytes become '?'.
std::string printable(const std::string& in) {
    std::string out = in;
    for (auto& c : out) if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    return out;
}

json::string recordable(const std::string& in) {
    boost::system::error_code ec;
    json::parse(json::serialize(json::string(in)), ec);     // refuses what is not UTF-8
    return json::string(ec ? printable(in) : in);
}

json::object as_object(const field_list& fields) {
    json::object out;
    for (const auto& [name, value] : fields) {
        std::string lower = name;
        for (auto& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        out[lower] = recordable(value);
    }
    return out;
}

http_answer take(http::response<http::string_body>&& message) {
    http_answer out;
    out.status = message.result_int();
    for (const auto& f : message) out.fields.emplace_back(std::string(f.name_string()), std::string(f.value()));
    out.body = std::move(message.body());
    return out;
}

}  // namespace

std::string http_answer::field(std::string_view name) const {
    for (const auto& [k, v] : fields) if (same_name(k, name)) return v;
    return {};
}

bool http_answer::has(std::string_view name) const {
    for (const auto& f : fields) if (same_name(f.first, name)) return true;
    return false;
}

http_answer read_answer(raw_client& raw, bool expects_body, std::chrono::milliseconds wait) {
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    parser.skip(!expects_body);
    parser.body_limit(std::uint64_t{1} << 30);
    parser.header_limit(1 << 20);
    boost::system::error_code ec;
    for (;;) {
        if (!raw.buffer().empty()) {
            const auto used = parser.put(boost::asio::buffer(raw.buffer()), ec);
            raw.buffer().erase(0, used);
            if (ec && ec != http::error::need_more) throw std::runtime_error("unreadable answer: " + ec.message());
            if (parser.is_done()) return take(parser.release());
            if (used > 0 && !raw.buffer().empty() && !ec) continue;
        }
        switch (raw.read_some(wait)) {
        case raw_client::outcome::bytes: break;
        case raw_client::outcome::timeout: throw std::runtime_error("no answer in " + std::to_string(wait.count()) + " ms");
        case raw_client::outcome::closed:
            if (parser.got_some()) parser.put_eof(ec);
            if (parser.got_some() && !ec && parser.is_done()) return take(parser.release());
            [[fallthrough]];
        case raw_client::outcome::reset: throw std::runtime_error("connection closed before the answer was whole");
        }
    }
}

http_client::http_client(std::uint16_t port, std::chrono::milliseconds wait) : port_(port), wait_(wait) {}

void http_client::always(std::string name, std::string value) {
    std::erase_if(always_, [&](const auto& f) { return same_name(f.first, name); });
    always_.emplace_back(std::move(name), std::move(value));
}

std::string http_client::serialize(const http_ask& ask) const {
    std::string out = ask.method + " " + ask.target + " HTTP/1.1\r\n";
    const auto given = [&](std::string_view name) {
        for (const auto& f : ask.fields) if (same_name(f.first, name)) return true;
        return false;
    };
    if (!given("Host")) out += "Host: 127.0.0.1:" + std::to_string(port_) + "\r\n";
    for (const auto& [k, v] : always_) if (!given(k)) out += k + ": " + v + "\r\n";
    for (const auto& [k, v] : ask.fields) out += k + ": " + v + "\r\n";
    const bool framed = given("Content-Length") || given("Transfer-Encoding");
    if (!framed && (!ask.body.empty() || ask.method == "POST" || ask.method == "PUT" || ask.method == "PATCH"))
        out += "Content-Length: " + std::to_string(ask.body.size()) + "\r\n";
    return out + "\r\n" + ask.body;
}

http_answer http_client::send(const http_ask& ask) {
    const auto wire = serialize(ask);
    for (int attempt = 0;; ++attempt) {
        const bool fresh = !raw_;
        if (fresh) raw_ = std::make_unique<raw_client>(port_);
        try {
            raw_->buffer().clear();
            raw_->write(wire);
            auto answer = read_answer(*raw_, ask.method != "HEAD", wait_);
            if (same_name(answer.field("Connection"), "close")) raw_.reset();
            record_exchange(ask, answer);
            return answer;
        } catch (...) {
            // Only a connection that was idle may have been closed before it saw the request.
            const bool untouched = raw_ && raw_->buffer().empty() && raw_->read_some(std::chrono::milliseconds(0)) != raw_client::outcome::timeout;
            raw_.reset();
            if (fresh || attempt > 0 || !untouched) throw;
        }
    }
}

http_answer http_client::with_json(std::string method, std::string target, std::string json, field_list fields) {
    bool typed = false;
    for (const auto& f : fields) typed = typed || same_name(f.first, "Content-Type");
    if (!typed) fields.emplace_back("Content-Type", "application/json");
    return send({std::move(method), std::move(target), std::move(fields), std::move(json)});
}

http_answer http_client::get(std::string target, field_list fields) { return send({"GET", std::move(target), std::move(fields), {}}); }
http_answer http_client::del(std::string target, field_list fields) { return send({"DELETE", std::move(target), std::move(fields), {}}); }
http_answer http_client::post(std::string t, std::string json, field_list f) { return with_json("POST", std::move(t), std::move(json), std::move(f)); }
http_answer http_client::put(std::string t, std::string json, field_list f) { return with_json("PUT", std::move(t), std::move(json), std::move(f)); }
http_answer http_client::patch(std::string t, std::string json, field_list f) { return with_json("PATCH", std::move(t), std::move(json), std::move(f)); }

void record_exchange(const http_ask& ask, const http_answer& answer) {
    const char* file = std::getenv("EVH_RECORD_EXCHANGES");
    if (file == nullptr || *file == '\0') return;
    json::object line;
    line["method"] = ask.method;
    line["path"] = recordable(ask.target);
    line["request_headers"] = as_object(ask.fields);
    line["request_body"] = recordable(ask.body);
    line["status"] = answer.status;
    line["headers"] = as_object(answer.fields);
    line["body"] = recordable(answer.body);
    const auto text = json::serialize(line) + "\n";
    const int fd = ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) throw std::runtime_error(std::string("cannot record to ") + file);
    const auto written = ::write(fd, text.data(), text.size());       // one append: lines of several processes do not mix
    ::close(fd);
    if (written != static_cast<ssize_t>(text.size())) throw std::runtime_error(std::string("short write to ") + file);
}

}  // namespace evhost::test
