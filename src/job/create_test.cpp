#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/parts.h"
#include "job/scope.h"
#include "job/summary.h"
#include "job/template.h"

namespace atelier::job {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* head =
    "specificationVersion: jobtemplate-2023-09\nextensions: [FEATURE_BUNDLE_1, TASK_CHUNKING]\n";
constexpr const char* one_step = "steps: [{name: S, script: {actions: {onRun: {command: run}}}}]\n";

JobTemplate job_template(const std::string& text) { return parse_job_template({text, Syntax::yaml, "T"}); }

EnvironmentTemplate environment(const std::string& parameters, const std::string& name = "E") {
    return parse_environment_template({"specificationVersion: environment-2023-09\nparameterDefinitions: [" +
                                           parameters + "]\nenvironment: {name: " + name +
                                           ", variables: {V: \"{{RawParam.A}}\"}}\n",
                                       Syntax::yaml, name + ".yaml"});
}

JobTemplate with_parameters(const std::string& parameters, const std::string& name = "J") {
    return job_template(std::string(head) + "name: \"" + name + "\"\nparameterDefinitions: [" + parameters + "]\n" +
                        one_step);
}

Values given(std::map<std::string, std::string> values = {}) {
    return {std::move(values), "/templates/job", "/home/me"};
}

std::string problems(const JobTemplate& job, const Values& values,
                     const std::vector<EnvironmentTemplate>& environments = {}) {
    try {
        create_job(job, environments, values);
        return {};
    } catch (const TemplateError& error) {
        return error.what();
    }
}

std::string value(const std::string& definition, std::map<std::string, std::string> values = {}) {
    return create_job(with_parameters("{name: A, type: " + definition + "}"), {}, given(std::move(values)))
        .parameter("A")
        ->value;
}

std::string refusal(const std::string& definition, std::map<std::string, std::string> values = {}) {
    return problems(with_parameters("{name: A, type: " + definition + "}"), given(std::move(values)));
}

TEST(Create, ValuesAreTakenByTheirTypes) {
    EXPECT_EQ(value("INT", {{"A", " +007 "}}), "7");
    EXPECT_EQ(value("INT, default: 0x10"), "16");
    EXPECT_EQ(value("FLOAT, default: 3.500"), "3.500");
    EXPECT_EQ(value("FLOAT", {{"A", "1E2"}}), "1E2");
    EXPECT_EQ(value("STRING", {{"A", " as is "}}), " as is ");
    EXPECT_EQ(value("STRING, default: a", {{"A", ""}}), "") << "empty is a value";
    EXPECT_THAT(refusal("INT", {{"A", "7.5"}}), HasSubstr("parameters.A: \"7.5\" isn't an integer"));
    EXPECT_NE(refusal("INT", {{"A", "9223372036854775808"}}), "");
    EXPECT_NE(refusal("FLOAT", {{"A", "nan"}}), "");
    EXPECT_NE(refusal("STRING", {{"A", "\xff"}}), "");
    EXPECT_EQ(refusal("STRING", {{"A", std::string(1024, 'x')}}), "");
    EXPECT_NE(refusal("STRING", {{"A", std::string(1025, 'x')}}), "");
    EXPECT_NE(refusal("INT, minValue: 3", {{"A", "2"}}), "");
    EXPECT_NE(refusal("FLOAT, allowedValues: [1, 2]", {{"A", "1.5"}}), "");
    EXPECT_EQ(refusal("FLOAT, allowedValues: [1, 2]", {{"A", "1.0"}}), "") << "numbers are compared as numbers";
}

TEST(Create, MissingAndUnknownValuesAreToldTogether) {
    const std::string said =
        problems(with_parameters("{name: Frame, type: INT}, {name: Scene, type: STRING}"), given({{"Fram", "1"}}));
    EXPECT_EQ(said,
              "T: parameters.Fram: the template has no such parameter; did you mean Frame?\n"
              "T: parameters.Frame: needs a value\n"
              "T: parameters.Scene: needs a value");
}

TEST(Create, PathsAreJoinedToTheirFolders) {
    EXPECT_EQ(value("PATH, default: data/in.csv"), "/templates/job/data/in.csv");
    EXPECT_EQ(value("PATH, default: ./sub/../x/"), "/templates/job/x");
    EXPECT_EQ(value("PATH, default: sub/.."), "/templates/job");
    EXPECT_EQ(value("PATH, default: ''"), "");
    EXPECT_EQ(value("PATH", {{"A", "out"}}), "/home/me/out");
    EXPECT_EQ(value("PATH", {{"A", "../you/x"}}), "/home/you/x");
    EXPECT_EQ(value("PATH", {{"A", "/abs/../kept"}}), "/abs/../kept");
    EXPECT_EQ(value("PATH", {{"A", ""}}), "");
    EXPECT_EQ(value("PATH, default: a\\b"), "/templates/job/a\\b") << "a backslash is a letter here";
    for (const char* fallback : {"/etc", "..", "../job", "../job2", "a/../../job", "../../templates/job/x"})
        EXPECT_NE(refusal(std::string("PATH, default: ") + fallback), "") << fallback;
    EXPECT_EQ(refusal("PATH, default: /etc", {{"A", "/etc"}}), "") << "a default that isn't used does no harm";
    EXPECT_THAT(refusal("PATH", {{"A", "s3://bucket/key"}}), HasSubstr("EXPR"));
    EXPECT_NE(refusal("PATH, maxLength: 10", {{"A", "12345"}}), "") << "constraints hold for the joined path";
    EXPECT_NE(refusal("PATH, default: a, allowedValues: [a, b]"), "");
    EXPECT_EQ(refusal("PATH, default: a, allowedValues: [a, /templates/job/a]"), "");
}

TEST(Create, NamesAreResolvedAndChecked) {
    const JobTemplate job =
        with_parameters("{name: A, type: STRING}, {name: D, type: PATH, default: d}", "{{Param.A}} in {{RawParam.D}}");
    EXPECT_EQ(create_job(job, {}, given({{"A", "x"}})).name, "x in /templates/job/d");
    const JobTemplate only = with_parameters("{name: A, type: STRING}", "{{Param.A}}");
    EXPECT_EQ(problems(only, given({{"A", std::string(512, 'x')}})), "");
    EXPECT_THAT(problems(only, given({{"A", std::string(513, 'x')}})), HasSubstr("T:3:7: name: has 513 characters"));
    EXPECT_THAT(problems(only, given({{"A", ""}})), HasSubstr("must not be empty"));
    EXPECT_THAT(problems(only, given({{"A", "a\nb"}})), HasSubstr("control characters"));
}

constexpr const char* whole_job = R"(
name: J
parameterDefinitions:
- {name: Frames, type: STRING, default: "1-10"}
- {name: Number, type: STRING, default: "4"}
- {name: Mode, type: STRING, default: NOTIFY_THEN_TERMINATE}
jobEnvironments:
- name: E
  script:
    embeddedFiles: [{name: F, type: TEXT, data: "{{Param.Number}}", endOfLine: CRLF, runnable: true, filename: f.sh}]
    actions:
      onEnter: {command: "{{Env.File.F}}"}
      onExit: {command: bye, timeout: "{{Param.Number}}"}
steps:
- name: render
  dependencies: [{dependsOn: prepare}]
  hostRequirements:
    amounts: [{name: AMOUNT.Worker.vcpu, max: "{{Param.Number}}"}, {name: amount.worker.memory, min: 1024.5}]
    attributes: [{name: attr.worker.os.family, anyOf: [Linux, macos]}, {name: attr.Custom, allOf: ["v{{Param.Number}}"]}]
  parameterSpace:
    taskParameterDefinitions:
    - {name: C, type: "CHUNK[INT]", range: "{{Param.Frames}}", chunks: {defaultTaskCount: "{{Param.Number}}", targetRuntimeSeconds: "60", rangeConstraint: CONTIGUOUS}}
    - {name: X, type: FLOAT, range: [1.50, "{{Param.Number}}"]}
  script:
    actions:
      onRun: {command: run, args: ["{{Task.Param.C}}"], timeout: 10, cancelation: {mode: "{{Param.Mode}}", notifyPeriodInSeconds: "{{Param.Number}}"}}
- name: prepare
  powershell: {script: "Get-Item {{Param.Number}}", args: ["-x"], timeout: 5}
)";

