// What a worker has to offer.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace atelier::wire {

// A graphics card, by the name that stays its own.
struct Gpu {
    std::string uuid;
    std::string model;
    double memory_mib = 0;
};

// What a worker has, in the names of Open Job Description ("amount.worker.vcpu", "attr.worker.os.family"). Its tags are
// the attribute "attr.worker.tag".
struct Capabilities {
    std::map<std::string, double> amounts;
    std::map<std::string, std::vector<std::string>> attributes;
    std::vector<Gpu> gpus;
};

}  // namespace atelier::wire
