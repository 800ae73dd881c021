// Which pages of other origins may call us from a browser (the Fetch standard's CORS protocol).
//
// Threading: immutable after construction, any thread. The views it gives live as long as it does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evhost::http {

class cors_policy {
 public:
  // Origins as browsers send them ("https://todo.example.org"), compared exactly.
  explicit cors_policy(const std::vector<std::string>& origins);

  bool any() const noexcept { return !allowed_.empty(); }
  // Field lines for every answer to that origin; "" for one we do not know, whose browser then keeps the answer to itself.
  std::string_view answer_fields(std::string_view origin) const noexcept;
  // Further lines for the answer to a preflight: what its request may be made of. `allow` as in the Allow field.
  static std::string preflight_fields(std::string_view allow);

 private:
  struct known {
    std::string origin, fields;
  };
  std::vector<known> allowed_;
};

}  // namespace evhost::http
