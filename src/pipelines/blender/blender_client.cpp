#include "pipelines/blender/blender_client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "engines/blender_lines.h"
#include "media/frames.h"
#include "media/output_folder.h"
#include "media/thumbnailer.h"
#include "pipelines/blender/blend_file.h"
#include "pipelines/blender/blender_process.h"
#include "process/lines.h"
#include "process/spawn.h"
#include "process/speaker.h"

namespace atelier::pipelines::blender {

namespace fs = std::filesystem;
using process::Speaker;
using std::chrono::milliseconds;

extern const std::string_view server_py;

namespace {

constexpr const char* socket_name = "blender.sock";
constexpr const char* output_name = "blender.log";
constexpr const char* program_name = "blender_server.py";
constexpr const char* settings_name = "blender_settings.json";
constexpr std::string_view answer_word = "atelier-answer: ";
constexpr milliseconds look_interval{20};
constexpr milliseconds life_interval{1000};
constexpr std::size_t crash_text = 4000;

// The farm's rules for logs look for how a failure begins.
Error failure(const std::string& why) { return {Error::Kind::internal, why}; }

// Where a frame stands among those of its task.
struct Turn {
    std::size_t before = 0;
    std::size_t all = 1;

    double percent(double fraction) const {
        return 100 * (static_cast<double>(before) + fraction) / static_cast<double>(all);
    }
};

// Shows what Blender says; keeps its answer, and what else of it counts.
class Teller {
public:
    explicit Teller(Speaker& speaker, Turn turn = {}) : speaker_(speaker), turn_(turn) {}

    void line(std::string_view line) {
        if (line.starts_with(answer_word)) {
            answer_ = json::parse(line.substr(answer_word.size()));
            return;
        }
        if (const auto told = engines::parse_blender_line(line)) return tell(*told);
        if (trim(line).empty()) return;
        heed(line);
        speaker_.log(line);
    }

    const std::optional<json::Value>& answer() const { return answer_; }
    std::uint64_t peak_memory() const { return peak_; }
    const std::string& error() const { return error_; }                // the last that it told; empty: none
    const std::string& script_error() const { return script_error_; }  // of a script; empty: none
    const std::string& version() const { return version_; }            // "3.4.1"; empty: it hasn't said

private:
    // Blender goes on after a script has failed, and ends with 0.
    void heed(std::string_view line) {
        constexpr std::string_view hello = "Blender ", error = "Error: ";
        if (version_.empty() && line.starts_with(hello)) version_ = line.substr(hello.size());
        if (line.starts_with(error)) error_ = line.substr(error.size());
        if (line.find("Traceback (most recent call last)") != std::string_view::npos)
            in_traceback_ = true;
        else if (std::exchange(in_traceback_, in_traceback_ && line.starts_with(' ')) && !in_traceback_)
            script_error_ = line;
    }

    // Each line of progress once in the log would be most of the log.
    void tell(const engines::BlenderLine& told) {
        peak_ = std::max(peak_, told.peak_memory.value_or(0));
        if (told.fraction) speaker_.progress(turn_.percent(*told.fraction));
        if (!told.doing.empty() && told.doing != doing_) speaker_.status(told.doing);
        doing_ = told.doing;
    }

