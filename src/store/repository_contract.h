// What every repository promises, as tests that are run over each kind: INSTANTIATE_TEST_SUITE_P says how one is
// opened. For tests alone; included once a program.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/files.h"
#include "base/testing.h"
#include "store/repository.h"

namespace atelier::store {

struct RepositoryKind {
    const char* name;
    // An empty one. The same number: the same place again.
    std::function<std::unique_ptr<Repository>(int number)> open;
    bool can_compare = true;  // publish_if holds against others
};

inline void PrintTo(const RepositoryKind& kind, std::ostream* out) { *out << kind.name; }

class RepositoryContract : public testing::TestWithParam<RepositoryKind> {
protected:
    void SetUp() override {
        static std::atomic<int> count = 0;
        number_ = ++count;
        repository_ = open();
    }

    std::unique_ptr<Repository> open() const { return GetParam().open(number_); }

    static Upload text(const std::string& name, const std::string& content) {
        return {name, {}, content, content_type_of(name), "max-age=60"};
    }
    void publish(const std::vector<Upload>& uploads) { repository_->publish(uploads); }
    std::string read(const std::string& name) { return repository_->read(name, 64u << 20); }
    std::vector<std::string> names(const std::string& prefix) {
        std::vector<std::string> found;
        repository_->list(prefix, [&](const PublishedFile& file) { found.push_back(file.name); });
        return found;
    }

    int number_ = 0;
    TemporaryFolder folder_;
    std::unique_ptr<Repository> repository_;
};

}  // namespace atelier::store
