#include "process/spawn.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "base/error.h"

namespace atelier::process {

namespace {

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts)
        pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

// Ours, and in the place of each that they name, theirs.
std::vector<std::string> environment_with(std::vector<std::string> variables) {
    const std::size_t own = variables.size();
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const std::string_view name = text.substr(0, text.find('=') + 1);
        bool is_replaced = false;
        for (std::size_t i = 0; i < own; ++i)
            is_replaced |= variables[i].starts_with(name);
        if (!is_replaced) variables.emplace_back(text);
    }
    return variables;
}

}  // namespace

SpawnOrders::SpawnOrders() : flags_(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    sigaddset(&signals, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, flags_);
}

SpawnOrders::~SpawnOrders() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
}

void SpawnOrders::take(int descriptor, int as) { ::posix_spawn_file_actions_adddup2(&actions_, descriptor, as); }

void SpawnOrders::open(const char* path, int flags, int as) {
    ::posix_spawn_file_actions_addopen(&actions_, as, path, flags, 0600);
}

void SpawnOrders::leave_session() {
    flags_ = static_cast<short>(flags_ | POSIX_SPAWN_SETSID);
    ::posix_spawnattr_setflags(&attributes_, flags_);
}

pid_t SpawnOrders::start(const std::vector<std::string>& argv, const std::vector<std::string>& variables) const {
    const std::vector<std::string> environment = environment_with(variables);
    const std::vector<char*> words = pointers_to(argv), values = pointers_to(environment);
    pid_t process = -1;
    const int error = ::posix_spawnp(&process, words[0], &actions_, &attributes_, words.data(), values.data());
    if (error != 0) throw Error::from_errno("cannot start " + argv[0], error);
    return process;
}

pid_t start_in_background(const std::vector<std::string>& argv, const std::string& output,
                          const std::vector<std::string>& variables) {
    SpawnOrders orders;
    orders.open("/dev/null", O_RDONLY, STDIN_FILENO);
    orders.open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDOUT_FILENO);
    orders.take(STDOUT_FILENO, STDERR_FILENO);
    orders.leave_session();
    return orders.start(argv, variables);
}

}  // namespace atelier::process
