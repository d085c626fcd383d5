// The accounts of a server, over HTTP.
#pragma once

#include <memory>

#include "cli/account_desk.h"
#include "http/client.h"

namespace atelier::cli {

std::unique_ptr<AccountDesk> remote_accounts(http::ClientOptions options);

}  // namespace atelier::cli