    Speaker& speaker_;
    const Turn turn_;
    std::optional<json::Value> answer_;
    std::string doing_, error_, script_error_, version_;
    bool in_traceback_ = false;
    std::uint64_t peak_ = 0;
};

// What Blender wrote when it crashed, the end of it.
void tell_crash(Speaker& speaker) {
    for (const auto& entry : fs::directory_iterator(".")) {
        if (!entry.path().filename().string().ends_with(".crash.txt")) continue;
        speaker.log(entry.path().filename().string() + ":");
        const std::string text = read_file(entry.path());
        for (const std::string_view line :
             split(trim(text.substr(text.size() - std::min(text.size(), crash_text))), '\n'))
            speaker.log(line);
    }
}

Error gone(Speaker& speaker, const std::string& doing) {
    tell_crash(speaker);
    return failure("Blender crashed while it " + doing);
}

// Its version, where it can be read.
std::optional<Header> header_of(const fs::path& scene) {
    try {
        return BlendFile(scene).header();
    } catch (const Error&) {
        return std::nullopt;
    }
}

// "3.4.1" is older than what wrote a file of 5.0.
bool is_older(const std::string& version, const Header& header) {
    const auto parts = split(version, '.');
    if (parts.size() < 2) return false;
    const auto major = parse_int(parts[0]), minor = parse_int(parts[1]);
    return major && minor && *major * 100 + *minor < header.version;
}

// It has ended without having come to our program. A scene that is newer than this Blender may find another elsewhere.
Error not_opened(Speaker& speaker, const OpenRequest& request, const Teller& teller, const std::string& doing) {
    if (teller.error().empty()) return gone(speaker, doing);
    const auto header = header_of(request.scene);
    if (header && is_older(teller.version(), *header))
        return failure(fmt::format("Blender {} can't open {}, which Blender {} has written: {}", teller.version(),
                                   request.scene.filename().string(), header->version_text(), teller.error()));
    return failure(std::string(scene_problem) + teller.error());
}

Error hung(pid_t blender, const std::string& doing, std::chrono::seconds patience) {
    ::kill(-blender, SIGKILL);
    return failure(fmt::format("Blender hangs: it {}, and for {} it neither said anything nor did anything", doing,
                               format_duration(static_cast<double>(patience.count()))));
}

// What server.py says no to: because of the scene, whoever asks, or of this machine.
Error refused(const json::Value& answer) {
    const json::Object& told = answer.as_object();
    const json::Value* of = told.if_contains("of");
    const bool is_of_the_scene = of != nullptr && of->is_string() && of->get_string() == "scene";
    return failure(std::string(is_of_the_scene ? scene_problem : "") + std::string(told.at("problem").as_string()));
}

void write_settings(const OpenRequest& request) {
    json::Value settings = json::parse(read_file(request.settings));
    if (!request.root.empty()) settings.as_object()["root"] = request.root.string();
    write_file_durably(settings_name, json::text(settings));
    write_file_durably(program_name, server_py);
}

std::vector<std::string> command_of(const OpenRequest& request) {
    // The order matters to Blender: what is before the scene holds for its loading.
    return {request.program,
            "-b",
            "--factory-startup",
            request.trust ? "--enable-autoexec" : "--disable-autoexec",
            request.scene.string(),
            "--python-exit-code",
            "1",
            "-P",
            program_name,
            "--",
            settings_name};
}

// What it writes when it crashes goes to its temporary folder.
pid_t start(const OpenRequest& request) {
    try {
        return process::start_in_background(command_of(request), output_name,
                                            {"TMPDIR=" + fs::current_path().string()});
    } catch (const Error& error) {
        throw Error(error.kind(), error.what(),
                    "install Blender (apt install blender), or name another with --blender");
    }
}

// The new bytes of the file that Blender's output goes to while nobody asks it anything.
class Tail {
public:
    explicit Tail(const char* name) : file_(open_file(name, O_RDONLY)) {}

    bool read(process::LineSplitter& lines) {
        char buffer[8192];
        bool any = false;
        for (ssize_t count = 0; (count = ::read(file_.get(), buffer, sizeof buffer)) > 0; any = true)
            lines.feed({buffer, static_cast<std::size_t>(count)});
        return any;
    }

private:
    Fd file_;
};

sockaddr_un address_of(const char* name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, name);
    return address;
}

Fd connect() {
    Fd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(socket_name);
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw Error(Error::Kind::unavailable, std::string("Blender can't be reached: ") + std::strerror(errno),
                    "it may have crashed; the frame is tried again with a new one");
    return connection;
}

fs::path place_of(const FrameRequest& request) {
    const std::string name = request.place.filename();
    if (name.find('#') == std::string::npos) return request.place;
    return request.place.parent_path() / media::FramePattern::parse(name).name_of(request.frame);
}

std::string text_of(const FrameRequest& request) {
    json::Object object;
    object["frame"] = request.frame;
    const fs::path place = place_of(request);
    object["beside"] = (place.parent_path() / ("." + place.filename().string() + ".part")).string();
    object["place"] = place.string();
    if (const auto& part = request.part) object["part"] = json::Array{part->left, part->bottom, part->right, part->top};
    if (request.seed) object["seed"] = *request.seed;
    return json::text(object) + "\n";
}

void send_all(int connection, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw Error(Error::Kind::unavailable, "Blender can't be asked any more");
        text.remove_prefix(static_cast<std::size_t>(count));
    }
}

void open(const OpenRequest& request, Speaker& speaker) {
    media::check_writable(request.output);
    fs::remove(socket_name);  // of one that crashed
    write_settings(request);
    const pid_t blender = start(request);
    leave_note(blender);
    Teller teller(speaker);
    process::LineSplitter lines([&](std::string_view line) { teller.line(line); });
    Tail tail(output_name);
    LifeSigns life(blender, request.hang);
    const std::string doing = "opened " + request.scene.filename().string();
    while (!fs::exists(socket_name)) {
        const bool is_gone = life.is_gone();  // looked at first: what it said before its end is read below
        if (tail.read(lines)) life.heard();
        if (teller.answer()) throw refused(*teller.answer());
        if (is_gone) throw not_opened(speaker, request, teller, doing);
        if (life.hangs()) throw hung(blender, doing, request.hang);
        std::this_thread::sleep_for(look_interval);
    }
    tail.read(lines);
    if (teller.script_error().empty()) return;
    ::kill(-blender, SIGKILL);
    throw failure(std::string(scene_problem) + "a script inside of it failed: " + teller.script_error());
}

