// Loads the folder of the first argument, in which are the plugin stats.so and text.so. Exits with 0 if all is as it should be.

#include "expect.hpp"

#include <pintle/pintle.hpp>

#include <stdexcept>
#include <string>
#include <vector>

int main(int, char **arguments) {
    const pintle::host host;
    const std::string folder = arguments[1];
    const std::vector<pintle::found> files = host.load_folder(folder);
    EXPECT(files.size() == 2);
    EXPECT(files[0].kind == PINTLE_FOUND_LOADED && files[0].path == folder + "/stats.so" && files[0].text.empty());
    EXPECT(files[1].kind == PINTLE_FOUND_REFUSED && files[1].code == PINTLE_E_NOT_A_LIBRARY);
    EXPECT(files[1].text.find("it is a text file") != std::string::npos);
    EXPECT(host.path(files[0].instance) == files[0].path);

    const std::vector<pintle::found> second =
        host.load_folder(folder, [](std::string_view path, std::string_view id) {
            EXPECT(path.find("stats.so") != std::string_view::npos && !id.empty());
            pintle::add_options options;
            options.priority = -4;
            options.instance = "second";
            return options;
        });
    EXPECT(second[0].kind == PINTLE_FOUND_LOADED);
    EXPECT(host.instance(second[0].instance).priority == -4 && host.name(second[0].instance) == "second");

    const std::size_t before = host.instances().size();
    try {
        host.load_folder(folder, [](std::string_view, std::string_view) -> pintle::add_options {
            throw std::runtime_error("not this one");
        });
        EXPECT(false);
    } catch (const std::runtime_error &thrown) {
        EXPECT(std::string(thrown.what()) == "not this one");
    }
    EXPECT(host.instances().size() == before);
    try {
        host.load_folder(folder + "/absent");
        EXPECT(false);
    } catch (const pintle::error &refused) {
        EXPECT(refused.status() == PINTLE_E_NO_FILE);
    }
    return 0;
}
