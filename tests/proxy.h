// A bad network between a worker and the server, for the tests of the whole: passes bytes on between a port of its own
// and the server's, and by a seeded script cuts connections in the middle of a body, holds bytes back, loses the rest
// of a direction, and sends a request a second time. In a thread; both directions alike.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/files.h"

namespace atelier::tests {

class Proxy {
public:
    struct Chances {       // of each piece of bytes that comes
        double cut = 0;    // the connection ends after a part of it
        double reset = 0;  // the same, and the kernel says so at once
        double delay = 0;  // it waits for up to half a second
        double lose = 0;   // it and all that comes after it is lost; the connection stays open
        double twice = 0;  // what a client sent is sent to the server once more, on a connection of its own
    };

    Proxy(int server_port, Chances chances, unsigned seed);
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    std::string url() const;
    // Nothing comes through any more in either direction, nor is anything closed; and again.
    void block(bool is_blocked) { is_blocked_ = is_blocked; }
    void heal() { is_healed_ = true; }  // from now on it does no harm
    std::uint64_t faults() const { return faults_; }

private:
    struct Direction {
        Fd* from = nullptr;
        Fd* to = nullptr;
        std::string waiting;          // bytes that were read and not yet written
        std::int64_t not_before = 0;  // milliseconds
        bool is_lost = false;
        bool at_end = false;
        bool told_end = false;
    };
    struct Connection {
        Fd client;
        Fd server;
        Direction up;
        Direction down;
        std::string request;  // what the client sent last, to be sent again
        bool is_over = false;
    };

    void loop();
    void accept_one();
    void read(Connection& connection, Direction& direction);
    void write(Connection& connection, Direction& direction);
    void spoil(Connection& connection, Direction& direction, std::string piece);
    void send_again(const std::string& request);
    bool happens(double chance);

    const int server_port_;
    const Chances chances_;
    std::mt19937 random_;
    Fd listener_;
    int port_ = 0;
    std::list<std::unique_ptr<Connection>> connections_;
    std::atomic<bool> is_blocked_ = false;
    std::atomic<bool> is_healed_ = false;
    std::atomic<bool> stopping_ = false;
    std::atomic<std::uint64_t> faults_ = 0;
    std::thread thread_;
};

}  // namespace atelier::tests
