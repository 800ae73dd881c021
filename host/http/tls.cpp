// One place for what OpenSSL must be told.
#include "host/http/tls.hpp"

#include <openssl/ssl.h>

namespace evhost::http {
namespace {

// Clients that offer protocols get HTTP/1.1; those that offer only others are told so instead of being misunderstood.
int select_http_1_1(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* in, unsigned int in_bytes, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_bytes, ours, sizeof ours - 1, in, in_bytes);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

core::result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const tls_options& options) {
  namespace ssl = boost::asio::ssl;
  auto made = std::make_unique<ssl::context>(ssl::context::tls_server);
  boost::system::error_code ec;
  made->use_certificate_chain_file(options.certificate_chain_file, ec);
  if (ec)
    return core::fail(core::errc::invalid, "http.tls: cannot read the certificate chain '" + options.certificate_chain_file +
                                               "': " + ec.message() + "; give a PEM file that this user may read");
  made->use_private_key_file(options.private_key_file, ssl::context::pem, ec);
  if (ec)
    return core::fail(core::errc::invalid, "http.tls: cannot use the private key '" + options.private_key_file + "': " +
                                               ec.message() + "; give the PEM key that belongs to the certificate");
  SSL_CTX* native = made->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_alpn_select_cb(native, select_http_1_1, nullptr);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // idle connections keep no record buffers
  return made;
}

}  // namespace evhost::http
