// The lines by which tasks speak: whatever they hold, what comes out keeps to the rules, and what they hide stays
// hidden.
#include <cstdint>
#include <cstdlib>

#include "session/directives.h"
#include "session/redaction.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using atelier::session::Directive;
    using Kind = Directive::Kind;
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const Directive directive = atelier::session::parse_directive(line);
    const bool sets = directive.kind == Kind::env || directive.kind == Kind::redacted_env;
    if (directive.broken.empty()) {
        if ((sets || directive.kind == Kind::unset_env) && !atelier::session::is_variable_name(directive.name))
            std::abort();
        if (sets && directive.text.find('\0') != std::string::npos) std::abort();
        if (directive.kind == Kind::progress && !(directive.number >= 0 && directive.number <= 100)) std::abort();
    }
    atelier::session::Redactor redactor;
    // A secret with stars in it may come up again where the stars that replace it meet the text.
    if (directive.secret.empty() || directive.secret.find('*') != std::string::npos) return 0;
    if (!redactor.hide(directive.secret)) return 0;
    if (redactor.apply(line).find(directive.secret) != std::string::npos) std::abort();
    return 0;
}
