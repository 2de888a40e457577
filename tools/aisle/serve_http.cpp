// The one file that knows cpp-httplib (0.11.4, Debian 12's, and later).

#include "serve_http.hpp"

#include <aisle/base/error.hpp>

#if AISLE_HTTPLIB

#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <thread>

#include <httplib.h>

#include <aisle/base/ascii.hpp>

#include "serve_connection.hpp"
#include "serve_interface.hpp"
#include "serve_threads.hpp"

namespace aisle_command {

namespace {

/// What is read of a body that is too large, to answer behind it.
constexpr std::size_t most_passed_over = std::size_t{1} << 30;
/// httplib packs answers of this type for whoever accepts it, which takes longer than to compute them; with a
/// parameter it does not know the type.
constexpr const char* plain_json = "application/json; charset=utf-8";

class connection_threads : public httplib::TaskQueue {
 public:
  explicit connection_threads(std::size_t most) : threads_(most) {}
  // It says in later versions that it took the task.
  using taken = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::function<void()>()));
  taken enqueue(std::function<void()> task) override {
    threads_.add(std::move(task));
    return static_cast<taken>(true);
  }
  void shutdown() override { threads_.end(); }

 private:
  thread_a_task threads_;
};

void put(httplib::Response& to, http_answer answer) {
  to.status = answer.status;
  for (const auto& [name, value] : answer.headers) to.set_header(name, value);
  to.set_header("Content-Type", answer.type == "application/json" ? plain_json : answer.type);
  to.body = std::move(answer.body);
}

void put_error(httplib::Response& to, int status, const std::string& what) {
  put(to, {.status = status, .body = error_body(status, what)});
}

/// A request and its answer, in the thread that serves them.
struct exchange {
  connection& client;
  bool last = false;       ///< httplib's: the client wants no more after this
  bool head_read = false;  ///< and well
  int refused = 0;         ///< the status, where the headers must not be believed
  std::string why{}, content_type{};
  bool has_body = false, chunked = false, body_read = false;
  std::size_t length = 0;  ///< of the body, where it is not in chunks

  /// Looks at the headers, and takes out what httplib would do unasked.
  void begin(httplib::Request& r, std::size_t max_body) {
    client.head_is_read();
    head_read = true;
    look_at(r, max_body);
    if (aisle::ascii::holds_without_case(r.get_header_value("Connection"), "close")) last = true;
    // A form's body would be taken to pieces, which no address wants.
    content_type = aisle::ascii::lower(r.get_header_value("Content-Type"));
    r.headers.erase("Content-Type");
    // Answers have no parts, and a hundred ranges of one are much longer than it.
    r.headers.erase("Range");
    r.ranges.clear();
  }

  /// Whether bytes may come that are no new request.
  bool out_of_step() const {
    if (!head_read || refused != 0) return true;
    return has_body && !(chunked ? body_read : client.body_bytes() == length);
  }

 private:
  void refuse(int status, const std::string& what) {
    if (refused != 0) return;
    refused = status;
    why = what;
  }

