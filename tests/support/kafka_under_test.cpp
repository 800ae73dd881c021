// Formats, starts, waits for the port.
#include "tests/support/kafka_under_test.hpp"

#include "tests/support/certificates.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace evhost::test {
namespace {

using namespace std::chrono_literals;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto at = loopback(0);
  socklen_t size = sizeof at;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0 && ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(at.sin_port);
}

bool answers(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto at = loopback(port);
  const bool ok = ::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  ::close(fd);
  return ok;
}

pid_t run(const std::vector<std::string>& arguments, const std::filesystem::path& output) {
  std::vector<char*> argv;
  for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(out);
  return child;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

std::string kafka_under_test::missing() {
  if (!std::filesystem::exists(std::filesystem::path(EVH_KAFKA_JARS) / "complete"))
    return "the broker's jars are not in " EVH_KAFKA_JARS " (tests/support/kafka/fetch.sh brings them; it needs java, mvn and the network)";
  return {};
}

kafka_under_test::kafka_under_test(proxied_door door) : port_(free_port()), controller_(free_port()) {
  const auto at = [](std::uint16_t port) { return ",PROXIED://127.0.0.1:" + std::to_string(port); };
  if (door.listens) format({at(door.listens), at(door.advertised), ",PROXIED:PLAINTEXT", {}}, {});
  else format({}, {});
}

kafka_under_test::kafka_under_test(const broker_security& security)
    : port_(free_port()), controller_(free_port()), sasl_port_(free_port()), tls_port_(free_port()) {
  std::vector<std::string> users;
  for (const auto& name : {security.user, security.stranger}) {
    users.emplace_back("--add-scram");
    users.push_back("SCRAM-SHA-512=[name=" + name + ",password=" + security.password + "]");
  }
  make_folder();
  format(secure(security), users);
}

void kafka_under_test::make_folder() {
  if (!folder_.empty()) return;
  std::string pattern = (std::filesystem::temp_directory_path() / "evhost-kafka-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
}

kafka_under_test::properties kafka_under_test::secure(const broker_security& security) {
  const class authority ca(folder_, "authority");
  const auto broker = ca.issue("broker", security.names);
  (void)ca.issue("client", "DNS:client");
  std::ofstream(folder_ / "broker-both.pem") << broker.both();
  std::stringstream text;
  text << "ssl.keystore.type=PEM\nssl.keystore.location=" << (folder_ / "broker-both.pem").string() << "\nssl.truststore.type=PEM\nssl.truststore.location="
       << ca.certificate().string() << "\nlistener.name.tls.ssl.client.auth=required\nlistener.name.sasl.sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN"
       << "\nlistener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;"
       << "\nlistener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_" << security.user << "=\"" << security.password
       << "\" user_" << security.stranger << "=\"" << security.password << "\";\nauthorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
       << "\nsuper.users=User:ANONYMOUS;User:CN=client;User:" << security.user << "\n";
  const auto sasl = std::to_string(sasl_port_), tls = std::to_string(tls_port_);
  return {",SASL://127.0.0.1:" + sasl + ",TLS://127.0.0.1:" + tls, ",SASL://localhost:" + sasl + ",TLS://localhost:" + tls, ",SASL:SASL_SSL,TLS:SSL", text.str()};
}

void kafka_under_test::format(const properties& more, const std::vector<std::string>& arguments) {
  make_folder();
  const auto client = std::to_string(port_), controller = std::to_string(controller_);
  std::ofstream(folder_ / "server.properties")
      << "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:" << controller
      << "\nlisteners=PLAINTEXT://127.0.0.1:" << client << ",CONTROLLER://127.0.0.1:" << controller << more.listeners << "\nadvertised.listeners=PLAINTEXT://127.0.0.1:" << client
      << more.advertised << "\ncontroller.listener.names=CONTROLLER\ninter.broker.listener.name=PLAINTEXT"
      << "\nlistener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT" << more.protocols << "\nlog.dirs=" << (folder_ / "data").string()
      << "\noffsets.topic.replication.factor=1\ntransaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1"
         "\nshare.coordinator.state.topic.replication.factor=1\nshare.coordinator.state.topic.min.isr=1\noffsets.topic.num.partitions=4"
         "\nbroker.session.timeout.ms=3000\nbroker.heartbeat.interval.ms=500\ngroup.initial.rebalance.delay.ms=0\nauto.create.topics.enable=false\n"
      << more.rest;
  std::vector<std::string> words{"java", "-Xmx256m", "-cp", EVH_KAFKA_JARS "/*", "kafka.tools.StorageTool", "format", "-t", "bXktY2x1c3Rlci1ldmhvc3Q", "-c",
                                 (folder_ / "server.properties").string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const auto formatting = run(words, folder_ / "broker.log");
  int status = 0;
  ::waitpid(formatting, &status, 0);
  if (status != 0) throw std::runtime_error("the broker's folder cannot be formatted: " + text_of(folder_ / "broker.log"));
}

kafka_under_test::~kafka_under_test() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void kafka_under_test::start() {
  pid_ = run({"java", "-Xms256m", "-Xmx512m", "-cp", EVH_KAFKA_JARS "/*", "kafka.Kafka", (folder_ / "server.properties").string()}, folder_ / "broker.log");
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!answers(port_)) {
    if (std::chrono::steady_clock::now() > deadline || ::waitpid(pid_, nullptr, WNOHANG) != 0) throw std::runtime_error("the broker does not start: " + text_of(folder_ / "broker.log"));
    std::this_thread::sleep_for(50ms);  // polling another process
  }
}

void kafka_under_test::signal(int number) const {
  if (pid_ != 0) ::kill(pid_, number);
}

void kafka_under_test::kill() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

}  // namespace evhost::test
