// The one file that knows cpp-httplib (0.11.4, Debian 12's, and later).

#include "serve_http.hpp"

#include <aisle/base/error.hpp>

#if AISLE_HTTPLIB

#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include <httplib.h>

#include "serve_interface.hpp"

namespace aisle_command {

namespace {

/// What is read of a body that is too large, to answer behind it.
constexpr std::size_t most_passed_over = std::size_t{1} << 30;
/// httplib packs answers of this type for whoever accepts it, which takes longer than to compute them; with a
/// parameter it does not know the type.
constexpr const char* plain_json = "application/json; charset=utf-8";

/// A thread a connection, begun when it is needed: most of them wait for their clients or for the model.
class connection_threads : public httplib::TaskQueue {
 public:
  explicit connection_threads(std::size_t most) : most_(most) {}

  void enqueue(std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() > idle_ && threads_.size() < most_) try {
        threads_.emplace_back([this] { serve(); });
      } catch (const std::system_error&) {
        if (threads_.empty()) throw;  // else those that there are do it
      }
    changed_.notify_one();
  }

  void shutdown() override {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    for (std::thread& t : threads_) t.join();
  }

 private:
  void serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      changed_.wait(lock, [&] { return ended_ || !tasks_.empty(); });
      --idle_;
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool ended_ = false;
};

void put(httplib::Response& to, http_answer answer) {
  to.status = answer.status;
  for (const auto& [name, value] : answer.headers) to.set_header(name, value);
  to.set_header("Content-Type", answer.type == "application/json" ? plain_json : answer.type);
  to.body = std::move(answer.body);
}

}  // namespace

struct http_server::state {
  http_server_options options;
  handler handle;
  httplib::Server server{};
  std::thread thread{};
  int port = -1;
  std::atomic<bool> ended{false};

  void answer(const httplib::Request& from, httplib::Response& to,
              const httplib::ContentReader* reader) const {
    http_request r;
    r.method = from.method;
    r.path = from.path;
    r.authorization = from.get_header_value("Authorization");
    std::size_t passed_over = 0;
    const auto take = [&](const char* data, std::size_t size) {
      if (!r.too_large && size <= options.max_body - r.body.size()) {
        r.body.append(data, size);
        return true;
      }
      r.too_large = true;
      passed_over += size;
      return passed_over <= most_passed_over;
    };
    // Without a length there is no body; httplib would wait for the end of the connection.
    const bool has_body = from.has_header("Content-Length") || from.has_header("Transfer-Encoding");
    if (reader != nullptr && has_body && !from.is_multipart_form_data()) (*reader)(take);
    // Longer than its length says already, or not whole.
    if (to.status == 413) r.too_large = true;
    if (to.status >= 400 && !r.too_large) return;
    if (r.too_large) r.body.clear();
    put(to, handle(r));
  }
};

std::string http_server::missing() { return {}; }

http_server::http_server(const http_server_options& options, handler handle)
    : state_(new state{.options = options, .handle = std::move(handle)}) {
  state& s = *state_;
  httplib::Server& h = s.server;
  h.new_task_queue = [most = options.connections] { return new connection_threads(most); };
  h.set_keep_alive_max_count(std::size_t{1} << 30);
  h.set_keep_alive_timeout(5);
  h.set_read_timeout(30);
  h.set_write_timeout(30);
  h.set_tcp_nodelay(true);
  h.set_payload_max_length(options.max_body);
  // httplib's own would let two servers have one port.
  int listening = -1;
  h.set_socket_options([&listening](auto socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    listening = socket;
  });
  const auto without_body = [&s](const httplib::Request& from, httplib::Response& to) {
    s.answer(from, to, nullptr);
  };
  const auto with_body = [&s](const httplib::Request& from, httplib::Response& to,
                              const httplib::ContentReader& reader) { s.answer(from, to, &reader); };
  const char* any = "[^]*";
  h.Get(any, without_body);
  h.Options(any, without_body);
  h.Post(any, with_body);
  h.Put(any, with_body);
  h.Patch(any, with_body);
  h.Delete(any, with_body);
  // What httplib refuses by itself: no HTTP, a line too long.
  using outcome = httplib::Server::HandlerResponse;
  h.set_error_handler(
      httplib::Server::HandlerWithResponse([](const httplib::Request&, httplib::Response& to) {
        if (!to.body.empty()) return outcome::Unhandled;
        const std::string what = "the request cannot be read (" + std::to_string(to.status) + ")";
        put(to, {.status = to.status, .body = error_body(to.status, what)});
        return outcome::Handled;
      }));
  h.set_exception_handler([](const httplib::Request&, httplib::Response& to, std::exception_ptr) {
    put(to, {.status = 500, .body = error_body(500, "the server failed at this request")});
  });

  errno = 0;
  if (options.port == 0)
    s.port = h.bind_to_any_port(options.host);
  else if (h.bind_to_port(options.host, options.port))
    s.port = options.port;
  if (s.port <= 0)
    throw aisle::error("cannot listen on " + options.host + ", port " + std::to_string(options.port) + ": " +
                       (errno != 0 ? std::strerror(errno) : "no such address here"));
  // httplib lets five clients wait to be let in: dozens that come at a time would be turned away.
  ::listen(listening, 1024);
}

http_server::~http_server() {
  if (!state_->thread.joinable()) return;
  stop();
  state_->thread.join();
}

int http_server::port() const noexcept { return state_->port; }

void http_server::start() {
  state_->thread = std::thread([s = state_.get()] {
    s->server.listen_after_bind();
    s->ended = true;
  });
  while (!state_->server.is_running() && !state_->ended) std::this_thread::yield();
}

void http_server::stop() { state_->server.stop(); }
bool http_server::ended() const noexcept { return state_->ended; }

}  // namespace aisle_command

#else

namespace aisle_command {

struct http_server::state {};
std::string http_server::missing() {
  return "this command was built without cpp-httplib: install it (Debian: libcpp-httplib-dev, which "
         "tools/install-dependencies does) and build again";
}
http_server::http_server(const http_server_options&, handler) { throw aisle::error(missing()); }
http_server::~http_server() = default;
int http_server::port() const noexcept { return 0; }
void http_server::start() {}
void http_server::stop() {}
bool http_server::ended() const noexcept { return true; }

}  // namespace aisle_command

#endif