  /// Where a body ends must not be a matter of opinion: a proxy before this server may have another.
  void look_at(const httplib::Request& r, std::size_t max_body) {
    if (client.bare_newline()) refuse(400, "a line of the headers ends without a carriage return");
    std::vector<std::string> lengths, codings;
    for (const auto& [name, value] : r.headers) {
      if (name.find_first_of(" \t") != std::string::npos)
        refuse(400, "a header's name with a blank: '" + name + "'");
      if (aisle::ascii::same_without_case(name, "Content-Length")) lengths.push_back(value);
      if (aisle::ascii::same_without_case(name, "Transfer-Encoding")) codings.push_back(value);
      if (aisle::ascii::same_without_case(name, "Content-Encoding") && value != "gzip" &&
          value != "deflate" && !aisle::ascii::same_without_case(value, "identity"))
        refuse(415, "Content-Encoding: expected gzip, deflate or identity, found '" + value + "'");
    }
    has_body = !lengths.empty() || !codings.empty();
    if (!codings.empty()) {
      chunked = true;
      if (!lengths.empty()) refuse(400, "Content-Length beside Transfer-Encoding");
      if (codings.size() > 1 || !aisle::ascii::same_without_case(codings[0], "chunked"))
        refuse(501, "Transfer-Encoding: expected chunked");
      return;
    }
    for (const std::string& text : lengths) {
      const char* end = text.data() + text.size();
      const auto [at, fault] = std::from_chars(text.data(), end, length);
      if (fault != std::errc() || at != end || text != lengths[0])
        return refuse(400, "Content-Length: expected one number of bytes, found '" + text + "'");
    }
    if (length > max_body && length - max_body > most_passed_over)
      refuse(413, "a request of " + std::to_string(length) + " bytes");
    if (length == 0) has_body = false;
  }
};

/// Of this thread; httplib hands nothing of ours on to its handlers.
thread_local exchange* current = nullptr;

/// As httplib sees a connection. Members that other versions of it lack are no overrides there.
class client_stream : public httplib::Stream {
 public:
  explicit client_stream(connection& client) : client_(client) {}
  using httplib::Stream::write;
  virtual bool is_readable() const { return true; }
  virtual bool is_writable() const { return true; }
  virtual bool wait_readable() const { return true; }
  virtual bool wait_writable() const { return !client_.client_gone(); }
  virtual ssize_t read(char* to, std::size_t size) { return client_.read(to, size); }
  virtual ssize_t write(const char* from, std::size_t size) {
    return client_.write(from, size) ? static_cast<ssize_t>(size) : -1;
  }
  virtual void get_remote_ip_and_port(std::string&, int&) const {}
  virtual void get_local_ip_and_port(std::string&, int&) const {}
  virtual socket_t socket() const { return client_.socket(); }
  virtual time_t duration() const { return 0; }

 private:
  connection& client_;
};

/// httplib's server, but for its sockets: it would lose requests that come together with another one, take
/// bodies that nobody read for requests, give every byte a time of its own, and let nobody end a wait.
class timed_server : public httplib::Server {
 public:
  timed_server(const connection_limits& limits, const stopping& stop, std::size_t max_body)
      : limits_(limits), stop_(stop), max_body_(max_body) {}

  /// Whether the answer that is written now is this connection's last.
  bool is_last(const exchange& e) const {
    return e.last || e.out_of_step() || (stop_.begun() && !e.client.more_waits());
  }

 private:
  bool process_and_close_socket(socket_t socket) override {
    connection client(socket, limits_, stop_);
    client_stream stream(client);
    try {
      while (client.await_request()) {
        exchange e{.client = client};
        current = &e;
        const bool good = answer(stream, e);
        current = nullptr;
        if (good && !is_last(e)) continue;
        if (!good && client.too_long() && !client.answered()) refuse_line(client);
        client.finish();
        break;
      }
    } catch (...) {  // no memory, say: this client's loss alone
      current = nullptr;
    }
    return true;
  }

  /// httplib says nothing of a first line that does not end.
  static void refuse_line(connection& client) {
    const std::string body = error_body(414, "the request's address is too long (414)");
    const std::string text =
        "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Type: " + std::string(plain_json) +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    client.write(text.data(), text.size());
  }

  template <class stream>
  bool answer(stream& s, exchange& e) {
    const std::function<void(httplib::Request&)> setup = [&](httplib::Request& r) { e.begin(r, max_body_); };
    if constexpr (requires { this->process_request(s, false, e.last, setup); })
      return this->process_request(s, false, e.last, setup);
    else
      return this->process_request(s, std::string(), 0, std::string(), 0, false, e.last, setup);
  }

  const connection_limits& limits_;
  const stopping& stop_;
  const std::size_t max_body_;
};

