#include "job/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atelier::job {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string check_job(const std::string& text, Syntax syntax = Syntax::yaml) {
    try {
        parse_job_template({text, syntax, "T"});
        return {};
    } catch (const TemplateError& error) {
        return error.what();
    }
}

std::string check_environment(const std::string& text) {
    try {
        parse_environment_template({text, Syntax::yaml, "T"});
        return {};
    } catch (const TemplateError& error) {
        return error.what();
    }
}

constexpr const char* head = "specificationVersion: jobtemplate-2023-09\n";
constexpr const char* bundle = "extensions: [FEATURE_BUNDLE_1]\n";
constexpr const char* one_step = "steps: [{name: S, script: {actions: {onRun: {command: run}}}}]\n";

std::string x(std::size_t count, const std::string& part = "x") {
    std::string text;
    while (count-- > 0)
        text += part;
    return text;
}

std::string named_job(const std::string& name, bool with_bundle = false) {
    return std::string(head) + (with_bundle ? bundle : "") + "name: \"" + name + "\"\n" + one_step;
}

// A job whose only parameter is the one given, in flow style.
std::string with_parameter(const std::string& parameter) {
    return std::string(head) + "name: J\nparameterDefinitions: [" + parameter + "]\n" + one_step;
}

// A job whose only step has these fields besides its name and script.
std::string with_step(const std::string& fields, bool with_bundle = false) {
    return std::string(head) + (with_bundle ? bundle : "") +
           "name: J\nparameterDefinitions: [{name: P, type: STRING}, {name: D, type: PATH}, {name: N, type: INT}]\n"
           "steps:\n- name: S\n  script: {actions: {onRun: {command: run}}}\n" +
           fields;
}

std::string with_action(const std::string& action, bool with_bundle = false) {
    return std::string(head) + (with_bundle ? bundle : "") +
           "name: J\nparameterDefinitions: [{name: P, type: STRING}, {name: D, type: PATH}]\n"
           "steps:\n- name: S\n  script:\n    actions:\n      onRun: " +
           action + "\n";
}

TEST(Template, EveryProblemIsToldAtOnceWithItsPlace) {
    const std::string text = R"(specificationVersion: jobtemplate-2023-09
name: "{{Param.Fram}}"
parameterDefinitions:
- name: Frame
  type: INT
  default: many
steps:
- nam: render
  script:
    actions:
      onRun:
        command: ""
        timeout: 0
- name: encode
  dependencies: [{dependsOn: rendr}]
  script: {}
)";
    EXPECT_EQ(check_job(text),
              "T:2:7: name: Param.Fram isn't known here; did you mean Param.Frame?\n"
              "T:6:12: parameterDefinitions[0].default: \"many\" isn't an integer of 64 bits\n"
              "T:8:3: steps[0].nam: unknown field; did you mean \"name\"?\n"
              "T:8:3: steps[0]: \"name\" is missing\n"
              "T:12:18: steps[0].script.actions.onRun.command: must not be empty\n"
              "T:13:18: steps[0].script.actions.onRun.timeout: must be at least 1, not 0\n"
              "T:15:30: steps[1].dependencies[0].dependsOn: there is no step \"rendr\"\n"
              "T:16:11: steps[1].script: \"actions\" is missing");
}

TEST(Template, ThePlacesOfJsonAreTheSame) {
    EXPECT_EQ(check_job("{\n  \"specificationVersion\": \"jobtemplate-2023-09\",\n  \"name\": 7\n}", Syntax::json),
              "T:1:1: \"steps\" is missing\n"
              "T:3:11: name: must be a string, not an integer (put it in quotes)");
}

TEST(Template, DuplicateKeysAreToldTogetherWithTheRest) {
    const std::string said = check_job(std::string(head) + "name: J\nname: K\nsteps: []\n");
    EXPECT_THAT(said, HasSubstr("T:3:1: name: the key \"name\" stands twice, in line 2 and in line 3"));
    EXPECT_THAT(said, HasSubstr("T:4:8: steps: must not be empty"));
}

