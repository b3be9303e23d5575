/* A plugin that does nothing; every seed of `inspect` is made of it by fuzz/seeds/make.sh. */
#include <stddef.h>
#include <stdint.h>

#ifndef MAGIC
#define MAGIC "PINTLE\x1a\n"
#endif
#ifndef MAJOR
#define MAJOR 1
#endif
#ifndef SIZE
#define SIZE sizeof(struct described)
#endif
#ifndef FLAGS
#define FLAGS 3
#endif
#ifndef SERVICES
#define SERVICES { HEAD + 18, 6 }
#endif
#define TEXTS "org.example.seed" "ab" "1 0x22" "pintle.io/1"
#define HEAD offsetof(struct described, texts)

struct span { uint16_t offset, length; };
struct described {
    char magic[8];
    uint32_t size;
    uint16_t major, minor;
    uint8_t width, order;
    uint16_t head;
    uint32_t flags;
    uint64_t fingerprint;
    struct span id, name, version, vendor, description, licence, url, needs, offers, services, settings;
    uint16_t least, reserved;
    char texts[sizeof(TEXTS)];
};

#ifndef NO_DESCRIPTOR
__attribute__((section("pintle"), used)) const struct described pintle_descriptor = {
    MAGIC, SIZE, MAJOR, 0, sizeof(void *), 1, HEAD, FLAGS, FINGERPRINT,
    { HEAD, 16 }, { HEAD + 16, 2 }, { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 },
    { HEAD + 24, 11 }, { 0, 0 }, SERVICES, { 0, 0 }, 0, 0, TEXTS,
};
#define DESCRIPTOR &pintle_descriptor
#else
#define DESCRIPTOR 0
#endif

static int32_t destroy(void *plugin) { return plugin == 0; }

static const struct { uint32_t size, reserved; void *slots[24]; } callbacks = {
    sizeof callbacks, 0, { 0, 0, (void *)destroy },
};

#ifndef NO_ENTRY
const struct { uint32_t size, reserved; const void *descriptor, *callbacks; } pintle_entry = {
    sizeof pintle_entry, 0, DESCRIPTOR, &callbacks,
};
#endif
