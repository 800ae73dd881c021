// The three algorithms. Each key knows its own, so a token can never choose how a key is used.
#include "host/security/jws.hpp"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <stdexcept>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include "host/security/base64url.hpp"
#include "host/security/sodium.hpp"

namespace evhost::security {
namespace {

template <auto Free>
struct frees {
  template <typename Handle>
  void operator()(Handle* handle) const noexcept {
    Free(handle);
  }
};
using pkey_ptr = std::unique_ptr<EVP_PKEY, frees<EVP_PKEY_free>>;
using pkey_context_ptr = std::unique_ptr<EVP_PKEY_CTX, frees<EVP_PKEY_CTX_free>>;
using digest_context_ptr = std::unique_ptr<EVP_MD_CTX, frees<EVP_MD_CTX_free>>;
using params_builder_ptr = std::unique_ptr<OSSL_PARAM_BLD, frees<OSSL_PARAM_BLD_free>>;
using params_ptr = std::unique_ptr<OSSL_PARAM, frees<OSSL_PARAM_free>>;
using bignum_ptr = std::unique_ptr<BIGNUM, frees<BN_free>>;
using ecdsa_ptr = std::unique_ptr<ECDSA_SIG, frees<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bignum_ptr number_of(std::string_view bytes) {
  return bignum_ptr(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

pkey_ptr build_key(const char* type, params_builder_ptr builder) {
  const params_ptr params(OSSL_PARAM_BLD_to_param(builder.get()));
  const pkey_context_ptr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* raw = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  pkey_ptr key(raw);
  const pkey_context_ptr check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  return check && EVP_PKEY_public_check(check.get()) == 1 ? std::move(key) : nullptr;
}

bool openssl_verify(EVP_PKEY* key, std::string_view input, const unsigned char* signature, std::size_t length) {
  const digest_context_ptr context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key, nullptr) == 1 &&
         EVP_DigestVerify(context.get(), signature, length, bytes_of(input), input.size()) == 1;
}

class ed25519_key final : public verifying_key {
 public:
  explicit ed25519_key(std::string_view key) { std::ranges::copy(key, reinterpret_cast<char*>(key_.data())); }
  algorithm used_for() const noexcept override { return algorithm::eddsa; }
  // libsodium refuses S >= L, a small-order key and a small-order R.
  bool verify(std::string_view input, std::string_view signature) const override {
    return signature.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(bytes_of(signature), bytes_of(input), input.size(), key_.data()) == 0;
  }

 private:
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key_{};
};

class es256_key final : public verifying_key {
 public:
  explicit es256_key(pkey_ptr key) : key_(std::move(key)) {}
  algorithm used_for() const noexcept override { return algorithm::es256; }
  // JWS carries r and s as 32 bytes each; OpenSSL wants them in DER and checks 1 <= r, s < n itself.
  bool verify(std::string_view input, std::string_view signature) const override {
    if (signature.size() != 64) return false;
    auto r = number_of(signature.substr(0, 32)), s = number_of(signature.substr(32));
    const ecdsa_ptr pair(ECDSA_SIG_new());
    if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return false;
    (void)r.release(), (void)s.release();  // the pair owns them now
    std::array<unsigned char, 80> der{};
    unsigned char* end = der.data();
    if (i2d_ECDSA_SIG(pair.get(), nullptr) > static_cast<int>(der.size())) return false;
    const int length = i2d_ECDSA_SIG(pair.get(), &end);
    return length > 0 && openssl_verify(key_.get(), input, der.data(), static_cast<std::size_t>(length));
  }

 private:
  pkey_ptr key_;
};

class rs256_key final : public verifying_key {
 public:
  explicit rs256_key(pkey_ptr key) : key_(std::move(key)) {}
  algorithm used_for() const noexcept override { return algorithm::rs256; }
  bool verify(std::string_view input, std::string_view signature) const override {
    return signature.size() == static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())) &&
           openssl_verify(key_.get(), input, bytes_of(signature), signature.size());
  }

 private:
  pkey_ptr key_;
};

}  // namespace

