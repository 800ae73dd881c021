// The leaves of the compact codec: cereal's portable binary archives on stream buffers that count and patch lengths.
#include "schemas/events/compact.hpp"

#include <cereal/archives/portable_binary.hpp>

#include <istream>
#include <limits>
#include <ostream>
#include <streambuf>

namespace evh_schemas {

namespace {

// Appends to a string without the buffering of std::ostringstream.
class append_buffer : public std::streambuf {
 public:
  explicit append_buffer(std::string& out) : out_(out) {}

 protected:
  std::streamsize xsputn(const char* from, std::streamsize count) override {
    out_.append(from, static_cast<std::size_t>(count));
    return count;
  }
  int_type overflow(int_type c) override {
    if (c != traits_type::eof()) out_ += static_cast<char>(c);
    return c;
  }

 private:
  std::string& out_;
};

class view_buffer : public std::streambuf {
 public:
  explicit view_buffer(std::string_view from) {
    char* begin = const_cast<char*>(from.data());   // streambuf's interface; nothing writes
    setg(begin, begin, begin + from.size());
  }
  std::size_t position() const { return static_cast<std::size_t>(gptr() - eback()); }
  void skip_to(std::size_t at) { setg(eback(), eback() + at, egptr()); }

 protected:
  std::streamsize xsgetn(char* into, std::streamsize count) override {
    const std::streamsize taken = std::min(count, static_cast<std::streamsize>(egptr() - gptr()));
    traits_type::copy(into, gptr(), static_cast<std::size_t>(taken));
    setg(eback(), gptr() + taken, egptr());
    return taken;
  }
};

constexpr std::uint8_t long_size = 0xff;   // sizes up to 254 take one byte, others 0xff and a u32

}  // namespace

struct compact_out::stream {
  explicit stream(std::string& target)
      : out(target), buffer(target), text(&buffer), archive(text, cereal::PortableBinaryOutputArchive::Options::LittleEndian()) {
    out.pop_back();   // cereal's own byte for the byte order: ours is always little endian
  }
  std::string& out;
  append_buffer buffer;
  std::ostream text;
  cereal::PortableBinaryOutputArchive archive;
};

compact_out::compact_out(std::string& out) : stream_(std::make_unique<stream>(out)) {}
compact_out::~compact_out() = default;

void compact_out::header(const compact_schema& schema) { stream_->archive(schema.schema, schema.version, schema.floor); }

void compact_out::size(std::size_t value) {
  if (value > std::numeric_limits<std::uint32_t>::max()) throw payload_error("", "too long for the compact codec");
  if (value < long_size) {
    byte(static_cast<std::uint8_t>(value));
  } else {
    byte(long_size);
    stream_->archive(static_cast<std::uint32_t>(value));
  }
}
void compact_out::bytes(std::string_view value) {
  size(value.size());
  if (!value.empty()) stream_->archive(cereal::binary_data(value.data(), value.size()));
}
void compact_out::byte(std::uint8_t value) { stream_->archive(value); }
void compact_out::number(std::int64_t value) { stream_->archive(value); }

std::size_t compact_out::begin_struct() {
  const std::size_t at = stream_->out.size();
  stream_->archive(std::uint32_t{0});
  return at;
}
void compact_out::end_struct(std::size_t at) {
  const auto length = static_cast<std::uint32_t>(stream_->out.size() - at - sizeof(std::uint32_t));
  for (unsigned i = 0; i < sizeof length; ++i) stream_->out[at + i] = static_cast<char>((length >> (8 * i)) & 0xff);
}

struct compact_in::stream {
  explicit stream(std::string_view from) : end(from.size()), buffer(from), text(&buffer), archive(text, little()) {}
  static cereal::PortableBinaryInputArchive::Options little() { return cereal::PortableBinaryInputArchive::Options::LittleEndian(); }
  std::size_t end;   // of the struct being read
  view_buffer buffer;
  std::istream text;
  cereal::PortableBinaryInputArchive archive;
};

compact_in::compact_in(std::string_view bytes) : stream_(nullptr) {
  // cereal's reader begins with one byte that names the byte order; the envelope has none, so it is put in front.
  backing_.reserve(bytes.size() + 1);
  backing_ += '\1';
  backing_ += bytes;
  stream_ = std::make_unique<stream>(std::string_view(backing_));
}
compact_in::~compact_in() = default;

void compact_in::fail(const char* what) const { throw payload_error("", std::string("compact record: ") + what); }

std::uint16_t compact_in::header(const compact_schema& mine) {
  if (stream_->end < 1 + 3 * sizeof(std::uint16_t)) fail("shorter than its envelope");
  std::uint16_t schema = 0, version = 0, floor = 0;
  stream_->archive(schema, version, floor);
  if (schema != mine.schema) fail("it is of another schema");
  if (floor > mine.version)
    throw payload_error("", "compact record: written as version " + std::to_string(version) + " for readers from version " +
                                std::to_string(floor) + " on, this one reads version " + std::to_string(mine.version));
  return version;
}

bool compact_in::at_end() const { return stream_->buffer.position() >= stream_->end; }

std::uint8_t compact_in::byte() {
  if (at_end()) fail("it ends too early");
  std::uint8_t value = 0;
  stream_->archive(value);
  return value;
}
std::int64_t compact_in::number() {
  if (stream_->end - stream_->buffer.position() < sizeof(std::int64_t)) fail("it ends too early");
  std::int64_t value = 0;
  stream_->archive(value);
  return value;
}
std::size_t compact_in::size() {
  std::size_t count = byte();
  if (count == long_size) {
    if (stream_->end - stream_->buffer.position() < sizeof(std::uint32_t)) fail("it ends too early");
    std::uint32_t wide = 0;
    stream_->archive(wide);
    count = wide;
  }
  if (count > stream_->end - stream_->buffer.position()) fail("a length points past its end");
  return count;
}
void compact_in::bytes(std::string& into) {
  into.resize(size());
  if (!into.empty()) stream_->archive(cereal::binary_data(into.data(), into.size()));
}

std::size_t compact_in::begin_struct() {
  const std::size_t outer = stream_->end;
  if (outer - stream_->buffer.position() < sizeof(std::uint32_t)) fail("it ends too early");
  std::uint32_t length = 0;
  stream_->archive(length);
  if (length > outer - stream_->buffer.position()) fail("a length points past its end");
  stream_->end = stream_->buffer.position() + length;
  return outer;
}
void compact_in::end_struct(std::size_t outer) {
  stream_->buffer.skip_to(stream_->end);   // what a newer writer appended
  stream_->end = outer;
}

}  // namespace evh_schemas
