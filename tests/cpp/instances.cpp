// Plugins that are linked in: added as a list, looked at, and ended with the host. Exits with 0 if all is as it should be.

#include "expect.hpp"

#include <pintle/pintle.hpp>

#include <string>
#include <vector>

PINTLE_DECLARE(loopback);

int main() {
    pintle_host_options_t options = {};
    options.size = sizeof options;
    options.log_level = PINTLE_LOG_ERROR;
    pintle::host host(options);
    const std::vector<pintle_instance_t> added = host.add_all({PINTLE_ENTRY(loopback)});
    EXPECT(added.size() == 1);
    const pintle_instance_info_t info = host.instance(added[0]);
    EXPECT(info.state == PINTLE_INSTANCE_RUNNING);
    EXPECT(std::string(info.name.data, info.name.length) == host.name(added[0]));

    std::vector<std::string> ended;
    host.close(std::chrono::seconds(5), [&](std::string_view name, const pintle::receipt &receipt) {
        EXPECT(receipt.outcome == PINTLE_OUTCOME_STOPPED);
        ended.emplace_back(name);
    });
    EXPECT(ended.size() == 1 && ended[0].find("loopback") != std::string::npos);
    return 0;
}