TEST(Template, VersionsAndExtensionsComeFirst) {
    EXPECT_THAT(check_job("name: J\n"), HasSubstr("\"specificationVersion\" is missing"));
    EXPECT_THAT(check_job("specificationVersion: environment-2023-09\n"), HasSubstr("an environment template"));
    EXPECT_THAT(check_environment(std::string(head)), HasSubstr("a job's template"));
    for (const char* name : {"EXPR", "WRAP_ACTIONS", "SOMETHING_ELSE"}) {
        const std::string text = std::string(head) + "extensions: [TASK_CHUNKING, " + name + "]\nname: J\n" + one_step;
        EXPECT_EQ(check_job(text), std::string("T:2:29: extensions[1]: the extension ") + name + " isn't supported");
        EXPECT_THROW(parse_job_template({text, Syntax::yaml, "T"}, {"TASK_CHUNKING", name}), TemplateError)
            << "a caller can't allow what we don't have";
    }
    const auto with = [](const char* list) {
        return check_job(std::string(head) + "extensions: " + list + "\nname: J\n" + one_step);
    };
    EXPECT_EQ(with("[TASK_CHUNKING, REDACTED_ENV_VARS, FEATURE_BUNDLE_1]"), "");
    for (const char* list : {"[]", "[TASK_CHUNKING, TASK_CHUNKING]", "[expr]", "[AB]", "TASK_CHUNKING", "[1]", "null"})
        EXPECT_NE(with(list), "") << list;
    EXPECT_THROW(parse_job_template(
                     {std::string(head) + "extensions: [TASK_CHUNKING]\nname: J\n" + one_step, Syntax::yaml, "T"}, {}),
                 TemplateError);
    EXPECT_EQ(check_job(std::string(head) + "$schema: anything\nname: J\n" + one_step), "");
    for (const char* text : {"", "[]", "text", "null", "{}"})
        EXPECT_NE(check_job(text), "") << text;
}

struct Limit {
    const char* what;
    std::size_t most;
    std::string (*text)(std::size_t);
};

