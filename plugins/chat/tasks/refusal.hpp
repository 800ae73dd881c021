// Why a request is not obeyed: an HTTP status, a stable code, a sentence, and the fields at fault. Thrown by the rules,
// turned into problem+json by api/answers.hpp and into a reply by talk/.
#pragma once

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace chat {

struct field_error {
  std::string pointer;      // JSON pointer into the body, or the name of a query parameter
  std::string code;         // required | unknown-field | invalid | too-long | too-many | not-found
  std::string message;
};

class refusal : public std::exception {
 public:
  refusal(int status, std::string code, std::string detail, std::vector<field_error> errors = {})
      : status_(status), code_(std::move(code)), detail_(std::move(detail)), errors_(std::move(errors)) {}
  int status() const { return status_; }
  const std::string& code() const { return code_; }
  const char* what() const noexcept override { return detail_.c_str(); }
  const std::vector<field_error>& errors() const { return errors_; }

 private:
  int status_;
  std::string code_, detail_;
  std::vector<field_error> errors_;
};

inline refusal not_found(const std::string& what) { return refusal(404, "not-found", "No " + what + " with this id."); }

}  // namespace chat
