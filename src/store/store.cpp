#include "store/store.h"

namespace atelier::store {

bool Store::put_if_absent(const std::string& key, const ByteSource& source) {
    Arrival arrival{nullptr, key};
    if (!head(key)) {
        arrival.object = begin();
        for (std::string_view piece = source(); !piece.empty(); piece = source())
            arrival.object->write(piece);
    }
    keep({&arrival, 1});
    return arrival.was_new;
}

}  // namespace atelier::store
