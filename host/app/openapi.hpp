// The OpenAPI document that /openapi.json serves, embedded at build time from schemas/api/openapi.yaml.
#pragma once
#include <string_view>

namespace evhost::app {
std::string_view openapi_document();
}