// Each limit of the specification: what is allowed is, one more is not.
TEST(Template, LimitsHoldAtTheLimitAndOneBeyond) {
    const std::vector<Limit> limits = {
        {"job name", 128, [](std::size_t n) { return named_job(x(n)); }},
        {"job name, bundle", 512, [](std::size_t n) { return named_job(x(n, "é"), true); }},
        {"step name", 64,
         [](std::size_t n) {
             return std::string(head) + "name: J\nsteps: [{name: " + x(n) +
                    ", script: {actions: {onRun: {command: a}}}}]";
         }},
        {"step name, bundle", 512,
         [](std::size_t n) {
             return std::string(head) + bundle + "name: J\nsteps: [{name: " + x(n) + ", bash: {script: a}}]";
         }},
        {"environment name", 64,
         [](std::size_t n) { return with_step("  stepEnvironments: [{name: " + x(n, "é") + ", variables: {A: b}}]"); }},
        {"environment name, bundle", 512,
         [](std::size_t n) {
             return with_step("  stepEnvironments: [{name: " + x(n) + ", variables: {A: b}}]", true);
         }},
        {"description", 2048, [](std::size_t n) { return with_step("  description: " + x(n, "é")); }},
        {"identifier", 64, [](std::size_t n) { return with_parameter("{name: " + x(n) + ", type: INT}"); }},
        {"parameter value", 1024,
         [](std::size_t n) { return with_parameter("{name: A, type: STRING, default: " + x(n, "é") + "}"); }},
        {"allowed value", 1024,
         [](std::size_t n) { return with_parameter("{name: A, type: PATH, allowedValues: [" + x(n) + "]}"); }},
        {"label", 64,
         [](std::size_t n) {
             return with_parameter("{name: A, type: INT, userInterface: {label: " + x(n, "é") + "}}");
         }},
        {"group label", 64,
         [](std::size_t n) {
             return with_parameter("{name: A, type: INT, userInterface: {groupLabel: " + x(n) + "}}");
         }},
        {"file filters", 20,
         [](std::size_t n) {
             return with_parameter("{name: A, type: PATH, userInterface: {fileFilters: [" +
                                   x(n, "{label: a, patterns: ['*']},") + "]}}");
         }},
        {"file pattern", 20,
         [](std::size_t n) {
             return with_parameter("{name: A, type: PATH, userInterface: {fileFilters: [{label: a, patterns: ['*." +
                                   x(n - 2) + "']}]}}");
         }},
        {"task parameters", 16,
         [](std::size_t n) {
             std::string list;
             for (std::size_t i = 0; i < n; ++i)
                 list += "{name: T" + std::to_string(i) + ", type: INT, range: [1]},";
             return with_step("  parameterSpace: {taskParameterDefinitions: [" + list + "]}");
         }},
        {"range list", 1024,
         [](std::size_t n) {
             return with_step("  parameterSpace: {taskParameterDefinitions: [{name: T, type: FLOAT, range: [" +
                              x(n, "1.5,") + "]}]}");
         }},
        {"task value", 1024,
         [](std::size_t n) {
             return with_step("  parameterSpace: {taskParameterDefinitions: [{name: T, type: STRING, range: [" +
                              x(n, "é") + "]}]}");
         }},
        {"combination", 1280,
         [](std::size_t n) {
             return with_step(
                 "  parameterSpace: {taskParameterDefinitions: [{name: T, type: INT, range: [1]}], combination: \"T" +
                 x(n - 1, " ") + "\"}");
         }},
        {"requirements", 50,
         [](std::size_t n) {
             std::string list;
             for (std::size_t i = 1; i < n; ++i)
                 list += "{name: amount.a" + std::to_string(i) + ", min: 1},";
             return with_step("  hostRequirements: {amounts: [" + list +
                              "], attributes: [{name: attr.a, anyOf: [a]}]}");
         }},
        {"capability name", 100,
         [](std::size_t n) {
             return with_step("  hostRequirements: {amounts: [{name: amount." + x(n - 7) + ", min: 1}]}");
         }},
        {"attribute values", 50,
         [](std::size_t n) {
             return with_step("  hostRequirements: {attributes: [{name: attr.a, allOf: [" + x(n, "a,") + "]}]}");
         }},
        {"attribute value", 100,
         [](std::size_t n) {
             return with_step("  hostRequirements: {attributes: [{name: attr.a, anyOf: [" + x(n) + "]}]}");
         }},
        {"variable name", 256,
         [](std::size_t n) { return with_step("  stepEnvironments: [{name: E, variables: {" + x(n) + ": a}}]"); }},
        {"variable value", 2048,
         [](std::size_t n) {
             return with_step("  stepEnvironments: [{name: E, variables: {A: \"" + x(n, "é") + "{{Param.P}}\"}}]");
         }},
        {"notify period", 600,
         [](std::size_t n) {
             return with_action("{command: a, cancelation: {mode: NOTIFY_THEN_TERMINATE, notifyPeriodInSeconds: " +
                                std::to_string(n) + "}}");
         }},
        {"parameters", 50,
         [](std::size_t n) {
             std::string list;
             for (std::size_t i = 0; i < n; ++i)
                 list += "{name: A" + std::to_string(i) + ", type: INT},";
             return with_parameter(list);
         }},
        {"parameters, bundle", 200,
         [](std::size_t n) {
             std::string list;
             for (std::size_t i = 0; i < n; ++i)
                 list += "{name: A" + std::to_string(i) + ", type: INT},";
             return std::string(head) + bundle + "name: J\nparameterDefinitions: [" + list + "]\n" + one_step;
         }},
        {"file name", 64,
         [](std::size_t n) {
             return std::string(head) +
                    "name: J\nsteps: [{name: S, script: {actions: {onRun: {command: a}}, embeddedFiles: [{name: F, "
                    "type: TEXT, data: a, filename: " +
                    x(n) + "}]}}]";
         }},
        {"file name, bundle", 256,
         [](std::size_t n) {
             return std::string(head) + bundle +
                    "name: J\nsteps: [{name: S, script: {actions: {onRun: {command: a}}, embeddedFiles: [{name: F, "
                    "type: TEXT, data: a, filename: " +
                    x(n) + "}]}}]";
         }},
    };
    for (const Limit& limit : limits) {
        EXPECT_EQ(check_job(limit.text(limit.most)), "") << limit.what;
        EXPECT_NE(check_job(limit.text(limit.most + 1)), "") << limit.what;
    }
    const auto environment = [](std::size_t n) {
        std::string list;
        for (std::size_t i = 0; i < n; ++i)
            list += "{name: A" + std::to_string(i) + ", type: INT},";
        return std::string("specificationVersion: environment-2023-09\n") + bundle + "parameterDefinitions: [" + list +
               "]\nenvironment: {name: E, variables: {A: b}}\n";
    };
    EXPECT_EQ(check_environment(environment(50)), "");
    EXPECT_NE(check_environment(environment(51)), "") << "50 also with the bundle";
}

