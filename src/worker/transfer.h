// What lies between a worker's blobs and the farm's. A worker in the farm's own process shares its store, and nothing
// has to be carried; one on another machine fetches what its sessions need and delivers what they leave.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "store/manifest.h"

namespace atelier::worker {

// The content of a manifest's files.
std::vector<store::BlobRef> blobs_of(const store::Manifest& manifest);

class Transfer {
public:
    // One session at work: what it puts, fetches or reads stays on this machine for as long as this lives. Used by one
    // thread.
    class Use {
    public:
        virtual ~Use() = default;
        // Afterwards they are here, and are what their digest says. Waits for a farm that can't be reached until the
        // session gives up: then it throws Error::unavailable.
        virtual void fetch(std::span<const store::BlobRef> blobs) = 0;
        virtual void fetch_manifest(const Digest& digest) = 0;
        // Afterwards the farm's store has them. Waits in the same way; before it waits for the first time it says so.
        virtual void deliver(std::span<const store::BlobRef> blobs, const std::function<void()>& waits = {}) = 0;
        virtual void hold(std::span<const store::BlobRef> blobs) = 0;  // those that are here stay
    };

    virtual ~Transfer() = default;

    // gives_up: asked again and again while something is waited for.
    virtual std::unique_ptr<Use> use(std::function<bool()> gives_up) = 0;

    // In the background, and not tried again; `delivered` is called on another thread, or not at all.
    virtual void deliver_later(const store::BlobRef& blob, std::function<void()> delivered) = 0;

    // The files that a job names lie on the machine of whoever submitted it, unless the machines share them.
    virtual bool is_remote() const = 0;
};

// For a worker that shares the farm's store.
class SharedStore final : public Transfer {
public:
    std::unique_ptr<Use> use(std::function<bool()>) override { return std::make_unique<Nothing>(); }
    void deliver_later(const store::BlobRef&, std::function<void()> delivered) override { delivered(); }
    bool is_remote() const override { return false; }

private:
    struct Nothing final : Use {
        void fetch(std::span<const store::BlobRef>) override {}
        void fetch_manifest(const Digest&) override {}
        void deliver(std::span<const store::BlobRef>, const std::function<void()>&) override {}
        void hold(std::span<const store::BlobRef>) override {}
    };
};

}  // namespace atelier::worker
