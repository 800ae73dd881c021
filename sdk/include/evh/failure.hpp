// How a plugin written in C++ fails: one exception type inside the plugin, turned into status and text at the boundary.
//
// Nothing of it crosses the ABI: every thunk runs its body in guarded(), which catches everything. Header-only.
#pragma once
#include <evh/abi/base.h>

#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace evh {
inline namespace v1 {

inline evh_sv view(std::string_view s) noexcept { return {s.data() ? s.data() : "", s.size()}; }
inline std::string_view text(evh_sv v) noexcept { return v.ptr ? std::string_view(v.ptr, v.len) : std::string_view(); }

// A refused or failed host call, or what a handler throws to say "this failed, with this status and sentence".
class failure : public std::exception {
 public:
  failure(evh_status status, std::string sentence) : status_(status), text_(std::move(sentence)) {}
  [[nodiscard]] evh_status status() const noexcept { return status_; }
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  evh_status status_;
  std::string text_;
};

inline evh_error make_error() noexcept {
  evh_error error;
  std::memset(&error, 0, sizeof error);
  error.struct_size = sizeof error;
  return error;
}

inline void fill(evh_error* error, evh_status status, std::string_view sentence) noexcept {
  if (!error) return;
  error->code = status;
  error->len = static_cast<std::uint32_t>(sentence.size() < EVH_ERROR_TEXT_BYTES ? sentence.size() : EVH_ERROR_TEXT_BYTES - 1);
  std::memcpy(error->text, sentence.data(), error->len);
  error->text[error->len] = '\0';
}

// Throws failure unless status is EVH_OK; what names the call.
inline void check(evh_status status, const evh_error& error, std::string_view what) {
  if (status == EVH_OK) return;
  std::string sentence(what);
  sentence += ": ";
  sentence += error.len ? std::string(error.text, error.len) : "status " + std::to_string(status);
  throw failure(status, std::move(sentence));
}
inline void check(evh_status status, std::string_view what) { check(status, make_error(), what); }

// Runs body at the boundary: no exception leaves. body returns evh_status or void (then EVH_OK).
template <class Body>
evh_status guarded(evh_error* error, Body&& body) noexcept {
  try {
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      return EVH_OK;
    } else {
      return body();
    }
  } catch (const failure& f) {
    fill(error, f.status(), f.what());
    return f.status() == EVH_OK ? EVH_EXCEPTION : f.status();
  } catch (const std::bad_alloc&) {
    fill(error, EVH_NOMEM, "out of memory");
    return EVH_NOMEM;
  } catch (const std::exception& e) {
    fill(error, EVH_EXCEPTION, e.what());
    return EVH_EXCEPTION;
  } catch (...) {
    fill(error, EVH_EXCEPTION, "an exception that is no std::exception");
    return EVH_EXCEPTION;
  }
}

}  // namespace v1
}  // namespace evh
