// What a command says: text and tables for a person, JSON for a program. It knows whether a terminal reads along, how
// wide that is, and whether it may be coloured (never with NO_COLOR). Belongs to one thread.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace atelier::cli {

enum class Colour { plain, bold, dim, red, green, yellow };

struct Column {
    enum class Align { left, right };
    std::string title;
    Align align = Align::left;
};

class Output {
public:
    struct Options {
        bool terminal = false;
        bool colours = false;
        int width = 80;  // of the terminal, in characters
    };

    Output(std::ostream& out, std::ostream& err, Options options) : out_(out), err_(err), options_(options) {}

    // stdout and stderr, looked at: a terminal? how wide? NO_COLOR?
    static Output of_process();

    bool terminal() const { return options_.terminal; }
    int width() const { return options_.width; }

    // Set by --json: then say() and table() are silent, and json() is all that goes to stdout.
    bool wants_json = false;

    void say(std::string_view line);      // with a line end
    void json(const json::Value& value);  // one document; nothing without --json
    void warn(std::string_view line);     // to stderr
    std::ostream& out() { return out_; }  // as it is, for what is neither
    std::ostream& err() { return err_; }

    // Columns as wide as they must be; on a terminal the last one is cut at its edge. No line ends with blanks.
    void table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows);

    std::string paint(Colour colour, std::string_view text) const;

private:
    std::ostream& out_;
    std::ostream& err_;
    Options options_;
};

// Characters on the screen, near enough: UTF-8 counted by characters, and colours by nothing.
std::size_t shown_width(std::string_view text);

}  // namespace atelier::cli
