// Client framing by hand: thirty lines, and no library between the test and the wire.
#include "tests/support/ws_client.hpp"

namespace evhost::test {
namespace {

std::string upgrade_request(const std::string& path, const ws_options& o) {
    std::string out = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (!o.origin.empty()) out += "Origin: " + o.origin + "\r\n";
    for (std::size_t i = 0; i < o.subprotocols.size(); ++i) out += (i == 0 ? "Sec-WebSocket-Protocol: " : ", ") + o.subprotocols[i];
    if (!o.subprotocols.empty()) out += "\r\n";
    for (const auto& [k, v] : o.fields) out += k + ": " + v + "\r\n";
    return out + "\r\n";
}

}  // namespace

ws_client::ws_client(std::uint16_t port, const std::string& path, const ws_options& options) : raw_(port, options.receive_buffer) {
    raw_.write(upgrade_request(path, options));
    upgrade_ = read_answer(raw_);
    if (upgrade_.status != 101) throw ws_refused(upgrade_);
    if (upgrade_.field("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") throw std::runtime_error("wrong Sec-WebSocket-Accept");
}

bool ws_client::send_frame(opcode op, std::string_view payload, bool fin, bool masked, std::uint8_t first_byte_bits) {
    std::string out;
    out += static_cast<char>((fin ? 0x80 : 0) | first_byte_bits | static_cast<std::uint8_t>(op));
    const char mask_bit = static_cast<char>(masked ? 0x80 : 0);
    const auto n = payload.size();
    if (n < 126) {
        out += static_cast<char>(mask_bit | static_cast<char>(n));
    } else {
        const int width = n < 65536 ? 2 : 8;
        out += static_cast<char>(mask_bit | (width == 2 ? 126 : 127));
        for (int i = width - 1; i >= 0; --i) out += static_cast<char>(n >> (8 * i));
    }
    if (!masked) return raw_.write(out.append(payload));
    const char key[4] = {0x12, 0x34, 0x56, 0x78};
    out.append(key, 4);
    for (std::size_t i = 0; i < n; ++i) out += static_cast<char>(payload[i] ^ key[i % 4]);
    return raw_.write(out);
}

bool ws_client::send_close(std::uint16_t code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return send_frame(opcode::close, payload.append(reason));
}

std::optional<ws_client::message> ws_client::next_frame(milliseconds wait) {
    auto& in = raw_.buffer();
    const auto have = [&](std::size_t n) {
        while (in.size() < n) {
            const auto got = raw_.read_some(wait);
            if (got == raw_client::outcome::timeout) return false;
            if (got != raw_client::outcome::bytes) {
                ended_ = true;
                if (close_code_ == 0) close_code_ = 1006;
                return false;
            }
        }
        return true;
    };
    if (!have(2)) return std::nullopt;
    std::size_t n = static_cast<std::uint8_t>(in[1]) & 0x7f, head = 2;
    const std::size_t width = n == 126 ? 2 : n == 127 ? 8 : 0;
    if (width > 0) {
        if (!have(2 + width)) return std::nullopt;
        n = 0;
        for (std::size_t i = 0; i < width; ++i) n = n << 8 | static_cast<std::uint8_t>(in[2 + i]);
        head += width;
    }
    if (!have(head + n)) return std::nullopt;
    message out{static_cast<opcode>(in[0] & 0x0f), in.substr(head, n)};
    in.erase(0, head + n);
    return out;
}

std::optional<ws_client::message> ws_client::receive(milliseconds wait) {
    while (auto frame = next_frame(wait)) {
        switch (frame->kind) {
        case opcode::ping:
            ++pings_;
            if (answer_pings) send_frame(opcode::pong, frame->payload);
            break;
        case opcode::close:
            close_code_ = 1005;
            if (frame->payload.size() >= 2) {
                close_code_ = static_cast<std::uint16_t>(static_cast<std::uint8_t>(frame->payload[0]) << 8 | static_cast<std::uint8_t>(frame->payload[1]));
                close_reason_ = frame->payload.substr(2);
            }
            send_frame(opcode::close, frame->payload.substr(0, 2));
            return std::nullopt;
        case opcode::text:
        case opcode::binary: return frame;
        default: break;
        }
    }
    return std::nullopt;
}

bool ws_client::wait_closed(milliseconds wait) {
    while (!ended_) {
        if (!receive(wait) && !ended_ && close_code_ == 0) return false;      // silence
        if (close_code_ != 0 && !ended_) ended_ = raw_.read_to_close(wait);
        if (close_code_ != 0 && !ended_) return false;
    }
    raw_.close();
    return true;
}

}  // namespace evhost::test
