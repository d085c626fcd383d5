// What jobs made: listed, one by one with ranges, or all of it as one archive.
#include <fmt/format.h>

#include "api/answers.h"
#include "api/door.h"
#include "api/groups.h"
#include "api/output_file.h"
#include "archive/pack.h"

namespace atelier::api {

namespace {

using http::Response;

// "PARAMETER/PATH" of the last one of the page before.
std::pair<std::string, std::string> place_at(const std::string& cursor) {
    const std::size_t slash = cursor.find('/');
    if (slash == std::string::npos) return {cursor, ""};
    return {cursor.substr(0, slash), cursor.substr(slash + 1)};
}

Response list(Call& call) {
    require_job(call, call["job"]);
    const int limit = call.limit(1000, 10'000);
    const auto [parameter, path] = place_at(call.request.asked("cursor").value_or(""));
    OutputPage page;
    call.context.farm.read([&](db::Connection& connection) {
        page.outputs = farm::artifacts_after(connection, call["job"], parameter, path, limit + 1);
    });
    if (page.outputs.size() > static_cast<std::size_t>(limit)) {
        page.outputs.pop_back();
        const wire::Output& last = page.outputs.back().output;
        page.next = last.parameter + "/" + last.path;
    }
    return answer(page);
}

Response file(Call& call) {
    require_job(call, call["job"]);
    farm::Artifact artifact;
    call.context.farm.read([&](db::Connection& connection) {
        artifact = farm::artifact_at(connection, call["job"], call["parameter"], call["path"]);
    });
    return output_file(call.context.farm, call.request, artifact.output);
}

std::string name_in_archive(const wire::Output& output) { return output.parameter + "/" + output.path; }

Response packed(Call& call, archive::PackForm form, const char* ending, std::string_view type) {
    require_job(call, call["job"]);
    const auto outputs = std::make_shared<OutputsInOrder>(call.context.farm, call["job"], name_in_archive);
    const auto pack =
        std::make_shared<archive::Pack>(form, [outputs](archive::PackEntry& entry) { return outputs->next(entry); });
    Response response;
    response.with("Content-Type", std::string(type));
    response.with("Content-Disposition", fmt::format("attachment; filename=\"{}.{}\"", call["job"], ending));
    response.pieces = [pack] { return pack->next(); };
    return response;
}

Response as_zip(Call& call) { return packed(call, archive::PackForm::zip, "zip", "application/zip"); }
Response as_tar(Call& call) { return packed(call, archive::PackForm::tar, "tar", "application/x-tar"); }

}  // namespace

void add_outputs(Routes& routes) {
    routes.get("/jobs/{job}/outputs", Access::read, "The files that it made", list)
        .asks("limit", "integer", "at most so many, up to 10000")
        .asks("cursor", "string", "`next` of the page before")
        .gives_json(schema<OutputPage>());
    routes.get("/jobs/{job}/outputs.zip", Access::read, "All of them as one zip", as_zip)
        .gives_bytes("application/zip");
    routes.get("/jobs/{job}/outputs.tar", Access::read, "All of them as one tar", as_tar)
        .gives_bytes("application/x-tar");
    routes.get("/jobs/{job}/files/{parameter}/{path...}", Access::read, "One of them; ranges are served", file)
        .gives_bytes("*/*")
        .gives_also(206, "the range that was asked for")
        .gives_also(304, "it is the one that If-None-Match names");
}

}  // namespace atelier::api
