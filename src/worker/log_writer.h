// The log of one session on its way to the farm: gathered into pieces, and cut where a task prints without end. What is
// cut from the middle of an attempt is told; its last lines are kept.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "wire/link.h"

namespace atelier::worker {

class LogWriter {
public:
    LogWriter(wire::FarmLink& link, std::string job, std::string session)
        : link_(link), job_(std::move(job)), session_(std::move(session)) {}

    std::uint64_t begin_attempt();  // where its lines begin
    void line(std::string_view text);
    wire::LogRange end_attempt();  // everything is with the farm afterwards
    void flush();
    void close();

private:
    void append(std::string_view text);

    wire::FarmLink& link_;
    std::string job_;
    std::string session_;
    std::string waiting_;
    std::uint64_t flushed_ = 0;
    std::uint64_t begin_ = 0;
    std::deque<std::string> last_;  // once the attempt has printed too much
    std::uint64_t cut_ = 0;
};

}  // namespace atelier::worker
