// The command group `doctor`, and how a diagnosis is told.
#include "cli/doctor.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/json_struct.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/exit_status.h"

namespace atelier::cli {

BOOST_DESCRIBE_STRUCT(MachineFacts, (), (name, system, architecture, cores, memory, available_memory))
BOOST_DESCRIBE_STRUCT(GpuFacts, (), (name, id, driver, memory))
BOOST_DESCRIBE_STRUCT(DataFacts, (), (folder, exists, writable, free))
BOOST_DESCRIBE_STRUCT(Ability, (), (works, why_not, remedy))
BOOST_DESCRIBE_STRUCT(EngineFacts, (), (name, program, use, found, path, version, problem, install))
BOOST_DESCRIBE_STRUCT(ProofFacts, (), (name, ability, seconds))
BOOST_DESCRIBE_STRUCT(Diagnosis, (), (machine, gpus, data, sandbox, cgroup, engines, proofs))

namespace {

constexpr std::uint64_t little_space = 5'000'000'000;  // a short film's frames

std::string describe(const GpuFacts& gpu) {
    std::string text = gpu.name;
    if (gpu.memory > 0) text += ", " + format_bytes(gpu.memory);
    if (!gpu.driver.empty()) text += ", driver " + gpu.driver;
    return text + " (" + gpu.id + ")";
}

void fact(const char* title, const std::string& text, Output& output) {
    constexpr std::size_t title_width = 10;
    const std::string name = title;
    output.say(output.paint(Colour::bold, name) + std::string(title_width - name.size(), ' ') + text);
}

void tell_ability(const char* title, const Ability& ability, Output& output) {
    if (ability.works) return fact(title, output.paint(Colour::green, "works"), output);
    fact(title, output.paint(Colour::yellow, "no") + ": " + ability.why_not, output);
    if (!ability.remedy.empty()) fact("", ability.remedy, output);
}

void tell_data(const DataFacts& data, Output& output) {
    fact("data", data.folder + (data.exists ? "" : " (not made yet)") + ", " + format_bytes(data.free) + " free",
         output);
    if (!data.writable)
        fact("", output.paint(Colour::red, "it can't be written; set ATELIER_HOME to another folder"), output);
    if (data.free < little_space) fact("", output.paint(Colour::yellow, "that is little"), output);
}

void tell_engines(const std::vector<EngineFacts>& engines, Output& output) {
    std::vector<std::vector<std::string>> rows;
    for (const EngineFacts& engine : engines) {
        const std::string version = !engine.found             ? output.paint(Colour::dim, "missing")
                                    : !engine.version.empty() ? engine.version
                                                              : "?";
        std::string where = engine.path + (engine.problem.empty() ? "" : ": " + engine.problem);
        rows.push_back({engine.name, version, engine.use, engine.found ? where : engine.install});
    }
    output.table({{"engine"}, {"version"}, {"for"}, {"where, or how to have it"}}, rows);
}

void tell_proofs(const std::vector<ProofFacts>& proofs, Output& output) {
    std::vector<std::vector<std::string>> rows;
    for (const ProofFacts& proof : proofs) {
        const Ability& ability = proof.ability;
        const std::string why = ability.why_not + (ability.remedy.empty() ? "" : "; " + ability.remedy);
        rows.push_back({proof.name,
                        output.paint(ability.works ? Colour::green : Colour::red, ability.works ? "works" : "no"),
                        format_duration(proof.seconds), why});
    }
    output.say("");
    output.table({{"tried"}, {""}, {"took"}, {"what is missing"}}, rows);
}

}  // namespace

void tell(const Diagnosis& diagnosis, Output& output) {
    if (output.wants_json) return output.json(json::write(diagnosis));
    const MachineFacts& machine = diagnosis.machine;
    fact("machine", machine.name + ", " + machine.system + ", " + machine.architecture, output);
    fact("cores", std::to_string(machine.cores), output);
    fact("memory", format_bytes(machine.memory) + ", " + format_bytes(machine.available_memory) + " of it free",
         output);
    if (diagnosis.gpus.empty()) fact("gpus", "none", output);
    for (const GpuFacts& gpu : diagnosis.gpus)
        fact("gpu", describe(gpu), output);
    tell_data(diagnosis.data, output);
    tell_ability("sandbox", diagnosis.sandbox, output);
    tell_ability("cgroup", diagnosis.cgroup, output);
    output.say("");
    tell_engines(diagnosis.engines, output);
    if (!diagnosis.proofs.empty()) tell_proofs(diagnosis.proofs, output);
}

int exit_status_of(const Diagnosis& diagnosis) {
    const bool is_proved = std::all_of(diagnosis.proofs.begin(), diagnosis.proofs.end(),
                                       [](const ProofFacts& proof) { return proof.ability.works; });
    return diagnosis.data.writable && is_proved ? done : failed;
}

void add_doctor(CLI::App& command, Context& context) {
    const auto deep = std::make_shared<bool>(false);
    command.add_flag("--deep", *deep, "Try each engine: a tiny frame by each, and a film");
    when_chosen(command, context, [deep, &context] {
        Diagnosis diagnosis = examine();
        for (std::size_t number = 0; *deep && number < context.crafts.proofs.size(); ++number)
            diagnosis.proofs.push_back(prove(context.crafts.proofs[number]));
        tell(diagnosis, context.output);
        return exit_status_of(diagnosis);
    });
}

}  // namespace atelier::cli
