// The functions of the C++ library that a program needs if that is not linked: memory for the objects of plugins, and an end
// of the program in place of an exception.
#include <array>
#include <cstdint>
#include <new>

#include "../../board/board.h"

namespace {

/** Memory comes in blocks of one size; when all are taken there is none. */
struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) block {
    std::array<uint8_t, 32> bytes;
    bool taken;
};

std::array<block, 2> blocks;

} // namespace

void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
    for (block &block : blocks) {
        if (!block.taken && size <= block.bytes.size()) {
            block.taken = true;
            return &block;
        }
    }
    return nullptr;
}

void operator delete(void *memory) noexcept {
    if (memory != nullptr) {
        static_cast<block *>(memory)->taken = false;
    }
}

void operator delete(void *memory, std::size_t) noexcept {
    operator delete(memory);
}

namespace std {

const nothrow_t nothrow{};

void __throw_out_of_range_fmt(const char *, ...) {
    board_exit(97);
}

} // namespace std
