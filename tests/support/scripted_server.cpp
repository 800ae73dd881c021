// Plain blocking sockets: enough HTTP/1.1 and SMTP to be sent to.
#include "tests/support/scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace evhost::test {

namespace {

void say(int fd, const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        const auto n = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return;
        sent += static_cast<std::size_t>(n);
    }
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

std::map<std::string, std::string> fields_of(const std::string& head) {
    std::map<std::string, std::string> out;
    for (std::size_t at = 0; at < head.size();) {
        auto end = head.find("\r\n", at);
        if (end == std::string::npos) end = head.size();
        const auto line = head.substr(at, end - at);
        if (const auto colon = line.find(": "); colon != std::string::npos) out[lower(line.substr(0, colon))] = line.substr(colon + 2);
        at = end + 2;
    }
    return out;
}

}  // namespace

scripted_server::scripted_server(protocol kind, std::vector<act> script, std::string redirect_to)
    : kind_(kind), redirect_to_(std::move(redirect_to)), script_(script.begin(), script.end()) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(listener_, 128) != 0)
        throw std::runtime_error("the test's server cannot listen");
    socklen_t size = sizeof at;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
}

scripted_server::~scripted_server() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock(mutex_);
        for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (auto& each : threads_) each.join();
    ::close(listener_);
}

void scripted_server::script(std::vector<act> acts) {
    const std::lock_guard lock(mutex_);
    script_.assign(acts.begin(), acts.end());
}

std::vector<received> scripted_server::messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
}

std::map<std::string, int> scripted_server::counts() const {
    std::map<std::string, int> out;
    for (const auto& each : messages()) ++out[each.id];
    return out;
}

bool scripted_server::wait_for(const std::function<bool(const scripted_server&)>& what, std::chrono::milliseconds within) const {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!what(*this)) {
        std::unique_lock lock(mutex_);
        if (std::chrono::steady_clock::now() >= deadline) return false;
        came_.wait_for(lock, std::chrono::milliseconds(50));
    }
    return true;
}

bool scripted_server::wait_messages(std::size_t n, std::chrono::milliseconds within) const {
    return wait_for([n](const scripted_server& s) { return s.messages().size() >= n; }, within);
}

void scripted_server::accept_loop() {
    while (!stopping_) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        ++connections_;
        const std::lock_guard lock(mutex_);
        open_.insert(fd);
        threads_.emplace_back([this, fd] { serve(fd); });
    }
}

void scripted_server::serve(int fd) {
    if (kind_ == protocol::http) serve_http(fd);
    else serve_smtp(fd);
    const std::lock_guard lock(mutex_);
    open_.erase(fd);
    ::close(fd);
}

act scripted_server::next_act() {
    const std::lock_guard lock(mutex_);
    const auto now = script_.front();
    if (script_.size() > 1) script_.pop_front();
    return now;
}

void scripted_server::keep(received message) {
    message.at = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    came_.notify_all();
}

bool scripted_server::read_more(int fd, std::string& buffer) {
    pollfd ready{fd, POLLIN, 0};
    while (!stopping_) {
        const int n = ::poll(&ready, 1, 100);
        if (n == 0) continue;
        char bytes[8192];
        const auto got = ::recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0) return false;
        buffer.append(bytes, static_cast<std::size_t>(got));
        return true;
    }
    return false;
}

bool scripted_server::read_line(int fd, std::string& buffer, std::string& line) {
    for (;;) {
        if (const auto end = buffer.find("\r\n"); end != std::string::npos) {
            line = buffer.substr(0, end);
            buffer.erase(0, end + 2);
            return true;
        }
        if (!read_more(fd, buffer)) return false;
    }
}

void scripted_server::stall(int fd) {
    std::string ignored;
    while (read_more(fd, ignored)) {
    }
}

void scripted_server::serve_http(int fd) {
    std::string buffer;
    for (;;) {
        std::size_t end = 0;
        while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
            if (!read_more(fd, buffer)) return;
        received message;
        message.head = buffer.substr(0, end);
        message.fields = fields_of(message.head);
        const auto first = message.head.find(' ');
        message.target = message.head.substr(first + 1, message.head.find(' ', first + 1) - first - 1);
        const auto length = message.fields.contains("content-length") ? std::stoul(message.fields["content-length"]) : 0;
        while (buffer.size() < end + 4 + length)
            if (!read_more(fd, buffer)) return;
        message.body = buffer.substr(end + 4, length);
        buffer.erase(0, end + 4 + length);
        message.id = message.fields["webhook-id"];
        const auto what = next_act();
        if (what == act::drop_early) return;
        keep(std::move(message));
        const auto answer = [&](const std::string& status, const std::string& more = {}) { say(fd, "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: 2\r\n\r\nok"); };
        switch (what) {
            case act::accept: answer("200 OK"); break;
            case act::fail_500: answer("500 Broken"); break;
            case act::refuse_400: answer("400 Bad"); break;
            case act::gone_410: answer("410 Gone"); break;
            case act::redirect: answer("302 Found", "Location: " + redirect_to_ + "\r\n"); break;
            case act::stall: return stall(fd);
            case act::drop_after_accept:
            case act::drop_early: return;
        }
    }
}

void scripted_server::serve_smtp(int fd) {
    std::string buffer, line, recipient;
    auto what = act::accept;
    say(fd, "220 test ESMTP\r\n");
    while (read_line(fd, buffer, line)) {
        const auto verb = lower(line.substr(0, 4));
        if (verb == "ehlo" || verb == "helo") say(fd, "250 test\r\n");
        else if (verb == "mail") {
            what = next_act();
            if (what == act::drop_early) return;
            say(fd, "250 fine\r\n");
        } else if (verb == "rcpt") {
            recipient = line.substr(line.find(':') + 1);
            say(fd, what == act::refuse_400 ? "550 no such person\r\n" : "250 fine\r\n");
        } else if (verb == "data") {
            say(fd, "354 go on\r\n");
            std::size_t end = 0;
            while ((end = buffer.find("\r\n.\r\n")) == std::string::npos)
                if (!read_more(fd, buffer)) return;
            received message;
            const auto text = buffer.substr(0, end + 2);
            buffer.erase(0, end + 5);
            const auto split = text.find("\r\n\r\n");
            message.head = text.substr(0, split);
            message.body = text.substr(split + 4);
            message.fields = fields_of(message.head);
            message.id = message.fields["message-id"];
            message.recipient = recipient;
            keep(std::move(message));
            if (what == act::stall) return stall(fd);
            if (what == act::drop_after_accept) return;
            say(fd, what == act::fail_500 ? "451 later\r\n" : "250 taken\r\n");
        } else if (verb == "quit") {
            say(fd, "221 bye\r\n");
            return;
        } else {
            say(fd, "250 fine\r\n");
        }
    }
}

}  // namespace evhost::test
