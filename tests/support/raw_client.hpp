// A blocking TCP connection to 127.0.0.1 for tests: bytes in, bytes out, every wait with a deadline.
//
// Threading: one thread at a time. Errors: connect failures throw std::runtime_error; reads report what came.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace evhost::test {

class raw_client {
public:
    using milliseconds = std::chrono::milliseconds;

    // receive_buffer: SO_RCVBUF in bytes, 0 = the system's; small ones make a slow reader. source: the local address to
    // come from, e.g. "127.0.0.2" for a second client.
    explicit raw_client(std::uint16_t port, int receive_buffer = 0, const std::string& source = {});
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;
    raw_client(raw_client&& other) noexcept;
    raw_client& operator=(raw_client&& other) noexcept;
    ~raw_client();

    // False when the peer has closed or the deadline (5 s) passed before all bytes left.
    bool write(std::string_view bytes);

    enum class outcome { bytes, closed, reset, timeout };
    // Appends what arrives next to buffer().
    outcome read_some(milliseconds wait = milliseconds(5000));
    // Reads until the peer closes or the wait passes in silence; true when it closed.
    bool read_to_close(milliseconds wait = milliseconds(5000));

    std::string& buffer() { return buffer_; }
    int fd() const { return fd_; }
    void half_close();                 // FIN
    void reset();                      // RST
    void close();

private:
    int fd_ = -1;
    std::string buffer_;
};

}  // namespace evhost::test
