// What every repository promises, whatever kind it is.
#include "store/repository_contract.h"

#include <algorithm>
#include <fstream>
#include <thread>

namespace atelier::store {
namespace {

using testing_support::error_of;

TEST_P(RepositoryContract, GivesBackWhatWasPublished) {
    EXPECT_FALSE(repository_->head("a/b.txt"));
    publish({text("a/b.txt", "hello"), text("empty", "")});
    EXPECT_EQ(read("a/b.txt"), "hello");
    EXPECT_EQ(read("empty"), "");
    const auto head = repository_->head("a/b.txt");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->name, "a/b.txt");
    EXPECT_EQ(head->size, 5u);
    EXPECT_NE(head->tag, "");
}

TEST_P(RepositoryContract, PublishingAgainReplaces) {
    publish({text("a", "first one")});
    const auto before = repository_->head("a");
    publish({text("a", "second")});
    EXPECT_EQ(read("a"), "second");
    EXPECT_NE(repository_->head("a")->tag, before->tag);
}

TEST_P(RepositoryContract, PublishesFilesOfAnySize) {
    std::string large(9u << 20, '\0');
    for (std::size_t i = 0; i < large.size(); ++i)
        large[i] = static_cast<char>(i * 2654435761u >> 24);
    std::ofstream(folder_.path() / "large") << large;
    std::ofstream(folder_.path() / "none");
    std::vector<std::string> told;
    const std::vector<Upload> uploads{{"x/large.png", folder_.path() / "large", "", "image/png", ""},
                                      {"x/none.png", folder_.path() / "none", "", "image/png", ""}};
    repository_->publish(uploads, [&](const Upload& upload) { told.push_back(upload.name); });
    EXPECT_TRUE(read("x/large.png") == large);
    EXPECT_EQ(read("x/none.png"), "");
    EXPECT_THAT(told, testing::UnorderedElementsAre("x/large.png", "x/none.png"));
}

TEST_P(RepositoryContract, PublishesManyAtOnce) {
    std::vector<Upload> uploads;
    for (int i = 0; i < 300; ++i)
        uploads.push_back(
            text("many/" + std::to_string(i / 20) + "/" + std::to_string(i), "number " + std::to_string(i)));
    std::size_t told = 0;
    repository_->publish(uploads, [&](const Upload&) { ++told; });
    EXPECT_EQ(told, uploads.size());
    for (const Upload& upload : uploads)
        EXPECT_EQ(read(upload.name), upload.content);
    EXPECT_EQ(names("many/").size(), uploads.size());
}

TEST_P(RepositoryContract, NothingToPublishIsFine) {
    publish({});
    EXPECT_THAT(names(""), testing::IsEmpty());
    EXPECT_THAT(repository_->folders(""), testing::IsEmpty());
}

TEST_P(RepositoryContract, ListsByPrefixInOrder) {
    publish({text("b/index.wtml", "1"), text("a/index.wtml", "2"), text("a.txt", "3"), text("a/0/0_0.png", "4"),
             text("ab/index.wtml", "5")});
    EXPECT_THAT(names(""),
                testing::ElementsAre("a.txt", "a/0/0_0.png", "a/index.wtml", "ab/index.wtml", "b/index.wtml"));
    EXPECT_THAT(names("a/"), testing::ElementsAre("a/0/0_0.png", "a/index.wtml"));
    EXPECT_THAT(names("a/i"), testing::ElementsAre("a/index.wtml"));
    EXPECT_THAT(names("a"), testing::ElementsAre("a.txt", "a/0/0_0.png", "a/index.wtml", "ab/index.wtml"));
    EXPECT_THAT(names("zz"), testing::IsEmpty());
    EXPECT_THAT(names("no/such/"), testing::IsEmpty());
    repository_->list("b/", [&](const PublishedFile& file) {
        EXPECT_EQ(file.size, 1u);
        EXPECT_EQ(file.tag, repository_->head(file.name)->tag);
    });
}

TEST_P(RepositoryContract, TellsTheFoldersOfAFolder) {
    publish({text("b/index.wtml", "1"), text("a/0/0_0.png", "2"), text("a/1/deep/er/x.png", "3"), text("top", "4")});
    EXPECT_THAT(repository_->folders(""), testing::ElementsAre("a", "b"));
    EXPECT_THAT(repository_->folders("a"), testing::ElementsAre("0", "1"));
    EXPECT_THAT(repository_->folders("b"), testing::IsEmpty());
    EXPECT_THAT(repository_->folders("none"), testing::IsEmpty());
}

TEST_P(RepositoryContract, NamesOfAnyCharactersSurvive) {
    const std::vector<std::string> odd{"o/a b+c%20&d=e?f#g.png", "o/m\xc3\xa4rz.png", "o/quote'\"<>;:@$,!*().png",
                                       "o/~tilde"};
    for (const std::string& name : odd)
        publish({text(name, name)});
    for (const std::string& name : odd) {
        EXPECT_EQ(read(name), name);
        EXPECT_EQ(repository_->head(name)->size, name.size()) << name;
    }
    auto sorted = odd;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(names("o/"), sorted);
    for (const std::string& name : odd)
        repository_->remove(name);
    EXPECT_THAT(names("o/"), testing::IsEmpty());
}

TEST_P(RepositoryContract, WhatIsRemovedIsGone) {
    publish({text("a/b/c", "1"), text("a/d", "2")});
    repository_->remove("a/b/c");
    EXPECT_FALSE(repository_->head("a/b/c"));
    EXPECT_THAT(names(""), testing::ElementsAre("a/d"));
    EXPECT_THAT(repository_->folders("a"), testing::IsEmpty());
    repository_->remove("a/b/c");
    repository_->remove("never/there");
}

TEST_P(RepositoryContract, ReadingHasItsBounds) {
    publish({text("ten", "0123456789")});
    EXPECT_EQ(repository_->read("ten", 10), "0123456789");
    EXPECT_EQ(error_of([&] { repository_->read("ten", 9); }).kind(), Error::Kind::exhausted);
    const Error missing = error_of([&] { repository_->read("a/none", 10); });
    EXPECT_EQ(missing.kind(), Error::Kind::not_found);
    EXPECT_THAT(missing.what(), testing::HasSubstr("a/none"));
}

TEST_P(RepositoryContract, RefusesNamesThatLeadOut) {
    for (const char* name : {"", "/abs", "../up", "a/../../up", "a//b", "a/./b", "a/", "back\\slash"}) {
        EXPECT_EQ(error_of([&] { publish({text(name, "x")}); }).kind(), Error::Kind::invalid) << name;
        EXPECT_EQ(error_of([&] { repository_->read(name, 10); }).kind(), Error::Kind::invalid) << name;
        EXPECT_EQ(error_of([&] { repository_->head(name); }).kind(), Error::Kind::invalid) << name;
        EXPECT_EQ(error_of([&] { repository_->remove(name); }).kind(), Error::Kind::invalid) << name;
    }
}

TEST_P(RepositoryContract, AFileThatIsMissingIsNamed) {
    const Error error = error_of([&] { publish({{"a", folder_.path() / "gone.png", "", "image/png", ""}}); });
    EXPECT_EQ(error.kind(), Error::Kind::not_found);
    EXPECT_THAT(error.what(), testing::HasSubstr("gone.png"));
    EXPECT_FALSE(repository_->head("a"));
}

TEST_P(RepositoryContract, PublishesOnlyOverWhatIsExpected) {
    if (!GetParam().can_compare) GTEST_SKIP() << "this server doesn't compare";
    EXPECT_FALSE(repository_->publish_if(text("i", "x"), "no such tag"));
    EXPECT_FALSE(repository_->head("i"));
    EXPECT_TRUE(repository_->publish_if(text("i", "one"), std::nullopt));
    EXPECT_FALSE(repository_->publish_if(text("i", "two"), std::nullopt));
    const std::string first = repository_->head("i")->tag;
    EXPECT_TRUE(repository_->publish_if(text("i", "three"), first));
    EXPECT_FALSE(repository_->publish_if(text("i", "four"), first));
    EXPECT_EQ(read("i"), "three");
}

// Each adds its letter to what it read, and begins anew when somebody was quicker: none may be lost.
TEST_P(RepositoryContract, OfSeveralAtOnceOneIsFirst) {
    if (!GetParam().can_compare) GTEST_SKIP() << "this server doesn't compare";
    constexpr int writers = 4, rounds = 8;
    std::atomic<int> refused = 0;
    const auto add_letters = [&](char letter) {
        const auto mine = open();
        for (int i = 0; i < rounds;) {
            const auto head = mine->head("letters");
            const std::string before = head ? mine->read("letters", 1000) : "";
            // What was read may be newer than its head; then the tag is old, and it is refused.
            if (mine->publish_if(text("letters", before + letter), head ? std::optional(head->tag) : std::nullopt))
                ++i;
            else
                ++refused;
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < writers; ++i)
            threads.emplace_back(add_letters, static_cast<char>('a' + i));
    }
    const std::string letters = read("letters");
    EXPECT_EQ(letters.size(), std::size_t{writers * rounds}) << letters << ", refused " << refused;
    for (int i = 0; i < writers; ++i)
        EXPECT_EQ(std::count(letters.begin(), letters.end(), 'a' + i), rounds);
}

}  // namespace
}  // namespace atelier::store
