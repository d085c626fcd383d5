// `atelier doctor`: what this machine can do, gathered once and told to a person or to a program.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/proof.h"

namespace atelier::cli {

struct MachineFacts {
    std::string name, system, architecture;
    int cores = 0;
    std::uint64_t memory = 0, available_memory = 0;
};

struct GpuFacts {
    std::string name, id, driver;
    std::uint64_t memory = 0;  // 0: not known
};

struct DataFacts {
    std::string folder;
    bool exists = false, writable = false;  // of one that doesn't exist yet: whether it can be made
    std::uint64_t free = 0;
};

struct Ability {
    bool works = false;
    std::string why_not, remedy;
};

struct EngineFacts {
    std::string name, program, use;
    bool found = false;
    std::string path, version, problem, install;
};

// What a craft was to prove.
struct ProofFacts {
    std::string name;
    Ability ability;
    double seconds = 0;
};

struct Diagnosis {
    MachineFacts machine;
    std::vector<GpuFacts> gpus;
    DataFacts data;
    Ability sandbox, cgroup;
    std::vector<EngineFacts> engines;
    std::vector<ProofFacts> proofs;  // none unless they are asked for
};

Diagnosis examine();
ProofFacts prove(const Proof& proof);
void tell(const Diagnosis& diagnosis, Output& output);

// failed when no job can run here, or when something was to be proved and wasn't; else done: an engine that is missing
// is no failure.
int exit_status_of(const Diagnosis& diagnosis);

}  // namespace atelier::cli
