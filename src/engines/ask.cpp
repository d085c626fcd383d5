#include "engines/ask.h"

#include <unistd.h>

#include "process/keeper.h"

namespace atelier::engines {

namespace {

struct Listener : process::Watcher {
    Listener(process::Keeper& keeper, std::chrono::milliseconds patience)
        : keeper_(keeper), deadline_(std::chrono::steady_clock::now() + patience) {}

    void line(std::string_view bytes) override {
        if (answer.text.size() + bytes.size() < answer_limit) answer.text.append(bytes).push_back('\n');
    }

    void tick() override {
        if (std::chrono::steady_clock::now() < deadline_) return;
        answer.late = true;
        keeper_.kill();
    }

    Answer answer;

private:
    process::Keeper& keeper_;
    std::chrono::steady_clock::time_point deadline_;
};

std::vector<std::string> own_environment() {
    std::vector<std::string> variables;
    for (char** variable = environ; *variable; ++variable)
        variables.emplace_back(*variable);
    return variables;
}

}  // namespace

Answer ask(const std::vector<std::string>& argv, std::chrono::milliseconds patience) {
    process::Keeper keeper;
    Listener listener(keeper, patience);
    listener.answer.code = keeper.run({argv, own_environment(), std::filesystem::current_path()}, listener).code;
    return listener.answer;
}

}  // namespace atelier::engines
