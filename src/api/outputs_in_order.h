// The files that a job made, for an archive of them: listed page by page while it is sent, each opened when its turn
// has come.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "archive/pack.h"
#include "farm/farm.h"

namespace atelier::api {

class OutputsInOrder {
public:
    // The name of an output in the archive; empty: it isn't in it.
    using Name = std::function<std::string(const wire::Output&)>;
    OutputsInOrder(farm::Farm& farm, std::string job, Name name);

    bool next(archive::PackEntry& entry);
    bool next(wire::Output& output);  // instead

private:
    void fill();

    farm::Farm& farm_;
    const std::string job_;
    const Name name_;
    std::deque<wire::Output> page_;
    std::string parameter_;
    std::string path_;
    bool at_end_ = false;
};

}  // namespace atelier::api
