#include "cli/password.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/error.h"

namespace atelier::cli {

namespace {

constexpr std::size_t longest_line = 4096;
constexpr char ctrl_c = 3;
constexpr char ctrl_d = 4;
constexpr char ctrl_u = 21;
constexpr char backspace = 8;
constexpr char rubout = 127;

// Keys come one by one, unshown, and Ctrl-C as a key: so the terminal is put right again whatever is pressed.
class SilentTerminal {
public:
    explicit SilentTerminal(int input) : input_(input) {
        if (::tcgetattr(input_, &before_) != 0) throw Error::from_errno("cannot set up the terminal");
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
        silent.c_cc[VMIN] = 1;
        silent.c_cc[VTIME] = 0;
        if (::tcsetattr(input_, TCSAFLUSH, &silent) != 0) throw Error::from_errno("cannot set up the terminal");
    }
    ~SilentTerminal() { ::tcsetattr(input_, TCSAFLUSH, &before_); }
    SilentTerminal(const SilentTerminal&) = delete;
    SilentTerminal& operator=(const SilentTerminal&) = delete;

private:
    int input_;
    termios before_{};
};

std::optional<char> read_key(int input) {
    char key = 0;
    ssize_t count = 0;
    do
        count = ::read(input, &key, 1);
    while (count < 0 && errno == EINTR);
    if (count < 0) throw Error::from_errno("cannot read the password");
    return count == 0 ? std::nullopt : std::optional(key);
}

void remove_last_character(std::string& line) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0u) == 0x80u)
        line.pop_back();
    if (!line.empty()) line.pop_back();
}

std::string read_line(int input, bool terminal) {
    std::string line;
    for (;;) {
        const auto key = read_key(input);
        if (!key && line.empty()) throw Error(Error::Kind::invalid, "a password is needed on standard input");
        if (!key || *key == '\n' || (terminal && *key == '\r')) break;
        if (terminal && (*key == ctrl_c || *key == ctrl_d)) throw Error(Error::Kind::invalid, "no password was given");
        if (terminal && (*key == backspace || *key == rubout))
            remove_last_character(line);
        else if (terminal && *key == ctrl_u)
            line.clear();
        else
            line += *key;
        if (line.size() > longest_line) throw Error(Error::Kind::invalid, "the password is too long");
    }
    if (!terminal && line.ends_with('\r')) line.pop_back();
    return line;
}

std::string ask_terminal(int input, const std::string& question, std::ostream& words) {
    const SilentTerminal silent(input);
    words << question << ": " << std::flush;
    const std::string line = read_line(input, true);
    words << '\n' << std::flush;
    return line;
}

}  // namespace

std::string read_password(int input, const std::string& question, Ask ask, std::ostream& words) {
    if (::isatty(input) == 0) return read_line(input, false);
    const std::string password = ask_terminal(input, question, words);
    if (ask == Ask::twice && ask_terminal(input, question + ", once more", words) != password)
        throw Error(Error::Kind::invalid, "the two passwords differ", "try again");
    return password;
}

}  // namespace atelier::cli
