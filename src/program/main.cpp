// The program: a table of commands, and one of what the crafts bring to the server. What each does stands in the file
// of its group.
#include "cli/commands.h"
#include "pipelines/blender/commands.h"
#include "pipelines/blender/proofs.h"
#include "pipelines/blender/routes.h"
#include "pipelines/povray/command.h"
#include "pipelines/povray/proofs.h"
#include "pipelines/povray/routes.h"
#include "pipelines/sky/desk/commands.h"
#include "process/keeper.h"

namespace {

const std::vector<atelier::cli::Command> commands = {
    {"render", "Crafts", "render a .blend into frames and a film", "atelier render scene.blend --engine cycles",
     atelier::pipelines::blender::add_render},
    {"blend", "Crafts", "look into a .blend without Blender: info, scenes, deps", "atelier blend info scene.blend",
     atelier::pipelines::blender::add_blend},
    {"pov", "Crafts", "draw a POV-Ray scene or animation, and make the film", "atelier pov scene.ini --size 640x360",
     atelier::pipelines::povray::add_pov},
    {"sky", "Crafts", "tile images of the sky, and publish them for WorldWide Telescope",
     "atelier sky tile-study galaxy.jpg --avm --outdir galaxy", atelier::pipelines::sky::add_sky},
    {"toasty", "Crafts", "the same, by the names that toasty has for it",
     "atelier toasty pipeline-fetch-inputs --local=/srv/sky work", atelier::pipelines::sky::add_toasty},
    {"run", "Jobs", "run a template's job on this machine's farm",
     "atelier run examples/demo/template.yaml -p OutputDir=./film", atelier::cli::add_run},
    {"jobs", "Jobs", "list the jobs, the newest first", "atelier jobs", atelier::cli::add_jobs},
    {"job", "Jobs", "look at one job and steer it: show, logs, pause, retry, ...", "atelier job show 7k2m",
     atelier::cli::add_job},
    {"why", "Jobs", "say what a waiting job or task waits for", "atelier why 7k2m", atelier::cli::add_why},
    {"openjd", "Templates", "check, run or summarize a template, without a farm", "atelier openjd check template.yaml",
     atelier::cli::add_openjd},
    {"serve", "Many machines", "serve the farm to other machines and people", "atelier serve --listen 0.0.0.0:7070",
     atelier::cli::add_serve},
    {"worker", "Many machines", "work for a server on another machine",
     "atelier worker --server https://farm:7070 --slots 4", atelier::cli::add_worker},
    {"user", "Many machines", "add users, give them roles, end their access", "atelier user add ann --role admin",
     atelier::cli::add_user},
    {"token", "Many machines", "make, list and revoke the tokens of programs and workers",
     "atelier token create render-2 --scope worker > worker.token", atelier::cli::add_token},
    {"audit", "Many machines", "list who did what, the newest first", "atelier audit --limit 20",
     atelier::cli::add_audit},
    {"backup", "Many machines", "put the whole farm into one file, while it runs",
     "atelier backup /mnt/backup/farm-2026-11-21.tar", atelier::cli::add_backup},
    {"restore", "Many machines", "make a data folder from a backup",
     "ATELIER_HOME=/srv/atelier atelier restore farm-2026-11-21.tar", atelier::cli::add_restore},
    {"db", "Many machines", "move the farm's database between SQLite and PostgreSQL",
     "atelier db copy /srv/atelier postgresql://farm@db.lab/farm", atelier::cli::add_db},
    {"store", "This machine", "check, clean up and measure what is stored", "atelier store usage",
     atelier::cli::add_store},
    {"doctor", "This machine", "tell what this machine can do, and what is missing", "atelier doctor",
     atelier::cli::add_doctor},
    {"simulate", "This machine", "try the farm with workers that are only messages, and faults",
     "atelier simulate --workers 1000 --jobs 50 --tasks 200000 --faults all --seed 7", atelier::cli::add_simulate},
    {"completion", "This machine", "print what makes the shell complete commands", "source <(atelier completion bash)",
     atelier::cli::add_completion},
};

atelier::cli::Crafts crafts() {
    atelier::cli::Crafts all{{{"Render tasks", atelier::pipelines::blender::add_render_tasks},
                              {"POV-Ray jobs", atelier::pipelines::povray::add_pov_jobs}},
                             atelier::pipelines::blender::proofs()};
    for (const atelier::cli::Proof& proof : atelier::pipelines::povray::proofs())
        all.proofs.push_back(proof);
    return all;
}

}  // namespace

int main(int argc, char** argv) {
    if (atelier::process::run_as_keeper(argc, argv)) return 0;
    auto output = atelier::cli::Output::of_process();
    const atelier::cli::Crafts brought = crafts();
    return atelier::cli::run_program(commands, brought, {argv + 1, argv + argc}, output);
}