TEST(Template, RangeExpressionsHaveNoLimitOfElements) {
    EXPECT_EQ(check_job(with_step(
                  "  parameterSpace: {taskParameterDefinitions: [{name: T, type: INT, range: 1-100000000000}]}")),
              "");
    EXPECT_THAT(check_job(with_step(
                    "  parameterSpace: {taskParameterDefinitions: [{name: A, type: INT, range: 0-4611686018427387902}, "
                    "{name: B, type: INT, range: 0-99}]}")),
                HasSubstr("more than 18446744073709551615 tasks"));
}

TEST(Template, NamesAreKnownWhereTheyCanBe) {
    const char* task_space = "  parameterSpace: {taskParameterDefinitions: [{name: T, type: INT, range: [1]}]}\n";
    const auto command = [&](const char* name) {
        return check_job(std::string(head) +
                         "name: J\nparameterDefinitions: [{name: P, type: STRING}, {name: D, type: PATH}]\n" +
                         "steps:\n- name: S\n" + task_space +
                         "  script: {embeddedFiles: [{name: F, type: TEXT, data: a}], actions: {onRun: {command: \"{{" +
                         name + "}}\"}}}\n");
    };
    for (const char* name :
         {"Param.P", "RawParam.P", "Param.D", "RawParam.D", "Task.Param.T", "Task.RawParam.T", "Task.File.F",
          "Session.WorkingDirectory", "Session.HasPathMappingRules", "Session.PathMappingRulesFile"})
        EXPECT_EQ(command(name), "") << name;
    for (const char* name :
         {"Param.X", "Task.Param.X", "Task.File.X", "Env.File.F", "Session.X", "P", "param.P", "Job.Name", "Step.Name"})
        EXPECT_NE(command(name), "") << name;
    EXPECT_THAT(command("Job.Name"), HasSubstr("EXPR"));

    const auto environment = [&](const char* name) {
        return check_job(std::string(head) +
                         "name: J\nparameterDefinitions: [{name: D, type: PATH}]\njobEnvironments:\n- name: E\n  "
                         "variables: {A: \"{{" +
                         name + "}}\"}\n" + one_step);
    };
    EXPECT_EQ(environment("Param.D"), "");
    EXPECT_EQ(environment("Session.WorkingDirectory"), "");
    EXPECT_NE(environment("Task.Param.T"), "");
    EXPECT_NE(environment("Env.File.F"), "") << "variables are set before the files are written";

    EXPECT_EQ(check_job(named_job("a")), "");
    EXPECT_THAT(
        check_job(
            with_parameter("{name: D, type: PATH}").replace(std::string(head).size(), 7, "name: \"{{Param.D}}\"")),
        HasSubstr("use RawParam.D here"));
    EXPECT_NE(check_job(named_job("{{Session.WorkingDirectory}}")), "");
    EXPECT_NE(check_job(with_action("{command: a, timeout: \"{{Session.WorkingDirectory}}\"}", true)), "");
    EXPECT_EQ(check_job(with_action("{command: a, timeout: \"{{Param.P}}\"}", true)), "");
    EXPECT_THAT(check_job(with_action("{command: a, timeout: \"{{Param.P}}\"}")), HasSubstr("FEATURE_BUNDLE_1"));
    EXPECT_THAT(check_job(with_action("{command: a, cancelation: {mode: \"{{Param.P}}\"}}")),
                HasSubstr("FEATURE_BUNDLE_1"));
    EXPECT_EQ(check_job(with_action("{command: a, cancelation: {mode: \"{{Param.P}}\"}}", true)), "");
}

TEST(Template, FilesOfAScriptKnowEachOther) {
    EXPECT_EQ(
        check_job(
            std::string(head) +
            "name: J\nsteps: [{name: S, script: {embeddedFiles: [{name: A, type: TEXT, data: \"{{Task.File.B}}\"}, "
            "{name: B, type: TEXT, data: b}], actions: {onRun: {command: a}}}}]\n"),
        "");
}

