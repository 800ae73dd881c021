// The page's files as they were at build time; generated from page/ by embed_page.py.
#pragma once
#include <span>
#include <string_view>

namespace web {

struct file {
  std::string_view name;          // app.js
  std::string_view content_type;
  std::string_view hash;          // of the plain bytes: the ETag without quotes
  std::string_view plain, gzip;   // the same content twice
};

std::string_view build_id();            // hash of all files: the middle of /assets/<build>/app.js
std::span<const file> page_files();     // by name; index.html is among them

}  // namespace web
