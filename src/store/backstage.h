// Where files wait, written and synced, before they get the names under which others read them: a hidden folder in the
// published one, of one publishing process. Gone with it; what a killed process left, the next one removes.
#pragma once

#include <string>
#include <string_view>

#include "base/files.h"

namespace atelier::store {

class Backstage {
public:
    static constexpr std::string_view prefix = ".atelier-publishing-";

    // root: the published folder, open; shown: its path, for errors.
    Backstage(const Fd& root, std::string shown);
    ~Backstage();
    Backstage(const Backstage&) = delete;
    Backstage& operator=(const Backstage&) = delete;

    const Fd& folder() const { return folder_; }

private:
    void make();
    void remove_abandoned();

    const Fd& root_;
    std::string shown_;
    std::string name_;
    Fd folder_;  // locked for as long as this lives: who can lock it knows that nobody needs it
};

}  // namespace atelier::store
