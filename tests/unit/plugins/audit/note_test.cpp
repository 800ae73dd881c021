// Checkpoints and keys in the C2SP text formats.
#include "plugins/audit/log/merkle.hpp"
#include "plugins/audit/log/note.hpp"

#include <gtest/gtest.h>

namespace audit {
namespace {

note_signer::seed seed_of(unsigned char b) {
  note_signer::seed s;
  s.fill(b);
  return s;
}

TEST(Note, CheckpointHasTheFormOfTheSpecification) {
  const note_signer signer("example.com/log", seed_of(1));
  const auto note = signer.sign({"", 0, empty_root()});
  EXPECT_TRUE(note.starts_with("example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 example.com/log ")) << note;
  EXPECT_EQ(note.back(), '\n');
  const auto opened = signer.open(note);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size, 0u);
  EXPECT_EQ(opened->root, empty_root());
}

TEST(Note, KeyIdIsTheHashOfNameAndKey) {
  const note_signer signer("example.com/log", seed_of(1));
  const auto vkey = signer.vkey();
  ASSERT_TRUE(vkey.starts_with("example.com/log+"));
  const auto id = vkey.substr(16, 8);
  const auto key = base64_decode(vkey.substr(25));
  ASSERT_TRUE(key);
  ASSERT_EQ(key->size(), 33u);
  EXPECT_EQ((*key)[0], '\x01');
  const auto digest = sha256({"example.com/log\n", *key});
  const auto signature = base64_decode(signer.sign({"", 1, empty_root()}).substr(signer.sign({"", 1, empty_root()}).rfind(' ') + 1, 92));
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->substr(0, 4), bytes_of(digest).substr(0, 4));
  EXPECT_EQ(signature->size(), 68u);
}

TEST(Note, AnyOtherTextIsRefused) {
  const note_signer signer("log", seed_of(1)), other("log", seed_of(2)), elsewhere("log2", seed_of(1));
  const auto note = signer.sign({"", 10, empty_root()});
  EXPECT_TRUE(signer.open(note));
  EXPECT_FALSE(other.open(note));
  EXPECT_FALSE(elsewhere.open(note));
  EXPECT_FALSE(signer.open("log\n010\n" + note.substr(7)));
  EXPECT_FALSE(signer.open(note + "x"));
  for (std::size_t i = 0; i < note.size(); ++i) {
    auto bad = note;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(signer.open(bad)) << i;
  }
}

TEST(Note, OriginsAreKeyNames) {
  EXPECT_TRUE(origin_valid("evhost/audit"));
  for (const auto* bad : {"", "two words", "a+b", "line\nbreak"}) EXPECT_FALSE(origin_valid(bad)) << bad;
  EXPECT_FALSE(origin_valid(std::string(256, 'x')));
}

TEST(Note, ProofTextHasIndexHashesAndCheckpoint) {
  EXPECT_EQ(proof_text(7, {empty_root()}, "note\n"),
            "c2sp.org/tlog-proof@v1\nindex 7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nnote\n");
}

TEST(Note, Base64IsCanonicalOnly) {
  EXPECT_EQ(base64_decode("AA=="), std::string(1, '\0'));
  for (const auto* bad : {"AB==", "AA=", "AA", "A A=", "AA==\n"}) EXPECT_FALSE(base64_decode(bad)) << bad;
}

TEST(Sha256, HmacOfRfc4231) {  // test case 2
  EXPECT_EQ(base64(bytes_of(hmac_sha256("Jefe", "what do ya want for nothing?"))), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

}  // namespace
}  // namespace audit