/// The status and the words for what httplib refused by itself: no HTTP, a line too long, half a request.
std::pair<int, std::string> refusal(const httplib::Request& from, int status) {
  const exchange* e = current;
  if (e == nullptr) return {status, "the request cannot be read"};
  if (e->refused != 0) return {e->refused, e->why};
  if (e->client.late()) return {408, "the request did not come in time"};
  if (e->client.too_long()) return {431, "the request's headers are too long"};
  if (!e->head_read && status == 400 && from.version.starts_with("HTTP/1.") && !from.method.empty() &&
      from.path.empty())
    return {501, "no such method: " + from.method};
  return {status, "the request cannot be read"};
}

}  // namespace

struct http_server::state {
  http_server_options options;
  handler handle;
  connection_limits limits{.late_bytes = options.max_body + (std::size_t{64} << 10)};
  stopping stop{};
  timed_server server{limits, stop, options.max_body};
  std::thread thread{};
  int port = -1;
  std::atomic<bool> ended{false};

  void answer(const httplib::Request& from, httplib::Response& to,
              const httplib::ContentReader* reader) const {
    exchange& e = *current;
    http_request r;
    r.method = from.method;
    r.path = from.path;
    r.authorization = from.get_header_value("Authorization");
    r.content_type = e.content_type;
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
    if (reader != nullptr) e.body_read = (*reader)(take);
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
  timed_server& h = s.server;
  h.new_task_queue = [most = options.connections] { return new connection_threads(most); };
  h.set_keep_alive_max_count(std::size_t{1} << 30);
  h.set_keep_alive_timeout(static_cast<time_t>(s.limits.idle));  // which answers name
  h.set_tcp_nodelay(true);
  h.set_payload_max_length(options.max_body);
  // httplib's own would let two servers have one port.
  int listening = -1;
  h.set_socket_options([&listening](auto socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    listening = socket;
  });
  using outcome = httplib::Server::HandlerResponse;
  const auto has_reader = [](const std::string& method) {
    return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
  };
  // All that is answered without a body. Without a length there is none; httplib would wait for the
  // connection's end.
  h.set_pre_routing_handler([&s, has_reader](const httplib::Request& from, httplib::Response& to) {
    if (current->refused != 0)
      put_error(to, current->refused, current->why);
    else if (current->has_body && has_reader(from.method))
      return outcome::Unhandled;
    else
      s.answer(from, to, nullptr);
    return outcome::Handled;
  });
  const auto with_body = [&s](const httplib::Request& from, httplib::Response& to,
                              const httplib::ContentReader& reader) { s.answer(from, to, &reader); };
  const char* any = "[^]*";
  h.Post(any, with_body);
  h.Put(any, with_body);
  h.Patch(any, with_body);
  h.Delete(any, with_body);
  h.set_expect_100_continue_handler([](const httplib::Request&, httplib::Response& to) {
    return current->refused != 0 ? to.status = current->refused : 100;
  });
  h.set_error_handler(
      httplib::Server::HandlerWithResponse([](const httplib::Request& from, httplib::Response& to) {
        if (!to.body.empty()) return outcome::Unhandled;
        const auto [status, what] = refusal(from, to.status);
        put_error(to, status, what + " (" + std::to_string(status) + ")");
        return outcome::Handled;
      }));
  h.set_post_routing_handler([&h](const httplib::Request&, httplib::Response& to) {
    to.headers.erase("Accept-Ranges");
    if (current == nullptr || !h.is_last(*current)) return;
    current->last = true;
    to.headers.erase("Keep-Alive");
    to.headers.erase("Connection");
    to.set_header("Connection", "close");
  });
  h.set_exception_handler([](const httplib::Request&, httplib::Response& to, std::exception_ptr) {
    put_error(to, 500, "the server failed at this request");
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

void http_server::stop() {
  state_->stop.begin();
  state_->server.stop();
}
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
