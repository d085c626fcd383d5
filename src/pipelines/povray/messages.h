// What POV-Ray says on stderr while it works: which frame, how many pixels of it, and what it complains about. It wraps
// its lines at 80 columns, also within a file's name; a complaint is put together again.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::pipelines::povray {

struct Complaint {
    std::string file;  // of the scene; empty when it tells none
    int line = 0;
    std::string text;
    bool operator==(const Complaint&) const = default;
};

class Messages {
public:
    struct Listener {
        std::function<void()> frame;                // another one begins
        std::function<void(double part)> pixels;    // of the frame that is drawn: 0 … 1
        std::function<void(std::string_view)> log;  // what is worth keeping
    };

    explicit Messages(Listener listener) : listener_(std::move(listener)) {}

    void take(std::string_view line);
    void finish();  // no more lines come

    // The error that counts, in one sentence: "scene.pov, line 7: undeclared identifier 'x'". Nothing when it told
    // none.
    std::optional<Complaint> error() const;
    bool was_canceled() const { return canceled_; }

private:
    void close_statement();
    void keep_complaint(std::string_view text);

    Listener listener_;
    std::string statement_;  // what is being put together
    bool open_ = false;      // its last line was full: the next one belongs to it
    bool credits_over_ = false;
    bool canceled_ = false;
    std::string last_frame_line_;
    std::vector<Complaint> complaints_;
    std::vector<std::string> others_;  // without a place
};

std::string to_string(const Complaint& complaint);

// The path that a complaint about a file names: "/etc/shadow" of "Cannot open include file /etc/shadow."
std::optional<std::string> path_in(const Complaint& complaint);

}  // namespace atelier::pipelines::povray
