// A real Chromium without a window, told what to do by chromedriver: pages opened, keys pressed, scripts run in them,
// and every address that it asks for, whether the page's policy let it through or not.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/json.h"
#include "http/client.h"

namespace atelier::tests {

// In continuous integration a missing Chromium is a failure, elsewhere a skip.
#define ATELIER_NEED_CHROMIUM()                                                                       \
    if (std::system("command -v chromium > /dev/null && command -v chromedriver > /dev/null") != 0) { \
        if (const char* ci = std::getenv("CI"); ci != nullptr && std::string(ci) == "true")           \
            FAIL() << "there is no Chromium, or no chromedriver";                                     \
        GTEST_SKIP() << "there is no Chromium, or no chromedriver";                                   \
    }

class Browser {
public:
    Browser(int width, int height);
    ~Browser();
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;

    void open(const std::string& url);
    // The body of a function in the page; a promise is waited for.
    json::Value run(const std::string& script, const json::Array& arguments = {});
    // Asked again until it is true; false when it never was.
    bool becomes(const std::string& expression);

    void press(const std::string& keys);  // into whatever has the focus; UTF-8, one key a character
    void click(const std::string& selector);
    void type(const std::string& selector, const std::string& text);
    std::string text(const std::string& selector);
    std::size_t count(const std::string& selector);

    // Since it was started: every address, and what the console holds against the page.
    const std::set<std::string>& requests();
    const std::vector<std::string>& complaints();

private:
    json::Value post(const std::string& path, const json::Value& body);
    std::string element(const std::string& selector);
    void read_logs();
    void note(const std::string& address);

    TemporaryFolder profile_{"atelier-browser-"};
    pid_t driver_ = -1;
    std::unique_ptr<http::Client> client_;
    std::string session_;
    std::set<std::string> requests_;
    std::vector<std::string> complaints_;
};

}  // namespace atelier::tests
