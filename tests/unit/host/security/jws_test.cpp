// Signatures: the RFCs' vectors, and what a signature check must not let through.
#include "host/security/jws.hpp"

#include <gtest/gtest.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>

#include "forge.hpp"

namespace evhost::security {
namespace {

std::string decoded(std::string_view text) {
  return base64url_decode(text).value();
}

// RFC 8037 appendix A.
constexpr std::string_view ed_seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
constexpr std::string_view ed_public = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
constexpr std::string_view ed_token =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
    "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr"
    "_MuM0KAg";
// RFC 7515 appendix A.2 and A.3.
constexpr std::string_view rs_modulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
    "pCgNMsD1W_YpRPEwOWvG6b32690r"
    "2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
    "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFv"
    "UK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr std::string_view rs_token =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "cC4hiUPoj9Eetdgtv3hF80EGr"
    "huB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB-"
    "-f_nZLgrnbyTyWzO75vRK5h6xBArL"
    "IARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
    "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWy"
    "wlVmtVrBp0igcN_IoypGlUPQGe77Rw";
constexpr std::string_view es_x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view es_y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr std::string_view es_token =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-"
    "Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

void expect_only_the_original_verifies(const verifying_key& key, std::string_view token) {
  const auto parts = split_compact(token);
  ASSERT_TRUE(parts);
  EXPECT_TRUE(key.verify(parts->signing_input, parts->signature));
  EXPECT_FALSE(key.verify(std::string(parts->signing_input) + "A", parts->signature));
  for (std::size_t i = 0; i < parts->signature.size(); i += 7) {
    auto changed = parts->signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(key.verify(parts->signing_input, changed)) << "byte " << i;
  }
  EXPECT_FALSE(key.verify(parts->signing_input, parts->signature + '\0'));
  EXPECT_FALSE(key.verify(parts->signing_input, parts->signature.substr(1)));
  EXPECT_FALSE(key.verify(parts->signing_input, ""));
  EXPECT_FALSE(key.verify(parts->signing_input, std::string(parts->signature.size(), '\0')));
}

TEST(Ed25519, VerifiesTheVectorOfRfc8037) {
  const auto key = make_ed25519_key(decoded(ed_public));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->used_for(), algorithm::eddsa);
  expect_only_the_original_verifies(*key, ed_token);
}

TEST(Ed25519, SignsTheVectorOfRfc8037) {
  const signing_key key(io::secret(std::string_view(decoded(ed_seed))));
  EXPECT_EQ(base64url_encode(key.public_key()), ed_public);
  EXPECT_EQ(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  const auto parts = split_compact(ed_token);
  EXPECT_EQ(key.sign(parts->signing_input), parts->signature);
}

TEST(Rs256, VerifiesTheVectorOfRfc7515) {
  const auto key = make_rs256_key(decoded(rs_modulus), decoded("AQAB"));
  ASSERT_TRUE(key);
  expect_only_the_original_verifies(*key, rs_token);
}

TEST(Es256, VerifiesTheVectorOfRfc7515) {
  const auto key = make_es256_key(decoded(es_x), decoded(es_y));
  ASSERT_TRUE(key);
  expect_only_the_original_verifies(*key, es_token);
}

// Row 45: S + L is the same point equation; a verifier that takes it lets anybody write a second token.
TEST(Ed25519, Row45RefusesAMalleableSignature) {
  constexpr std::array<unsigned char, 32> order{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                                0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                                0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  const auto key = make_ed25519_key(decoded(ed_public));
  const auto parts = split_compact(ed_token);
  auto malleable = parts->signature;
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(malleable[32 + i]) + order[i];
    malleable[32 + i] = static_cast<char>(carry & 0xFF);
    carry >>= 8;
  }
  ASSERT_NE(malleable, parts->signature);
  EXPECT_FALSE(key->verify(parts->signing_input, malleable));
}

TEST(Ed25519, Row45RefusesSmallOrderAndForeignPoints) {
  const std::string identity = "\x01" + std::string(31, '\0');
  const std::string order_two = "\xec" + std::string(30, '\xff') + "\x7f";
  const std::string order_four(32, '\0');
  const std::string order_eight = decoded("JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU");
  const std::string non_canonical = "\xee" + std::string(30, '\xff') + "\x7f";
  for (const auto& point : {identity, order_two, order_four, order_eight, non_canonical, std::string(31, 'x'),
                            std::string(33, 'x'), std::string()}) {
    EXPECT_FALSE(make_ed25519_key(point)) << base64url_encode(point);
  }
  // R of small order with S = 0 verifies for every message under a lax verifier with a small-order key.
  EXPECT_FALSE(make_ed25519_key(decoded(ed_public))->verify("m", identity + std::string(32, '\0')));
}

TEST(Es256, RefusesPointsOffTheCurveAndZeroes) {
  EXPECT_FALSE(make_es256_key(decoded(es_x), decoded(es_x)));
  EXPECT_FALSE(make_es256_key(std::string(32, '\0'), std::string(32, '\0')));
  EXPECT_FALSE(make_es256_key(decoded(es_x), decoded(es_y).substr(1)));
  const auto key = make_es256_key(decoded(es_x), decoded(es_y));
  EXPECT_FALSE(key->verify("m", std::string(64, '\0')));
  EXPECT_FALSE(key->verify("m", std::string(64, '\xff')));
}

TEST(Rs256, Row48RefusesWeakKeys) {
  const auto modulus = decoded(rs_modulus);
  for (const unsigned bits : {1024U, 2048U}) {  // whole keys, so that only their size can be the reason
    EVP_PKEY* generated = EVP_RSA_gen(bits);
    BIGNUM* n = nullptr;
    ASSERT_EQ(EVP_PKEY_get_bn_param(generated, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(n)), '\0');
    BN_bn2bin(n, reinterpret_cast<unsigned char*>(bytes.data()));
    EXPECT_EQ(make_rs256_key(bytes, decoded("AQAB")) != nullptr, bits >= 2048) << bits;
    BN_free(n);
    EVP_PKEY_free(generated);
  }
  EXPECT_FALSE(make_rs256_key(modulus, std::string(1, '\1'))) << "exponent 1 makes every signature hold";
  EXPECT_FALSE(make_rs256_key(modulus, std::string(1, '\2')));
  EXPECT_FALSE(make_rs256_key(modulus, ""));
  EXPECT_FALSE(make_rs256_key(modulus, std::string(5, '\x7f')));
  EXPECT_FALSE(make_rs256_key(std::string(2048, '\x7f'), decoded("AQAB"))) << "16384 bits cost too much";
}

TEST(SplitCompact, Row44TakesThreeCanonicalPartsOnly) {
  EXPECT_TRUE(split_compact("AA.AA.AA"));
  for (const auto* bad : {"", "AA", "AA.AA", "AA.AA.", "AA..AA", ".AA.AA", "AA.AA.AA.AA", "AA.AA.AA.AA.AA", "AA.AA.AA=",
                          "AA.AA.A+", "AA.AA.A/", " AA.AA.AA", "AA.AA.AA ", "AA.AA.AA\n", "AA.AA.AB", "AA.AA.A"}) {
    EXPECT_FALSE(split_compact(bad)) << bad;
  }
  EXPECT_FALSE(split_compact("AA.AA." + std::string(token_bytes_max, 'A')));
}

TEST(AlgorithmNames, Row37KnowsNeitherNoneNorHmac) {
  for (const auto* bad : {"none", "None", "nOnE", "NONE", "", "HS256", "HS384", "HS512", "eddsa", "EDDSA", "ES384",
                          "PS256", "Ed448", "RS1"}) {
    EXPECT_FALSE(algorithm_of(bad)) << bad;
  }
  EXPECT_EQ(algorithm_of("EdDSA"), algorithm::eddsa);
}

}  // namespace
}  // namespace evhost::security
