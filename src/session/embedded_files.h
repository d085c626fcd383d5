// The files that a script brings along: each has its place from the beginning (so that {{Task.File.X}} has a value in
// every text) and is written anew before every action.
#pragma once

#include <string>
#include <vector>

#include "job/format_string.h"
#include "job/model.h"
#include "session/session_folder.h"

namespace atelier::session {

class EmbeddedFiles {
public:
    // folder_name: of the script's own folder in the session's; prefix: "Task.File." or "Env.File.".
    EmbeddedFiles(const std::vector<job::EmbeddedFile>& files, std::string folder_name, const std::string& prefix);

    void add_to(job::Symbols& symbols, const SessionFolder& folder) const;
    void write(const job::Symbols& symbols, const SessionFolder& folder) const;

private:
    const std::vector<job::EmbeddedFile>& files_;
    std::vector<std::string> places_;  // in the session's folder, one for each file
    std::string prefix_;
};

}  // namespace atelier::session
