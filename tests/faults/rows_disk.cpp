// Rows 10 to 18 and 44: power cuts that take back what was not synced, disks that fail, fill or crawl, clocks that jump.
//
// A library preloaded into the host (tests/support/faulty_io.c) stands between SQLite and the kernel, and before the clock.
#include "tests/faults/row.hpp"
#include "tests/faults/small_disk.hpp"
#include "tests/support/http_client.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace evhost::faults {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t sector = 512;

struct undo {
  std::uint32_t kind = 0;  // 1 write, 2 sync, 3 truncate
  std::string path;
  std::int64_t offset = 0, count = 0, old_size = 0;
  std::string old;
};

std::vector<undo> read_undo(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(in), {}};
  std::vector<undo> list;
  std::size_t at = 0;
  const auto take = [&](void* to, std::size_t bytes) {
    if (at + bytes > all.size()) return false;
    std::memcpy(to, all.data() + at, bytes);
    at += bytes;
    return true;
  };
  for (;;) {
    undo u;
    std::uint32_t path = 0, old = 0;
    if (!take(&u.kind, 4) || !take(&path, 4)) return list;
    u.path.resize(path);
    if (!take(u.path.data(), path) || !take(&u.offset, 8) || !take(&u.count, 8) || !take(&u.old_size, 8) || !take(&old, 4)) return list;
    u.old.resize(old);
    if (!take(u.old.data(), old)) return list;
    list.push_back(std::move(u));
  }
}

// Puts back what one write had overwritten: all of it, or some of its sectors.
void take_back(const undo& u, std::mt19937_64& random) {
  const int fd = ::open(u.path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return;  // removed since
  const bool torn = random() % 2 == 0;
  std::string back = u.old;
  if (u.kind == 1) back.resize(static_cast<std::size_t>(u.count), '\0');  // what the file had grown by
  for (std::size_t i = 0; i < back.size(); i += sector)
    if (!torn || random() % 2 == 0)
      if (::pwrite(fd, back.data() + i, std::min(sector, back.size() - i), u.offset + static_cast<std::int64_t>(i)) < 0) throw std::runtime_error("cannot take back a write");
  if (u.kind == 1 && u.offset + u.count > u.old_size && random() % 2 == 0 && ::lseek(fd, 0, SEEK_END) == u.offset + u.count && ::ftruncate(fd, std::max(u.old_size, u.offset)) != 0)
    throw std::runtime_error("cannot shorten a file");
  ::close(fd);
}

// The disk after a power cut: of what was not synced, each write is there, gone, or torn.
void cut_power(trial& t, const std::filesystem::path& undo_file) {
  const auto list = read_undo(undo_file);
  std::map<std::string, std::size_t> synced;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i].kind == 2) synced[list[i].path] = i;
  for (auto i = list.size(); i-- > 0;)
    if (list[i].kind != 2 && (!synced.contains(list[i].path) || i > synced[list[i].path]) && t.random()() % 3 != 0) take_back(list[i], t.random());
  std::filesystem::remove(t.host(0).data() / "evhost.db-shm");
  std::filesystem::remove(undo_file);
}

environment faulty(trial& t, std::size_t i = 0) {
  return {{"LD_PRELOAD", EVH_FAULTY_IO},
          {"EVH_TEST_DISK", t.host(i).data().string()},
          {"EVH_TEST_UNDO", (t.host(i).data() / "undo").string()}};
}

environment under_weather(trial& t) {
  return {{"LD_PRELOAD", EVH_FAULTY_IO}, {"EVH_TEST_DISK", t.host(0).data().string()}, {"EVH_TEST_WEATHER", (t.host(0).data() / "weather").string()}};
}

void power_cuts(trial& t) {
  for (int cut = 0; cut < 3; ++cut) {
    t.start_host(0, faulty(t));
    if (cut == 0) t.load().start();
    t.steady((static_cast<std::uint64_t>(cut) + 1) * 150);
    t.pass_time(milliseconds(t.random()() % 400));
    t.kill_host(0, SIGKILL);
    if (read_undo(t.host(0).data() / "undo").empty()) t.note("no write was noted");
    cut_power(t, t.host(0).data() / "undo");
  }
  t.start_host(0);
  t.recover();
}

// What acknowledgements would be worth if commits were not synced: the log since the last checkpoint is gone.
void disk_that_lied(trial& t) {
  t.start();
  t.steady();
  t.kill_host(0, SIGKILL);
  std::filesystem::resize_file(t.host(0).data() / "evhost.db-wal", 0);
  std::filesystem::remove(t.host(0).data() / "evhost.db-shm");
  t.start_host(0);
  t.recover(10s);
}

// While the words hold the host may refuse, or end; afterwards it goes on, or starts again.
void disk_weather(trial& t, const char* words, milliseconds lasts, bool must_stay, bool must_be_felt = true) {
  t.expects_clean_stop = false;
  t.start_host(0, under_weather(t));
  t.load().start();
  t.steady();
  const auto file = t.host(0).data() / "weather";
  std::ofstream(file) << words;
  t.pass_time(lasts);
  if (must_be_felt && t.load().refused() == 0 && t.host(0).running()) t.note(std::string("nobody felt ") + words);
  if (must_stay) {
    if (!t.host(0).running()) t.note("the host ended while " + std::string(words) + ":\n" + t.host(0).log());
    else if (test::http_client(t.host(0).port(), 5s).get("/livez").status != 200) t.note("the host does not answer");
  }
  std::filesystem::remove(file);
  if (!t.host(0).running()) {
    t.host(0).wait_exit();
    t.start_host(0);
  }
  t.recover(90s);
}

