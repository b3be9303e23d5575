// A program that writes and reads messages through pintle.hpp. Exits with 0 if all is as it should be.

#include "expect.hpp"

#include <pintle/pintle.hpp>

#if __cplusplus >= 202002L
#include <span>
#endif
#include <string>
#include <vector>

int main() {
    const pintle::host host;
    const pintle::plugin self = host.self();
    pintle_message_t handle = {};
    {
        pintle::message message = self.acquire(8);
        handle = message.handle();
        message.write("abc");
        const pintle::buffer room = message.reserve(2);
        room[0] = 'd';
        room[1] = 'e';
        message.commit(2);
        EXPECT(message.view().text() == "abcde" && message.length() == 5);
        uint8_t read[4] = {};
        message.read({read, 4});
        EXPECT(read[3] == 'd');
        EXPECT(refusal([&] { message.read({read, 4}); }) == PINTLE_E_UNDERFLOW);
        message.rewind();
        message.read({read, 1});
        EXPECT(read[0] == 'a');
        EXPECT(refusal([&] { message.edit(); }) == PINTLE_E_STATE);
        EXPECT(refusal([&] { message.commit(1); }) == PINTLE_E_STATE);
        pintle::message copy = message.copy();
        copy.view_mut()[0] = 'x';
        EXPECT(refusal([&] { copy.commit(1); }) == PINTLE_E_STATE);
        EXPECT(copy.view().text() == "xbcde" && message.view().text() == "abcde");
        message.clear();
        EXPECT(message.view().empty());
        pintle::message moved = std::move(message);
        EXPECT(moved && !message && refusal([&] { message.length(); }) == PINTLE_E_HANDLE);
        pintle::message kept = moved.keep();
        EXPECT(kept && !moved);
        copy = std::move(kept);
        EXPECT(copy.handle().bits == handle.bits);
    }
    const std::string text = "of a string";
    EXPECT(self.make(text).view().text() == text && self.make(std::string("moved")).view().text() == "moved");
    const std::vector<uint8_t> numbers = {'o', 'n', 'e'};
    EXPECT(self.make(numbers).view().text() == "one" && self.make(std::vector<std::byte>(3)).length() == 3);
#ifdef __cpp_lib_span
    pintle::message spanned = self.make(std::span(numbers));
    const pintle::buffer room = spanned.reserve(1);
    const std::span<uint8_t> writable = room;
    writable[0] = '!';
    spanned.commit(1);
    const std::span<const uint8_t> seen = spanned.view();
    EXPECT(seen.size() == 4 && seen[3] == '!');
#endif
    std::size_t length = 0;
    EXPECT(pintle_message_length(self.raw(), handle, &length) == PINTLE_E_STALE);
    EXPECT(refusal([&] { self.acquire(SIZE_MAX); }) == PINTLE_E_CAPACITY);
}
