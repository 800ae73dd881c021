// Decodes the bench's JSON events with Boost.JSON's push parser: every byte is checked, nothing is kept that is not asked for.
//
// Strings are views into the payload, or into this reader when they had escapes; they live until begin_batch(). Throws
// evh::failure for anything that is not such an event. One thread.
#pragma once
#include <evh/failure.hpp>

#include <boost/json/basic_parser_impl.hpp>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace evhost::bench {

struct decoded_event {
  std::int64_t seq = 0, at = 0;
  double amount = 0;
  std::string_view account, kind, note;
};

class event_handler {
 public:
  static constexpr std::size_t max_object_size = 64, max_array_size = 64, max_key_size = 64, max_string_size = 4096;
  using code = boost::json::error_code;
  using text = boost::json::string_view;

  decoded_event event;
  unsigned found = 0;  // a bit per field
  int depth = 0;
  std::deque<std::string> copies;

  void begin() {
    event = {};
    found = 0;
    depth = 0;
    field_ = field::none;
    parts_.clear();
  }

  bool on_document_begin(code&) { return true; }
  bool on_document_end(code&) { return true; }
  bool on_object_begin(code&) { return ++depth, true; }
  bool on_object_end(std::size_t, code&) { return --depth, true; }
  bool on_array_begin(code&) { return ++depth, true; }
  bool on_array_end(std::size_t, code&) { return --depth, true; }
  bool on_key_part(text, std::size_t, code&) { return true; }  // no key of ours comes in parts: an escaped one is none of ours
  bool on_key(text key, std::size_t whole, code&) {
    field_ = depth != 1 || key.size() != whole ? field::none : named({key.data(), key.size()});
    return true;
  }
  bool on_string_part(text part, std::size_t, code&) { return parts_.append(part.data(), part.size()), true; }
  bool on_string(text last, std::size_t, code&) {
    std::string_view whole(last.data(), last.size());
    if (!parts_.empty()) {
      whole = copies.emplace_back(parts_.append(last.data(), last.size()));
      parts_.clear();
    }
    if (field_ == field::account) event.account = whole;
    else if (field_ == field::kind) event.kind = whole;
    else if (field_ == field::note) event.note = whole;
    else return true;
    return note_found();
  }
  bool on_number_part(text, code&) { return true; }
  bool on_int64(std::int64_t n, text, code&) { return number(n, static_cast<double>(n)); }
  bool on_uint64(std::uint64_t n, text, code&) { return number(static_cast<std::int64_t>(n), static_cast<double>(n)); }
  bool on_double(double n, text, code&) { return number(static_cast<std::int64_t>(n), n); }
  bool on_bool(bool, code&) { return true; }
  bool on_null(code&) { return true; }
  bool on_comment_part(text, code&) { return true; }
  bool on_comment(text, code&) { return true; }

 private:
  enum class field : unsigned { seq, at, amount, account, kind, note, none };
  static field named(std::string_view key) {
    if (key == "seq") return field::seq;
    if (key == "at") return field::at;
    if (key == "amount") return field::amount;
    if (key == "account") return field::account;
    if (key == "kind") return field::kind;
    if (key == "note") return field::note;
    return field::none;
  }
  bool number(std::int64_t whole, double real) {
    if (field_ == field::seq) event.seq = whole;
    else if (field_ == field::at) event.at = whole;
    else if (field_ == field::amount) event.amount = real;
    else return true;
    return note_found();
  }
  bool note_found() {
    found |= 1u << static_cast<unsigned>(field_);
    field_ = field::none;
    return true;
  }

  field field_ = field::none;
  std::string parts_;
};

class event_reader {
 public:
  void begin_batch() { parser_.handler().copies.clear(); }
  const decoded_event& read(std::string_view payload) {
    parser_.reset();
    auto& seen = parser_.handler();
    seen.begin();
    boost::json::error_code why;
    const auto used = parser_.write_some(false, payload.data(), payload.size(), why);
    if (why || used != payload.size() || seen.found != 0x3f)
      throw evh::failure(EVH_INVALID, "the payload is no event of the bench: " + (why ? why.message() : std::string("a field is missing, or more follows")));
    return seen.event;
  }

 private:
  boost::json::basic_parser<event_handler> parser_{boost::json::parse_options{}};
};

}  // namespace evhost::bench