// The server says 53100 to whatever wants a new page.
void database_disk_full(trial& t) {
  const auto url = t.database_url();
  const auto name = url.substr(url.rfind('/') + 1, url.find('?') - url.rfind('/') - 1);
  small_disk disk(t.shared().postgres(), name);
  t.start();
  t.steady();
  const auto refused = t.load().refused();
  disk.fill();
  const auto told = [&] {
    const auto answer = test::http_client(t.host(0).port(), 5s).get("/readyz");
    return answer.status == 503 && answer.body.find("disk full") != std::string::npos;
  };
  t.wait_until(told, 10s, "a word about the full disk on /readyz");
  t.pass_time(3s);
  if (t.load().refused() == refused) t.note("nobody felt the full disk");
  if (!t.host(0).running() || test::http_client(t.host(0).port(), 5s).get("/livez").status != 200) t.note("the host does not answer");
  disk.free();
  t.recover(90s);
  disk.give_back();
}

void jumping_clock(trial& t) {
  const auto file = t.host(0).data() / "clock";
  const auto shift = [&](std::int64_t ns) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ::pwrite(fd, &ns, sizeof ns, 0) != sizeof ns) throw std::runtime_error("cannot turn the clock");
    ::close(fd);
  };
  constexpr std::int64_t second = 1'000'000'000, hour = 3600 * second;
  shift(0);
  t.start_host(0, {{"LD_PRELOAD", EVH_FAULTY_IO}, {"EVH_TEST_CLOCK", file.string()}});
  for (std::size_t i = 1; i < t.how().hosts; ++i) t.start_host(i);
  t.load().start();
  t.steady();
  for (const auto jump : {hour, -hour, std::int64_t{0}, 10 * second, -10 * second}) {
    shift(jump);
    t.pass_time(1s);
  }
  for (int i = 0; i < 20; ++i) {  // one second per second, backwards
    shift(-i * second / 10);
    t.pass_time(100ms);
  }
  t.recover(90s);
  if (t.longest_gap_ms() > 8'000) t.note("no progress for " + std::to_string(t.longest_gap_ms()) + " ms while the clock jumped");
}

// What a crash leaves beside the database is not believed blindly.
void spoilt_files(trial& t) {
  t.start();
  t.steady();
  t.kill_host(0, SIGKILL);
  const auto data = t.host(0).data();
  std::ofstream(data / "host.json") << std::string(t.random()() % 200, static_cast<char>(t.random()() % 256));
  std::ofstream(data / "in-flight") << std::string(4096, static_cast<char>(1 + t.random()() % 255));
  t.launch(0);  // it serves, is not ready, and says why
  t.wait_until([&] { return t.host(0).log().find((data / "in-flight").string()) != std::string::npos; }, 20s, "a word about the spoilt file");
  t.host(0).stop();
  std::filesystem::remove(data / "in-flight");
  t.start_host(0);
  t.recover();
}

row make(int number, const char* name, const char* what, std::function<void(trial&)> harm) {
  row r;
  r.number = number;
  r.name = name;
  r.what = what;
  r.setup.on = engine::embedded;
  r.harm = std::move(harm);
  return r;
}

}  // namespace

std::vector<row> disk_rows() {
  std::vector<row> list;
  list.push_back(make(10, "power cut, 3 times: unsynced writes gone, there or torn, embedded", "everything acknowledged is there; torn tails are cut (rows 10, 11, 14)", power_cuts));
  list.push_back(make(11, "control: a disk that lied about its syncs", "must be found out", disk_that_lied));
  list.back().control = "sync";
  list.push_back(make(15, "host.json and the in-flight file spoilt, embedded", "refused by the file's name, or made anew", spoilt_files));
  list.push_back(make(16, "EIO on writes for 2 s, embedded", "nothing acknowledged is lost", [](trial& t) { disk_weather(t, "eio-write", 2s, false); }));
  list.push_back(make(16, "EIO on syncs for 2 s, embedded", "nothing acknowledged is lost", [](trial& t) { disk_weather(t, "eio-sync", 2s, false); }));
  list.push_back(make(16, "EIO on reads for 2 s, embedded", "nothing acknowledged is lost", [](trial& t) { disk_weather(t, "eio-read", 2s, false, false); }));
  list.push_back(make(17, "disk full for 3 s, embedded", "writes are refused, the host stays, goes on when there is room", [](trial& t) { disk_weather(t, "enospc", 3s, true); }));
  if (small_disk::missing().empty()) {
    list.push_back(make(17, "the database's disk full for 3 s", "writes are refused, lanes wait, all goes on when there is room", database_disk_full));
    list.back().setup.on = engine::cluster;
  }
  list.push_back(make(18, "syncs take 500 ms for 5 s, embedded", "order holds, no storm", [](trial& t) { disk_weather(t, "slow", 5s, true, false); }));
  list.push_back(make(44, "the clock jumps by an hour and drifts backwards, embedded", "progress and order hold", jumping_clock));
  list.push_back(make(44, "one replica's clock jumps by an hour and drifts backwards", "progress and order hold", jumping_clock));
  list.back().setup.on = engine::cluster;
  list.back().setup.hosts = 2;
  list.back().slow = true;
  for (auto& r : list) r.slow = r.slow || (r.number >= 16 && r.number <= 18);
  return list;
}

}  // namespace evhost::faults
