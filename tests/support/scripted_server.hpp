// Little HTTP and SMTP servers for tests of senders: they do what the script says and count who came under which id.
//
// Each listens on a port of 127.0.0.1 that the system chose, with a thread per connection. Counters are safe to read any time;
// wait_for polls with a deadline. The destructor closes everything.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace evhost::test {

// What a server does with one message; the last of a script stays.
enum class act {
    accept,              // 200, or 250
    fail_500,            // 500, or 451 after DATA
    refuse_400,          // 400, or 550 for the recipient
    gone_410,
    redirect,            // 302 to the URL given
    stall,               // read, answer nothing, keep the connection
    drop_after_accept,   // take the message, close without an answer
    drop_early,          // close before anything was read
};

struct received {
    std::string id;                              // webhook-id or Message-ID
    std::string head, body;                      // request line and headers, or the message's headers
    std::string target;
    std::map<std::string, std::string> fields;   // names in lower case
    std::string recipient;                       // SMTP
    std::chrono::steady_clock::time_point at;
};

class scripted_server {
public:
    enum class protocol { http, smtp };
    scripted_server(protocol kind, std::vector<act> script = {act::accept}, std::string redirect_to = {});
    ~scripted_server();
    scripted_server(const scripted_server&) = delete;
    scripted_server& operator=(const scripted_server&) = delete;

    std::uint16_t port() const { return port_; }
    void script(std::vector<act> acts);
    std::vector<received> messages() const;                  // every one that was read, in order
    std::map<std::string, int> counts() const;               // per id
    std::size_t connections() const { return connections_; }
    bool wait_for(const std::function<bool(const scripted_server&)>& what, std::chrono::milliseconds within = std::chrono::seconds(10)) const;
    bool wait_messages(std::size_t n, std::chrono::milliseconds within = std::chrono::seconds(10)) const;

private:
    void accept_loop();
    void serve(int fd);
    void serve_http(int fd);
    void serve_smtp(int fd);
    act next_act();
    void keep(received message);
    bool read_more(int fd, std::string& buffer);
    bool read_line(int fd, std::string& buffer, std::string& line);
    void stall(int fd);

    protocol kind_;
    std::string redirect_to_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    std::atomic<std::size_t> connections_{0};
    mutable std::mutex mutex_;                               // all below
    mutable std::condition_variable came_;
    std::deque<act> script_;
    std::vector<received> messages_;
    std::set<int> open_;
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

}  // namespace evhost::test
