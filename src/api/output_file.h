// What a job made, as answers: one file of it, or several as one zip. Ranges are served of both. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "api/outputs_in_order.h"
#include "farm/farm.h"
#include "http/message.h"

namespace atelier::api {

// What a browser may show by itself gets its type. Everything else is bytes to be saved, above all what could run
// there.
http::Response output_file(farm::Farm& farm, const http::Request& request, const wire::Output& output);

http::Response to_be_saved(http::Response response, const std::string& name);

class OutputZips {
public:
    explicit OutputZips(farm::Farm& farm) : farm_(farm) {}

    // Those of the job's outputs that have a name in it.
    http::Response zip(const http::Request& request, const std::string& job, const OutputsInOrder::Name& name,
                       std::string_view type);

private:
    std::uint64_t size_of_zip(const std::string& tag, OutputsInOrder outputs);

    farm::Farm& farm_;
    std::mutex mutex_;
    std::map<std::string, std::uint64_t> sizes_;  // by tag: it takes long where there are many
};

}  // namespace atelier::api
