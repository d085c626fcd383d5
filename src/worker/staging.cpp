#include "worker/staging.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/id.h"
#include "base/machine.h"
#include "base/text.h"
#include "store/manifest.h"

namespace atelier::worker {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t longest_link = 4096;

bool is_incoming(job::DataFlow flow) { return flow == job::DataFlow::in || flow == job::DataFlow::inout; }
bool is_outgoing(job::DataFlow flow) { return flow == job::DataFlow::out || flow == job::DataFlow::inout; }

bool is_file(const job::Parameter& parameter) { return parameter.object_type == job::ObjectType::file; }

std::vector<const job::Parameter*> flowing_paths(const job::Job& job) {
    std::vector<const job::Parameter*> found;
    for (const job::Parameter& parameter : job.parameters)
        if (parameter.type == job::ParameterType::path && parameter.data_flow != job::DataFlow::none &&
            !parameter.value.empty())
            found.push_back(&parameter);
    return found;
}

}  // namespace

Stage stage_in_place(const wire::JobOrder& order) {
    Stage stage;
    for (const job::Parameter* parameter : flowing_paths(*order.job)) {
        const fs::path path = parameter->value;
        if (is_outgoing(parameter->data_flow)) {
            const fs::path folder = is_file(*parameter) ? path.parent_path() : path;
            fs::create_directories(folder);
            stage.outputs.push_back({parameter->name, path, is_file(*parameter)});
            stage.writable.push_back(folder);
        } else {
            stage.readable.push_back(path);
        }
    }
    return stage;
}

std::string about_missing_inputs(const wire::JobOrder& order) {
    if (order.sessioning.isolate) return "";
    for (const job::Parameter* parameter : flowing_paths(*order.job)) {
        std::error_code problem;
        if (is_incoming(parameter->data_flow) && !fs::exists(parameter->value, problem))
            return fmt::format(
                "; {} of {} is not on the machine {}, which ran the task: with --isolate a job takes its inputs along",
                printable(parameter->value), parameter->name, machine_name());
    }
    return "";
}

namespace {

store::Manifest fetch_input(const std::string& digest, const std::string& name, store::Blobs& blobs,
                            Transfer::Use& use) {
    const Digest manifest = Digest::from_hex(digest);
    use.fetch_manifest(manifest);
    auto content = store::load_manifest(manifest, blobs);
    if (!content) throw Error(Error::Kind::internal, "the manifest of the input " + name + " is not in the store");
    use.fetch(blobs_of(*content));
    return std::move(*content);
}

void fetch_outputs(const std::vector<wire::Output>& outputs, Transfer::Use& use) {
    std::vector<store::BlobRef> blobs;
    for (const wire::Output& output : outputs)
        blobs.push_back({Digest::from_hex(output.digest), output.size});
    use.fetch(blobs);
}

}  // namespace

Stage stage_isolated(const wire::JobOrder& order, const std::vector<wire::Output>& before, store::Blobs& blobs,
                     Transfer::Use& use, const fs::path& folder) {
    fetch_outputs(before, use);
    Stage stage;
    std::vector<job::PathMappingRule> rules;
    for (const job::Parameter* parameter : flowing_paths(*order.job)) {
        const fs::path root = folder / parameter->name;
        fs::create_directories(root);
        if (const auto manifest = order.inputs.find(parameter->name);
            manifest != order.inputs.end() && is_incoming(parameter->data_flow)) {
            const store::Manifest content = fetch_input(manifest->second, parameter->name, blobs, use);
            place(content, root, blobs,
                  is_outgoing(parameter->data_flow) ? store::Placement::copy : store::Placement::automatic);
        }
        const fs::path mapped = is_file(*parameter) ? root / fs::path(parameter->value).filename() : root;
        rules.push_back({job::PathFormat::posix, parameter->value, mapped.string()});
        if (is_outgoing(parameter->data_flow)) {
            for (const wire::Output& output : before)
                if (output.parameter == parameter->name) place_output(output, root, blobs);
            stage.outputs.push_back({parameter->name, mapped, is_file(*parameter)});
            stage.writable.push_back(root);
        } else {
            stage.readable.push_back(root);
        }
    }
    stage.mapping = job::PathMapping(std::move(rules));
    return stage;
}

void place_output(const wire::Output& output, const fs::path& folder, store::Blobs& blobs) {
    const store::BlobRef blob{Digest::from_hex(output.digest), output.size};
    OutputContent content;
    content.lay = [&](const fs::path& at) { blobs.place(blob, at, store::Placement::copy, output.mode); };
    content.link_target = [&] { return blobs.get(blob, longest_link); };
    place_output(output, folder, content);
}

void place_output(const wire::Output& output, const fs::path& folder, const OutputContent& content) {
    check_relative_path(output.path);
    const fs::path target = folder / output.path;
    // Looked at before anything is made: what is there already may be a link to elsewhere.
    const fs::path real = fs::weakly_canonical(target.parent_path());
    const fs::path root = fs::weakly_canonical(folder);
    if (real != root && !real.native().starts_with(root.native() + "/"))
        throw Error(Error::Kind::invalid, "the output " + output.path + " is refused: a link leads out of its folder");
    fs::create_directories(target.parent_path());
    const fs::path beside = target.parent_path() / ("." + target.filename().string() + "." + random_id(8) + ".tmp");
    if (output.is_link) {
        const fs::path leads_to = content.link_target();
        if (leads_out(output.path, leads_to))
            throw Error(Error::Kind::invalid,
                        "the output " + output.path + " is refused: it is a link out of its folder");
        fs::create_symlink(leads_to, beside);
    } else {
        content.lay(beside);
    }
    fs::rename(beside, target);
}

}  // namespace atelier::worker