TEST(Create, EverythingOfAJobIsThere) {
    const Job job = create_job(job_template(head + std::string(whole_job)), {}, given());
    EXPECT_THAT(job.extensions, ElementsAre("FEATURE_BUNDLE_1", "TASK_CHUNKING"));
    ASSERT_EQ(job.environments.size(), 1u);
    const Environment& environment = job.environments[0];
    EXPECT_EQ(environment.on_exit->timeout_seconds, 4);
    EXPECT_EQ(environment.files[0].end_of_line, EndOfLine::crlf);
    EXPECT_TRUE(environment.files[0].runnable);
    EXPECT_EQ(environment.files[0].data.names(), std::vector<std::string>{"Param.Number"}) << "left for the worker";

    const Step& render = job.steps[0];
    EXPECT_THAT(render.dependencies, ElementsAre(1u));
    EXPECT_EQ(render.requirements.amounts[0].name, "amount.worker.vcpu");
    EXPECT_EQ(render.requirements.amounts[0].min, 1.0) << "the least that the capability defines";
    EXPECT_EQ(render.requirements.amounts[0].max, 4.0);
    EXPECT_EQ(render.requirements.attributes[1].all_of, std::vector<std::string>{"v4"});
    EXPECT_EQ(render.target_chunk_seconds, 60.0);
    EXPECT_EQ(render.space.size(), 6u);
    EXPECT_EQ(render.space.at(3).at("C").value, "5-7");
    EXPECT_EQ(render.space.at(3).at("C").type, TaskParameterType::chunk);
    EXPECT_EQ(render.space.at(2).at("X").value, "1.50");
    EXPECT_EQ(render.on_run.cancelation.mode, CancelationMode::notify_then_terminate);
    EXPECT_EQ(render.on_run.cancelation.notify_period_seconds, 4);

    const Step& prepare = job.steps[1];
    EXPECT_EQ(prepare.on_run.command.text(), "powershell");
    ASSERT_EQ(prepare.on_run.args.size(), 3u);
    EXPECT_EQ(prepare.on_run.args[0].text(), "-File");
    EXPECT_EQ(prepare.on_run.args[1].names(), std::vector<std::string>{"Task.File." + prepare.files[0].name});
    EXPECT_TRUE(prepare.files[0].filename->ends_with(".ps1"));
    EXPECT_EQ(prepare.on_run.timeout_seconds, 5);
    EXPECT_THAT(job.steps_in_order(), ElementsAre(1u, 0u));
}

