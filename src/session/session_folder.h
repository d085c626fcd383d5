// The private folder of a session. A task may do in it what it likes, also put links there: so whatever we write into
// it afterwards is written anew and never through a link that leads out.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace atelier::session {

class SessionFolder {
public:
    SessionFolder(const std::filesystem::path& parent, bool keep);
    ~SessionFolder();  // gone with all that is in it, unless it is kept
    SessionFolder(const SessionFolder&) = delete;
    SessionFolder& operator=(const SessionFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    // Replaces the file (folder/name, or name alone); the folder is made. Others can't read it; returns its path.
    std::filesystem::path write(const std::string& relative, std::string_view bytes, unsigned mode = 0600) const;

private:
    std::filesystem::path path_;
    bool keep_;
};

}  // namespace atelier::session