TEST(Template, EnvironmentNamesDifferWithinAJobAndAStep) {
    const std::string environments = "jobEnvironments: [{name: A, variables: {V: v}}, {name: B, variables: {V: v}}]\n";
    const auto job = [&](const char* first, const char* second) {
        return check_job(
            std::string(head) + "name: J\n" + environments +
            "steps:\n- {name: S, script: {actions: {onRun: {command: a}}}, stepEnvironments: [{name: " + first +
            ", variables: {V: v}}]}\n- {name: T, script: {actions: {onRun: {command: a}}}, stepEnvironments: [{name: " +
            second + ", variables: {V: v}}]}\n");
    };
    EXPECT_EQ(job("C", "C"), "") << "two steps are never entered together";
    EXPECT_THAT(job("A", "C"), HasSubstr("steps[0].stepEnvironments[0]: the name \"A\" is taken"));
    EXPECT_THAT(job("C", "B"), HasSubstr("steps[1].stepEnvironments[0]"));
}

TEST(Template, DependenciesHaveNoCycle) {
    const auto job = [](const char* a, const char* b, const char* c) {
        const auto step = [](const char* name, const char* on) {
            return std::string("- {name: ") + name + ", script: {actions: {onRun: {command: a}}}" +
                   (*on != 0 ? std::string(", dependencies: [{dependsOn: ") + on + "}]" : "") + "}\n";
        };
        return check_job(std::string(head) + "name: J\nsteps:\n" + step("A", a) + step("B", b) + step("C", c));
    };
    EXPECT_EQ(job("", "A", "B"), "");
    EXPECT_EQ(job("C", "", "B"), "");
    EXPECT_THAT(job("", "C", "B"), HasSubstr("in a cycle: B, C"));
    EXPECT_THAT(job("A", "", ""), HasSubstr("can't depend on itself"));
}

TEST(Template, ControlsGoWithTheirParameters) {
    const auto ui = [](const char* type, const char* more, const char* interface) {
        return check_job(
            with_parameter(std::string("{name: A, type: ") + type + more + ", userInterface: " + interface + "}"));
    };
    EXPECT_EQ(ui("STRING", ", allowedValues: ['YES', 'no']", "{control: CHECK_BOX}"), "");
    EXPECT_NE(ui("STRING", ", allowedValues: ['yes', 'off']", "{control: CHECK_BOX}"), "");
    EXPECT_NE(ui("STRING", "", "{control: CHECK_BOX}"), "");
    EXPECT_NE(ui("STRING", "", "{control: SPIN_BOX}"), "");
    EXPECT_NE(ui("INT", "", "{control: LINE_EDIT}"), "");
    EXPECT_EQ(ui("INT", "", "{singleStepDelta: 2}"), "");
    EXPECT_NE(ui("INT", "", "{singleStepDelta: 1.5}"), "");
    EXPECT_NE(ui("INT", "", "{decimals: 2}"), "");
    EXPECT_EQ(ui("FLOAT", "", "{control: SPIN_BOX, decimals: 2, singleStepDelta: 0.1}"), "");
    EXPECT_NE(ui("FLOAT", "", "{control: HIDDEN, decimals: 2}"), "");
    EXPECT_NE(ui("FLOAT", "", "{singleStepDelta: 0}"), "");
    EXPECT_EQ(ui("PATH", ", objectType: FILE",
                 "{control: CHOOSE_INPUT_FILE, fileFilters: [{label: a, patterns: ['*', '*.*', '*.tar.gz']}]}"),
              "");
    EXPECT_NE(ui("PATH", ", objectType: FILE", "{control: CHOOSE_DIRECTORY}"), "");
    EXPECT_NE(ui("PATH", ", objectType: DIRECTORY", "{control: CHOOSE_OUTPUT_FILE}"), "");
    for (const char* pattern : {"**", "*.", "a", "*.a/b", "*.a*", "*.{a}", ""})
        EXPECT_NE(ui("PATH", "", (std::string("{fileFilters: [{label: a, patterns: ['") + pattern + "']}]}").c_str()),
                  "")
            << pattern;
    EXPECT_NE(ui("STRING", "", "{label: \"a\\nb\"}"), "");
}

