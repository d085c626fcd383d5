#include "pipelines/sky/work/data_place.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/json/object.hpp>
#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "job/document.h"

namespace atelier::pipelines::sky {

namespace fs = std::filesystem;

namespace {

constexpr unsigned for_the_owner_alone = 0600;

struct Field {
    std::string_view type;  // as _type has it
    std::string_view key;
    std::string DataPlace::*value;
    bool is_needed;
};

constexpr std::array<Field, 6> fields{{{"local", "path", &DataPlace::local, true},
                                       {"azure-blob", "connection_env", &DataPlace::azure_conn_env, true},
                                       {"azure-blob", "container_name", &DataPlace::azure_container, true},
                                       {"azure-blob", "path_prefix", &DataPlace::azure_path_prefix, false},
                                       {"s3", "url", &DataPlace::s3_url, true},
                                       {"gcs", "url", &DataPlace::gcs_url, true}}};

std::string_view type_of(const DataPlace& place) {
    if (!place.local.empty()) return "local";
    if (!place.s3_url.empty()) return "s3";
    return place.gcs_url.empty() ? "azure-blob" : "gcs";
}

std::string secret_of(const DataPlace& place) {
    const char* secret = std::getenv(place.azure_conn_env.c_str());
    if (secret == nullptr || *secret == '\0')
        throw Error(Error::Kind::invalid,
                    "--azure-conn-env=" + place.azure_conn_env + " provided, but that environment variable is unset",
                    "put the storage account's connection string into it: `read -rs " + place.azure_conn_env +
                        " && export " + place.azure_conn_env + "`");
    return secret;
}

class PlaceReader {
public:
    PlaceReader(std::string_view text, const fs::path& name) : name_(name) {
        const auto read = job::parse_yaml(text, problems_);
        refuse_problems();
        root_ = *read;
        if (root_.kind != job::Node::Kind::map) tell(root_.mark, "", "keys with values are expected");
        refuse_problems();
    }

    DataPlace place() {
        const std::string type = value("_type", true);
        refuse_problems();
        DataPlace place;
        bool is_known = false;
        for (const Field& field : fields) {
            if (field.type != type) continue;
            is_known = true;
            known_.emplace_back(field.key);
        }
        if (!is_known)
            tell(root_.find("_type")->value.mark, "_type",
                 "'" + printable(type) + "' is none of local, azure-blob, s3, gcs");
        if (root_.find("connection_secret") != nullptr)
            throw Error(Error::Kind::invalid,
                        name_.string() + " holds a connection string in clear text; it isn't used",
                        "remove the file and make it anew with `atelier sky init --azure-conn-env=NAME ...`: then it "
                        "holds the name of the variable alone. Whoever could read the file has the key: renew it");
        for (const Field& field : fields)
            if (field.type == type) place.*field.value = value(std::string(field.key), field.is_needed);
        for (const auto& entry : root_.entries)
            if (entry.key != "_type" && std::find(known_.begin(), known_.end(), entry.key) == known_.end())
                tell(entry.mark, entry.key, "is unknown");
        refuse_problems();
        return place;
    }

private:
    void tell(const job::Mark& mark, const std::string& path, const std::string& message) {
        problems_.push_back({path, mark, message});
    }

    void refuse_problems() const {
        if (!problems_.empty())
            throw Error(Error::Kind::invalid, std::string(trim(job::describe(problems_, name_.string()))), {},
                        name_.string());
    }

    // A list of names is a path, as the original writes a prefix.
    std::string value(const std::string& key, bool is_needed) {
        const auto* entry = root_.find(key);
        std::vector<std::string> parts;
        if (entry != nullptr)
            for (const job::Node& item : entry->value.items)
                parts.push_back(item.text);
        const std::string text = entry == nullptr ? "" : parts.empty() ? entry->value.text : join(parts, "/");
        if (text.empty() && is_needed) tell(entry == nullptr ? root_.mark : entry->mark, key, "is missing");
        return text;
    }

    fs::path name_;
    std::vector<job::Problem> problems_;
    std::vector<std::string> known_;
    job::Node root_;
};

}  // namespace

bool DataPlace::is_given() const { return *this != DataPlace{}; }

void check(const DataPlace& place) {
    const bool azure =
        !place.azure_conn_env.empty() || !place.azure_container.empty() || !place.azure_path_prefix.empty();
    const int places =
        int(!place.local.empty()) + int(azure) + int(!place.s3_url.empty()) + int(!place.gcs_url.empty());
    if (places == 0)
        throw Error(Error::Kind::invalid, "An I/O backend must be specified with the arguments --local or --azure-*",
                    "--local=FOLDER, --azure-conn-env=NAME --azure-container=NAME, --s3-url=s3://BUCKET/PREFIX, or "
                    "--gcs-url=gs://BUCKET/PREFIX");
    if (places > 1)
        throw Error(Error::Kind::invalid, "more than one place is named to publish to",
                    "one of --local, --azure-*, ...");
    if (!azure) return;
    if (place.azure_conn_env.empty())
        throw Error(Error::Kind::invalid,
                    "--azure-conn-env is missing: the name of the variable with the connection "
                    "string of the storage account");
    secret_of(place);
    if (place.azure_container.empty())
        throw Error(Error::Kind::invalid, "--azure-container-name must be provided if --azure-conn-env is");
}

std::unique_ptr<store::Repository> open_repository(const DataPlace& place) {
    check(place);
    if (!place.local.empty()) return store::open_folder_repository(place.local);
    if (!place.s3_url.empty()) return store::open_s3_repository(place.s3_url);
    if (!place.gcs_url.empty()) return store::open_gcs_repository(place.gcs_url);
    return store::open_azure_repository({secret_of(place), place.azure_container, place.azure_path_prefix});
}

void save_data_place(const DataPlace& place, const fs::path& work_folder) {
    const std::string_view type = type_of(place);
    std::string text = "_type: " + std::string(type) + "\n";
    for (const Field& field : fields)
        if (field.type == type && !(place.*field.value).empty())
            text += std::string(field.key) + ": " + json::text(json::Value(place.*field.value)) + "\n";
    fs::create_directories(work_folder);
    const fs::path path = work_folder / store_config_name;
    const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, for_the_owner_alone));
    if (!file && errno == EEXIST)
        throw Error(Error::Kind::conflict, path.string() + " is there already",
                    "remove it to publish this work folder's images to another place");
    if (!file) throw Error::from_errno("cannot write " + path.string());
    write_all(file.get(), text, path);
    ::fsync(file.get());
    sync_folder(work_folder);
}

DataPlace parse_data_place(std::string_view yaml, const fs::path& name_for_errors) {
    return PlaceReader(yaml, name_for_errors).place();
}

DataPlace load_data_place(const fs::path& work_folder) {
    const fs::path path = work_folder / store_config_name;
    if (!fs::exists(path))
        throw Error(Error::Kind::not_found, "there is no " + path.string(),
                    "say where images are published: with --local=FOLDER or another of the data options, or once for "
                    "this work folder by `atelier sky init`");
    return parse_data_place(read_file(path), path);
}

}  // namespace atelier::pipelines::sky
