// `atelier openjd check|summary|run`: a template checked, told and run in a session on this machine, without a farm.
// The parser of the command line calls these; so does the driver of the public conformance tests, by way of the
// program.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "session/session.h"

namespace atelier::cli {

struct OpenjdRequest {
    std::filesystem::path file;                       // the job template
    std::vector<std::string> parameters;              // NAME=VALUE, file://FILE, or a JSON object
    std::vector<std::filesystem::path> environments;  // templates, outermost first
};

struct OpenjdRunRequest : OpenjdRequest {
    std::optional<std::string> step;                // this one alone
    std::optional<std::string> path_mapping_rules;  // file://FILE, or the JSON itself
    std::optional<std::filesystem::path> sessions;  // where session folders are made; else the temporary folder
    session::Sandbox sandbox;           // its folders are those that the job's PATH parameters name, and these
    std::function<bool()> interrupted;  // true once the person wants it to stop; asked about every 100 ms
};

// They print, and return the exit status of the program: 0 well, 1 the template is not valid or the job failed, 130
// interrupted. What can't be read at all is thrown as an Error.
int openjd_check(const std::filesystem::path& file, std::ostream& out);
int openjd_summary(const OpenjdRequest& request, std::ostream& out);
int openjd_run(const OpenjdRunRequest& request, std::ostream& out);

// The values that were given, by name; what stands later wins. Throws Error.
std::map<std::string, std::string> read_parameters(const std::vector<std::string>& given);

}  // namespace atelier::cli