// Until its answer is there.
void listen(const FrameRequest& request, int connection, Teller& teller, Speaker& speaker) {
    const pid_t blender = read_note();
    process::LineSplitter lines([&](std::string_view line) { teller.line(line); });
    LifeSigns life(blender, request.hang);
    const std::string doing = fmt::format("rendered frame {}", request.frame);
    while (!teller.answer()) {
        pollfd ready{connection, POLLIN, 0};
        if (::poll(&ready, 1, static_cast<int>(life_interval.count())) <= 0) {
            if (life.hangs()) throw hung(blender, doing, request.hang);
            continue;
        }
        char buffer[16384];
        const ssize_t count = ::recv(connection, buffer, sizeof buffer, 0);
        if (count <= 0) throw gone(speaker, doing);
        life.heard();
        lines.feed({buffer, static_cast<std::size_t>(count)});
    }
}

// The picture.
fs::path render(const FrameRequest& request, Turn turn, Speaker& speaker) {
    fs::create_directories(request.place.parent_path());
    const Fd connection = connect();
    send_all(connection.get(), text_of(request));
    Teller teller(speaker, turn);
    listen(request, connection.get(), teller, speaker);
    const json::Object& answer = teller.answer()->as_object();
    if (answer.contains("problem")) throw refused(answer);
    const std::string picture(answer.at("path").as_string());
    if (!teller.script_error().empty()) {
        fs::remove(picture);
        throw failure(
            fmt::format("a script inside of the scene failed at frame {}: {}", request.frame, teller.script_error()));
    }
    if (teller.peak_memory() > 0) speaker.metric("render_memory", static_cast<double>(teller.peak_memory()));
    speaker.preview(picture);
    speaker.progress(turn.percent(1));
    return picture;
}

// Of a session there is one, and it waits at a socket for the frames' paths. Where there is none, or it has too many
// frames waiting, whoever looks at all of them in the end makes the thumbnail.
constexpr const char* thumbnailer_name = "thumbnails.sock";

void start_thumbnailer(const fs::path& folder) {
    if (folder.empty()) return;
    process::start_in_background({"/proc/self/exe", "thumbnails", folder.string()}, "thumbnails.log");
}

void tell_thumbnailer(const std::string& picture) {
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(thumbnailer_name);
    ::sendto(socket.get(), picture.data(), picture.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

// The session's Blender ends with this.
struct LastOf {
    ~LastOf() { ::kill(-blender, SIGKILL); }
    pid_t blender;
};

}  // namespace

// Half a pixel more than the edge: Blender cuts the fraction off.
Part part_of_tile(int tile, int columns, int rows, int width, int height) {
    const int column = tile % columns, row = rows - 1 - tile / columns;
    const auto edge = [](int number, int count, int pixels) {
        return number == count ? 1.0 : (number * pixels / count + 0.5) / pixels;
    };
    return {column == 0 ? 0.0 : edge(column, columns, width), row == 0 ? 0.0 : edge(row, rows, height),
            edge(column + 1, columns, width), edge(row + 1, rows, height)};
}

int open_blender(const OpenRequest& request, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) {
        open(request, speaker);
        start_thumbnailer(request.thumbnails);
        return 0;
    });
}

int render_frame(const FrameRequest& request, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) {
        tell_thumbnailer(render(request, {}, speaker));
        return 0;
    });
}

int follow_frames(const fs::path& thumbnails, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) -> int {
        media::give_way_to_others();
        fs::create_directories(thumbnails);
        const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const sockaddr_un address = address_of(thumbnailer_name);
        if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw Error::from_errno("cannot wait for frames");
        for (char path[4096];;) {
            const ssize_t count = ::recv(socket.get(), path, sizeof path, 0);
            if (count < 0 && errno != EINTR) throw Error::from_errno("cannot wait for frames");
            if (count <= 0) continue;
            try {
                media::update_thumbnail(std::string(path, static_cast<std::size_t>(count)), thumbnails);
            } catch (const std::exception& error) {
                speaker.log(error.what());
            }
        }
    });
}

int render_frames(const OpenRequest& request, FrameRequest frame, const std::vector<int>& frames, std::ostream& out) {
    return process::as_task(out, [&](Speaker& speaker) {
        open(request, speaker);
        media::Thumbnailer thumbnailer(request.thumbnails);
        const LastOf own{read_note()};
        for (std::size_t done = 0; done < frames.size(); ++done) {
            frame.frame = frames[done];
            thumbnailer.add(render(frame, {done, frames.size()}, speaker));
        }
        return 0;
    });
}

}  // namespace atelier::pipelines::blender
