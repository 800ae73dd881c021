// The server's TLS context: TLS 1.2 or later, no renegotiation, forward-secret suites.
#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "host/core/result.hpp"
#include "host/http/options.hpp"

namespace evhost::http {

// Errors name the file and what to do. [control]
core::result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const tls_options& options);

}  // namespace evhost::http
