// POST /api/v1/recurrence/preview: the next occurrences of a rule. Pure: body in, answer out.
#pragma once

#include <evh/http.hpp>

#include <optional>
#include <string_view>

namespace recurring {

evh::response preview(std::optional<std::string_view> content_type, std::string_view body, std::string_view request_id);

}  // namespace recurring
