// The libcurl adapter: options of a transfer, the guard's hook, the thread.
#include "plugins/notification/curl_transport.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace notification {

namespace {

constexpr std::size_t answer_bytes_max = 64 << 10;
constexpr long connections_kept = 64;
constexpr long quit_patience_s = 2;      // libcurl waits for the answer to QUIT without doing anything else

struct slist_free {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using slist = std::unique_ptr<curl_slist, slist_free>;

void append(slist& list, const std::string& text) {
  auto* grown = curl_slist_append(list.get(), text.c_str());
  if (!grown) throw std::bad_alloc();
  list.release();
  list.reset(grown);
}

// One message under way. Owned by the loop's thread.
struct transfer {
  outgoing what;
  transport::done_fn done;
  const address_guard* guard = nullptr;
  slist headers, recipients, pinned;
  std::size_t read_at = 0, received = 0;
  bool blocked = false, cut = false;
  std::array<char, CURL_ERROR_SIZE> error{};
};

curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* to) {
  auto& t = *static_cast<transfer*>(user);
  const auto at = address_of(&to->addr);
  if (!at || !t.guard->allows(*at)) {
    t.blocked = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::size_t swallow(char*, std::size_t size, std::size_t count, void* user) {
  auto& t = *static_cast<transfer*>(user);
  t.received += size * count;
  t.cut = t.received > answer_bytes_max;
  return t.cut ? 0 : size * count;
}

std::size_t give(char* into, std::size_t size, std::size_t count, void* user) {
  auto& t = *static_cast<transfer*>(user);
  const auto bytes = std::min(size * count, t.what.body.size() - t.read_at);
  std::memcpy(into, t.what.body.data() + t.read_at, bytes);
  t.read_at += bytes;
  return bytes;
}

}  // namespace

class curl_transport::loop {
 public:
  explicit loop(transport_options options) : options_(std::move(options)) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl does not start");
    multi_ = curl_multi_init();
    if (!multi_) throw std::runtime_error("libcurl gives no multi handle");
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections_kept);
    thread_ = std::thread([this] { run(); });
  }

  ~loop() {
    stop(std::chrono::steady_clock::now());
    curl_multi_cleanup(multi_);
    curl_global_cleanup();
  }

