// The sky's workflow published into a container of a real Azurite: the same as into a folder, by name of the variable
// alone, killed and begun again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "base/text.h"
#include "pipelines/sky/fits/testing_sky.h"
#include "sky_site.h"
#include "store/repository.h"
#include "store/testing_clouds.h"

namespace atelier::tests {
namespace {

using pipelines::sky::sky_data;
using testing_support::Azurite;

constexpr std::uint64_t read_limit = 64u << 20;

class Published {
public:
    explicit Published(const SkyGround& ground) : container_(Azurite::shared().new_container()) {
        repository_ = store::open_azure_repository({Azurite::shared().connection_string(), container_, "studies"});
        const std::string name = "toasty-pipeline-config.yaml";
        repository_->publish({{{name, {}, ground.read("repo/" + name), "application/yaml", {}}}});
    }

    std::vector<std::string> words(const std::string& step) const {
        return {"toasty",
                "pipeline-" + step,
                "--azure-conn-env=SKY_STORE",
                "--azure-container-name=" + container_,
                "--azure-path-prefix=studies",
                "work"};
    }
    // As SkyGround::repository() tells a folder's.
    std::map<std::string, std::string> files() const {
        std::map<std::string, std::string> found;
        repository_->list("", [&](const store::PublishedFile& file) { found["repo/" + file.name]; });
        for (auto& [name, content] : found)
            content = repository_->read(name.substr(5), read_limit);
        return found;
    }
    std::string type_of(const std::string& name) const {
        return Azurite::shared().ask("HEAD", "/" + container_ + "/studies/" + name).header("content-type");
    }

private:
    std::string container_;
    std::unique_ptr<store::Repository> repository_;
};

void expect_no_secret(const SkyGround& ground) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(ground.path("work")))
        if (entry.is_regular_file()) {
            EXPECT_EQ(read_file(entry.path()).find(Azurite::key()), std::string::npos) << entry.path();
        }
}

TEST(SkyInTheCloud, TheWorkflowIsTheSameAsInAFolder) {
    ATELIER_NEED_SKY_DATA();
    const SkySite site;
    const SkyGround here(site);
    SkyGround cloud(site);
    cloud.variables["SKY_STORE"] = Azurite::shared().connection_string();
    here.whole_old_run();
    const Published published(cloud);
    for (const char* step : {"fetch-inputs", "process-todos", "publish-todos", "reindex"}) {
        const Ended ended = cloud.sky(published.words(step));
        EXPECT_EQ(ended.all().find(Azurite::key()), std::string::npos);
    }
    EXPECT_EQ(published.files(), here.repository());
    EXPECT_EQ(published.type_of("fab_ngc253_a/L0X0Y0.png"), "image/png");
    EXPECT_EQ(published.type_of("fab_ngc253_a/index.wtml"), "application/x-wtml+xml");
    EXPECT_THAT(cloud.sky(published.words("fetch-inputs")).out, ::testing::HasSubstr("queued 0 images"));
    expect_no_secret(cloud);
}

TEST(SkyInTheCloud, KilledAnywhereTheNextPublishGoesOn) {
    ATELIER_NEED_SKY_DATA();
    const SkySite site;
    const SkyGround here(site);
    SkyGround cloud(site);
    cloud.variables["SKY_STORE"] = Azurite::shared().connection_string();
    here.whole_old_run();
    const Published published(cloud);
    cloud.sky(published.words("fetch-inputs"));
    cloud.sky(published.words("process-todos"));
    int kills = 0;
    for (std::chrono::milliseconds moment{40};; moment += std::chrono::milliseconds(60)) {
        const auto running = cloud.start(published.words("publish-todos"));
        std::this_thread::sleep_for(moment);
        if (running->ended()) break;
        running->signal(SIGKILL);
        running->wait();
        ++kills;
    }
    EXPECT_GT(kills, 0);
    cloud.sky(published.words("publish-todos"));
    cloud.sky(published.words("reindex"));
    EXPECT_EQ(published.files(), here.repository());
}

}  // namespace
}  // namespace atelier::tests