TEST(Create, WhatIsResolvedIsCheckedAgainAllAtOnce) {
    const std::string said = problems(job_template(head + std::string(whole_job)),
                                      given({{"Number", "0"}, {"Frames", "1-5,3"}, {"Mode", "HALT"}}));
    for (const char* part : {"onExit.timeout: must be at least 1", "amounts[0].max: must be greater than 0",
                             "defaultTaskCount: must be at least 1", "range: two parts of the range overlap",
                             "cancelation.mode: \"HALT\" is none of"})
        EXPECT_THAT(said, HasSubstr(part));
    EXPECT_THAT(said, HasSubstr("T:15:39: jobEnvironments[0]")) << "with the place in the template";
    EXPECT_THAT(problems(job_template(head + std::string(whole_job)), given({{"Number", "601"}})),
                HasSubstr("at most 600"));
    EXPECT_EQ(problems(job_template(head + std::string(whole_job)), given({{"Number", "601"}, {"Mode", "TERMINATE"}})),
              "");
    EXPECT_THAT(problems(job_template(head + std::string(whole_job)), given({{"Number", "a b"}})),
                HasSubstr("allOf[0]"));
}

TEST(Create, SimpleActionsBecomeAFileAndACommand) {
    const auto step = [](const char* kind) {
        return create_job(job_template(std::string(head) + "name: J\nsteps: [{name: S, " + kind +
                                       ": {script: text, args: [a]}}]\n"),
                          {}, given())
            .steps[0];
    };
    const auto args = [&](const char* kind) {
        std::vector<std::string> texts;
        for (const FormatString& arg : step(kind).on_run.args)
            texts.push_back(arg.text());
        return texts;
    };
    EXPECT_THAT(args("python"), ElementsAre("{{Task.File.Script}}", "a"));
    EXPECT_THAT(args("bash"), ElementsAre("{{Task.File.Script}}", "a"));
    EXPECT_THAT(args("node"), ElementsAre("{{Task.File.Script}}", "a"));
    EXPECT_THAT(args("cmd"), ElementsAre("/C", "{{Task.File.Script}}", "a"));
    EXPECT_EQ(step("cmd").files[0].filename, "Script.bat");
    EXPECT_EQ(step("python").on_run.command.text(), "python");
}

