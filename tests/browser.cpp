#include "browser.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/error.h"
#include "base/text.h"
#include "program.h"

namespace atelier::tests {

namespace {

constexpr std::string_view port_is = "successfully on port ";

// chromedriver, with its own process group, so that whatever it has started ends with it.
pid_t start_driver(const std::filesystem::path& folder, const std::filesystem::path& said) {
    const Fd out = open_file(said, O_WRONLY | O_CREAT);
    const pid_t driver = ::fork();
    if (driver != 0) return driver;
    ::setpgid(0, 0);
    ::dup2(out.get(), STDOUT_FILENO);
    ::dup2(out.get(), STDERR_FILENO);
    ::setenv("HOME", folder.c_str(), 1);
    ::execlp("chromedriver", "chromedriver", "--port=0", nullptr);
    ::_exit(127);
}

std::string port_of(const std::filesystem::path& said) {
    std::string text;
    const bool is_up = eventually([&] {
        text = read_file(said);
        return text.find(port_is) != std::string::npos && text.find('.', text.find(port_is)) != std::string::npos;
    });
    if (!is_up) throw Error(Error::Kind::unavailable, "chromedriver doesn't start: " + text);
    const std::size_t at = text.find(port_is) + port_is.size();
    return text.substr(at, text.find('.', at) - at);
}

// Draws by software, has no sandbox as root, and never looks for anything by itself: no name but loopback is found.
json::Value capabilities(const std::filesystem::path& profile, int width, int height) {
    json::Array words = {"--headless=new",
                         "--use-angle=swiftshader",
                         "--enable-unsafe-swiftshader",
                         "--disable-background-networking",
                         "--disable-component-update",
                         "--no-first-run",
                         "--disable-dev-shm-usage",
                         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"};
    words.emplace_back("--window-size=" + std::to_string(width) + "," + std::to_string(height));
    words.emplace_back("--user-data-dir=" + profile.string());
    if (is_root()) words.emplace_back("--no-sandbox");
    const json::Object options{{"args", words}, {"binary", "/usr/bin/chromium"}};
    const json::Object logs{{"performance", "ALL"}, {"browser", "ALL"}};
    const json::Object always{{"browserName", "chrome"},
                              {"unhandledPromptBehavior", "ignore"},
                              {"goog:chromeOptions", options},
                              {"goog:loggingPrefs", logs}};
    return json::Object{{"capabilities", json::Object{{"alwaysMatch", always}}}};
}

}  // namespace

Browser::Browser(int width, int height) {
    const std::filesystem::path said = profile_.path() / "said";
    driver_ = start_driver(profile_.path(), said);
    http::ClientOptions options;
    options.url = "http://127.0.0.1:" + port_of(said);
    client_ = std::make_unique<http::Client>(options);
    const json::Value begun = client_->post("/session", capabilities(profile_.path() / "profile", width, height));
    session_ = "/session/" + std::string(begun.at("value").at("sessionId").as_string());
}

Browser::~Browser() {
    try {
        http::Ask ask;
        ask.method = http::Method::remove;
        ask.path = session_;
        client_->send(ask);
    } catch (const Error&) {  // killed below
    }
    ::kill(-driver_, SIGKILL);
    ::waitpid(driver_, nullptr, 0);
}

json::Value Browser::post(const std::string& path, const json::Value& body) {
    return client_->post(session_ + path, body).at("value");
}

void Browser::open(const std::string& url) { post("/url", json::Object{{"url", url}}); }

json::Value Browser::run(const std::string& script, const json::Array& arguments) {
    return post("/execute/sync", json::Object{{"script", script}, {"args", arguments}});
}

bool Browser::becomes(const std::string& expression) {
    const std::string script = "return !!(" + expression + ");";
    return eventually([&] { return run(script).as_bool(); }, std::chrono::seconds(60));
}

void Browser::press(const std::string& keys) {
    json::Array actions;
    for (std::size_t at = 0; at < keys.size();) {
        std::size_t length = 1;
        while (at + length < keys.size() && (static_cast<unsigned char>(keys[at + length]) & 0xc0) == 0x80)
            ++length;
        const std::string key = keys.substr(at, length);
        for (const char* type : {"keyDown", "keyUp"})
            actions.push_back(json::Object{{"type", type}, {"value", key}});
        at += length;
    }
    const json::Object keyboard{{"type", "key"}, {"id", "keyboard"}, {"actions", actions}};
    post("/actions", json::Object{{"actions", json::Array{keyboard}}});
}

std::string Browser::element(const std::string& selector) {
    const json::Value found = post("/element", json::Object{{"using", "css selector"}, {"value", selector}});
    return std::string(found.as_object().begin()->value().as_string());
}

void Browser::click(const std::string& selector) { post("/element/" + element(selector) + "/click", json::Object{}); }

void Browser::type(const std::string& selector, const std::string& text) {
    post("/element/" + element(selector) + "/value", json::Object{{"text", text}});
}

std::string Browser::text(const std::string& selector) {
    return std::string(
        run("return document.querySelector(arguments[0]).textContent;", {json::Value(selector)}).as_string());
}

std::size_t Browser::count(const std::string& selector) {
    const json::Value found = run("return document.querySelectorAll(arguments[0]).length;", {json::Value(selector)});
    return found.to_number<std::size_t>();
}

// But for what the browser carries in itself, and what is in the address.
void Browser::note(const std::string& address) {
    for (const std::string_view inner : {"chrome:", "chrome-untrusted:", "data:", "about:"})
        if (address.starts_with(inner)) return;
    requests_.insert(address);
}

void Browser::read_logs() {
    const json::Value asked = post("/se/log", json::Object{{"type", "performance"}});
    for (const auto& entry : asked.as_array()) {
        const json::Value told = json::parse(std::string_view(entry.at("message").as_string()));
        const auto& message = told.at("message").as_object();
        const std::string method(message.at("method").as_string());
        const auto& parameters = message.at("params").as_object();
        if (method == "Network.requestWillBeSent")
            note(std::string(parameters.at("request").at("url").as_string()));
        else if (method == "Network.webSocketCreated")
            note(std::string(parameters.at("url").as_string()));
    }
    const json::Value said = post("/se/log", json::Object{{"type", "browser"}});
    for (const auto& entry : said.as_array())
        complaints_.emplace_back(entry.at("message").as_string());
}

const std::set<std::string>& Browser::requests() {
    read_logs();
    return requests_;
}

const std::vector<std::string>& Browser::complaints() {
    read_logs();
    return complaints_;
}

}  // namespace atelier::tests
