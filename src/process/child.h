// A program run as a plain child to its end: bytes go in, lines come out, its complaints are kept. For programs that
// themselves run inside a keeper (the tools of tasks), so nothing is measured and the caller's process group is kept:
// what stops the caller stops the child.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier::process {

struct ChildStreams {
    std::function<std::string_view()> input;     // the next bytes for stdin, valid until the next call; empty: the end
    std::function<void(std::string_view)> line;  // of stdout, without its end
    std::function<void(std::string_view)> complaint = {};  // a line of stderr, as it comes
};

struct ChildEnd {
    int code = -1;           // the exit code; 128 + signal when a signal ended it
    std::string complaints;  // the end of stderr, made printable
};

// argv[0] is looked up in PATH. Throws Error::not_found or denied when it can't be started; what a stream throws goes
// through once the child is killed. A child that ends before it has read all of its input is no error here.
ChildEnd run_child(const std::vector<std::string>& argv, const ChildStreams& streams = {});

}  // namespace atelier::process
