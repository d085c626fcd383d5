// The commands of the workflow: `atelier sky fetch` and its siblings, and the names that the original had for them.
#include <CLI/CLI.hpp>

#include "pipelines/sky/desk/commands.h"
#include "pipelines/sky/desk/pipeline_run.h"

namespace atelier::pipelines::sky {

namespace {

using Run = int (*)(PipelineRequest, cli::Output&);

enum Option : unsigned {
    place = 1u << 0,  // where it is published
    ids = 1u << 1,    // words are ids and patterns
    farm = 1u << 2,
    all = 1u << 3,
    pixels = 1u << 4,
    reason = 1u << 5
};

struct Verb {
    const char* name;
    const char* original;  // its first name, after "pipeline-"; nothing: it came later
    unsigned options;
    Run run;
    const char* summary;
    const char* example;
};

constexpr Verb verbs[] = {
    {"init", nullptr, place, run_init, "say once where this work folder's images are published",
     "atelier sky init --local=/srv/sky work"},
    {"refresh", nullptr, place | all, run_refresh, "look what the source has, and list what is new",
     "atelier sky refresh work"},
    {"fetch", "fetch-inputs", place | ids | farm | all, run_fetch,
     "download new images, or the candidates that are named", "atelier sky fetch --local=/srv/sky work"},
    {"process", "process-todos", place | farm | pixels, run_process, "tile what is fetched",
     "atelier sky process --local=/srv/sky work"},
    {"approve", nullptr, ids | place, run_approve, "let processed images be published",
     "atelier sky approve --workdir work 'eso*'"},
    {"reject", nullptr, ids | reason, run_reject, "reject images for good",
     "atelier sky reject --workdir work eso1234a --reason 'mirrored'"},
    {"publish", "publish-todos", place | farm, run_publish, "upload what is processed, or approved",
     "atelier sky publish --local=/srv/sky work"},
    {"reindex", "reindex", place | farm, run_reindex, "write the index of all that is published",
     "atelier sky reindex --local=/srv/sky work"},
    {"ignore-rejects", nullptr, place, run_ignore_rejects,
     "mark rejected images in the repository: never offered again", "atelier sky ignore-rejects work"},
};

void add_verb_options(CLI::App& command, unsigned options, PipelineRequest& request) {
    const bool takes_ids = (options & ids) != 0;
    command.add_option(takes_ids ? "IDS" : "WORKDIR", request.words,
                       takes_ids ? "Image ids, or patterns such as 'eso*'; with --local or --azure-*: the work folder"
                                 : "The work folder; else this one");
    command.add_option("--workdir", request.step.work_folder, "The work folder");
    if ((options & place) != 0) add_place_options(command, request.step.place);
    if ((options & all) != 0)
        command.add_flag("--all", request.all, "Look through the whole source, also behind what is known");
    if ((options & pixels) != 0)
        command.add_flag("--compatible", request.step.processing.compatible,
                         "Pixels exactly as the original makes them");
    if ((options & reason) != 0) command.add_option("--reason", request.reason, "Why; it is kept")->required();
    if ((options & farm) == 0) return;
    command.add_flag("--farm", request.farm, "As a job of the farm, a task an image");
    command.add_option("--workers", request.workers, "With --farm: tasks at one time")->check(CLI::Range(1, 1024));
    command.add_flag("--dry-run", request.dry_run, "With --farm: show the job, run nothing");
}

void add_one(CLI::App& command, cli::Context& context, const Verb& verb, const std::string& name) {
    CLI::App& added = cli::add_verb(command, name, verb.summary, verb.example);
    const auto request = std::make_shared<PipelineRequest>();
    add_verb_options(added, verb.options, *request);
    cli::when_chosen(added, context, [request, run = verb.run, &context] { return run(*request, context.output); });
}

}  // namespace

void add_pipeline_commands(CLI::App& command, cli::Context& context) {
    for (const Verb& verb : verbs)
        add_one(command, context, verb, verb.name);
}

// `toasty pipeline-fetch-inputs`, as it was first; `toasty pipeline fetch-inputs` and `toasty pipeline fetch`, as it
// was later.
void add_original_pipeline_commands(CLI::App& command, cli::Context& context) {
    CLI::App& group = cli::add_verb(command, "pipeline", "the workflow, by the original's later names",
                                    "atelier toasty pipeline refresh --workdir work");
    group.require_subcommand(1);
    for (const Verb& verb : verbs) {
        add_one(group, context, verb, verb.name);
        if (verb.original == nullptr) continue;
        add_one(command, context, verb, std::string("pipeline-") + verb.original);
        if (std::string_view(verb.original) != verb.name) add_one(group, context, verb, verb.original);
    }
}

}  // namespace atelier::pipelines::sky