std::string_view algorithm_name(algorithm a) noexcept {
  constexpr std::array<std::string_view, 3> names{"EdDSA", "ES256", "RS256"};
  return names[static_cast<std::size_t>(a)];
}

std::optional<algorithm> algorithm_of(std::string_view name) noexcept {
  for (const auto a : {algorithm::eddsa, algorithm::es256, algorithm::rs256}) {
    if (algorithm_name(a) == name) return a;
  }
  return std::nullopt;
}

std::string_view refusal_name(refusal why) noexcept {
  constexpr std::array<std::string_view, 12> names{"none",           "malformed",     "bad_header",    "bad_algorithm",
                                                   "unknown_key",    "bad_signature", "bad_claims",    "wrong_issuer",
                                                   "wrong_audience", "expired",       "not_yet_valid", "revoked"};
  return names[static_cast<std::size_t>(why)];
}

std::optional<compact_token> split_compact(std::string_view token) {
  if (token.size() > token_bytes_max) return std::nullopt;
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  auto header = base64url_decode(token.substr(0, first));
  auto payload = base64url_decode(token.substr(first + 1, second - first - 1));
  auto signature = base64url_decode(token.substr(second + 1));
  if (!header || !payload || !signature || header->empty() || payload->empty() || signature->empty())
    return std::nullopt;
  return compact_token{std::move(*header), std::move(*payload), std::move(*signature), token.substr(0, second)};
}

verifying_key_ptr make_ed25519_key(std::string_view public_key) {
  ensure_sodium();
  if (public_key.size() != crypto_sign_PUBLICKEYBYTES) return nullptr;
  if (crypto_core_ed25519_is_valid_point(bytes_of(public_key)) != 1) return nullptr;
  return std::make_shared<ed25519_key>(public_key);
}

verifying_key_ptr make_es256_key(std::string_view x, std::string_view y) {
  if (x.size() != 32 || y.size() != 32) return nullptr;
  const std::string point = '\x04' + std::string(x) + std::string(y);
  params_builder_ptr builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return nullptr;
  }
  auto key = build_key("EC", std::move(builder));
  return key ? std::make_shared<es256_key>(std::move(key)) : nullptr;
}

verifying_key_ptr make_rs256_key(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() > 1024 || exponent.empty() || exponent.size() > 4 || modulus.empty() || modulus.front() == '\0')
    return nullptr;
  const auto n = number_of(modulus), e = number_of(exponent);
  if (!n || !e || BN_num_bits(n.get()) < 2048 || !BN_is_odd(e.get()) || BN_num_bits(e.get()) < 2) return nullptr;
  params_builder_ptr builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  auto key = build_key("RSA", std::move(builder));
  return key ? std::make_shared<rs256_key>(std::move(key)) : nullptr;
}

signing_key::signing_key(const io::secret& seed) : secret_key_(std::size_t{crypto_sign_SECRETKEYBYTES}) {
  ensure_sodium();
  if (seed.size() != crypto_sign_SEEDBYTES)
    throw std::invalid_argument("an Ed25519 seed has 32 bytes, not " + std::to_string(seed.size()));
  public_key_.resize(crypto_sign_PUBLICKEYBYTES);
  crypto_sign_seed_keypair(reinterpret_cast<unsigned char*>(public_key_.data()),
                           reinterpret_cast<unsigned char*>(secret_key_.writable().data()),
                           reinterpret_cast<const unsigned char*>(seed.reveal().data()));
  // RFC 7638 section 3: the required members in lexicographic order, without spaces; RFC 8037 section 2 names them.
  const std::string jwk = R"({"crv":"Ed25519","kty":"OKP","x":")" + base64url_encode(public_key_) + "\"}";
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()), bytes_of(jwk), jwk.size());
  kid_ = base64url_encode(digest);
}

std::string signing_key::sign(std::string_view bytes) const {
  std::string out(crypto_sign_BYTES, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(out.data()), nullptr, bytes_of(bytes), bytes.size(),
                       reinterpret_cast<const unsigned char*>(secret_key_.reveal().data()));
  return out;
}

}  // namespace evhost::security
