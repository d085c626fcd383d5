// libarchive takes names for what the thread's locale says; a server's is often plain C, in which only ASCII has names.
#pragma once

#include <locale.h>

namespace atelier::archive {

class InUtf8 {
public:
    InUtf8() : before_(::uselocale(utf8())) {}
    ~InUtf8() { ::uselocale(before_); }
    InUtf8(const InUtf8&) = delete;
    InUtf8& operator=(const InUtf8&) = delete;

private:
    static locale_t utf8() {
        static const locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return made;  // none: the thread's own stays
    }
    locale_t before_;
};

}  // namespace atelier::archive
