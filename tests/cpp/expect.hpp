// What the programs of this folder check with.

#ifndef EXPECT_HPP
#define EXPECT_HPP

#include <pintle/pintle.hpp>

#include <cstdio>
#include <cstdlib>

/** Ends the program if something is not so, and says in which line. */
#define EXPECT(condition) \
    do { \
        if (!(condition)) { \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            std::exit(1); \
        } \
    } while (false)

/** The status that a call is refused with; PINTLE_OK if it is not. */
template <typename Call>
int32_t refusal(Call &&call) {
    try {
        call();
    } catch (const pintle::error &caught) {
        return caught.status();
    }
    return PINTLE_OK;
}

#endif
