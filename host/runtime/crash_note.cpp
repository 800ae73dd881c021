// The handler of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT.
#include "host/runtime/crash_note.hpp"

#include "host/runtime/plugin_instance.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace evhost::runtime {
namespace {

const char* name_of(int signal) {
  switch (signal) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGFPE: return "SIGFPE";
    case SIGILL: return "SIGILL";
    default: return "SIGABRT";
  }
}

// One line in a fixed buffer; what does not fit is cut.
class line {
 public:
  line& operator<<(std::string_view text) {
    const std::size_t bytes = std::min(text.size(), text_.size() - 1 - used_);
    std::memcpy(text_.data() + used_, text.data(), bytes);
    used_ += bytes;
    return *this;
  }
  void write() {
    text_[used_++] = '\n';
    [[maybe_unused]] const ssize_t told = ::write(STDERR_FILENO, text_.data(), used_);
  }

 private:
  std::array<char, 512> text_;
  std::size_t used_ = 0;
};

void note(int signal) {
  line out;
  out << "evhost: died of " << name_of(signal);
  if (const call_frame* call = current_call())
    out << " inside plugin '" << call->plugin->id() << "' " << call->plugin->candidate().version << ", function "
        << call->function << ", thread " << to_string(call->thread);
  else
    out << " outside of plugins";
  out.write();
  ::raise(signal);  // SA_RESETHAND: the default action now
}

}  // namespace

void install_crash_note() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  struct sigaction action {};
  action.sa_handler = &note;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER | SA_ONSTACK);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::sigaction(signal, &action, nullptr);
#endif
}

}  // namespace evhost::runtime
