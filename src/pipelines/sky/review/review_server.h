// The page of `atelier sky review` and what it asks for, on loopback alone. Whoever uses this machine could reach the
// port, and so could pages of others in a browser: nothing is answered without the token in the path, nor to another
// Host, nor to another Origin. Files come from an image's folder alone, by the few kinds that a viewer needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "pipelines/sky/review/awaiting.h"

namespace atelier::pipelines::sky {

class ReviewServer {
public:
    // Listens at once, on any free port when it is 0.
    ReviewServer(std::filesystem::path work_folder, std::uint16_t port);
    ~ReviewServer();

    void start();
    void stop();
    std::string url() const;  // with the token; for the person who started it and nobody else
    std::size_t waiting();    // images

private:
    class Desk;
    std::unique_ptr<Desk> desk_;
};

}  // namespace atelier::pipelines::sky
