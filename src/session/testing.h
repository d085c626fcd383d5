// What the tests of this folder share: jobs from a few lines of YAML, and a listener that remembers.
#pragma once

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/text.h"
#include "job/template.h"
#include "session/session.h"

namespace atelier::session {

struct Recorder : Listener {
    void log(std::string_view line) override {
        lines.emplace_back(line);
        if (on_line) on_line(line);
    }
    void progress(double percent) override { numbers.push_back(percent); }
    void status(std::string_view text) override { texts.emplace_back(text); }
    void metric(std::string_view name, double value) override {
        texts.push_back(std::string(name) + "=" + std::to_string(value));
    }
    void preview(std::string_view path) override { texts.emplace_back(path); }
    std::string all() const { return join(lines, "\n") + "\n" + join(texts, "\n"); }

    std::vector<std::string> lines;
    std::vector<std::string> texts;
    std::vector<double> numbers;
    std::function<void(std::string_view)> on_line;
};

inline std::shared_ptr<const job::Job> make_job(const std::string& body,
                                                std::map<std::string, std::string> given = {}) {
    const std::string text = "specificationVersion: jobtemplate-2023-09\nname: Test\n" + body;
    job::Values values{.given = std::move(given), .template_folder = "/templates", .current_folder = "/current"};
    return std::make_shared<job::Job>(job::create_job(
        job::parse_job_template({.text = text, .syntax = job::Syntax::yaml, .name = "test"}), {}, values));
}

// A step whose task is this shell script.
inline std::string shell_step(const std::string& script, const std::string& more = "") {
    std::string text =
        "steps:\n- name: Step\n  script:\n    actions:\n      onRun:\n        command: sh\n        args:\n        - "
        "-c\n        - |\n";
    for (const std::string_view line : split(script, '\n'))
        text += "          " + std::string(line) + "\n";
    return text + more;
}

struct TestSession {
    explicit TestSession(const std::string& body, const std::function<void(Options&)>& change = {})
        : job(make_job(body)) {
        options.parent = folder.path();
        options.variables = {{"PATH", "/usr/bin:/bin"}, {"BASE", "base"}};
        if (change) change(options);
        session = std::make_unique<Session>(job, options, heard);
    }
    ActionResult run_step(std::size_t step = 0, const TaskContext& context = {}) {
        const ActionResult entered = session->enter(step);
        if (entered.outcome != Outcome::succeeded) return entered;
        return session->run(step, job->steps[step].space.at(0), context);
    }
    bool said(const std::string& line) const {
        return std::find(heard.lines.begin(), heard.lines.end(), line) != heard.lines.end();
    }

    TemporaryFolder folder;
    std::shared_ptr<const job::Job> job;
    Options options;
    Recorder heard;
    std::unique_ptr<Session> session;
};

}  // namespace atelier::session
