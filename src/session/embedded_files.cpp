#include "session/embedded_files.h"

#include <algorithm>

namespace atelier::session {
namespace {

constexpr unsigned readable = 0600;
constexpr unsigned runnable = 0700;

std::string with_line_ends(std::string_view text, job::EndOfLine end_of_line) {
    if (end_of_line == job::EndOfLine::automatic) return std::string(text);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        if (text[i] == '\n' && end_of_line == job::EndOfLine::crlf) out += '\r';
        out += text[i];
    }
    return out;
}

}  // namespace

EmbeddedFiles::EmbeddedFiles(const std::vector<job::EmbeddedFile>& files, std::string folder_name,
                             const std::string& prefix)
    : files_(files), prefix_(prefix) {
    for (const job::EmbeddedFile& file : files) {
        const std::string base = folder_name + "/" + file.filename.value_or(file.name);
        std::string place = base;
        for (int number = 2; std::find(places_.begin(), places_.end(), place) != places_.end(); ++number)
            place = folder_name + "/" + std::to_string(number) + "-" + file.filename.value_or(file.name);
        places_.push_back(std::move(place));
    }
}

void EmbeddedFiles::add_to(job::Symbols& symbols, const SessionFolder& folder) const {
    for (std::size_t i = 0; i < files_.size(); ++i)
        symbols[prefix_ + files_[i].name] = (folder.path() / places_[i]).string();
}

void EmbeddedFiles::write(const job::Symbols& symbols, const SessionFolder& folder) const {
    for (std::size_t i = 0; i < files_.size(); ++i)
        folder.write(places_[i], with_line_ends(files_[i].data.resolve(symbols), files_[i].end_of_line),
                     files_[i].runnable ? runnable : readable);
}

}  // namespace atelier::session
