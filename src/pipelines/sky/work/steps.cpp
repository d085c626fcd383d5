#include "pipelines/sky/work/steps.h"

#include <CLI/CLI.hpp>

#include "pipelines/sky/work/fetching.h"
#include "pipelines/sky/work/publishing.h"

namespace atelier::pipelines::sky {

namespace {

http::FetchOptions fetch_options() {
    http::FetchOptions options;
    options.caller.user_agent = "atelier-sky";
    return options;
}

}  // namespace

Steps::Steps(StepRequest request, Telling tell)
    : request_(std::move(request)),
      work_{WorkFolder(request_.work_folder), {request_.is_reviewed}, std::move(tell), nullptr, nullptr},
      fetcher_(fetch_options()) {
    work_.fetcher = &fetcher_;
}

Work& Steps::with_repository() {
    if (!repository_) {
        if (!request_.place.is_given()) request_.place = load_data_place(work_.folder.root());
        repository_ = open_repository(request_.place);
        work_.repository = repository_.get();
    }
    return work_;
}

const Config& Steps::config() {
    if (!config_) config_ = load_config(work_);
    return *config_;
}

Source& Steps::source() {
    if (!source_) source_ = open_source(config(), fetcher_, work_.tell.say);
    return *source_;
}

std::vector<std::string> Steps::waiting_for(const std::string& step) {
    work_.folder.tidy();
    return step == "process" ? images_to_process(work_) : images_to_publish(work_);
}

Tally Steps::run(const std::string& step, const std::vector<std::string>& ids) {
    if (step == "fetch") return fetch_images(work_, source(), ids);
    if (step == "process") return process_images(work_, source(), config(), request_.processing, ids);
    return publish_images(with_repository(), ids);
}

void add_place_options(CLI::App& command, DataPlace& place) {
    command.add_option("--local", place.local, "The folder that is published");
    command.add_option("--azure-conn-env", place.azure_conn_env,
                       "Azure: the NAME of the variable that holds the connection string");
    command.add_option("--azure-container,--azure-container-name", place.azure_container, "Azure: the container");
    command.add_option("--azure-path-prefix", place.azure_path_prefix, "Azure: a folder in the container");
    command.add_option("--s3-url", place.s3_url, "s3://BUCKET/PREFIX; the key from AWS_ACCESS_KEY_ID, ...");
    command.add_option("--gcs-url", place.gcs_url, "gs://BUCKET/PREFIX");
}

std::vector<std::string> place_arguments(const DataPlace& place) {
    std::vector<std::string> arguments;
    const std::pair<const char*, const std::string&> all[] = {{"--local", place.local},
                                                              {"--azure-conn-env", place.azure_conn_env},
                                                              {"--azure-container", place.azure_container},
                                                              {"--azure-path-prefix", place.azure_path_prefix},
                                                              {"--s3-url", place.s3_url},
                                                              {"--gcs-url", place.gcs_url}};
    for (const auto& [name, value] : all)
        if (!value.empty()) arguments.insert(arguments.end(), {name, value});
    return arguments;
}

}  // namespace atelier::pipelines::sky