TEST(Template, ParametersAreConsistent) {
    const auto parameter = [](const char* fields) {
        return check_job(with_parameter(std::string("{name: A, type: ") + fields + "}"));
    };
    for (const char* fields :
         {"INT, default: 9223372036854775807", "INT, default: '-9223372036854775808'",
          "INT, minValue: '1', maxValue: 1, default: ' 1 '", "FLOAT, default: 1e3, maxValue: '1000.0'",
          "FLOAT, allowedValues: [1, '2.50'], default: 2.5", "STRING, minLength: 0, default: ''",
          "STRING, minLength: 2, default: éé", "PATH, default: a, allowedValues: [a]", "STRING, default: null"})
        EXPECT_EQ(parameter(fields), "") << fields;
    for (const char* fields : {"INT, default: 9223372036854775808",
                               "INT, default: 1.0",
                               "INT, default: true",
                               "INT, default: '1.0'",
                               "INT, allowedValues: null",
                               "INT, allowedValues: [null]",
                               "INT, minLength: 1",
                               "FLOAT, default: .inf",
                               "FLOAT, default: nan",
                               "FLOAT, default: '1e400'",
                               "FLOAT, minValue: 2, maxValue: 1",
                               "STRING, default: 1",
                               "STRING, maxLength: 0",
                               "STRING, minLength: '1'",
                               "STRING, minLength: 3, default: éé",
                               "STRING, allowedValues: []",
                               "STRING, objectType: FILE",
                               "string",
                               "BOOL",
                               "LIST[INT]",
                               "RANGE_EXPR"})
        EXPECT_NE(parameter(fields), "") << fields;
    EXPECT_THAT(parameter("BOOL"), HasSubstr("EXPR"));
}

TEST(Template, UnknownFieldsSayWhatWasMeant) {
    EXPECT_THAT(check_job(with_step("  hostRequirement: {}")),
                HasSubstr("steps[0].hostRequirement: unknown field; did you mean \"hostRequirements\"?"));
    EXPECT_THAT(check_job(with_step("  let: [a = 1]")), HasSubstr("needs the extension EXPR"));
    EXPECT_THAT(check_job(with_step("  zebra: 1")), Not(HasSubstr("did you mean")));
}

TEST(Template, HostileTemplatesStayBounded) {
    std::string many = std::string(head) + "name: J\n" + one_step;
    for (int i = 0; i < 20'000; ++i)
        many += "field" + std::to_string(i) + ": 1\n";
    try {
        parse_job_template({many, Syntax::yaml, "T"});
        FAIL();
    } catch (const TemplateError& error) {
        EXPECT_EQ(error.problems().size(), max_problems);
    }
    EXPECT_NE(check_job(named_job(x(1 << 20))), "");
    EXPECT_LT(check_job(with_parameter("{name: A, type: INT, default: " + x(1 << 20) + "}")).size(), 1000u)
        << "values are cut in messages";
    EXPECT_NE(check_job(named_job("\\0")), "") << "an escaped NUL";
    EXPECT_NE(check_job(with_action("{command: \"a\\x85b\"}")), "") << "C1 controls too";
    EXPECT_EQ(check_job(with_action("{command: \"é\"}")), "");
}

TEST(Template, TellsTheParametersToAskFor) {
    const JobTemplate job =
        parse_job_template({with_parameter("{name: A, type: PATH, objectType: FILE, dataFlow: IN, description: d, "
                                           "default: x, allowedValues: [x, y]}, {name: B, type: FLOAT}"),
                            Syntax::yaml, "T"});
    const auto parameters = job.parameters();
    ASSERT_EQ(parameters.size(), 2u);
    EXPECT_EQ(parameters[0].object_type, ObjectType::file);
    EXPECT_EQ(parameters[0].data_flow, DataFlow::in);
    EXPECT_EQ(parameters[0].default_value, "x");
    EXPECT_EQ(parameters[0].allowed_values.size(), 2u);
    EXPECT_EQ(parameters[1].type, ParameterType::real);
    EXPECT_FALSE(parameters[1].default_value);
    EXPECT_EQ(syntax_of("a/B.JSON"), Syntax::json);
    EXPECT_EQ(syntax_of("template.yaml"), Syntax::yaml);
}

}  // namespace
}  // namespace atelier::job
