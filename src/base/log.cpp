#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace atelier::log {

namespace {

spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> instance = [] {
        auto made =
            std::make_shared<spdlog::logger>("atelier", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
        made->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
        made->set_level(spdlog::level::warn);
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum translate(Level level) {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
        case Level::off: return spdlog::level::off;
    }
    return spdlog::level::warn;
}

}  // namespace

void set_level(Level level) { logger().set_level(translate(level)); }
void debug(std::string_view text) { logger().log(spdlog::level::debug, text); }
void info(std::string_view text) { logger().log(spdlog::level::info, text); }
void warning(std::string_view text) { logger().log(spdlog::level::warn, text); }
void error(std::string_view text) { logger().log(spdlog::level::err, text); }

}  // namespace atelier::log