std::string merge(const std::vector<std::string>& environments, const std::string& job,
                  std::map<std::string, std::string> values = {}) {
    std::vector<EnvironmentTemplate> templates;
    for (std::size_t i = 0; i < environments.size(); ++i)
        templates.push_back(environment("{name: A, type: " + environments[i] + "}", "E" + std::to_string(i)));
    const JobTemplate job_of = job.empty() ? job_template(std::string(head) + "name: J\n" + one_step)
                                           : with_parameters("{name: A, type: " + job + "}");
    try {
        return create_job(job_of, templates, given(std::move(values))).parameter("A")->value;
    } catch (const TemplateError& error) {
        return std::string("refused: ") + error.what();
    }
}

TEST(Merge, TheLastDefaultWins) {
    EXPECT_EQ(merge({"INT, default: 1", "INT, default: 2"}, "INT, default: 3"), "3");
    EXPECT_EQ(merge({"INT, default: 1", "INT, default: 2"}, "INT"), "2");
    EXPECT_EQ(merge({"INT, default: 1"}, ""), "1");
    EXPECT_THAT(merge({"INT"}, "INT"), HasSubstr("needs a value"));
}

TEST(Merge, ConstraintsOnlyGetNarrower) {
    EXPECT_EQ(merge({"INT, minValue: 1", "INT, maxValue: 20"}, "INT, minValue: 5, maxValue: 10, default: 8"), "8");
    EXPECT_THAT(merge({"STRING, minLength: 10"}, "STRING, minLength: 5, default: test-value"),
                HasSubstr("minLength 5 is wider than 10"));
    EXPECT_THAT(merge({"FLOAT, maxValue: 5"}, "FLOAT, maxValue: '5.5', default: 1"),
                HasSubstr("maxValue 5.5 is wider than 5"));
    EXPECT_EQ(merge({"FLOAT, maxValue: 5"}, "FLOAT, maxValue: '5.0', default: 1"), "1");
    EXPECT_THAT(merge({"INT, minValue: 15"}, "INT, maxValue: 10"),
                HasSubstr("minValue 15 is greater than maxValue 10"));
    EXPECT_THAT(merge({"INT, maxValue: 10"}, "INT", {{"A", "11"}}), HasSubstr("greater than maxValue 10"));
    EXPECT_THAT(merge({"INT, maxValue: 10"}, "INT, default: 11"), HasSubstr("the default 11 is greater"));
}

TEST(Merge, AllowedValuesAreThoseOfAll) {
    EXPECT_EQ(merge({"STRING, allowedValues: [a, b, c]"}, "STRING, allowedValues: [b, c, d], default: b"), "b");
    EXPECT_THAT(merge({"STRING, allowedValues: [a, b]"}, "STRING, allowedValues: [b, c], default: c"),
                HasSubstr("refused"));
    EXPECT_THAT(merge({"STRING, allowedValues: [a, b]"}, "STRING, allowedValues: [c, d]"),
                HasSubstr("no value is left"));
    EXPECT_EQ(merge({"INT, allowedValues: [1, 2, 3]"}, "INT, allowedValues: [1, 2, 3, 4]", {{"A", "3"}}), "3");
    EXPECT_THAT(merge({"INT, allowedValues: [1, 2, 3]"}, "INT, allowedValues: [1, 2, 3, 4]", {{"A", "4"}}),
                HasSubstr("none of the allowedValues"));
}

