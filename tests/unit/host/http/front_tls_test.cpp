// TLS on the same port: rows 32 and 33. The client is OpenSSL's own, driven over blocking sockets.
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>

#include "tests/unit/host/http/front_fixture.hpp"

namespace evhost::http {
namespace {

using namespace std::chrono_literals;

// A self-signed certificate, made once per process.
struct certificate {
  std::filesystem::path directory, chain, key;
  certificate() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evh-tls-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    chain = directory / "chain.pem";
    key = directory / "key.pem";
    EVP_PKEY* pair = EVP_EC_gen("P-256");
    X509* x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, pair);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("a"), -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_sign(x, pair, EVP_sha256());
    std::FILE* f = std::fopen(chain.c_str(), "w");
    PEM_write_X509(f, x);
    std::fclose(f);
    f = std::fopen(key.c_str(), "w");
    PEM_write_PrivateKey(f, pair, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(f);
    X509_free(x);
    EVP_PKEY_free(pair);
  }
  ~certificate() { std::filesystem::remove_all(directory); }
};

// "" when the handshake fails.
std::string ask_over_tls(std::uint16_t port, const std::string& bytes, int version_max = TLS1_3_VERSION) {
  test::raw_client raw(port);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context, version_max);
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, raw.fd());
  std::string out;
  if (SSL_connect(ssl) == 1 && SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())) > 0) {
    char chunk[4096];
    int n = 0;
    while ((n = SSL_read(ssl, chunk, sizeof chunk)) > 0) out.append(chunk, static_cast<std::size_t>(n));
  }
  ERR_clear_error();
  SSL_free(ssl);
  SSL_CTX_free(context);
  return out;
}

front_options with_tls(const certificate& c) {
  auto o = test_options();
  o.tls.certificate_chain_file = c.chain;
  o.tls.private_key_file = c.key;
  o.header_timeout = 400ms;
  return o;
}

const std::string closing = ask("GET /health HTTP/1.1", "Connection: close\r\n");

TEST_F(FrontTest, SpeaksTlsAndPlainOnOnePort) {
  const certificate c;
  serve(with_tls(c));
  EXPECT_EQ(statuses_of(ask_over_tls(port(), ask() + closing)), (std::vector<unsigned>{200, 200}));
  EXPECT_EQ(statuses_of(ask_over_tls(port(), ask("GET /big?n=2000000 HTTP/1.1", "Connection: close\r\n"))), std::vector<unsigned>{200});
  EXPECT_EQ(talk(closing).statuses, std::vector<unsigned>{200});
}

TEST_F(FrontTest, RefusesOldTlsAndPlainWhereTlsIsRequired) {
  const certificate c;
  auto options = with_tls(c);
  options.tls.required = true;
  serve(options);
  EXPECT_EQ(ask_over_tls(port(), closing, TLS1_1_VERSION), "");
  EXPECT_NE(ask_over_tls(port(), closing, TLS1_2_VERSION), "");
  const auto plain = talk(closing, 2000ms);
  EXPECT_TRUE(plain.statuses.empty());
  EXPECT_TRUE(plain.closed);
}

TEST_F(FrontTest, HandshakesPastSilentAndBrokenClients) {
  const certificate c;
  serve(with_tls(c));
  std::vector<test::raw_client> silent;
  for (int i = 0; i < 50; ++i) {
    silent.emplace_back(port());
    if (i % 2 == 0) silent.back().write("\x16\x03\x01");
    if (i % 5 == 0) silent.back().write(std::string("\x00\x05garbage", 9));
  }
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(statuses_of(ask_over_tls(port(), closing)), std::vector<unsigned>{200});
  EXPECT_LT(std::chrono::steady_clock::now() - start, 300ms);
  for (auto& s : silent) EXPECT_TRUE(s.read_to_close(3000ms));
}

TEST_F(FrontTest, NamesTheTlsFileItCannotUse) {
  auto options = test_options();
  options.tls.certificate_chain_file = "/nonexistent/chain.pem";
  front f(options, {});
  const auto started = f.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("/nonexistent/chain.pem"), std::string::npos);
}

}  // namespace
}  // namespace evhost::http
