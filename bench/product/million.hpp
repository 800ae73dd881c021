// Fills a stopped host's database with tasks by SQL, far faster than through its front: the store the benches run on.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace evhost::bench {

// Inserts `count` pending tasks of `owners` owners (the first is the given subject, who gets every tenth task).
void fill_tasks(const std::filesystem::path& database, std::size_t count, const std::string& subject);

}  // namespace evhost::bench