TEST(Merge, TypesMustAgree) {
    EXPECT_THAT(merge({"INT"}, "FLOAT", {{"A", "1"}}), HasSubstr("is FLOAT here and INT in a template before"));
    EXPECT_THAT(merge({"PATH, objectType: FILE", "PATH, objectType: DIRECTORY"}, "", {{"A", "a"}}),
                HasSubstr("objectType differs"));
    EXPECT_THAT(merge({"PATH, dataFlow: IN"}, "PATH, dataFlow: OUT", {{"A", "a"}}), HasSubstr("dataFlow differs"));
    EXPECT_EQ(merge({"PATH, dataFlow: IN"}, "PATH, dataFlow: IN", {{"A", "/a"}}), "/a");
}

TEST(Merge, EnvironmentTemplatesComeBeforeTheJobsOwn) {
    const auto first = environment("{name: A, type: INT, default: 1}", "First");
    const auto second = environment("{name: A, type: INT}, {name: B, type: STRING, default: b}", "Second");
    const JobTemplate job = job_template(std::string(head) +
                                         "name: J\nparameterDefinitions: [{name: C, type: INT, default: "
                                         "3}]\njobEnvironments: [{name: Own, variables: {V: v}}]\n" +
                                         one_step);
    const Job made = create_job(job, {first, second}, given());
    std::vector<std::string> environments;
    std::vector<std::string> parameters;
    for (const Environment& each : made.environments)
        environments.push_back(each.name);
    for (const Parameter& each : made.parameters)
        parameters.push_back(each.name);
    EXPECT_THAT(environments, ElementsAre("First", "Second", "Own"));
    EXPECT_THAT(parameters, ElementsAre("A", "B", "C"));
    EXPECT_EQ(merged_parameters(job, {first, second}).size(), 3u);
    EXPECT_THROW(merged_parameters(with_parameters("{name: A, type: STRING}"), {first}), TemplateError);
}

TEST(Summary, TellsAJobInAFewLines) {
    const Summary summary = summarize(create_job(job_template(head + std::string(whole_job)), {}, given()));
    EXPECT_EQ(summary.name, "J");
    EXPECT_EQ(summary.tasks, 7u);
    EXPECT_THAT(summary.environments, ElementsAre("E"));
    EXPECT_EQ(summary.parameters[0], (std::pair<std::string, std::string>("Frames", "1-10")));
    EXPECT_THAT(summary.steps[0].task_parameters, ElementsAre("C", "X"));
    EXPECT_THAT(summary.steps[0].dependencies, ElementsAre("prepare"));
    EXPECT_THAT(summary.steps[0].requirements,
                ElementsAre("amount.worker.vcpu: 1 to 4", "amount.worker.memory: at least 1024.5",
                            "attr.worker.os.family: one of Linux, macos", "attr.custom: all of v4"));
    EXPECT_EQ(summary.steps[1].tasks, 1u);
}

TEST(Summary, TasksDontOverflow) {
    std::string text = std::string(head) + "name: J\nsteps:\n";
    for (int i = 0; i < 4; ++i)
        text += "- {name: S" + std::to_string(i) +
                ", parameterSpace: {taskParameterDefinitions: [{name: A, type: INT, range: 0-4611686018427387902}, "
                "{name: B, type: INT, range: 0-1}]}, bash: {script: a}}\n";
    EXPECT_EQ(summarize(create_job(job_template(text), {}, given())).tasks, 18446744073709551615u);
}

TEST(Scope, KnowsTypesBeforeValues) {
    ParameterPart number;
    number.name = "N";
    number.type = ParameterType::integer;
    ParameterPart folder;
    folder.name = "D";
    folder.type = ParameterType::path;
    const Scope creation = creation_scope({number, folder});
    EXPECT_EQ(creation.type_of("Param.N"), ValueType::integer);
    EXPECT_EQ(creation.type_of("RawParam.D"), ValueType::string);
    EXPECT_FALSE(creation.has("Param.D"));
    const Scope host = host_scope({number, folder});
    EXPECT_EQ(host.type_of("Param.D"), ValueType::path);
    Scope inner(&host);
    inner.add("Task.Param.F", ValueType::real);
    EXPECT_TRUE(inner.has("Param.N"));
    EXPECT_FALSE(host.has("Task.Param.F"));
}

}  // namespace
}  // namespace atelier::job