  void start(outgoing what, done_fn done) {
    auto made = std::make_unique<transfer>();
    made->what = std::move(what);
    made->done = std::move(done);
    made->guard = &options_.guard;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      waiting_.push_back(std::move(made));
    }
    curl_multi_wakeup(multi_);
  }

  void stop(std::chrono::steady_clock::time_point deadline) {
    {
      const std::lock_guard lock(mutex_);
      if (!stopping_) deadline_ = deadline;
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    while (take_waiting()) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_ready();
      curl_multi_poll(multi_, nullptr, 0, patience_ms(), nullptr);
    }
    for (auto& [easy, t] : under_way_) close(easy);
    under_way_.clear();
  }

  // False when the loop must end: asked to, and nothing is left or the deadline has passed.
  bool take_waiting() {
    std::deque<std::unique_ptr<transfer>> fresh;
    bool stopping = false;
    {
      const std::lock_guard lock(mutex_);
      fresh.swap(waiting_);
      stopping = stopping_;
    }
    for (auto& each : fresh) begin(std::move(each));
    return !stopping || (!under_way_.empty() && std::chrono::steady_clock::now() < deadline_);
  }

  int patience_ms() {
    const std::lock_guard lock(mutex_);
    return stopping_ ? 20 : 1000;
  }

  void begin(std::unique_ptr<transfer> t) {
    CURL* easy = curl_easy_init();
    if (!easy) return t->done({.error = "out of memory"});
    if (t->what.how == outgoing::way::webhook) set_webhook(easy, *t);
    else set_mail(easy, *t);
    set_common(easy, *t);
    under_way_.emplace(easy, std::move(t));
    curl_multi_add_handle(multi_, easy);
  }

  void set_common(CURL* easy, transfer& t) const {
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t.error.data());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);                 // stop() does not wait for a name server
    curl_easy_setopt(easy, CURLOPT_PROXY, "");                      // a proxy would connect where the guard does not look
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &swallow);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &t);
    for (const auto& each : options_.pinned) append(t.pinned, each);
    if (t.pinned) curl_easy_setopt(easy, CURLOPT_RESOLVE, t.pinned.get());
    if (!options_.smtp.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.smtp.ca_file.c_str());
  }

  void set_webhook(CURL* easy, transfer& t) const {
    for (const auto& each : t.what.headers) append(t.headers, each);
    curl_easy_setopt(easy, CURLOPT_URL, t.what.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t.headers.get());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(t.what.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, t.what.body.c_str());
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &t);
  }

  void set_mail(CURL* easy, transfer& t) const {
    append(t.recipients, "<" + t.what.mail_to + ">");
    curl_easy_setopt(easy, CURLOPT_URL, options_.smtp.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    if (options_.smtp.starttls) curl_easy_setopt(easy, CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    if (!options_.smtp.user.empty()) {
      curl_easy_setopt(easy, CURLOPT_USERNAME, options_.smtp.user.c_str());
      curl_easy_setopt(easy, CURLOPT_PASSWORD, options_.smtp.password.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, ("<" + t.what.mail_from + ">").c_str());
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, t.recipients.get());
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    // One connection per mail: libcurl may hand out one on which a try timed out, and servers drop idle ones.
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, quit_patience_s);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(t.what.body.size()));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &give);
    curl_easy_setopt(easy, CURLOPT_READDATA, &t);
  }

  void finish_ready() {
    int left = 0;
    while (auto* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      auto node = under_way_.extract(easy);
      const auto& t = *node.mapped();
      const auto result = outcome_of(easy, code, t);
      close(easy);
      t.done(result);
    }
  }

  static outcome outcome_of(CURL* easy, CURLcode code, const transfer& t) {
    outcome out;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &out.response);
    out.blocked = t.blocked && code != CURLE_OK;
    out.login_refused = code == CURLE_LOGIN_DENIED;
    if (t.what.how == outgoing::way::webhook) {
      const bool answered = code == CURLE_OK || (code == CURLE_WRITE_ERROR && t.cut);
      out.sent = answered && out.response >= 200 && out.response < 300;
      if (answered) code = CURLE_OK;
      if (answered && !out.sent) out.error = "the endpoint answered " + std::to_string(out.response);
    } else {
      out.sent = code == CURLE_OK;
    }
    if (out.blocked) out.error = "blocked-destination: the name leads to an address inside the operator's network";
    else if (code != CURLE_OK) out.error = t.error[0] ? t.error.data() : curl_easy_strerror(code);
    if (code != CURLE_OK && t.what.how == outgoing::way::webhook) out.response = 0;
    return out;
  }

  void close(CURL* easy) {
    curl_multi_remove_handle(multi_, easy);
    curl_easy_cleanup(easy);
  }

  transport_options options_;
  CURLM* multi_ = nullptr;
  std::mutex mutex_;                                              // the three below
  std::deque<std::unique_ptr<transfer>> waiting_;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point deadline_;
  std::map<CURL*, std::unique_ptr<transfer>> under_way_;          // the thread's
  std::thread thread_;
};

curl_transport::curl_transport(transport_options options) : webhooks_(std::make_unique<loop>(options)), mails_(std::make_unique<loop>(std::move(options))) {}
curl_transport::~curl_transport() = default;
void curl_transport::start(outgoing what, done_fn done) {
  (what.how == outgoing::way::mail ? mails_ : webhooks_)->start(std::move(what), std::move(done));
}
void curl_transport::stop(std::chrono::steady_clock::time_point deadline) {
  webhooks_->stop(deadline);
  mails_->stop(deadline);
}

}  // namespace notification
